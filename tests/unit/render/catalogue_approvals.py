"""The messages around approvals, holds, the line and the audit, by the name of their golden
file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot import errors
from bot.model import Actor, Difference, Kind, Lock, Message, Plan
from bot.model.approval import LIFETIME, Approval, ApprovalState, GivenApproval, Needs
from bot.model.audit import Refusal
from bot.model.hold import Hold, Queued
from bot.render import approval_message, audit_list, holds
from bot.render.audit_list import Audited
from bot.render.errors import explain
from tests.unit.render import values as v

MINUTE = timedelta(minutes=1)
DEV, LEAD, BOSS = Actor("U0TOLD", "dev"), Actor("U2", "lead"), Actor("U3", "boss")
DEPLOY = Plan(
    title="web → shop/web:2.0",
    targets=("service:s1",),
    fingerprint="f1",
    services=("web",),
    changes=(
        Difference("image", f"{v.OLD}", f"{v.NEW}"),
        Difference("--update-parallelism", "1", "2"),
        Difference("--update-delay", "", "2s"),
    ),
    summary="4 replicas, 2 at a time, 2 s apart · rolls back on failure",
    warnings=("the image has no health check: a task counts as up as soon as it runs",),
)
SCALE = Plan(
    title="web · 8 replicas",
    targets=("service:s1",),
    fingerprint="f2",
    services=("web",),
    replicas=8,
    changes=(Difference("replicas", "3", "8"),),
    summary="no running task restarts",
)
UNFIT = errors.UnknownNameError("service", "web")
OPEN = Approval(
    id="4f2a91c0d1",
    command={"name": "deploy", "service": "web", "image": "shop/web:2.0"},
    line="deploy web shop/web:2.0",
    actor=DEV,
    plan=DEPLOY,
    needs=Needs(("lead",)),
    asked=v.NOW,
    expires=v.NOW + LIFETIME,
    channel="C1",
)
TWO = replace(OPEN, needs=Needs(("lead", "operator"), 2))
ONE_OF_TWO = replace(TWO, given=(GivenApproval(LEAD, v.NOW + MINUTE),))
APPROVED = replace(OPEN, state=ApprovalState.APPROVED, given=(GivenApproval(LEAD, v.NOW + MINUTE),))
MOVED = replace(
    OPEN, moved=("image would become shop/web:2.0 @99, not shop/web:2.0 @4f", "6 replicas")
)
SCALING = replace(
    OPEN,
    id="77aa",
    plan=SCALE,
    line="service scale web=8",
    command={"flags": {"reason": "sale at noon"}},
)
DANGER = replace(
    OPEN,
    id="99bb",
    plan=replace(
        SCALE, title="service rm web", kind=Kind.DANGER, changes=(), summary="8 tasks end"
    ),
)
ODD = replace(
    TWO,
    actor=Actor("U0TOLD", v.HOSTILE),
    command={"flags": {"reason": v.HOSTILE}},
    plan=replace(DEPLOY, title=v.LONG + v.HOSTILE, summary=v.HOSTILE, warnings=(v.HOSTILE,)),
    given=(GivenApproval(Actor("U2", v.HOSTILE), v.NOW),),
    moved=(v.HOSTILE,),
    reason=v.HOSTILE,
    by=v.HOSTILE,
)
HOLD = Hold(
    pattern="web",
    owner=LEAD,
    reason="incident 42",
    since=v.NOW - 25 * MINUTE,
    until=v.NOW + timedelta(hours=1),
)
WIDE = replace(HOLD, pattern="shop_*", until=None, owner=BOSS, reason=v.HOSTILE)
FREEZE = Hold(
    pattern="*",
    owner=BOSS,
    reason="Black Friday",
    since=v.NOW,
    until=v.NOW + timedelta(days=2),
    freeze=True,
)
WAITING = Queued(
    id="q1",
    service_id="s1",
    service="web",
    line="deploy web shop/web:2.0",
    title="web → shop/web:2.0",
    fingerprint="f1",
    actor=DEV,
    channel="C1",
    at=v.NOW - 2 * MINUTE,
)
LOCK = Lock("service:s1", "bot-1", "lead", "web → shop/web:1.9", v.NOW - 3 * MINUTE, 3)
ENTRY = Audited(
    at=v.NOW,
    actor="dev",
    title="web → shop/web:2.0",
    source="C1",
    approved_by=("lead",),
    result="done",
    took=31,
)


REFUSED = (
    Refusal(
        at=v.NOW,
        actor_id="U0GUEST",
        actor=v.HOSTILE,
        command="scale",
        why="NotAllowed",
        source="C1",
        times=10,
    ),
    *(
        Refusal(
            at=v.NOW - MINUTE,
            actor_id=DEV.id,
            actor=DEV.name,
            command=command,
            why="SelfApproval",
            source="C1",
            request="4f2a91c0d1",
        )
        for command in ("approve", "deploy", "service rm", "node rm")
    ),
    Refusal(
        at=v.NOW - MINUTE,
        actor_id="",
        actor="other people",
        command="other commands",
        why="Outsider",
        source="C1",
        times=3,
    ),
)


def over(state: ApprovalState, base: Approval = OPEN, **fields: Any) -> Approval:
    return replace(base, state=state, ended=v.NOW + 2 * MINUTE, **fields)


def ended(state: ApprovalState, base: Approval = OPEN, **fields: Any) -> Message:
    return approval_message.shown(over(state, base, **fields))


def requests() -> Mapping[str, Callable[[], Message]]:
    later = replace(SCALING, expires=v.NOW + 5 * MINUTE)
    return {
        "approval": lambda: approval_message.shown(OPEN),
        "approval-two": lambda: approval_message.shown(ONE_OF_TWO, ("U0TOLD",)),
        "approval-moved": lambda: approval_message.shown(MOVED),
        "approval-scale": lambda: approval_message.shown(SCALING),
        "approval-danger": lambda: approval_message.shown(DANGER),
        "approval-odd": lambda: approval_message.shown(ODD),
        "approval-approved": lambda: approval_message.shown(APPROVED),
        "approval-rejected": lambda: ended(
            ApprovalState.REJECTED, by="lead", reason="not before the sale"
        ),
        "approval-rejected-odd": lambda: ended(ApprovalState.REJECTED, ODD),
        "approval-withdrawn": lambda: ended(ApprovalState.WITHDRAWN, by="dev"),
        "approval-lost": lambda: approval_message.lost(OPEN),
        "approval-lost-approved": lambda: approval_message.lost(APPROVED),
        "approval-expired": lambda: ended(ApprovalState.EXPIRED),
        "approval-expired-two": lambda: ended(ApprovalState.EXPIRED, ONE_OF_TWO),
        "approval-expired-approved": lambda: ended(ApprovalState.EXPIRED, APPROVED),
        "approval-replaced": lambda: ended(ApprovalState.REPLACED, successor="a2"),
        "approval-done": lambda: ended(ApprovalState.DONE, APPROVED, reason="nothing to change"),
        "approval-failed": lambda: ended(ApprovalState.DONE, APPROVED, reason="failed"),
        "approval-told": lambda: approval_message.ending(
            over(ApprovalState.REJECTED, by="lead", reason="not before the sale")
        ),
        "approval-renewed-told": lambda: approval_message.renewed(ONE_OF_TWO, ("S0TOLD",)),
        "approval-reminder": lambda: approval_message.reminder(ONE_OF_TWO, ("U0TOLD", "S0TOLD")),
        "approval-did-not-run": lambda: approval_message.abandoned(APPROVED),
        "approval-step": lambda: approval_message.step_taken(APPROVED, "C0OPS00001"),
        "approval-step-open": lambda: approval_message.step_taken(ONE_OF_TWO, ""),
        "approval-unfit": lambda: approval_message.not_run(APPROVED, UNFIT)[0],
        "approval-unfit-told": lambda: approval_message.not_run(APPROVED, UNFIT)[1],
        "approval-interrupted": lambda: approval_message.abandoned(replace(APPROVED, run="r1")),
        "approvals": lambda: approval_message.listed(
            [OPEN, later, replace(TWO, id="aa")], v.NOW + MINUTE
        ),
        "approvals-one": lambda: approval_message.listed([OPEN], v.NOW),
        "approvals-none": lambda: approval_message.listed([], v.NOW),
        "approvals-50": lambda: approval_message.listed(
            [replace(ODD, id=f"a{n}") for n in range(50)], v.NOW
        ),
    }


def others() -> Mapping[str, Callable[[], Message]]:
    busy = replace(
        ENTRY, result="", took=None, approved_by=(), title="node update node2", actor="lead"
    )
    bad = replace(ENTRY, title=v.HOSTILE, actor=v.HOSTILE, result="failed · ImageNotFound")
    return {
        "holds": lambda: holds.listed([HOLD, WIDE], v.NOW),
        "holds-one": lambda: holds.listed([HOLD], v.NOW),
        "holds-none": lambda: holds.listed([], v.NOW),
        "holds-frozen": lambda: holds.listed([FREEZE, HOLD], v.NOW),
        "hold-put": lambda: holds.put(HOLD, None),
        "hold-put-wide": lambda: holds.put(WIDE, None),
        "hold-taken-over": lambda: holds.put(HOLD, replace(WIDE, owner=DEV)),
        "hold-released": lambda: holds.released(HOLD, LEAD, "", v.NOW),
        "hold-released-by-another": lambda: holds.released(
            replace(HOLD, owner=DEV), LEAD, "dev is on a plane", v.NOW
        ),
        "freeze": lambda: holds.put(FREEZE, None),
        "unfreeze": lambda: holds.released(FREEZE, BOSS, "", v.NOW + MINUTE),
        "unfreeze-by-another": lambda: holds.released(
            replace(FREEZE, owner=DEV), LEAD, "", v.NOW + MINUTE
        ),
        "queued": lambda: holds.queued(WAITING, 2, LOCK),
        "queued-free": lambda: holds.queued(replace(WAITING, title=v.HOSTILE), 1, None),
        "queue": lambda: holds.queue([WAITING, replace(WAITING, id="q2", title=v.HOSTILE)], v.NOW),
        "queue-none": lambda: holds.queue([], v.NOW),
        "audit": lambda: audit_list.audited([busy, ENTRY, bad], 50),
        "audit-unapproved": lambda: audit_list.audited([busy], 50),
        "audit-50": lambda: audit_list.audited([ENTRY] * 50, 50),
        "audit-none": lambda: audit_list.audited([], 50),
        "audit-refusals": lambda: audit_list.audited([busy, ENTRY], 50, REFUSED),
        "audit-none-refusals": lambda: audit_list.audited([], 50, REFUSED[:1]),
        "audit-refused": lambda: audit_list.refused(REFUSED, 9),
        "audit-refused-none": lambda: audit_list.refused([], 0),
    }


REFUSALS: Mapping[str, errors.SwarmbotError] = {
    "gone": errors.ApprovalNotFoundError(v.HOSTILE),
    "own": errors.SelfApprovalError(OPEN),
    "not-approver": errors.NotApproverError(TWO),
    "approved-before": errors.AlreadyApprovedError(ONE_OF_TWO),
    "not-asker": errors.NotRequesterError(OPEN),
    "held": errors.OnHoldError(HOLD, "web"),
    "held-wide": errors.OnHoldError(WIDE, "shop_web"),
    "frozen": errors.OnHoldError(FREEZE, "web"),
    "not-yours": errors.NotHolderError(HOLD),
    "over-approved": errors.ApprovalClosedError(APPROVED),
    "over-running": errors.ApprovalClosedError(over(ApprovalState.RUNNING, APPROVED)),
    "over-done": errors.ApprovalClosedError(
        over(ApprovalState.DONE, APPROVED, reason="rolled back")
    ),
    "over-rejected": errors.ApprovalClosedError(
        over(ApprovalState.REJECTED, by="lead", reason="not now")
    ),
    "over-withdrawn": errors.ApprovalClosedError(over(ApprovalState.WITHDRAWN, by="dev")),
    "over-expired": errors.ApprovalClosedError(over(ApprovalState.EXPIRED)),
    "over-replaced": errors.ApprovalClosedError(over(ApprovalState.REPLACED)),
}


def messages() -> Mapping[str, Callable[[], Message]]:
    """All of them by name."""
    refused = {
        f"refusal-{name}": (lambda error=error: explain.explain(error))
        for name, error in REFUSALS.items()
    }
    return {**requests(), **others(), **refused}
