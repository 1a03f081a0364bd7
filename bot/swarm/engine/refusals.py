"""Turns an engine's refusals into domain errors, by their status and text."""

from __future__ import annotations

from dataclasses import dataclass

from bot.errors import (
    EngineRefusedError,
    NameTakenError,
    NoLeaderError,
    NotAManagerError,
    OutOfSequenceError,
    PortTakenError,
    SwarmbotError,
    UnknownNameError,
)
from bot.model.bounds import bounded
from bot.model.secrecy import masked_text
from bot.swarm.engine_words import (
    LEADER_LOST,
    NAME_TAKEN,
    NO_LEADER,
    NOT_A_MANAGER,
    NOT_FOUND,
    OUT_OF_SEQUENCE,
    PORT_TAKEN,
    REFUSED_VERSION,
)


@dataclass(eq=False)
class NotReachedError(SwarmbotError):
    """No connection came about, so nothing was sent. Stays inside `bot.swarm`."""

    reason: str


@dataclass(eq=False)
class ConnectionLostError(SwarmbotError):
    """The request was sent and no answer came, or the manager lost its leader meanwhile.

    Stays inside `bot.swarm`.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class Target:
    """The object that a call is about, for its errors: a `kind` such as `service`, and a name.

    Both are empty for a call that is about no single object.
    """

    kind: str = ""
    name: str = ""


NO_OBJECT = Target()

_READ = 65_536
"""Characters of an answer that are looked at: an engine passes on what a registry says, whole."""


def is_refused_version(text: str) -> bool:
    """Whether an engine refuses (with status 400) the API version, without a look at what was asked
    for."""
    return bool(REFUSED_VERSION.search(text[:_READ]))


def refusal(engine: str, status: int, text: str, target: Target) -> SwarmbotError:
    """The domain error for an answer with status 400 or above, from the engine's own words."""
    text = bounded(masked_text(text[:_READ].strip()))
    return (
        _of_the_swarm(engine, status, text)
        or _of_the_object(status, text, target)
        or EngineRefusedError(status, text)
    )


def _of_the_swarm(engine: str, status: int, text: str) -> SwarmbotError | None:
    if status < 500:
        return None
    if NO_LEADER in text:
        return NoLeaderError(text)
    for phrase, state in NOT_A_MANAGER:
        if status == 503 and phrase in text:
            return NotAManagerError(((engine, state),))
    return ConnectionLostError(text) if any(phrase in text for phrase in LEADER_LOST) else None


def _of_the_object(status: int, text: str, target: Target) -> SwarmbotError | None:
    if OUT_OF_SEQUENCE in text:
        return OutOfSequenceError(target.kind, target.name)
    if match := PORT_TAKEN.search(text):
        return PortTakenError(int(match["port"]), match["service"])
    if status == 409 and (match := NAME_TAKEN.search(text)):
        return NameTakenError(match[1] or match[3], match[2] or match[4])
    # A call about one object may fail over another, with any status: a service names a network that
    # does not exist.
    if (match := NOT_FOUND.search(text)) and match["kind"] != target.kind:
        return UnknownNameError(match["kind"], match["before"] or match["after"])
    return UnknownNameError(target.kind, target.name) if status == 404 and target.kind else None
