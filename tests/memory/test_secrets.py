"""What is private stays private, wherever it could have got to."""

from __future__ import annotations

import pytest

from bot.settings import MessagesSettings
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World

SECRET = "correct-horse-battery-staple-7"
CRASH = f"FATAL: cannot connect\nDB_PASSWORD={SECRET}\npostgres://app:{SECRET}@db/shop"


def test_a_crash_that_logs_its_configuration_tells_the_channel_no_value(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web")
    world.registry.push("shop/web:broken", exits=3, after=0.2, log=CRASH)

    dev.types("/swarm deploy web shop/web:broken")

    message = lead.sees("↩️ web rolled back")
    assert "FATAL: cannot connect" in message.text
    assert "DB_PASSWORD=••••••" in message.text
    assert SECRET[-12:] not in world.everything_said()


@pytest.mark.world(messages=MessagesSettings(log_tail=False))
def test_log_lines_are_left_out_where_the_operator_wants_none(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web")
    world.registry.push("shop/web:broken", exits=3, after=0.2, log=CRASH)

    dev.types("/swarm deploy web shop/web:broken")

    assert "exit code 3" in dev.sees("↩️ web rolled back").text
    assert "FATAL" not in world.everything_said()
