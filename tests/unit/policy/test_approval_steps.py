"""The steps of a request for approval, one table for each; `test_approval_interleavings` mixes
them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.errors import (
    AlreadyApprovedError,
    ApprovalClosedError,
    NotApproverError,
    NotRequesterError,
    SelfApprovalError,
    SwarmbotError,
)
from bot.model import Actor, Difference, MessageRef, Plan
from bot.model.approval import LIFETIME, Approval, ApprovalState, GivenApproval, Needs
from bot.policy import approval_steps
from bot.policy.approval_steps import RUN_WITHIN

NOW = datetime(2026, 3, 4, 14, 5, tzinfo=UTC)
DEV = Actor("U1", "dev")
LEAD = Actor("U2", "lead")
BOSS = Actor("U3", "boss")
ROLES = {"U1": frozenset({"dev"}), "U2": frozenset({"lead"}), "U3": frozenset({"lead", "boss"})}
PLAN = Plan(
    title="web → shop/web:2.0",
    targets=("service:s1",),
    fingerprint="f1",
    services=("web",),
    changes=(
        Difference("image", "shop/web:1.1", "shop/web:2.0@1"),
        Difference("--update-delay", "", "2s"),
    ),
    summary="4 replicas, 2 at a time",
)
OPEN = Approval(
    id="a1",
    command={"name": "deploy", "service": "web", "image": "shop/web:2.0"},
    line="deploy web shop/web:2.0",
    actor=DEV,
    plan=PLAN,
    needs=Needs(("lead",)),
    asked=NOW,
    expires=NOW + LIFETIME,
    channel="C1",
)
APPROVED = replace(OPEN, state=ApprovalState.APPROVED, given=(GivenApproval(LEAD, NOW),))
RUNNING = replace(APPROVED, state=ApprovalState.RUNNING, bot="bot-1", taken=NOW)
BEGUN = replace(RUNNING, run="r1")
TWO = replace(OPEN, needs=Needs(("lead",), 2))
ENDED = tuple(replace(OPEN, state=state) for state in ApprovalState if state.ended)
MINUTE = timedelta(minutes=1)


def roles_of(actor: Actor) -> frozenset[str]:
    return ROLES.get(actor.id, frozenset())


def approve(approval: Approval, actor: Actor, at: datetime = NOW) -> Approval:
    return approval_steps.approve(approval, actor, roles_of(actor), at)


def reject(approval: Approval, actor: Actor, at: datetime = NOW) -> Approval:
    return approval_steps.reject(approval, actor, roles_of(actor), "not now", at)


# ---- approve


def test_the_last_approval_that_is_needed_makes_it_approved() -> None:
    first = approve(TWO, LEAD)
    assert (first.state, first.missing, first.approvers) == (ApprovalState.OPEN, 1, ("lead",))
    second = approve(first, BOSS, NOW + MINUTE)
    assert (second.state, second.missing, second.approvers) == (
        ApprovalState.APPROVED,
        0,
        ("lead", "boss"),
    )
    assert second.given == (GivenApproval(LEAD, NOW), GivenApproval(BOSS, NOW + MINUTE))


def test_what_is_approved_in_the_last_moment_still_has_time_to_begin() -> None:
    late = OPEN.expires - timedelta(seconds=1)
    assert approve(OPEN, LEAD, late).expires == late + RUN_WITHIN
    assert approve(OPEN, LEAD).expires == OPEN.expires


def test_who_asked_may_approve_where_the_rule_says_so_and_the_role_is_there() -> None:
    own = replace(OPEN, actor=LEAD, needs=Needs(("lead",), self_approval=True))
    assert approve(own, LEAD).state is ApprovalState.APPROVED
    with pytest.raises(NotApproverError):
        approve(replace(own, actor=DEV), DEV)


@pytest.mark.parametrize(
    ("approval", "actor", "at", "refusal"),
    [
        (OPEN, DEV, NOW, SelfApprovalError),
        (replace(OPEN, actor=LEAD), LEAD, NOW, SelfApprovalError),
        (OPEN, Actor("U9", "guest"), NOW, NotApproverError),
        (replace(OPEN, needs=Needs(("boss",))), LEAD, NOW, NotApproverError),
        (replace(OPEN, needs=Needs(())), BOSS, NOW, NotApproverError),
        (approve(TWO, LEAD), LEAD, NOW, AlreadyApprovedError),
        (OPEN, LEAD, OPEN.expires, ApprovalClosedError),
        (APPROVED, BOSS, NOW, ApprovalClosedError),
        (RUNNING, BOSS, NOW, ApprovalClosedError),
        *((ended_approval, LEAD, NOW, ApprovalClosedError) for ended_approval in ENDED),
    ],
)
def test_approval_refused(
    approval: Approval, actor: Actor, at: datetime, refusal: type[SwarmbotError]
) -> None:
    with pytest.raises(refusal) as caught:
        approve(approval, actor, at)
    assert vars(caught.value)["approval"].id == approval.id


def test_who_comes_too_late_learns_that_it_expired_though_nobody_had_noted_it() -> None:
    with pytest.raises(ApprovalClosedError) as caught:
        approve(OPEN, LEAD, OPEN.expires + MINUTE)
    assert caught.value.approval.state is ApprovalState.EXPIRED


# ---- reject, withdraw


@pytest.mark.parametrize("approval", [OPEN, TWO, APPROVED])
def test_rejected_by_who_may_approve_with_a_reason(approval: Approval) -> None:
    ended = reject(approval, BOSS, NOW + MINUTE)
    assert (ended.state, ended.by, ended.reason, ended.ended) == (
        ApprovalState.REJECTED,
        "boss",
        "not now",
        NOW + MINUTE,
    )


@pytest.mark.parametrize(
    ("approval", "actor", "at", "refusal"),
    [
        (OPEN, DEV, NOW, NotApproverError),
        (OPEN, LEAD, OPEN.expires, ApprovalClosedError),
        (RUNNING, LEAD, NOW, ApprovalClosedError),
        *((ended_approval, LEAD, NOW, ApprovalClosedError) for ended_approval in ENDED),
    ],
)
def test_rejection_refused(
    approval: Approval, actor: Actor, at: datetime, refusal: type[SwarmbotError]
) -> None:
    with pytest.raises(refusal):
        reject(approval, actor, at)


@pytest.mark.parametrize("approval", [OPEN, APPROVED])
def test_withdrawn_by_who_asked(approval: Approval) -> None:
    ended = approval_steps.withdraw(approval, DEV, NOW)
    assert (ended.state, ended.by, ended.ended) == (ApprovalState.WITHDRAWN, "dev", NOW)


@pytest.mark.parametrize(
    ("approval", "actor", "refusal"),
    [
        (OPEN, LEAD, NotRequesterError),
        (RUNNING, DEV, ApprovalClosedError),
        *((ended_approval, DEV, ApprovalClosedError) for ended_approval in ENDED),
    ],
)
def test_withdrawal_refused(approval: Approval, actor: Actor, refusal: type[SwarmbotError]) -> None:
    with pytest.raises(refusal):
        approval_steps.withdraw(approval, actor, NOW)


# ---- the clock


@pytest.mark.parametrize(
    ("approval", "at", "state"),
    [
        (OPEN, OPEN.expires, ApprovalState.EXPIRED),
        (APPROVED, OPEN.expires, ApprovalState.EXPIRED),
        (OPEN, OPEN.expires - MINUTE, None),
        (RUNNING, OPEN.expires, None),
        *((ended_approval, OPEN.expires, None) for ended_approval in ENDED),
    ],
)
def test_expiry(approval: Approval, at: datetime, state: ApprovalState | None) -> None:
    expired = approval_steps.expire(approval, at)
    assert (expired.state if expired else None) == state


@pytest.mark.parametrize(
    ("approval", "after", "due"),
    [
        (OPEN, LIFETIME / 2, True),
        (OPEN, LIFETIME / 2 - MINUTE, False),
        (OPEN, LIFETIME, False),
        (approve(TWO, LEAD), LIFETIME / 2, True),
        (replace(OPEN, reminded=True), LIFETIME / 2, False),
        (APPROVED, LIFETIME / 2, False),
        *((ended_approval, LIFETIME / 2, False) for ended_approval in ENDED),
    ],
)
def test_reminder_once_half_way(approval: Approval, after: timedelta, due: bool) -> None:
    assert approval_steps.remind_due(approval, NOW + after) is due
    reminded = approval_steps.remind(approval, NOW + after)
    assert (reminded is not None) is due
    assert reminded is None or (
        reminded.reminded and approval_steps.remind(reminded, NOW + after) is None
    )


# ---- run


@pytest.mark.parametrize(
    ("approval", "at", "taken"),
    [
        (APPROVED, NOW, True),
        (APPROVED, APPROVED.expires, False),
        (replace(APPROVED, given=()), NOW, False),
        (OPEN, NOW, False),
        (RUNNING, NOW, False),
        *((ended_approval, NOW, False) for ended_approval in ENDED),
    ],
)
def test_claim(approval: Approval, at: datetime, taken: bool) -> None:
    claimed = approval_steps.claim(approval, "bot-2", at)
    assert ((claimed.state, claimed.bot, claimed.taken) if claimed else None) == (
        (ApprovalState.RUNNING, "bot-2", at) if taken else None
    )


@pytest.mark.parametrize(
    ("step", "possible"),
    [
        (lambda approval: approval_steps.begin(approval, "r2"), (RUNNING,)),
        (
            lambda approval: approval_steps.finish(approval, "done", NOW),
            (OPEN, APPROVED, RUNNING, BEGUN),
        ),
        (lambda approval: approval_steps.give_up(approval, "gone", NOW), (OPEN, APPROVED)),
        (
            lambda approval: approval_steps.supersede(approval, replace(OPEN, id="a2"), NOW),
            (OPEN, APPROVED),
        ),
        (
            lambda approval: approval_steps.recheck(approval, Needs(("lead",)), roles_of),
            (OPEN, APPROVED),
        ),
    ],
)
def test_the_bots_own_steps(
    step: Callable[[Approval], Approval | None], possible: tuple[Approval, ...]
) -> None:
    everything = (OPEN, APPROVED, RUNNING, BEGUN, *ENDED)
    assert tuple(approval for approval in everything if step(approval)) == possible


def test_the_end_says_what_came_of_it() -> None:
    ended = approval_steps.finish(BEGUN, "rolled back", NOW)
    assert ended
    assert (ended.state, ended.reason, ended.ended, ended.run) == (
        ApprovalState.DONE,
        "rolled back",
        NOW,
        "r1",
    )


@dataclass(frozen=True)
class Recount:
    needs: Needs = OPEN.needs
    without: str = ""
    state: ApprovalState = ApprovalState.OPEN
    approvers: tuple[str, ...] = ()


@pytest.mark.parametrize(
    "case",
    [
        Recount(state=ApprovalState.APPROVED, approvers=("lead",)),
        Recount(without="U2"),
        Recount(Needs(("boss",))),
        Recount(Needs(("lead",), 2), approvers=("lead",)),
    ],
)
def test_what_was_approved_is_counted_again_by_the_roles_and_rules_of_now(case: Recount) -> None:
    now = {user: roles for user, roles in ROLES.items() if user != case.without}
    rechecked = approval_steps.recheck(
        APPROVED, case.needs, lambda actor: now.get(actor.id, frozenset())
    )
    assert rechecked
    assert (rechecked.state, rechecked.approvers, rechecked.needs) == (
        case.state,
        case.approvers,
        case.needs,
    )


def test_ones_own_approval_no_longer_counts_where_the_rule_has_changed() -> None:
    own = replace(APPROVED, actor=LEAD, needs=Needs(("lead",), self_approval=True))
    rechecked = approval_steps.recheck(own, Needs(("lead",)), roles_of)
    assert rechecked
    assert rechecked.state is ApprovalState.OPEN


# ---- another plan


def test_another_plan_starts_anew_and_knows_what_moved() -> None:
    changed = replace(
        PLAN, fingerprint="f2", changes=(Difference("image", "shop/web:1.1", "shop/web:2.0@2"),)
    )
    asked = replace(approve(TWO, LEAD), reminded=True, message=MessageRef("C1", "1.2"))
    new = approval_steps.renewed(asked, "a2", changed, asked.needs, NOW + MINUTE)
    assert (new.id, new.state, new.given, new.reminded, new.plan) == (
        "a2",
        ApprovalState.OPEN,
        (),
        False,
        changed,
    )
    assert (new.actor, new.command, new.line, new.channel) == (DEV, OPEN.command, OPEN.line, "C1")
    assert (new.asked, new.expires) == (NOW + MINUTE, NOW + MINUTE + LIFETIME)
    assert new.message == MessageRef("C1", "1.2")
    assert new.moved == (
        "image would become shop/web:2.0@2, not shop/web:2.0@1",
        "--update-delay no longer changes",
    )
    old = approval_steps.supersede(asked, new, NOW + MINUTE)
    assert old
    assert (old.state, old.successor) == (ApprovalState.REPLACED, "a2")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"fingerprint": "f1"}, ()),
        ({}, ("what it was planned against was changed meanwhile",)),
        ({"summary": "6 replicas, 2 at a time"}, ("6 replicas, 2 at a time",)),
        ({"warnings": ("only node1 is left",)}, ("new: only node1 is left",)),
        (
            {"changes": (Difference("image", "shop/web:1.2", "shop/web:2.0@1"), PLAN.changes[1])},
            ("image was shop/web:1.1, and is shop/web:1.2 now",),
        ),
        (
            {"changes": (*PLAN.changes, Difference("replicas", "3", "8"))},
            ("replicas would become 8",),
        ),
        (
            {"changes": (PLAN.changes[0], Difference("--update-delay", "", "9s"))},
            ("--update-delay would become 9s, not 2s",),
        ),
    ],
)
def test_what_moved(changed: dict[str, Any], words: tuple[str, ...]) -> None:
    assert approval_steps.moved(PLAN, replace(PLAN, **{"fingerprint": "f2", **changed})) == words


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyPlan(Plan):
    spec: str


def test_what_a_family_adds_to_its_plan_does_not_wait_in_redis() -> None:
    family = FamilyPlan(title="t", targets=("swarm",), fingerprint="f", spec="…", warnings=("w",))
    assert approval_steps.bare(family) == Plan(
        title="t", targets=("swarm",), fingerprint="f", warnings=("w",)
    )
    assert type(approval_steps.bare(family)) is Plan
