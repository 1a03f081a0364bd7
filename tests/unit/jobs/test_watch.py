"""How often the watch looks at everything, with a Swarm that takes its time to tell of its
tasks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from bot.model.incident import Memory
from bot.settings import WatchSettings
from bot.swarm.engine.events import Event
from bot.swarm.scheduler.layout import TaskLayout
from bot.watch.snapshot import Snapshot
from jobs.observer import QUICK, WHOLE, Scope
from jobs.watch import Watch
from tests.unit.watch.world import FOUR, NOW, WELL, node


@dataclass
class Eyes:
    """Sees node4 Down, or not; to read the tasks takes so many seconds, as it says."""

    took: float
    down: bool = True
    looks: list[frozenset[Scope]] = field(default_factory=list)

    def look(self, scopes: frozenset[Scope], known: Snapshot | None) -> dict[str, Any]:
        del known
        self.looks.append(scopes)
        nodes = (*FOUR[:3], node(4, state="down")) if self.down else FOUR
        world = replace(WELL, nodes=nodes, tasks_took=self.took)
        names = {str(scope) for scope in scopes} | (
            {"tasks_took"} if Scope.TASKS in scopes else set()
        )
        return {name: getattr(world, name) for name in names}

    @staticmethod
    def completed(world: Snapshot, now: object) -> Snapshot:
        del now
        return replace(world, at=world.at + timedelta(seconds=5))

    @staticmethod
    def layout(world: Snapshot) -> TaskLayout:
        return world.layout()

    def prepare(self) -> None:
        """Nobody asks for a doctor here."""


Sink = Callable[..., None]


def ignored(*_: object) -> None:
    """Nobody wants to know."""


def watching(observer: Eyes, told: Sink = ignored, noted: Sink = ignored) -> Watch:
    alerts = SimpleNamespace(
        memory=Memory,
        memory_age=float,
        save=lambda *_: None,
        acks=dict,
        silences=lambda _: (),
    )
    notifier = SimpleNamespace(tell=told, forget=lambda: None, leave=lambda: None)
    leader = SimpleNamespace(leads=True, fence=1)
    store = SimpleNamespace(alerts=alerts)
    outside = SimpleNamespace(take_in=noted)
    parts: list[Any] = [observer, store, notifier, leader, WatchSettings(), lambda: NOW, outside]
    return Watch(*parts)


@pytest.mark.parametrize(
    ("down", "took", "scopes"),
    [
        (True, 0.0, WHOLE),
        (True, 60.0, QUICK),
        (False, 0.0, QUICK),
    ],
    ids=["small and in trouble", "large and in trouble", "well"],
)
def test_everything_is_looked_at_often_only_in_trouble_and_where_it_costs_little(
    down: bool, took: float, scopes: frozenset[Scope]
) -> None:
    observer = Eyes(took, down)
    watch = watching(observer)
    watch.quick()
    assert observer.looks == [WHOLE], "the first look is at everything"
    watch.quick()
    assert observer.looks[1:] == [scopes]


@dataclass
class SlowEyes(Eyes):
    """To whom the first look is quick, and the tasks take until `told` at each further one."""

    reading: threading.Event = field(default_factory=threading.Event)
    told: threading.Event = field(default_factory=threading.Event)
    saw_nodes: threading.Event = field(default_factory=threading.Event)

    def look(self, scopes: frozenset[Scope], known: Snapshot | None) -> dict[str, Any]:
        if known and Scope.TASKS in scopes:
            self.reading.set()
            assert self.told.wait(10)
        if known and scopes == {Scope.NODES}:
            self.saw_nodes.set()
        return super().look(scopes, known)

    @staticmethod
    def right_of_way() -> AbstractContextManager[None]:
        return nullcontext()

    def close(self) -> None:
        """Nothing is open."""


def test_a_node_that_goes_down_waits_for_nothing_else_that_is_being_read() -> None:
    observer = SlowEyes(0.0, down=False)
    watch = watching(observer)
    watch.whole()
    watch.start()
    try:
        watch.joined("node1")
        assert observer.reading.wait(10)
        assert observer.saw_nodes.wait(10)
        observer.saw_nodes.clear()
        watch.heard(Event("node", "n4", "update", 0, "node1"))
        assert observer.saw_nodes.wait(10)
        assert not observer.told.is_set()
    finally:
        observer.told.set()
        watch.stop()


def test_what_others_changed_is_written_down_after_people_were_told_and_no_look_waits() -> None:
    steps: list[str] = []
    begun, go_on = threading.Event(), threading.Event()

    def note(*_: object) -> None:
        steps.append("noted")
        begun.set()
        assert go_on.wait(10)

    watch = watching(Eyes(0.0, down=True), lambda *_: steps.append("told"), note)
    whole = threading.Thread(target=watch.whole)
    whole.start()
    try:
        assert begun.wait(10)
        watch.look(frozenset({Scope.NODES}))
        watch.whole()
        assert steps == ["told", "noted", "told", "told"]
    finally:
        go_on.set()
        whole.join(10)
