"""The job that reads the certificates of workers: it stops with the bot, and changes nothing once
the bot has lost its lock."""

from __future__ import annotations

import pytest

from bot.clock import Stopping
from bot.errors import LeaseLostError
from bot.swarm.certificates.agent import Agent
from bot.swarm.engine.failover import explain
from bot.swarm.swarm import Swarm
from tests.fence import OPEN
from tests.memory.twin.clock import Clock
from tests.memory.twin.pool import MemoryEngines
from tests.memory.twin.swarm_twin import SwarmTwin

IMAGE = "shop/tool:1"


class Lost:
    """The fence of a bot that slept past its lease."""

    def confirm(self, seconds: float) -> None:
        del seconds
        raise LeaseLostError("certificates")


def test_a_bot_without_its_lock_says_so_and_runs_no_job() -> None:
    twin = SwarmTwin(Clock().monotonic)
    engines = Swarm(MemoryEngines(twin)).fenced_by(Lost()).engines
    nodes = Swarm(MemoryEngines(twin)).nodes.list()

    with pytest.raises(LeaseLostError):
        Agent(engines, IMAGE).read(nodes)

    assert not twin.cluster.services
    assert explain(LeaseLostError("certificates")) == (
        "swarmbot lost its lock, and asked for nothing more"
    )


def test_it_does_not_wait_while_the_bot_is_about_to_end() -> None:
    twin = SwarmTwin(Clock().monotonic)
    swarm, stopping = Swarm(MemoryEngines(twin)).fenced_by(OPEN), Stopping()
    stopping.set()

    read = Agent(swarm.engines, IMAGE, stopping).read(swarm.nodes.list())

    assert all(isinstance(result, str) for result in read.values())
    assert not twin.cluster.services, "the job is removed again"
