"""Waits until a node is where it should be: a join and an unlocking return before the managers count on the node."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from bot.errors import EngineRefused, NoEngine, NoLeader, NotAManager, UnknownName
from bot.model import Node
from bot.swarm.swarm import Swarm

INTERVAL = 0.3
_AWAY = (NoEngine, NoLeader, NotAManager, EngineRefused, UnknownName)
"""What a look meets while managers come and go."""

T = TypeVar("T")


def await_ready(swarm: Swarm, node_id: str, seconds: float) -> Node | None:
    """The node as soon as it is Ready, and Reachable where it manages; None where that did not come in time."""
    return _await(lambda: _ready(swarm, node_id), seconds)


def await_id(swarm: Swarm, engine: str, seconds: float) -> str:
    """The engine's node id as soon as it is in a Swarm and knows one; empty where that did not come in time."""
    return _await(lambda: _id(swarm, engine), seconds) or ""


def await_left(swarm: Swarm, engine: str, seconds: float) -> bool:
    """Whether the engine is in no Swarm any more before the time is up."""
    return bool(_await(lambda: _state(swarm, engine) == "inactive" or None, seconds))


def _await(look: Callable[[], T | None], seconds: float) -> T | None:
    until = time.monotonic() + seconds
    while True:
        try:
            found = look()
        except _AWAY:
            found = None
        if found is not None or time.monotonic() >= until:
            return found
        time.sleep(INTERVAL)


def _ready(swarm: Swarm, node_id: str) -> Node | None:
    node = swarm.nodes.get(node_id)
    if node.state != "ready":
        return None
    reachable = node.manager is not None and node.manager.reachability == "reachable"
    return node if node.role == "worker" or reachable else None


def _id(swarm: Swarm, engine: str) -> str | None:
    info = swarm.cluster.info(engine)
    return info.node_id or None if info.swarm == "active" else None


def _state(swarm: Swarm, engine: str) -> str:
    return swarm.cluster.info(engine).swarm
