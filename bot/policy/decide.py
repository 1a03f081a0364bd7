"""Who may do what: a pure function from actor, plan and rules to a decision.

The first matching rule decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from bot.errors import (
    BeyondRightsError,
    NotAllowedError,
    NotGrantedError,
    OutsiderError,
    ReadOnlyError,
    SwarmbotError,
    UnsupportedError,
)
from bot.model import Actor, Kind, Plan, Standing
from bot.model.danger import Danger
from bot.policy.patterns import covers, is_pattern, meets
from bot.policy.reach import reaches
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
    its services need different approvers. `ungranted`: what the deciding rule does not grant;
    `image`: the one that it does not allow. `outsider`: who asks is no member of the workspace,
    and may not read it for that alone. `beyond`: CI's token is for these services alone.
    """

    roles: tuple[str, ...] = ()
    target: str = ""
    read_only: bool = False
    split: bool = False
    ungranted: tuple[Danger, ...] = ()
    image: str = ""
    outsider: Standing | None = None
    beyond: tuple[str, ...] | None = None


Decision = Allow | Ask | Deny
EVERY_CHANGE = "*"
"""The glob of a rule that stands for every change, and names no read."""
EVERYTHING = "*"
"""The glob in `[reads]` that stands for every read."""


def decide(actor: Actor, command: str, plan: Plan, settings: Settings) -> Decision:
    """Judge one change.

    Where it touches several services, the strictest judgement over them counts. What it names by a
    pattern is judged as everything that the pattern covers.
    """
    if plan.kind is Kind.READ:
        return may_read(actor, command, settings, plan.services)
    if not settings.roles:
        return Deny(read_only=True)
    ruled = replace(plan, ruled_by=plan.ruled_by or command)
    return strictest(
        _decide_service(actor, service, ruled, settings) for service in plan.services or ("",)
    )


def permitted(decision: Decision, command: str) -> Allow | Ask:
    """The same decision, where it lets `command` go on.

    Raises what `refusal` makes of one that does not.
    """
    if isinstance(decision, Deny):
        raise refusal(decision, command)
    return decision


def refusal(decision: Deny, command: str) -> SwarmbotError:
    """What is said of a refused `command`: OutsiderError, BeyondRightsError, ReadOnlyError,
    NotAllowedError, NotGrantedError, or UnsupportedError for one that has to be split."""
    if decision.outsider:
        return OutsiderError(decision.outsider)
    if decision.beyond is not None:
        return BeyondRightsError(command, decision.target, decision.beyond)
    if decision.read_only:
        return ReadOnlyError(command)
    if decision.split:
        return UnsupportedError(
            "these services need different approvers", "Send one line for each of them."
        )
    if decision.image or decision.ungranted:
        grants = tuple(dict.fromkeys(danger.grant for danger in decision.ungranted))
        dangers = tuple(danger.words for danger in decision.ungranted)
        return NotGrantedError(command, decision.target, dangers, grants, decision.image)
    return NotAllowedError(command, decision.roles, decision.target)


def roles(actor: Actor, settings: Settings) -> frozenset[str]:
    """The roles of somebody, whatever else the file says: members have those of their id and
    groups, CI those of its token that the file opens to CI, and others none."""
    match actor.standing:
        case Standing.MEMBER:
            return settings.roles_of(actor.id, actor.groups)
        case Standing.PIPELINE if actor.rights:
            return actor.rights.roles & settings.ci_roles
        case _:
            return frozenset()


def open_reads(actor: Actor, settings: Settings) -> tuple[str, ...]:
    """Patterns of the reads that are open to somebody for what they are to the workspace.

    Empty for whoever may read nothing at all.
    """
    by_standing = {
        Standing.MEMBER: (EVERYTHING,),
        Standing.GUEST: settings.reads.guests,
        Standing.STRANGER: settings.reads.strangers,
        Standing.PIPELINE: (EVERYTHING,),
    }
    return by_standing.get(actor.standing, ())


def may_read(
    actor: Actor, command: str, settings: Settings, services: Iterable[str] = ()
) -> Decision:
    """Judge a read: allowed unless a rule names it; then the rules that name it decide.

    `services`: those that it tells of; none where it is about none, or about all. `*` names only
    changes. Of who is no member, the file's `[reads]` are asked first; of CI, its token.
    """
    if not _fits(command, open_reads(actor, settings)):
        return Deny(outsider=actor.standing)
    naming, names = _naming_read(command, settings), tuple(services) or ("",)
    return strictest(_decide_read(actor, naming, name, settings) for name in names)


def may_read_some(actor: Actor, command: str, settings: Settings) -> Decision:
    """Judge a read before it is known of which services it tells: whether it may be of any."""
    if not _fits(command, open_reads(actor, settings)):
        return Deny(outsider=actor.standing)
    naming = _naming_read(command, settings)
    return _some(actor, naming, settings) if naming else Allow()


def may_ask(actor: Actor, command: str, settings: Settings) -> bool:
    """Whether some rule lets the actor ask for the command, on whatever service.

    Help offers what somebody may ask for.
    """
    return not isinstance(may_change_some(actor, command, settings), Deny)


def may_change_some(actor: Actor, command: str, settings: Settings) -> Decision:
    """Judge a change before it is known what it is about: whether it may be about anything."""
    if not settings.roles:
        return Deny(read_only=True)
    return _some(
        actor, [rule for rule in settings.rules if _fits(command, rule.commands)], settings
    )


def may_change(
    actor: Actor, command: str, services: Iterable[str], settings: Settings
) -> Allow | Deny:
    """Judge whether the actor may ask for a change of these services, before it is planned.

    An empty name stands for what is about no service.
    """
    plan = Plan(title=command, targets=(), fingerprint="", services=tuple(services))
    decision = decide(actor, command, plan, settings)
    return decision if isinstance(decision, Deny) and not decision.split else Allow()


def names_read(command: str, settings: Settings) -> bool:
    """Whether some rule names this read, so that not everybody may ask for it."""
    return bool(_naming_read(command, settings))


def may_ask_on(actor: Actor, command: str, service: str, settings: Settings) -> bool:
    """Whether the rule that decides lets the actor ask for the command on this service."""
    rule = first_match(settings.rules, command, service)
    return rule is not None and _has(actor, rule.ask, settings) and reaches(actor, service)


def strictest(decisions: Iterable[Decision]) -> Decision:
    """The strictest of several decisions: deny before ask before allow.

    Of several asks it is the one that wants the most approvals, and then the one that wants them
    from others. Asks to different roles cannot be one request: such a change is refused.
    """
    judged = tuple(decisions)
    asks = {frozenset(decision.roles) for decision in judged if isinstance(decision, Ask)}
    strict = max(judged, key=_strictness, default=Allow())
    return Deny(split=True) if isinstance(strict, Ask) and len(asks) > 1 else strict


def first_match(
    rules: Iterable[PolicyRule], command: str | None, service: str
) -> PolicyRule | None:
    """The rule that decides: command and service both fit one of its globs.

    What names no service fits only a rule for any service. Without a command, that of all rules.
    """
    for rule in rules:
        if (command is None or _fits(command, rule.commands)) and _fits(service, rule.services):
            return rule
    return None


def _decide_service(actor: Actor, service: str, plan: Plan, settings: Settings) -> Decision:
    """Judge one service, or one pattern: by every rule that decides for some of what it covers."""
    if not reaches(actor, service):
        return _beyond(actor, service)
    rules = (rule for rule in settings.rules if _fits(plan.ruled_by, rule.commands))
    deciding, complete = _deciding(rules, service)
    decisions = [_decide_by(actor, rule, service, plan, settings) for rule in deciding]
    return strictest(decisions if complete else (*decisions, Deny(target=service)))


def _decide_by(
    actor: Actor, rule: PolicyRule, service: str, plan: Plan, settings: Settings
) -> Decision:
    if not _has(actor, rule.ask, settings):
        return Deny(roles=rule.ask, target=service)
    if plan.image and not _fits(plan.image, rule.images):
        return Deny(target=service, image=plan.image)
    ungranted = tuple(
        danger
        for danger in plan.dangers
        if danger.grant not in rule.grants and not _accepts(rule, danger, plan, settings)
    )
    if ungranted:
        return Deny(target=service, ungranted=ungranted)
    if not rule.approve or not plan.needs_approval or _small(plan, rule):
        return Allow()
    by_self = rule.self_approval and actor.standing is not Standing.PIPELINE
    return Ask(rule.approve, rule.approvals, by_self)


def _accepts(rule: PolicyRule, danger: Danger, plan: Plan, settings: Settings) -> bool:
    """Whether a rule needs no grant for what the service has already.

    That is so where only the image changes, to one that the rule names, its registry included; and
    for secrets, where the same rule decides about every service that has them.
    """
    if not danger.held:
        return False
    named = (glob for glob in rule.images if not is_pattern(glob[:1]))
    if danger.image_only and _fits(plan.image, named):
        return True
    return bool(danger.owners) and all(
        first_match(settings.rules, plan.ruled_by, owner) is rule for owner in danger.owners
    )


def _deciding(rules: Iterable[PolicyRule], service: str) -> tuple[list[PolicyRule], bool]:
    """The rules that decide, and whether they do for all that `service` stands for.

    A plain name has one at most; of a pattern each rule decides for what no rule before it covers.
    """
    deciding: list[PolicyRule] = []
    for rule in rules:
        if any(covers(glob, service) for glob in rule.services):
            return [*deciding, rule], True
        if any(meets(glob, service) for glob in rule.services):
            deciding.append(rule)
    return deciding, False


def _naming_read(command: str, settings: Settings) -> list[PolicyRule]:
    return [
        rule
        for rule in settings.rules
        if _fits(command, (glob for glob in rule.commands if glob != EVERY_CHANGE))
    ]


def _decide_read(
    actor: Actor, naming: Sequence[PolicyRule], service: str, settings: Settings
) -> Decision:
    if not reaches(actor, service):
        return _beyond(actor, service)
    if not naming:
        return Allow()
    rule = first_match(naming, None, service)
    if rule is None:
        return Deny(target=service)
    return Allow() if _has(actor, rule.ask, settings) else Deny(roles=rule.ask, target=service)


def _some(actor: Actor, rules: Iterable[PolicyRule], settings: Settings) -> Decision:
    """Allow where one of the rules may decide for the actor; else whom they name."""
    others: dict[str, None] = {}
    for rule in rules:
        if rule.services and _has(actor, rule.ask, settings):
            return Allow()
        others |= dict.fromkeys(rule.ask)
        if "*" in rule.services:
            break
    return Deny(roles=tuple(others))


def _strictness(decision: Decision) -> tuple[int, int, bool]:
    match decision:
        case Deny():
            return 2, 0, False
        case Ask():
            return 1, decision.approvals, not decision.self_approval
        case _:
            return 0, 0, False


def _small(plan: Plan, rule: PolicyRule) -> bool:
    """Whether it needs no approval: few replicas, and no fall to none or by half."""
    return (
        rule.over_replicas is not None
        and not plan.falls
        and plan.replicas is not None
        and plan.replicas <= rule.over_replicas
    )


def _fits(name: str, globs: Iterable[str]) -> bool:
    return any(fnmatchcase(name, glob) for glob in globs)


def _beyond(actor: Actor, service: str) -> Deny:
    return Deny(target=service, beyond=actor.rights.services if actor.rights else ())


def _has(actor: Actor, wanted: Iterable[str], settings: Settings) -> bool:
    return not roles(actor, settings).isdisjoint(wanted)
