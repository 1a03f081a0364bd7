"""The health of the Swarm in one message."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import ClassVar

from pydantic import Field

from bot.command import Command, Context, Query
from bot.errors import NoLeader, NotAManager, StoreAway
from bot.model import Below, Message, Service, Status
from bot.render import status
from bot.swarm.quorum import quorum
from bot.swarm_model import EngineState


class Health(Query):
    """Show the health of the Swarm: managers and quorum, nodes, services below their count, rollouts."""

    names: ClassVar = ("status",)

    hints: bool = Field(False, description="also show what can be typed")

    def run(self, context: Context) -> Message:
        """Two calls to a manager, one to each engine, and what Redis knows; what does not answer is named."""
        with ThreadPoolExecutor(1) as side:
            engines = side.submit(context.swarm.engines.states)
            seen = _swarm(context)
            seen = replace(seen, engines_away=_away(engines.result()))
        return status.health(_with_store(context, seen), hints=self.hints)


COMMANDS: tuple[type[Command], ...] = (Health,)


def _swarm(context: Context) -> Status:
    """What the managers say; without a leader they say nothing, and that is the news."""
    try:
        nodes, services = context.swarm.nodes.list(), context.swarm.services.list()
    except (NoLeader, NotAManager):
        return Status(swarm="", managers=0, tolerated=0, quorum=False, nodes={}, services=0)
    bearing = quorum(nodes)
    return Status(
        swarm="",
        managers=bearing.managers,
        tolerated=bearing.may_fail,
        quorum=bearing.reachable >= bearing.needed,
        nodes=Counter(node.state for node in nodes),
        services=len(services),
        nodes_away=tuple(node.name for node in nodes if node.state != "ready"),
        below=tuple(found for found in map(_below, services) if found),
    )


def _below(service: Service) -> Below | None:
    if service.running is None or service.desired is None or service.running >= service.desired:
        return None
    return Below(service.name, service.running, service.desired)


def _away(engines: tuple[EngineState, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((one.name, one.error) for one in engines if not one.reachable)


def _with_store(context: Context, seen: Status) -> Status:
    try:
        rollouts = tuple(rollout.service for rollout in context.store.rollouts.running())
        held, waiting = context.store.holds.all(context.now()), context.store.approvals.open()
        return replace(
            seen, rollouts=rollouts, locks=context.store.locks.all(), holds=len(held), approvals=len(waiting)
        )
    except StoreAway as away:
        return replace(seen, redis=away.reason)
