"""Whatever an image, a node or a registry says at length freezes nobody: it is cut where it is
read."""

from __future__ import annotations

import time

import pytest

from bot.model.bounds import MOST_TEXT
from bot.rollout.outside import OutsideChanges
from jobs.notifier import Notifier
from jobs.observer import Observer
from jobs.watch import Watch
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World

LENGTH = 24_000
ENTRYPOINTS = (
    "x" * LENGTH,
    'exec: "a' * (LENGTH // 8),
    ": " * (LENGTH // 2),
    "1 node; " * (LENGTH // 8),
)
REGISTRY_SAYS = (
    "x" * 30_000,
    "port '8080' is already in use by service '" * 715,
    "manifest unknown: " * 1_667,
    "<!channel> ```" * 2_143,
)
LOOK_EVERY = 2.0
ALERT_SECONDS = 60.0
CPU_SECONDS = 0.5
"""For one look or one answer of a busy machine; what is not cut took eight seconds and more."""


def cannot_start(entrypoint: str) -> str:
    return f'starting container failed: exec: "{entrypoint}": executable file not found in $PATH'


class Looks:
    """The bot's looks at its Swarm, every two seconds until they are `over`, and the CPU seconds
    that each took."""

    def __init__(self, world: World) -> None:
        bot = world.bot
        self.took: list[float] = []
        self.over = False
        self._watch = Watch(
            Observer(bot.swarm, bot.store, world.settings.watch, str, tuple),
            bot.store,
            Notifier(bot.poster, bot.store, world.settings),
            bot.leader,
            world.settings.watch,
            bot.now,
            OutsideChanges(bot.swarm, bot.store),
        )
        world.clock.every(bot.party, LOOK_EVERY, self._look)

    def _look(self) -> None:
        if self.over:
            return
        begun = time.process_time()
        self._watch.whole()
        self.took.append(time.process_time() - begun)


def is_cut(world: World, text: str) -> bool:
    """Whether such a text stands nowhere in more than its allowed length."""
    everywhere = (world.everything_said(), repr(world.everything_in_redis()))
    return not any(repr(text)[1 : MOST_TEXT + 200] in place for place in everywhere)


@pytest.mark.parametrize("entrypoint", ENTRYPOINTS, ids=lambda text: text[:8])
def test_an_image_whose_entrypoint_is_very_long_is_alerted_of_in_time(
    dev: MemoryPerson, world: World, entrypoint: str
) -> None:
    world.registry.push("shop/web:long", cannot_start=cannot_start(entrypoint))
    looks = Looks(world)

    world.runs("web", "shop/web:long")

    alert = dev.sees("[Acknowledge]", ALERT_SECONDS, channel="ops")
    assert "web is below its count · 0/2" in alert.text
    assert len(alert.text) < MOST_TEXT + 1000
    assert is_cut(world, entrypoint)
    assert max(looks.took) < CPU_SECONDS
    tasks = world.bot.swarm.services.tasks(world.swarm.cluster.service("web")["ID"])
    assert max(len(task.error) for task in tasks) == MOST_TEXT
    looks.over = True
    world.clock.run(lambda: False, 5)
    dev.reads(alert)


@pytest.mark.parametrize("entrypoint", ENTRYPOINTS, ids=lambda text: text[:8])
def test_a_deploy_of_such_an_image_ends_and_says_why(
    dev: MemoryPerson, world: World, entrypoint: str
) -> None:
    world.runs("web")
    world.registry.push("shop/web:long", cannot_start=cannot_start(entrypoint))
    begun = time.process_time()

    dev.types("/swarm deploy web shop/web:long")

    ended = dev.sees("↩️ web rolled back")
    assert len(ended.text) < 2 * MOST_TEXT
    assert is_cut(world, entrypoint)
    assert time.process_time() - begun < 4 * CPU_SECONDS


@pytest.mark.parametrize("answer", REGISTRY_SAYS, ids=lambda text: text[:8])
def test_what_a_registry_says_at_length_is_answered_at_once(
    dev: MemoryPerson, world: World, answer: str
) -> None:
    world.runs("web")
    world.registry.away = answer
    begun = time.process_time()

    said = dev.asks("deploy web shop/web:2.0")

    assert time.process_time() - begun < CPU_SECONDS
    assert len(said.text) < MOST_TEXT + 1000
    assert is_cut(world, answer)
    assert "<!channel>" not in world.everything_said()
    assert world.image_of("web") == "shop/web:1.0"
