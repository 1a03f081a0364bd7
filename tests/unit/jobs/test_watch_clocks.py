"""How long something is wrong before people are told of it, whatever the host's clock is set to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from bot.errors import StoreUnavailableError
from bot.model.incident import AlertState, Memory
from bot.settings import WatchSettings
from bot.swarm.scheduler.layout import TaskLayout
from bot.watch.snapshot import Snapshot
from jobs.observer import Scope, Seen
from jobs.watch import Watch
from tests.unit.watch.world import NOW, WELL

HOUR = timedelta(hours=1)
TIME_OUT = 6.0
ENOUGH, LITTLE = 12.0, 3.0
"""Seconds: of a Slack that is away, people are told after ten."""


class Eyes:
    """Sees that all is well but Slack."""

    def look(self, scopes: frozenset[Scope], known: Snapshot | None) -> Iterator[Seen]:
        del known
        yield {str(scope): getattr(WELL, str(scope)) for scope in scopes}

    @staticmethod
    def completed(world: Snapshot, now: datetime) -> Snapshot:
        return replace(world, at=now, slack="no answer")

    @staticmethod
    def layout(world: Snapshot) -> TaskLayout:
        return world.layout()

    def prepare(self) -> None:
        """Nobody asks for a doctor here."""


@dataclass
class Alerts:
    """What one leader saved, and how long ago."""

    saved: Memory = field(default_factory=Memory)
    seconds_ago: float = 0.0

    def save(self, memory: Memory, fence: int) -> None:
        del fence
        self.saved, self.seconds_ago = memory, 0.0

    def memory(self) -> Memory:
        return self.saved

    def memory_age(self) -> float:
        return self.seconds_ago

    def acks(self) -> dict[str, Any]:
        return {}

    def silences(self, now: datetime) -> tuple[Any, ...]:
        del now
        return ()


@dataclass
class SlowAlerts(Alerts):
    """A Redis that stands still: each call waits for it until its time is over."""

    waits: Callable[[float], None] = lambda _: None

    def save(self, memory: Memory, fence: int) -> None:
        super().save(memory, fence)
        self.waits(TIME_OUT)
        raise StoreUnavailableError("timed out")

    def acks(self) -> dict[str, Any]:
        self.waits(TIME_OUT)
        return {}


@dataclass
class Host:
    """A bot on a host with clocks of its own."""

    alerts: Alerts
    wall: datetime = NOW
    seconds: float = 0.0

    def __post_init__(self) -> None:
        notifier = SimpleNamespace(tell=lambda *_: None, forget=lambda: None, leave=lambda: None)
        leader = SimpleNamespace(leads=True, fence=1)
        outside = SimpleNamespace(take_in=lambda *_: None)
        store = SimpleNamespace(alerts=self.alerts)
        parts: dict[str, Any] = {
            "observer": Eyes(),
            "store": store,
            "notifier": notifier,
            "leader": leader,
            "outside": outside,
        }
        self.watch = Watch(
            **parts,
            settings=WatchSettings(),
            now=lambda: self.wall,
            monotonic=lambda: self.seconds,
        )

    def passes(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.seconds += seconds
        self.alerts.seconds_ago += seconds


def state(alerts: Alerts) -> AlertState:
    (incident,) = alerts.saved.incidents.values()
    return incident.state


@pytest.mark.parametrize("step", [-HOUR, timedelta(), HOUR])
@pytest.mark.parametrize(
    ("seconds", "wanted"), [(LITTLE, AlertState.PENDING), (ENOUGH, AlertState.FIRING)]
)
def test_a_clock_that_is_set_changes_nothing_of_how_long_it_lasts(
    step: timedelta, seconds: float, wanted: AlertState
) -> None:
    host = Host(Alerts())
    host.watch.whole()
    host.passes(seconds)
    host.wall += step
    host.watch.whole()
    assert state(host.alerts) is wanted


def test_a_redis_that_stands_still_does_not_move_when_it_began() -> None:
    alerts = SlowAlerts()
    host = Host(alerts)
    alerts.waits = host.passes
    for _ in range(4):
        host.watch.whole()
        host.passes(LITTLE)
    (incident,) = alerts.saved.incidents.values()
    assert incident.since == NOW
    assert incident.state is AlertState.FIRING


@pytest.mark.parametrize("ahead", [-HOUR, timedelta(), HOUR])
@pytest.mark.parametrize(
    ("seconds", "wanted"), [(LITTLE, AlertState.PENDING), (ENOUGH, AlertState.FIRING)]
)
def test_the_next_leader_may_have_another_clock(
    ahead: timedelta, seconds: float, wanted: AlertState
) -> None:
    alerts = Alerts()
    first = Host(alerts)
    first.watch.whole()
    first.passes(seconds)
    Host(alerts, first.wall + ahead, 77.0).watch.whole()
    assert state(alerts) is wanted
