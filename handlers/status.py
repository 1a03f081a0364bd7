"""The health of the Swarm in one message."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import ClassVar

from pydantic import Field

from bot.command import Command, Context, Query
from bot.errors import NoEngine, NoLeader, NotAManager, StoreAway
from bot.model import Message
from bot.render import status
from bot.swarm.quorum import quorum
from bot.swarm_model import Status


class Health(Query):
    """Show the health of the Swarm: managers and quorum, nodes, services below their count, rollouts."""

    names: ClassVar = ("status",)

    hints: bool = Field(False, description="also show what can be typed")

    def run(self, context: Context) -> Message:
        """Two calls to a manager, one to each engine, and what Redis knows; what does not answer is named."""
        with ThreadPoolExecutor(1) as side:
            engines = side.submit(context.swarm.engines.states)
            seen = _managers(context)
            health = _store(context, replace(seen, engines=engines.result()))
        return status.health(health, context.now(), hints=self.hints)


COMMANDS: tuple[type[Command], ...] = (Health,)


def _managers(context: Context) -> Status:
    try:
        nodes = context.swarm.nodes.list()
        return Status(engines=(), nodes=nodes, quorum=quorum(nodes), services=context.swarm.services.list())
    except (NoEngine, NoLeader, NotAManager) as error:
        return Status(engines=(), error=error)


def _store(context: Context, known: Status) -> Status:
    try:
        return replace(known, rollouts=context.store.rollouts.running(), locks=context.store.locks.all())
    except StoreAway as away:
        return replace(known, store_error=away.reason)
