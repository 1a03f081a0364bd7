"""What CI may ask for: what its rules and its token allow together, and never a decision."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BeyondRightsError, NotApproverError
from bot.model import Actor, Kind, Plan, Standing
from bot.model.approval import LIFETIME, Approval, ApprovalState, GivenApproval, Needs
from bot.model.pipeline_caller import PipelineRights
from bot.policy import approval_steps, visible
from bot.policy.decide import (
    Allow,
    Ask,
    Decision,
    Deny,
    decide,
    may_ask_on,
    may_change,
    may_change_some,
    may_read,
    may_read_some,
    permitted,
    roles,
)
from bot.settings import PolicyRule, Role, Settings

NOW = datetime(2026, 3, 4, 14, 5, tzinfo=UTC)
ROLES = (
    Role(name="ci", ci=True),
    Role(name="lead", users=("U2",)),
    Role(name="mixed", users=("U3",), ci=True),
)
WEB_ONLY = ("web*",)


def ci(*services: str, role: str = "ci", standing: Standing = Standing.PIPELINE) -> Actor:
    rights = PipelineRights(frozenset({role}), services or ("*",), "t1")
    return Actor("ci:shop", "CI shop", standing=standing, rights=rights)


def having(*rules: PolicyRule) -> Settings:
    return Settings(roles=ROLES, rules=rules or (PolicyRule(ask=("ci", "mixed")),))


def plan(*services: str, kind: Kind = Kind.CHANGE) -> Plan:
    return Plan(title="t", targets=(), fingerprint="f", services=services, kind=kind)


@pytest.mark.parametrize(
    ("services", "on", "allowed"),
    [
        (("*",), ("web",), True),
        (("*",), (), True),
        (WEB_ONLY, ("web",), True),
        (WEB_ONLY, ("web", "web-2"), True),
        (WEB_ONLY, ("web", "db"), False),
        (WEB_ONLY, ("db",), False),
        (WEB_ONLY, (), False),
        (WEB_ONLY, ("w*",), False),
        (WEB_ONLY, ("web-*",), True),
        (("web", "db"), ("web", "db"), True),
        (("Web",), ("web",), False),
    ],
)
def test_a_change_has_to_be_of_the_tokens_services(
    services: tuple[str, ...], on: tuple[str, ...], allowed: bool
) -> None:
    decision = decide(ci(*services), "deploy", plan(*on), having())
    early = may_change(ci(*services), "deploy", on or ("",), having())

    assert (decision == Allow()) is allowed
    assert (early == Allow()) is allowed
    if not allowed:
        with pytest.raises(BeyondRightsError) as refused:
            permitted(decision, "deploy")
        assert refused.value.services == services


def test_the_rules_bind_ci_as_they_bind_people() -> None:
    only_db = having(PolicyRule(services=("db",), ask=("ci",)))

    assert isinstance(decide(ci(), "deploy", plan("web"), only_db), Deny)
    assert decide(ci(), "deploy", plan("db"), only_db) == Allow()


@pytest.mark.parametrize(
    ("actor", "held"),
    [
        (ci(), {"ci"}),
        (ci(role="mixed"), {"mixed"}),
        (ci(role="lead"), set()),
        (ci(role="gone"), set()),
        (ci(standing=Standing.REVOKED), set()),
        (ci(standing=Standing.UNKNOWN), set()),
        (replace(ci(), rights=None), set()),
        (Actor("U2", "lead", standing=Standing.PIPELINE), set()),
        (Actor("U3", "mixed"), {"mixed"}),
    ],
)
def test_ci_has_only_roles_that_the_file_opens_to_ci(actor: Actor, held: set[str]) -> None:
    assert roles(actor, having()) == held


@pytest.mark.parametrize(
    ("command", "services", "seen"),
    [
        ("service ls", ("web",), True),
        ("service ls", ("db",), False),
        ("service ls", (), False),
        ("node ls", (), False),
        ("audit", (), False),
    ],
)
def test_what_it_reads_is_of_its_services_alone(
    command: str, services: tuple[str, ...], seen: bool
) -> None:
    assert (may_read(ci(*WEB_ONLY), command, having(), services) == Allow()) is seen
    assert may_read(ci(), command, having(), services) == Allow()


def test_what_it_may_name_and_hear_of_is_of_its_services_alone() -> None:
    narrow, settings = ci(*WEB_ONLY), having()

    assert may_ask_on(narrow, "deploy", "web", settings)
    assert not may_ask_on(narrow, "deploy", "db", settings)
    assert visible.told(("web", "db"), narrow, settings) == ("web", visible.HIDDEN)
    assert not visible.sees(narrow, "node", settings)
    assert may_read_some(narrow, "service ls", settings) == Allow()
    assert may_change_some(narrow, "deploy", settings) == Allow()


@pytest.mark.parametrize("standing", [Standing.REVOKED, Standing.UNKNOWN])
def test_whose_token_is_gone_reads_and_changes_nothing(standing: Standing) -> None:
    gone = ci(standing=standing)

    assert may_read(gone, "service ls", having(), ("web",)) == Deny(outsider=standing)
    assert isinstance(decide(gone, "deploy", plan("web"), having()), Deny)


def test_a_rule_of_self_approval_does_not_count_for_ci() -> None:
    own = having(PolicyRule(ask=("ci",), approve=("ci", "lead"), self_approval=True))

    assert decide(ci(), "deploy", plan("web"), own) == Ask(("ci", "lead"), 1, False)


def waiting(needs: Needs) -> Approval:
    return Approval(
        id="a1",
        command={"command": "deploy", "flags": {}},
        line="deploy web shop/web:2.0",
        actor=ci(),
        plan=plan("web"),
        needs=needs,
        asked=NOW,
        expires=NOW + LIFETIME,
        channel="C1",
    )


@pytest.mark.parametrize("own", [True, False])
def test_ci_never_decides_on_a_request(own: bool) -> None:
    actor = ci() if own else replace(ci(), id="ci:another")
    approval, held = waiting(Needs(("ci",), 1, self_approval=True)), frozenset({"ci"})

    with pytest.raises(NotApproverError):
        approval_steps.approve(approval, actor, held, NOW)
    with pytest.raises(NotApproverError):
        approval_steps.reject(approval, actor, held, "no", NOW)


def test_an_approval_of_ci_that_stands_somewhere_does_not_count() -> None:
    given_by_ci = replace(
        waiting(Needs(("ci",), 1, self_approval=True)),
        state=ApprovalState.APPROVED,
        given=(GivenApproval(ci(), NOW),),
    )

    counted = approval_steps.recheck(
        given_by_ci, given_by_ci.needs, lambda _: frozenset({"ci", "lead"})
    )

    assert counted
    assert counted.state is ApprovalState.OPEN
    assert counted.given == ()


def test_who_asked_withdraws() -> None:
    withdrawn = approval_steps.withdraw(waiting(Needs(("lead",))), ci(), NOW)

    assert withdrawn.state is ApprovalState.WITHDRAWN


NAMES = st.text("ab-*?", max_size=5)


@given(st.lists(NAMES, min_size=1, max_size=3), st.lists(NAMES, min_size=1, max_size=3), NAMES)
def test_ci_may_never_more_than_its_token_nor_than_its_rule(
    mine: list[str], ruled: list[str], name: str
) -> None:
    service = name.replace("*", "a").replace("?", "b")
    settings = having(PolicyRule(services=tuple(ruled), ask=("ci",)))

    decision: Decision = decide(ci(*mine), "deploy", plan(service), settings)

    fits_both = any(fnmatchcase(service, glob) for glob in mine) and any(
        fnmatchcase(service, glob) for glob in ruled
    )
    assert (decision == Allow()) is fits_both
