"""A bot that slept past its lease changes nothing of Docker any more, whatever it was about to
change."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World

Prepare = Callable[[World], object]


def _web(world: World) -> None:
    world.runs("web", replicas=3)


def _uneven(world: World) -> None:
    world.swarm.stop_node("node4")
    world.runs("web", replicas=4)
    world.swarm.start_node("node4")


def _down(world: World) -> None:
    world.swarm.stop_node("node4")


def _stack(world: World) -> None:
    world.runs("shop_web", Labels={"com.docker.stack.namespace": "shop"})


def _outside(world: World) -> None:
    world.swarm.leave("node3")
    world.swarm.settle()


def _locked(world: World) -> None:
    world.swarm.lock("node3")


def _network(world: World) -> None:
    world.add_network("back")


CHANGES: tuple[tuple[str, Prepare], ...] = (
    ("deploy web shop/web:2.0", _web),
    ("scale web=5", _web),
    ("service update --label-add tier=front web", _web),
    ("service rm web", _web),
    ("service create --name api shop/web:1.0", _web),
    ("rebalance web", _uneven),
    ("node update --label-add zone=a node4", _web),
    ("node update --availability drain node4", _web),
    ("node rm node4", _down),
    ("node demote node3", _web),
    ("network create --driver overlay front", _web),
    ("network rm back", _network),
    ("swarm join-token --rotate worker", _web),
    ("swarm update --task-history-limit 3", _web),
    ("stack rm shop", _stack),
    ("swarm leave --force --on node3", _web),
    ("swarm join 127.0.0.1:1 --on node3", _outside),
    ("swarm unlock --on node3", _locked),
)


def sent(world: World) -> list[str]:
    """The changes that the first bot has sent to engines."""
    wires = world.bot.engines.wires.values()
    return [f"{method} {path}" for wire in wires for method, path in wire.sent if method != "GET"]


@pytest.mark.world(bots=2)
@pytest.mark.parametrize(("line", "prepare"), CHANGES, ids=[line for line, _ in CHANGES])
def test_who_slept_past_the_lease_sends_nothing(
    line: str, prepare: Prepare, dev: MemoryPerson, world: World
) -> None:
    prepare(world)
    before = len(sent(world))
    world.bot.freezes_before_its_change()
    dev.types(f"/swarm {line}")
    assert world.clock.run(lambda: world.bot.party.frozen, 30)

    world.clock.run(lambda: False, 40)
    world.bot.resume()
    world.clock.run(world.clock.is_idle, 60)

    assert sent(world)[before:] == []
    said = world.hears_everything()
    assert "swarmbot lost its lock" in said or "nothing was changed" in said
    assert not world.bots[1].store.audit.open_intents()


def test_who_slept_past_the_lease_and_finds_nobody_else_ends_what_it_began(
    dev: MemoryPerson, world: World
) -> None:
    _web(world)
    world.bot.freezes_before_its_change()
    dev.types("/swarm deploy web shop/web:2.0")
    assert world.clock.run(lambda: world.bot.party.frozen, 30)

    world.clock.run(lambda: False, 10.5)
    world.bot.resume()
    world.clock.run(lambda: False, 20)

    assert "stopped" in dev.sees("nothing was changed").text
    assert not world.bot.store.rollouts.running()
    assert not world.bot.store.audit.open_intents()
