"""Who is shown the Home tab, and when: at once on opening, then on change, once a minute at most,
and nobody else."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

from bot.clock import Stopping
from bot.command.model import Context
from bot.errors import NoEngineError, StoreUnavailableError, SwarmbotError
from bot.model import Actor, Rollout
from bot.model.incident import Memory
from bot.render.slack.plain_text import plain
from bot.settings import PolicyRule, Role, Settings
from bot.swarm.last_seen import Observed
from handlers.commands import TABLE
from handlers.slack.home import OPEN_SECONDS, SHOWN_EVERY, HomeTabs
from tests.unit.render import values as v
from tests.unit.render.catalogue_home import shown
from tests.unit.swarm.values import node, service

DEV, GUEST = Actor("U1", "dev"), Actor("U9", "gil")
PEOPLE = {actor.id: actor for actor in (DEV, GUEST)}
ROLES = (Role(name="operator", users=("U1",)),)
ANYTHING = PolicyRule(commands=("*",), ask=("operator",))
READING = PolicyRule(commands=("status",), ask=("operator",))


def just_now(value: Any) -> Observed[Any]:
    return Observed(value, time.monotonic())


@dataclass
class World:
    """A Swarm, a store and Slack, as far as the Home tab asks; `looks` counts readings of the
    Swarm."""

    rules: tuple[PolicyRule, ...] = (ANYTHING,)
    now: float = 1000.0
    looks: int = 0
    rolling: tuple[Rollout, ...] = ()
    error: SwarmbotError | None = None
    away: bool = False
    claims: dict[str, float] = field(default_factory=dict)
    published: list[tuple[str, str]] = field(default_factory=list)

    def homes(self) -> HomeTabs:
        people = SimpleNamespace(verified=lambda actor: PEOPLE[actor.id])
        return HomeTabs(self.context, cast(Any, people), self.publish, clock=lambda: self.now)

    def context(self, actor: Actor) -> Context:
        settings = Settings(roles=ROLES, rules=self.rules)
        return Context(
            cast(Any, self.swarm),
            cast(Any, self.store),
            cast(Any, None),
            TABLE,
            settings,
            actor,
            lambda: v.NOW,
            stopping=Stopping(),
        )

    def publish(self, user: str, view: Mapping[str, Any]) -> None:
        self.published.append((user, plain(shown(dict(view)))))

    def opens(self, homes: HomeTabs, user: str = DEV.id) -> str:
        """What somebody sees who opens it."""
        homes.opened(PEOPLE[user])
        return self.published[-1][1]

    def after(self, homes: HomeTabs, seconds: float) -> int:
        """How often it was shown meanwhile, with the job running every two seconds."""
        before, until = len(self.published), self.now + seconds
        while self.now < until:
            self.now += 2
            homes.refresh()
        return len(self.published) - before

    # ---- what is looked at

    @property
    def swarm(self) -> Any:
        return SimpleNamespace(
            engines=SimpleNamespace(states=tuple),
            nodes=SimpleNamespace(lately=lambda: just_now(self._looked((node("node1"),)))),
            services=SimpleNamespace(
                overview_lately=lambda: just_now((service(running=4, desired=4),))
            ),
        )

    @property
    def store(self) -> Any:
        return SimpleNamespace(
            rollouts=SimpleNamespace(running=lambda: self._stored(self.rolling)),
            approvals=SimpleNamespace(open=tuple),
            alerts=SimpleNamespace(memory=self._memory, silences=lambda _: ()),
            holds=SimpleNamespace(all=lambda _: ()),
            locks=SimpleNamespace(all=tuple),
            seen=SimpleNamespace(claim=self._claim),
        )

    def _memory(self) -> Memory:
        """That a certificate has less left by the second is no change."""
        return Memory(first_end=v.NOW + timedelta(days=61, seconds=-self.now))

    def _looked(self, listed: tuple[Any, ...]) -> tuple[Any, ...]:
        self.looks += 1
        if self.error:
            raise self.error
        return listed

    def _stored(self, listed: tuple[Any, ...]) -> tuple[Any, ...]:
        if self.away:
            raise StoreUnavailableError("no answer")
        return listed

    def _claim(self, name: str, seconds: int) -> bool:
        if self.claims.get(name, 0) > self.now:
            return False
        self.claims[name] = self.now + seconds
        return True


def test_nobody_who_has_not_opened_it_costs_anything() -> None:
    world = World()
    assert world.after(world.homes(), 300) == 0
    assert world.looks == 0


def test_it_is_shown_at_once_and_each_time_it_is_opened() -> None:
    world = World()
    homes = world.homes()
    assert "1 service, at its count · 0 rollouts · certificates: first ends in 60 d" in world.opens(
        homes
    )
    world.opens(homes)
    assert [user for user, _ in world.published] == [DEV.id] * 2


def test_what_does_not_change_is_not_shown_again_and_seldom_looked_at() -> None:
    world = World()
    homes = world.homes()
    world.opens(homes)
    assert world.after(homes, OPEN_SECONDS - 2) == 0
    assert world.looks <= 1 + OPEN_SECONDS / SHOWN_EVERY


def test_a_change_is_shown_within_a_minute_and_no_more_than_one_a_minute() -> None:
    world = World()
    homes = world.homes()
    world.opens(homes)
    world.now += 4
    world.rolling = (v.DEPLOY,)
    assert world.after(homes, SHOWN_EVERY - 6) == 0
    assert world.after(homes, 4) == 1
    assert "🔵 web → shop/web:2.0" in world.published[-1][1]
    world.rolling = ()
    assert world.after(homes, SHOWN_EVERY - 4) == 0
    assert world.after(homes, 6) == 1
    assert "Rolling now" not in world.published[-1][1]


def test_a_change_long_after_the_last_showing_is_shown_at_once() -> None:
    world = World()
    homes = world.homes()
    world.opens(homes)
    world.after(homes, SHOWN_EVERY + 20)
    world.rolling = (v.DEPLOY,)
    assert world.after(homes, 2) == 1


def test_it_counts_as_open_for_a_while_and_longer_where_something_is_pressed() -> None:
    world = World()
    homes = world.homes()
    world.opens(homes)
    world.after(homes, OPEN_SECONDS - 10)
    homes.pressed(DEV.id)
    homes.pressed(GUEST.id)
    world.after(homes, 20)
    world.rolling = (v.DEPLOY,)
    assert world.after(homes, SHOWN_EVERY) == 1
    world.after(homes, OPEN_SECONDS)
    world.rolling = ()
    assert world.after(homes, 2 * SHOWN_EVERY) == 0


def test_two_bots_keep_to_one_showing_a_minute_together() -> None:
    world = World()
    first, second = world.homes(), world.homes()
    world.opens(first)
    world.opens(second)
    world.rolling = (v.DEPLOY,)
    before = len(world.published)
    for _ in range(int(SHOWN_EVERY / 2) + 1):
        world.now += 2
        first.refresh()
        second.refresh()
    assert len(world.published) - before == 1


def test_who_may_not_read_gets_a_sentence_and_nothing_is_looked_at() -> None:
    world = World((READING, ANYTHING))
    homes = world.homes()
    assert (
        world.opens(homes, GUEST.id) == "✋ You may not see the Swarm here: that is for operator.\n"
    )
    assert world.looks == 0
    assert world.after(homes, 3 * SHOWN_EVERY) == 0
    assert "Deploy" in world.opens(homes)


def test_who_may_only_read_has_only_buttons_that_read() -> None:
    world = World()
    world.rolling = (v.DEPLOY,)
    homes = world.homes()
    assert "[Services] [Nodes]" in world.opens(homes, GUEST.id)
    assert "[Deploy]" not in world.published[-1][1]
    assert "[Deploy] [Scale]" in world.opens(homes)


def test_that_nobody_answers_is_shown_and_that_somebody_does_again() -> None:
    world = World(error=NoEngineError((("node1", "timed out"),)))
    homes = world.homes()
    assert "No Docker engine answers (node1: timed out)" in world.opens(homes)
    world.error = None
    assert world.after(homes, SHOWN_EVERY) == 1
    assert "4 nodes" in world.published[-1][1] or "1 node Ready" in world.published[-1][1]
    world.away = True
    assert world.after(homes, SHOWN_EVERY) == 1
    assert "Redis does not answer" in world.published[-1][1]
