"""What Swarm, its managers and its objects answer."""

from __future__ import annotations

from dataclasses import dataclass

from bot.errors.base import SwarmbotError


@dataclass(eq=False)
class NoEngineError(SwarmbotError):
    """No engine answered: pairs of engine name and why not."""

    tried: tuple[tuple[str, str], ...]


@dataclass(eq=False)
class NoLeaderError(SwarmbotError):
    """The managers answer but have no leader: the quorum is lost, or an election is under way."""

    reason: str


@dataclass(eq=False)
class NotAManagerError(SwarmbotError):
    """The engines answer, but none is an unlocked manager.

    `states` pairs engine name and state (`locked`, `expired`, `worker`, `inactive`, or `preparing`:
    a manager that starts, or looks for the others).
    """

    states: tuple[tuple[str, str], ...]


NO_MANAGER = (NoEngineError, NoLeaderError, NotAManagerError)
"""What a question to the Swarm meets where no manager can answer it."""


@dataclass(eq=False)
class OutOfSequenceError(SwarmbotError):
    """The object changed between reading and writing, time and again."""

    kind: str
    name: str


@dataclass(eq=False)
class PlanOutdatedError(SwarmbotError):
    """What was planned against is no longer there: `part` says which part moved."""

    name: str
    part: str


@dataclass(eq=False)
class ChangeInterruptedError(SwarmbotError):
    """The bot ended before it had posted the change: nothing was changed."""

    name: str


@dataclass(eq=False)
class ChangeUnsureError(SwarmbotError):
    """The bot ended when it was about to post the change, or had posted it: nobody can tell."""

    name: str


@dataclass(eq=False)
class PortTakenError(SwarmbotError):
    """Another service publishes the port already; without its name where that is not to be told."""

    port: int
    service: str


@dataclass(eq=False)
class NameTakenError(SwarmbotError):
    """An object of this kind has the name already."""

    kind: str
    name: str


@dataclass(eq=False)
class EngineRefusedError(SwarmbotError):
    """The engine refused the call for a reason that no other class names.

    `status` is the HTTP status.
    """

    status: int
    reason: str


@dataclass(eq=False)
class OutcomeUnknownError(SwarmbotError):
    """The engine was lost after a change was sent: it may have happened or not.

    Read again before anything else.
    """

    engine: str
    reason: str


@dataclass(eq=False)
class NoRevisionError(SwarmbotError):
    """The service has no revision to go back to: `known` lists the numbers that exist."""

    service: str
    wanted: int | None
    known: tuple[int, ...]


@dataclass(eq=False)
class UnsupportedError(SwarmbotError):
    """Swarm cannot do this to this object.

    `problem` says why, `instead` what would be right; both are sentences.
    """

    problem: str
    instead: str


@dataclass(eq=False)
class LastManagerError(SwarmbotError):
    """Without this node there would be no manager at all.

    `instead` names a node to promote first, if there is one.
    """

    node: str
    instead: tuple[str, ...] = ()


@dataclass(eq=False)
class QuorumAtRiskError(SwarmbotError):
    """Without this manager the others would have no quorum.

    Of `managers` that are left `reachable` answer, `away` do not.
    """

    node: str
    managers: int
    reachable: int
    needed: int
    away: tuple[str, ...] = ()


@dataclass(eq=False)
class StillManagerError(SwarmbotError):
    """A node that manages cannot be removed."""

    node: str


@dataclass(eq=False)
class NodeNotDownError(SwarmbotError):
    """A node that is not `down` but `state` is not removed without force."""

    node: str
    state: str


@dataclass(eq=False)
class InUseError(SwarmbotError):
    """Services use what was to be removed: `users` names those that may be told of."""

    kind: str
    name: str
    users: tuple[str, ...]


@dataclass(eq=False)
class AmbiguousEngineError(SwarmbotError):
    """The command is about one engine, and it is not clear which: several `names` have the trait,
    or (not `able`) none has."""

    command: str
    trait: str
    names: tuple[str, ...]
    able: bool


@dataclass(eq=False)
class UnlockKeyNeededError(SwarmbotError):
    """No manager hands out the key that unlocks the engine, so somebody has to type it.

    `reason` says why.
    """

    engine: str
    reason: str


@dataclass(eq=False)
class WrongUnlockKeyError(SwarmbotError):
    """The engine does not take the unlock key: it is still locked."""

    engine: str


@dataclass(eq=False)
class ManagerLeavesError(SwarmbotError):
    """A manager is not to leave without force.

    There are `managers`, and `fault_tolerance` of them may be lost after that.
    """

    engine: str
    node: str
    managers: int
    fault_tolerance: int
    lost: str = ""
