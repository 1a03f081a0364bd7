"""What keeps a task from running, and what to do about it, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import singledispatch

from bot.model import Cause, CauseKind
from bot.model.bounds import bounded
from bot.model.english import agree, plural
from bot.model.slash import SLASH

_MOST_TEXT = 300


@dataclass(frozen=True, slots=True)
class CauseWords:
    """What is wrong, to stand within a sentence, and what helps; empty where nobody knows."""

    text: str
    fix: str = ""


_FREE_PORT = "Free the port on that node, or publish another."
_MULTI_PLATFORM = "Push a multi-platform image."

_WORDS: Mapping[CauseKind, CauseWords] = {
    CauseKind.UNHEALTHY: CauseWords(
        "the health check fails",
        "Look at what the check asks for; give the program more time with `--health-start-period`.",
    ),
    CauseKind.KILLED: CauseWords(
        "exit code 137: killed, often out of memory",
        "Raise `--limit-memory`, or find what eats the memory.",
    ),
    CauseKind.EXIT_CODE: CauseWords(
        "exit code {value}", "The program ended by itself: its last lines say why."
    ),
    CauseKind.ENDED: CauseWords(
        "the program ended with exit code 0", "A service has to go on running."
    ),
    CauseKind.NOT_PULLED: CauseWords(
        "{value} cannot be pulled",
        "Check name and tag, and that the nodes reach the registry. Where it is private, they need "
        "the credentials of `[[registries]]`, which `swarmbot check` tries.",
    ),
    CauseKind.PATH_MISSING: CauseWords(
        "{value} does not exist on the node",
        "Create it on every node that may run the task, or use a volume.",
    ),
    CauseKind.MOUNT_INVALID: CauseWords(
        "a mount is not possible: {value}",
        "Correct the mount, or constrain the service to nodes that have it.",
    ),
    CauseKind.PORT_TAKEN: CauseWords(
        "port {value} is taken by something outside Swarm", _FREE_PORT
    ),
    CauseKind.ADDRESS_TAKEN: CauseWords(
        "a port or address that it needs is taken on the node", _FREE_PORT
    ),
    CauseKind.PROGRAM_MISSING: CauseWords(
        "the program `{value}` is not in the image",
        "Check the command, and that the image has a shell if it needs one.",
    ),
    CauseKind.PROGRAM_NOT_EXECUTABLE: CauseWords(
        "the program `{value}` may not be executed",
        "Set its execute bit when the image is built, or check the user that it runs as.",
    ),
    CauseKind.OTHER_PLATFORM: CauseWords(
        "the image is built for another platform", _MULTI_PLATFORM
    ),
    CauseKind.NOT_STARTED: CauseWords(
        "the container does not start: {value}", f"`{SLASH} service logs` may say more."
    ),
    CauseKind.NO_NODE: CauseWords(
        "no node takes the task", f"`{SLASH} node ls` shows which nodes are Ready and Active."
    ),
    CauseKind.NODES_CLOSED: CauseWords(
        "{nodes} {take} no new tasks: paused, drained or down",
        "Set one of them to Active, or bring it back.",
    ),
    CauseKind.NO_BUILD: CauseWords(
        "the image has no build for the platform of {nodes}", _MULTI_PLATFORM
    ),
    CauseKind.CONSTRAINTS: CauseWords(
        "the constraints exclude {nodes}", "Label a node, or change the constraint."
    ),
    CauseKind.RESERVATION: CauseWords(
        "{nodes} {have} no room left for the reservation",
        "Lower `--reserve-memory` or `--reserve-cpu`, or add a node; reservations count, "
        "not usage.",
    ),
    CauseKind.HOST_PORT: CauseWords(
        "the host port is taken on {nodes}",
        "Run fewer replicas than nodes; with `start-first` one node has to be free.",
    ),
    CauseKind.MOST_PER_NODE: CauseWords(
        "every node left runs as many replicas as `--replicas-max-per-node` allows",
        "Raise the limit, or add a node.",
    ),
    CauseKind.PLUGIN_MISSING: CauseWords(
        "a plugin that the task needs is missing on {nodes}",
        "Install the plugin, or constrain the service.",
    ),
    CauseKind.VOLUME_OUT_OF_REACH: CauseWords(
        "the cluster volume cannot be mounted on {nodes}",
        "Constrain the service to nodes that reach the volume.",
    ),
    CauseKind.PULLING: CauseWords(
        "{value} is still being pulled", "Check the node's way to the registry."
    ),
    CauseKind.STARTING: CauseWords(
        "it starts, and is not healthy yet",
        "Look at the health check, or allow more time with `--timeout`.",
    ),
    CauseKind.PENDING: CauseWords(
        "no node was found for it yet", f"`{SLASH} doctor` shows what stands in the way."
    ),
    CauseKind.NO_ADDRESS: CauseWords(
        "Swarm has no address in its networks for it yet",
        f"A network may be full, or have no subnet: `{SLASH} doctor` counts.",
    ),
    CauseKind.NO_ADDRESS_ON_NODE: CauseWords(
        "its node got no address in the networks that it needs",
        f"A network may be full, for each node takes an address too: `{SLASH} doctor` counts.",
    ),
    CauseKind.NOT_TAKEN_UP: CauseWords(
        "its node has not taken it up yet", "Look at the Docker engine of that node."
    ),
    CauseKind.UNKNOWN: CauseWords("{value}"),
}


@singledispatch
def cause_words(cause: Cause) -> CauseWords:
    """What is wrong, and what helps."""
    words = _WORDS[cause.kind]
    if cause.closed:
        return CauseWords(_closed(cause), words.fix)
    text = words.text.format(
        value=cause.value,
        nodes=plural(cause.nodes, "node"),
        have=agree(cause.nodes, "has", "have"),
        take=agree(cause.nodes, "takes", "take"),
    )
    return CauseWords(bounded(text, _MOST_TEXT), words.fix)


def _closed(cause: Cause) -> str:
    names = " and ".join(f"{name} ({state.capitalize()})" for name, state in cause.closed)
    return f"{names} {agree(cause.nodes, 'takes', 'take')} no new tasks"
