"""What is said of data that lies on a node's disk and does not move along with its task."""

from __future__ import annotations

from collections.abc import Sequence

from bot.model.english import agree, listed
from bot.model.slash import SLASH


def stays_behind(service: str, volumes: Sequence[str], nodes: Sequence[str]) -> str:
    """Tasks of a service leave `nodes`, and their data stays there."""
    where = f"{listed(nodes)}'s disk" if len(nodes) == 1 else f"the disks of {listed(nodes)}"
    return (
        f"{service} keeps data in the {_volumes(volumes)} on {where}: it stays there, and "
        f"{service} starts empty elsewhere"
    )


def may_start_empty(service: str, volumes: Sequence[str]) -> str:
    """New tasks of a service may start on a node where its data is not."""
    return (
        f"{service} keeps data in the {_volumes(volumes)} on the disk of its node: a task that "
        "Swarm starts on another node starts empty. Keep it there by "
        f"`{SLASH} service update --constraint-add node.hostname==NODE {service}`"
    )


def left_out(volumes: Sequence[str]) -> str:
    """Why such a service is not moved along with others."""
    return f"it keeps data in the {_volumes(volumes)} on the disk of its node, which does not move"


def _volumes(volumes: Sequence[str]) -> str:
    return f"{agree(len(volumes), 'volume', 'volumes')} {listed(volumes)}"
