"""Says which rule decides about somebody's line, and why, for whoever writes rules; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.model import Actor
from bot.policy import decide
from bot.settings import PolicyRule, Settings


def reasons(
    actor: Actor, command: str, services: Iterable[str], reads: bool, settings: Settings
) -> Iterator[str]:
    """A line for each service; an empty name stands for what is about no service."""
    held = sorted(decide.roles(actor, settings))
    yield f"{actor.id} has {'the roles ' + ', '.join(held) if held else 'no role'}"
    if not settings.roles:
        yield "no roles are configured: everybody may read, and nobody may change anything"
        return
    for service in services:
        subject = f"{command} on {service}" if service else command
        yield f"{subject}: {_decided(actor, command, service, reads, settings)}"


def _decided(actor: Actor, command: str, service: str, reads: bool, settings: Settings) -> str:
    if reads:
        return _read(actor, command, service, settings)
    number = _number(settings.rules, decide.first_match(settings.rules, command, service))
    if number is None:
        return "refused, for no rule fits; what no rule names nobody may change"
    return _by_rule(actor, number, settings)


def _read(actor: Actor, command: str, service: str, settings: Settings) -> str:
    if not decide.names_read(command, settings):
        return 'allowed, for no rule names this read ("*" names only changes)'
    decision = decide.may_read(actor, command, settings, (service,))
    return (
        "allowed by the first rule that names it and fits"
        if decision == decide.Allow()
        else "refused, for rules name it, and none of them allows it"
    )


def _number(rules: tuple[PolicyRule, ...], rule: PolicyRule | None) -> int | None:
    return next((number for number, candidate in enumerate(rules, 1) if candidate is rule), None)


def _by_rule(actor: Actor, number: int, settings: Settings) -> str:
    rule = settings.rules[number - 1]
    by = (
        f"rule {number} decides, the first that fits (commands {_listed(rule.commands)}; "
        f"services {_listed(rule.services)})"
    )
    if decide.roles(actor, settings).isdisjoint(rule.ask):
        return f"refused: {by}, and only {_listed(rule.ask) or 'nobody'} may ask"
    given = f"grants {_listed(rule.grants) or 'nothing'}, images {_listed(rule.images)}"
    if not rule.approve:
        return f"allowed at once: {by}; {given}"
    above = f", above {rule.over_replicas} replicas" if rule.over_replicas is not None else ""
    own = ", one's own counts" if rule.self_approval else ""
    return (
        f"allowed after {rule.approvals} approval of {_listed(rule.approve)}{above}{own}: {by}; "
        f"{given}"
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
