"""The line in front of a busy service: what waits is compared when it is called, keeps its place,
and can be left."""

from __future__ import annotations

from contextlib import AbstractContextManager

from playground.workspace.surfaces import Message
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World


def busy(dev: MemoryPerson, world: World) -> None:
    """A deploy of web that takes its time."""
    world.runs("web", replicas=3)
    dev.types("/swarm deploy web shop/web:2.0 --delay 4s")
    dev.sees("1/3")


def queues(person: MemoryPerson, line: str) -> Message:
    """Somebody meets the busy service, and waits in line."""
    refused = person.asks(line, "Queue")
    clicked = person.clicks("Queue", on=refused)
    return person.sees("waits in line", after=clicked)


def test_what_comes_to_the_same_runs_when_it_is_called(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    busy(dev, world)
    queues(lead, "deploy web shop/web:3.0")

    dev.sees("✅ web is on shop/web:2.0")
    dev.sees("✅ web is on shop/web:3.0")
    assert world.image_of("web") == "shop/web:3.0"


def test_what_would_be_another_change_is_asked_about(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    busy(dev, world)
    queues(lead, "deploy web shop/web:3.0")
    world.registry.push("shop/web:3.0", log="built anew")

    dev.sees("✅ web is on shop/web:2.0")
    asked = lead.sees("is another change now")
    assert world.image_of("web") == "shop/web:2.0"
    lead.clicks("Run it", on=asked)
    dev.sees("✅ web is on shop/web:3.0")


def test_the_line_can_be_left(dev: MemoryPerson, lead: MemoryPerson, world: World) -> None:
    busy(dev, world)
    waits = queues(lead, "deploy web shop/web:3.0")

    clicked = lead.clicks("Leave the line", on=waits)

    lead.sees("no longer waits in line", after=clicked)
    dev.sees("✅ web is on shop/web:2.0")
    world.clock.run(lambda: False, 40)
    assert world.image_of("web") == "shop/web:2.0"
    assert lead.asks("queued", "Nobody waits").ephemeral


def test_a_hold_does_not_cost_the_place(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    busy(dev, world)
    queues(lead, "deploy web shop/web:3.0")
    dev.asks('freeze "incident 42"', "frozen")

    dev.sees("✅ web is on shop/web:2.0")
    world.clock.run(lambda: False, 60)
    assert world.image_of("web") == "shop/web:2.0"
    dev.asks("unfreeze", "Nothing is frozen")

    dev.sees("✅ web is on shop/web:3.0")


def test_who_is_overtaken_keeps_the_place(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    busy(dev, world)
    queues(lead, "deploy web shop/web:3.0")
    service_id = world.swarm.cluster.service("web")["ID"]
    moments = world.bot.engines.moments
    overtaken: list[AbstractContextManager[object]] = []

    def overtake(path: str) -> None:
        if path.startswith("/distribution") and not overtaken:
            lease = world.bot.store.locks.acquire([f"service:{service_id}"], "ops", "quick fix")
            lease.__enter__()
            overtaken.append(lease)

    dev.sees("✅ web is on shop/web:2.0")
    moments.after_read = overtake
    world.clock.run(lambda: overtaken, 30)
    world.clock.run(lambda: False, 10)
    assert "web → shop/web:3.0" in lead.asks("queued", "in line").text
    overtaken[0].__exit__(None, None, None)

    dev.sees("✅ web is on shop/web:3.0")
