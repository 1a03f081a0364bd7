"""What keeps a task from running, as far as its state and the engine's error say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.model.swarm import Availability, NodeState


class Symptom(StrEnum):
    """What happens to a task: its program ends, which the cause says with the exit code; it runs
    and is not healthy; or it does not even start."""

    EXITS = "exits"
    UNHEALTHY = "unhealthy"
    DOES_NOT_START = "does not start"


class CauseKind(StrEnum):
    """What can keep a task from running; the comment says what `Cause.value` holds."""

    # The program.
    UNHEALTHY = "unhealthy"
    KILLED = "killed"
    EXIT_CODE = "exit-code"  # the code
    ENDED = "ended"
    # The container.
    NOT_PULLED = "not-pulled"  # the image
    PATH_MISSING = "path-missing"  # the path on the node
    MOUNT_INVALID = "mount-invalid"  # the engine's reason
    PORT_TAKEN = "port-taken"  # the port
    ADDRESS_TAKEN = "address-taken"
    PROGRAM_MISSING = "program-missing"  # the program
    PROGRAM_NOT_EXECUTABLE = "program-not-executable"  # the program
    OTHER_PLATFORM = "other-platform"
    NOT_STARTED = "not-started"  # the engine's reason
    # A place on a node.
    NO_NODE = "no-node"
    NODES_CLOSED = "nodes-closed"
    NO_BUILD = "no-build"
    CONSTRAINTS = "constraints"
    RESERVATION = "reservation"
    HOST_PORT = "host-port"
    MOST_PER_NODE = "most-per-node"
    PLUGIN_MISSING = "plugin-missing"
    VOLUME_OUT_OF_REACH = "volume-out-of-reach"
    NO_ADDRESS_ON_NODE = "no-address-on-node"
    # What takes long.
    PULLING = "pulling"  # the image
    STARTING = "starting"
    PENDING = "pending"
    NO_ADDRESS = "no-address"
    NOT_TAKEN_UP = "not-taken-up"
    # The engine's own words, where the bot does not know them.
    UNKNOWN = "unknown"  # those words


_SYMPTOMS = {
    CauseKind.UNHEALTHY: Symptom.UNHEALTHY,
    CauseKind.KILLED: Symptom.EXITS,
    CauseKind.EXIT_CODE: Symptom.EXITS,
    CauseKind.ENDED: Symptom.EXITS,
}


@dataclass(frozen=True, slots=True)
class Cause:
    """What keeps a task from running. `value`: see the kind; `nodes`: on how many nodes it is so.

    `closed` names the nodes that take no new tasks, with the reason, where it is clear which.
    """

    kind: CauseKind
    value: str = ""
    nodes: int = 0
    closed: tuple[tuple[str, NodeState | Availability], ...] = ()

    @property
    def symptom(self) -> Symptom:
        """What happens to the tasks."""
        return _SYMPTOMS.get(self.kind, Symptom.DOES_NOT_START)


def stored_cause(stored: object) -> object:
    """A cause as it comes from Redis: earlier versions of the bot stored its words alone."""
    return Cause(CauseKind.UNKNOWN, stored) if isinstance(stored, str) else stored
