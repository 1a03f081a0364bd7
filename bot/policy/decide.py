"""Who may do what: a pure function from actor, plan and rules to a decision.

The first matching rule decides.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from bot.errors import NotAllowedError, ReadOnlyError, UnsupportedError
from bot.model import Actor, Kind, Plan
from bot.settings import PolicyRule, Settings


@dataclass(frozen=True, slots=True)
class Allow:
    """It runs at once."""


@dataclass(frozen=True, slots=True)
class Ask:
    """It runs after `approvals` different people of `roles` have approved."""

    roles: tuple[str, ...]
    approvals: int = 1
    self_approval: bool = False


@dataclass(frozen=True, slots=True)
class Deny:
    """It does not run.

    `roles` may ask for it; none where nobody may. `read_only`: there are no roles at all. `split`:
    its services need different approvers.
    """

    roles: tuple[str, ...] = ()
    target: str = ""
    read_only: bool = False
    split: bool = False


Decision = Allow | Ask | Deny


def decide(actor: Actor, command: str, plan: Plan, settings: Settings) -> Decision:
    """Judge one change.

    Where it touches several services, the strictest judgement over them counts.
    """
    if plan.kind is Kind.READ:
        return Allow()
    if not settings.roles:
        return Deny(read_only=True)
    ruled_by = plan.ruled_by or command
    return strictest(
        _decide_service(actor, ruled_by, service, plan, settings)
        for service in plan.services or ("",)
    )


def permitted(decision: Decision, command: str) -> Allow | Ask:
    """The same decision, where it lets `command` go on.

    Raises ReadOnlyError, NotAllowedError, or UnsupportedError for one that has to be split.
    """
    if not isinstance(decision, Deny):
        return decision
    if decision.read_only:
        raise ReadOnlyError(command)
    if decision.split:
        raise UnsupportedError(
            "these services need different approvers", "Send one line for each of them."
        )
    raise NotAllowedError(command, decision.roles, decision.target)


def roles(actor: Actor, settings: Settings) -> frozenset[str]:
    """The roles of somebody; guests and bots have none, whatever the file says."""
    return frozenset() if actor.outsider else settings.roles_of(actor.id, actor.groups)


def may_read(actor: Actor, command: str, settings: Settings) -> Decision:
    """Judge a read: allowed unless a rule names it and the actor is in none of its roles.

    `*` names only changes.
    """
    naming = (
        rule
        for rule in settings.rules
        if _fits(command, (glob for glob in rule.commands if glob != "*"))
    )
    rule = first_match(naming, command, "")
    if rule is None or _has(actor, rule.ask, settings):
        return Allow()
    return Deny(roles=rule.ask)


def may_ask(actor: Actor, command: str, settings: Settings) -> bool:
    """Whether some rule lets the actor ask for the command, on whatever service.

    Help offers what somebody may ask for.
    """
    for rule in settings.rules:
        if _fits(command, rule.commands) and rule.services:
            if _has(actor, rule.ask, settings):
                return True
            if "*" in rule.services:
                return False
    return False


def may_ask_on(actor: Actor, command: str, service: str, settings: Settings) -> bool:
    """Whether the rule that decides lets the actor ask for the command on this service."""
    rule = first_match(settings.rules, command, service)
    return rule is not None and _has(actor, rule.ask, settings)


def strictest(decisions: Iterable[Decision]) -> Decision:
    """The strictest of several decisions: deny before ask before allow.

    Of several asks it is the one that wants the most approvals, and then the one that wants them
    from others. Asks to different roles cannot be one request: such a change is refused.
    """
    judged = tuple(decisions)
    asks = {frozenset(decision.roles) for decision in judged if isinstance(decision, Ask)}
    strict = max(judged, key=_strictness, default=Allow())
    return Deny(split=True) if isinstance(strict, Ask) and len(asks) > 1 else strict


def first_match(rules: Iterable[PolicyRule], command: str, service: str) -> PolicyRule | None:
    """The rule that decides: command and service both fit one of its globs.

    What names no service fits only a rule for any service.
    """
    for rule in rules:
        if _fits(command, rule.commands) and _fits(service, rule.services):
            return rule
    return None


def _decide_service(
    actor: Actor, command: str, service: str, plan: Plan, settings: Settings
) -> Decision:
    rule = first_match(settings.rules, command, service)
    if rule is None:
        return Deny(target=service)
    if not _has(actor, rule.ask, settings):
        return Deny(roles=rule.ask, target=service)
    if not rule.approve or not plan.needs_approval or _small(plan, rule):
        return Allow()
    return Ask(rule.approve, rule.approvals, rule.self_approval)


def _strictness(decision: Decision) -> tuple[int, int, bool]:
    match decision:
        case Deny():
            return 2, 0, False
        case Ask():
            return 1, decision.approvals, not decision.self_approval
        case _:
            return 0, 0, False


def _small(plan: Plan, rule: PolicyRule) -> bool:
    return (
        rule.over_replicas is not None
        and plan.replicas is not None
        and plan.replicas <= rule.over_replicas
    )


def _fits(name: str, globs: Iterable[str]) -> bool:
    return any(fnmatchcase(name, glob) for glob in globs)


def _has(actor: Actor, wanted: Iterable[str], settings: Settings) -> bool:
    return not roles(actor, settings).isdisjoint(wanted)
