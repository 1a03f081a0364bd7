"""Who may do what: each field of a rule, the order of rules, and what several services come to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.errors import NotAllowedError, ReadOnlyError, SwarmbotError, UnsupportedError
from bot.model import Actor, Kind, Plan
from bot.model.danger import Danger, Grant
from bot.policy.decide import (
    Allow,
    Ask,
    Decision,
    Deny,
    decide,
    first_match,
    may_ask,
    may_read,
    permitted,
    strictest,
)
from bot.settings import PolicyRule, Role, Settings

DEV = Actor("U1", "dev")
LEAD = Actor("U2", "lead")
OPS = Actor("U3", "ops", frozenset({"S0OPS"}))
GUEST = Actor("U9", "guest")
ROLES = (
    Role(name="dev", users=("U1",)),
    Role(name="lead", users=("U2",)),
    Role(name="ops", groups=("S0OPS",)),
)


def having(*rules: PolicyRule, roles: tuple[Role, ...] = ROLES) -> Settings:
    return Settings(roles=roles, rules=rules)


def rule(*commands: str, ask: tuple[str, ...] = ("dev",), **fields: Any) -> PolicyRule:
    return PolicyRule(commands=commands or ("*",), ask=ask, **fields)


def plan(*services: str, kind: Kind = Kind.CHANGE, replicas: int | None = None) -> Plan:
    return Plan(
        title="t", targets=(), fingerprint="f", services=services, kind=kind, replicas=replicas
    )


def judged(
    *rules: PolicyRule, command: str = "deploy", on: tuple[str, ...] = ("web",), **fields: Any
) -> Decision:
    return decide(DEV, command, plan(*on, **fields), having(*rules))


# ---- one rule


@pytest.mark.parametrize(
    ("policy_rule", "decision"),
    [
        (rule(), Allow()),
        (rule("deploy"), Allow()),
        (rule("dep*"), Allow()),
        (rule("rollback", "deploy"), Allow()),
        (rule("rollback"), Deny(target="web")),
        (rule("Deploy"), Deny(target="web")),
        (rule(services=("web",)), Allow()),
        (rule(services=("api", "w*")), Allow()),
        (rule(services=("api",)), Deny(target="web")),
        (rule(services=()), Deny(target="web")),
        (rule(ask=("lead", "dev")), Allow()),
        (rule(ask=("lead", "ops")), Deny(roles=("lead", "ops"), target="web")),
        (rule(ask=()), Deny(target="web")),
        (rule(approve=("lead",)), Ask(("lead",), 1, self_approval=False)),
        (rule(approve=("lead", "ops"), approvals=2), Ask(("lead", "ops"), 2, self_approval=False)),
        (rule(approve=("lead",), self_approval=True), Ask(("lead",), 1, self_approval=True)),
        (rule(approvals=2), Allow()),
    ],
)
def test_each_field_of_a_rule(policy_rule: PolicyRule, decision: Decision) -> None:
    assert judged(policy_rule) == decision


@pytest.mark.parametrize(
    ("replicas", "decision"),
    [(4, Allow()), (5, Allow()), (6, Ask(("lead",))), (None, Ask(("lead",))), (0, Allow())],
)
def test_approval_only_above_a_number_of_replicas(replicas: int | None, decision: Decision) -> None:
    policy_rule = rule("service scale", approve=("lead",), over_replicas=5)
    assert judged(policy_rule, command="service scale", replicas=replicas) == decision


@pytest.mark.parametrize(("falls", "decision"), [(True, Ask(("lead",))), (False, Allow())])
def test_a_fall_asks_however_few_are_left(falls: bool, decision: Decision) -> None:
    policy_rule = rule("service scale", approve=("lead",), over_replicas=5)
    falling = replace(plan("web", replicas=2), falls=falls)
    assert decide(DEV, "service scale", falling, having(policy_rule)) == decision


@pytest.mark.parametrize(
    ("services", "decision"),
    [
        (("web-1",), Allow()),
        (("payroll",), Deny(target="payroll")),
        (("web-1", "payroll"), Deny(target="payroll")),
        ((), Deny()),
    ],
)
def test_a_read_that_a_rule_names_for_services_is_limited_to_these(
    services: tuple[str, ...], decision: Decision
) -> None:
    policy_rule = rule("service logs", services=("web*",))
    assert may_read(DEV, "service logs", having(policy_rule), services) == decision


@pytest.mark.parametrize(
    ("rules", "pattern", "decision"),
    [
        ((rule(services=("web*",)),), "web*", Allow()),
        ((rule(services=("web*",)),), "web-*", Allow()),
        ((rule(services=("web*",)),), "*", Deny(target="*")),
        ((rule(services=("web*",)),), "w*", Deny(target="w*")),
        ((rule(),), "*", Allow()),
        (
            (rule(services=("db*",), ask=("lead",)), rule()),
            "*",
            Deny(roles=("lead",), target="*"),
        ),
        ((rule(services=("db*",), ask=("lead",)), rule()), "web*", Allow()),
        ((rule(services=("web*",), approve=("lead",)), rule()), "w*", Ask(("lead",))),
    ],
)
def test_a_pattern_is_judged_as_all_that_it_covers(
    rules: tuple[PolicyRule, ...], pattern: str, decision: Decision
) -> None:
    assert judged(*rules, command="silence", on=(pattern,)) == decision


def test_over_0_replicas_asks_for_every_replica() -> None:
    assert judged(rule(approve=("lead",), over_replicas=0), replicas=1) == Ask(("lead",))
    assert judged(rule(approve=("lead",), over_replicas=0), replicas=0) == Allow()


def test_a_plan_may_be_ruled_by_another_command() -> None:
    waiting = replace(plan("web"), ruled_by="deploy")
    assert decide(DEV, "queue", waiting, having(rule("deploy"))) == Allow()
    assert decide(DEV, "queue", waiting, having(rule("queue"))) == Deny(target="web")


def test_a_role_by_user_group() -> None:
    assert decide(OPS, "deploy", plan("web"), having(rule(ask=("ops",)))) == Allow()
    assert decide(GUEST, "deploy", plan("web"), having(rule(ask=("ops",)))) == Deny(
        roles=("ops",), target="web"
    )


# ---- several rules


def test_the_first_match_decides_even_where_a_later_one_would_allow() -> None:
    strict, open_ = rule("deploy", services=("db*",), ask=("lead",)), rule("*")
    assert judged(strict, open_, on=("db1",)) == Deny(roles=("lead",), target="db1")
    assert judged(open_, strict, on=("db1",)) == Allow()
    assert judged(strict, open_, on=("web",)) == Allow()


def test_no_rule_at_all_refuses_a_change() -> None:
    assert judged() == Deny(target="web")


def test_a_rule_for_services_never_covers_a_command_that_is_about_none() -> None:
    for globs in (("web*",), ("?*",), ("[a-z]*",), ("web", "api")):
        assert judged(rule(services=globs), command="node rm", on=()) == Deny()
    assert judged(rule(), command="node rm", on=()) == Allow()
    assert first_match([rule(services=("web*",))], "deploy", "") is None


# ---- several services


def test_the_strictest_judgement_over_all_services_counts() -> None:
    asks = rule(services=("db*",), approve=("lead",))
    refuses = rule(services=("core",), ask=("lead",))
    opens = rule()
    assert judged(asks, refuses, opens, on=("web", "api")) == Allow()
    assert judged(asks, refuses, opens, on=("web", "db1")) == Ask(("lead",))
    assert judged(asks, refuses, opens, on=("web", "db1", "core")) == Deny(
        roles=("lead",), target="core"
    )


@pytest.mark.parametrize(
    ("decisions", "expected"),
    [
        ([], Allow()),
        ([Allow(), Ask(("lead",))], Ask(("lead",))),
        ([Ask(("lead",)), Ask(("lead",), 2)], Ask(("lead",), 2)),
        ([Ask(("lead",), 2), Ask(("lead",))], Ask(("lead",), 2)),
        ([Ask(("lead",), self_approval=True), Ask(("lead",))], Ask(("lead",))),
        ([Ask(("lead",), 2), Deny()], Deny()),
        ([Deny(target="a"), Deny(target="b")], Deny(target="a")),
    ],
)
def test_strictest(decisions: list[Decision], expected: Decision) -> None:
    assert strictest(decisions) == expected


# ---- no roles, and reading


def test_without_roles_nothing_may_be_changed_and_all_may_be_read() -> None:
    bare = having(rule(ask=()), roles=())
    assert decide(DEV, "deploy", plan("web"), bare) == Deny(read_only=True)
    assert decide(DEV, "deploy", plan(), having(roles=())) == Deny(read_only=True)
    assert decide(DEV, "service ls", plan(kind=Kind.READ), bare) == Allow()
    assert may_read(DEV, "service ls", having(roles=())) == Allow()
    assert not may_ask(DEV, "deploy", bare)


@pytest.mark.parametrize(
    ("rules", "decision"),
    [
        ((), Allow()),
        ((rule("deploy", ask=("lead",)),), Allow()),
        ((rule("audit", ask=("dev",)),), Allow()),
        ((rule("audit", ask=("lead",)),), Deny(roles=("lead",))),
        ((rule("audit", services=("web*",), ask=("lead",)),), Deny()),
        ((rule("audit", services=("web*",)),), Deny()),
        ((rule("audit", services=("web*",)), rule("audit")), Allow()),
        ((rule("*", ask=("lead",)),), Allow()),
        ((rule("*", "aud*", ask=("lead",)),), Deny(roles=("lead",))),
    ],
)
def test_a_read_is_allowed_unless_a_rule_names_it(
    rules: tuple[PolicyRule, ...], decision: Decision
) -> None:
    assert may_read(DEV, "audit", having(*rules)) == decision


@pytest.mark.parametrize(
    ("rules", "offered"),
    [
        ((), False),
        ((rule("deploy"),), True),
        ((rule("deploy", services=("web*",)),), True),
        ((rule("deploy", ask=("lead",)),), False),
        ((rule("rollback"),), False),
        ((rule("deploy", services=("db*",), ask=("lead",)), rule()), True),
        ((rule("deploy", ask=("lead",)), rule()), False),
    ],
)
def test_what_help_offers(rules: tuple[PolicyRule, ...], offered: bool) -> None:
    assert may_ask(DEV, "deploy", having(*rules)) is offered


def test_services_with_different_approvers_are_not_one_request() -> None:
    assert strictest([Ask(("lead",)), Ask(("owner",))]) == Deny(split=True)
    assert strictest([Ask(("lead",)), Ask(("lead",), 2), Allow()]) == Ask(("lead",), 2)
    assert strictest([Ask(("lead",)), Ask(("owner",)), Deny(("lead",))]) == Deny(("lead",))


@pytest.mark.parametrize("decision", [Allow(), Ask(("lead",))])
def test_what_goes_on(decision: Allow | Ask) -> None:
    assert permitted(decision, "deploy") is decision


@pytest.mark.parametrize(
    ("decision", "error"),
    [
        (Deny(read_only=True), ReadOnlyError),
        (Deny(split=True), UnsupportedError),
        (Deny(("lead",), "web"), NotAllowedError),
    ],
)
def test_what_is_refused(decision: Deny, error: type[SwarmbotError]) -> None:
    with pytest.raises(error):
        permitted(decision, "deploy")


def test_a_secret_of_services_that_may_not_be_named_is_judged_by_their_names() -> None:
    shared = Danger(Grant.SECRETS, "a secret", held=True, owners=("payroll",))
    plan = Plan(title="web", targets=(), fingerprint="f", services=("web",), dangers=(shared,))
    every = PolicyRule(commands=("*",), ask=("dev",))
    payroll = PolicyRule(commands=("*",), services=("payroll",), ask=("lead",))
    roles = (Role(name="dev", users=("U0DEV",)), Role(name="lead", users=("U0LEAD",)))

    def judged(*rules: PolicyRule) -> object:
        return decide(Actor("U0DEV", "dev"), "deploy", plan, Settings(roles=roles, rules=rules))

    assert judged(every) == Allow()
    assert judged(payroll, every) == Deny(target="web", ungranted=(shared,))
