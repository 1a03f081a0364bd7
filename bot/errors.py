"""What can go wrong, as classes that carry data; `bot.render.errors` alone turns them into sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.approval import Approval
    from bot.hold import Hold
    from bot.model import Image, Lock, Platform


class SwarmbotError(Exception):
    """Base of everything that the bot explains to people rather than logs as a fault of its own."""


# ---- what was typed


@dataclass(eq=False)
class UnclosedQuote(SwarmbotError):
    """A quote in the line is never closed."""

    line: str


@dataclass(eq=False)
class UnknownCommand(SwarmbotError):
    """No command has this name. `near` holds full names, the likeliest first; `right` a whole line, where one is known."""

    typed: str
    near: tuple[str, ...] = ()
    right: str = ""


@dataclass(eq=False)
class UnknownFlag(SwarmbotError):
    """The command has no such flag. `right` is a whole line that would be right, where one is known."""

    command: str
    flag: str
    near: tuple[str, ...] = ()
    right: str = ""


@dataclass(eq=False)
class InvalidLine(SwarmbotError):
    """Arguments are missing, too many or repeated: `problem` names which, `usage` is the form of the command."""

    command: str
    problem: str
    usage: str
    example: str = ""


@dataclass(eq=False)
class InvalidValue(SwarmbotError):
    """The value of one field is not acceptable. `expected` completes "expected …"."""

    field: str
    value: str
    expected: str
    example: str = ""


@dataclass(eq=False)
class SecretTyped(SwarmbotError):
    """A join token or an unlock key (`what`) stood in the line: nothing ran, and the value is not carried along."""

    what: str


@dataclass(eq=False)
class UnknownName(SwarmbotError):
    """No object of this kind (`service`, `node`, …) has this name. `right` is the line with the nearest name."""

    kind: str
    name: str
    near: tuple[str, ...] = ()


@dataclass(eq=False)
class AmbiguousName(SwarmbotError):
    """Several objects fit the name: `matches` holds `name (id)` of each."""

    kind: str
    name: str
    matches: tuple[str, ...]


# ---- who may


@dataclass(eq=False)
class ReadOnly(SwarmbotError):
    """No roles are configured, so nothing may be changed."""

    command: str


@dataclass(eq=False)
class NotAllowed(SwarmbotError):
    """The rules refuse. `roles` names who may ask; empty where no rule covers the command at all."""

    command: str
    roles: tuple[str, ...] = ()
    target: str = ""


@dataclass(eq=False)
class LockHeld(SwarmbotError):
    """Another change holds the target."""

    lock: Lock


@dataclass(eq=False)
class LockLost(SwarmbotError):
    """The lease could not be renewed in time and somebody else may hold the target now."""

    target: str


# ---- approvals and holds


@dataclass(eq=False)
class ApprovalGone(SwarmbotError):
    """No request for approval has this id: it ended long ago, was lost with Redis, or never was."""

    approval_id: str


@dataclass(eq=False)
class ApprovalOver(SwarmbotError):
    """The request takes no more approvals; its state says why."""

    approval: Approval


@dataclass(eq=False)
class OwnApproval(SwarmbotError):
    """Who asked may not approve it."""

    approval: Approval


@dataclass(eq=False)
class NotApprover(SwarmbotError):
    """Whoever clicked has none of the roles that may approve it."""

    approval: Approval


@dataclass(eq=False)
class ApprovedBefore(SwarmbotError):
    """The same person approved it already, and it takes another one."""

    approval: Approval


@dataclass(eq=False)
class NotAsker(SwarmbotError):
    """Only who asked may withdraw the request."""

    approval: Approval


@dataclass(eq=False)
class Held(SwarmbotError):
    """Somebody holds the service, or everything is frozen. `name` is what was to be changed, or to be held."""

    hold: Hold
    name: str


@dataclass(eq=False)
class NotYours(SwarmbotError):
    """The hold is somebody else's, so releasing it takes a reason."""

    hold: Hold


# ---- images


@dataclass(eq=False)
class ImageNotFound(SwarmbotError):
    """The registry answers, and has no such tag or digest."""

    image: Image


@dataclass(eq=False)
class RegistryAway(SwarmbotError):
    """The registry cannot be asked: `reason` is the engine's own word."""

    image: Image
    reason: str


@dataclass(eq=False)
class RegistryDenied(SwarmbotError):
    """The registry wants credentials that the engine does not have."""

    image: Image


@dataclass(eq=False)
class OnlyOnNode(SwarmbotError):
    """The image lies on an engine, and no registry has it under this name, which itself names none."""

    image: Image


@dataclass(eq=False)
class NoPlatform(SwarmbotError):
    """The image has no build for the nodes that may run the service."""

    image: Image
    offered: tuple[Platform, ...]
    wanted: tuple[Platform, ...]


# ---- the Swarm


@dataclass(eq=False)
class NoEngine(SwarmbotError):
    """No engine answered: pairs of engine name and why not."""

    tried: tuple[tuple[str, str], ...]


@dataclass(eq=False)
class NoLeader(SwarmbotError):
    """The managers answer but have no leader: the quorum is lost, or an election is under way."""

    reason: str


@dataclass(eq=False)
class NotAManager(SwarmbotError):
    """The engines answer, but none is an unlocked manager: pairs of engine name and state (`locked`, `inactive`, `worker`)."""

    states: tuple[tuple[str, str], ...]


@dataclass(eq=False)
class OutOfSequence(SwarmbotError):
    """The object changed between reading and writing, time and again."""

    kind: str
    name: str


@dataclass(eq=False)
class Moved(SwarmbotError):
    """What was planned against is no longer there: `what` says which part moved."""

    name: str
    what: str


@dataclass(eq=False)
class Interrupted(SwarmbotError):
    """The bot ended before it had posted the change: nothing was changed."""

    name: str


@dataclass(eq=False)
class PortTaken(SwarmbotError):
    """Another service publishes the port already."""

    port: int
    service: str


@dataclass(eq=False)
class NameTaken(SwarmbotError):
    """An object of this kind has the name already."""

    kind: str
    name: str


@dataclass(eq=False)
class EngineRefused(SwarmbotError):
    """The engine refused the call for a reason that no other class names. `status` is the HTTP status."""

    status: int
    reason: str


@dataclass(eq=False)
class MaybeDone(SwarmbotError):
    """The engine was lost after a change was sent: it may have happened or not, so read again before anything else."""

    engine: str
    reason: str


@dataclass(eq=False)
class NoRevision(SwarmbotError):
    """The service has no revision to go back to: `known` lists the numbers that exist."""

    service: str
    wanted: int | None
    known: tuple[int, ...]


@dataclass(eq=False)
class Unsupported(SwarmbotError):
    """Swarm cannot do this to this object; `instead` says what would be right."""

    what: str
    instead: str


# ---- nodes and networks


@dataclass(eq=False)
class LastManager(SwarmbotError):
    """Without this node there would be no manager at all. `instead` names a node to promote first, if there is one."""

    node: str
    instead: tuple[str, ...] = ()


@dataclass(eq=False)
class QuorumAtRisk(SwarmbotError):
    """Without this manager the others would have no quorum: of `managers` that are left `reachable` answer, `away` do not."""

    node: str
    managers: int
    reachable: int
    needed: int
    away: tuple[str, ...] = ()


@dataclass(eq=False)
class StillManager(SwarmbotError):
    """A node that manages cannot be removed."""

    node: str


@dataclass(eq=False)
class NotDown(SwarmbotError):
    """A node that is not `down` but `state` is not removed without force."""

    node: str
    state: str


@dataclass(eq=False)
class InUse(SwarmbotError):
    """Services use what was to be removed: `users` names them."""

    kind: str
    name: str
    users: tuple[str, ...]


# ---- the Swarm itself


@dataclass(eq=False)
class ChooseEngine(SwarmbotError):
    """The command is about one engine, and it is not clear which: several `names` have the trait, or (not `able`) none has."""

    command: str
    trait: str
    names: tuple[str, ...]
    able: bool


@dataclass(eq=False)
class KeyNeeded(SwarmbotError):
    """No manager hands out the key that unlocks the engine: `reason` says why, and somebody has to type it."""

    engine: str
    reason: str


@dataclass(eq=False)
class WrongKey(SwarmbotError):
    """The engine does not take the unlock key: it is still locked."""

    engine: str


@dataclass(eq=False)
class LeavesManagers(SwarmbotError):
    """A manager is not to leave without force: `managers` there are, and `may_fail` of them may be lost after that."""

    engine: str
    node: str
    managers: int
    may_fail: int
    lost: str = ""


# ---- the bot itself


@dataclass(eq=False)
class StoreAway(SwarmbotError):
    """Redis does not answer: reads go on, changes are refused."""

    reason: str


@dataclass(eq=False)
class InvalidSetting(SwarmbotError):
    """The configuration is wrong: `where` is the variable or the path in the file."""

    where: str
    problem: str
