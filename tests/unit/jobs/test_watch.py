"""How often the watch looks at everything, and that nothing waits for what takes its time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from bot.model.alert_facts import AlertKind
from bot.model.cluster import EngineState
from bot.model.incident import Incident, Memory
from bot.settings import WatchSettings
from bot.swarm.engine.events import Event
from bot.swarm.scheduler.layout import NO_LAYOUT, TaskLayout
from bot.watch.snapshot import Snapshot
from jobs.observer import WHOLE, Observer, Scope, Seen
from jobs.watch import Watch
from tests.unit.watch.world import FOUR, NOW, WELL, engine, locked, node


@dataclass
class Eyes:
    """Sees node4 Down, or not; to read the tasks takes so many seconds, as it says."""

    took: float
    down: bool = True
    looks: list[frozenset[Scope]] = field(default_factory=list)

    def look(self, scopes: frozenset[Scope], known: Snapshot | None) -> Iterator[Seen]:
        del known
        self.looks.append(scopes)
        nodes = (*FOUR[:3], node(4, state="down")) if self.down else FOUR
        world = replace(WELL, nodes=nodes, tasks_took=self.took)
        names = {str(scope) for scope in scopes} | (
            {"tasks_took"} if Scope.TASKS in scopes else set()
        )
        yield {name: getattr(world, name) for name in names}

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


def watching(observer: Eyes | Observer, told: Sink = ignored, noted: Sink = ignored) -> Watch:
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
        (True, 60.0, frozenset({Scope.NODES})),
        (False, 0.0, frozenset({Scope.NODES})),
    ],
    ids=["small and in trouble", "large and in trouble", "well"],
)
def test_everything_is_looked_at_often_only_in_trouble_and_where_it_costs_little(
    down: bool, took: float, scopes: frozenset[Scope]
) -> None:
    observer = Eyes(took, down)
    watch = watching(observer)
    watch.nodes()
    assert observer.looks == [WHOLE], "the first look is at everything"
    watch.nodes()
    assert observer.looks[1:] == [scopes]


@dataclass
class SlowEyes(Eyes):
    """To whom the first look is quick, and the tasks take until `told` at each further one."""

    reading: threading.Event = field(default_factory=threading.Event)
    told: threading.Event = field(default_factory=threading.Event)
    saw_nodes: threading.Event = field(default_factory=threading.Event)

    def look(self, scopes: frozenset[Scope], known: Snapshot | None) -> Iterator[Seen]:
        if known and Scope.TASKS in scopes:
            self.reading.set()
            assert self.told.wait(10)
        if known and scopes == {Scope.NODES}:
            self.saw_nodes.set()
        yield from super().look(scopes, known)

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


class Electing:
    """A Swarm of which the managers, once they elect, say nothing but how they themselves are,
    until they are `elected`; node3 is locked, or not."""

    def __init__(self) -> None:
        self.elect = self.is_locked = False
        self.asked = {"engines": threading.Event(), "tasks": threading.Event()}
        self.elected = threading.Event()
        self.engines = SimpleNamespace(states=self._states)
        self.nodes = SimpleNamespace(list=lambda: self._after_the_election(FOUR))
        self.cluster = SimpleNamespace(inspect=lambda: self._after_the_election(WELL.cluster))
        self.services = SimpleNamespace(
            list=lambda: self._after_the_election(WELL.services),
            tasks_since=lambda _: self._after_the_election(WELL.tasks, "tasks"),
        )
        self.last_seen = SimpleNamespace(layout=NO_LAYOUT)
        self.right_of_way = SimpleNamespace(taken=nullcontext)

    def _states(self) -> tuple[EngineState, ...]:
        states = engine(1), engine(2), locked(3) if self.is_locked else engine(3)
        if self.elect:
            self.asked["engines"].set()
        return states

    def _after_the_election(self, answer: Any, what: str = "") -> Any:
        if self.elect:
            if what:
                self.asked[what].set()
            assert self.elected.wait(10)
        return answer


@dataclass
class Election:
    """A watch that saw all well, and then the managers elect."""

    swarm: Any = field(default_factory=Electing)
    told_of_lock: threading.Event = field(default_factory=threading.Event)
    watch: Watch = field(init=False)

    def __post_init__(self) -> None:
        store: Any = SimpleNamespace(
            locks=SimpleNamespace(locked=lambda _: frozenset()),
            rollouts=SimpleNamespace(recent=dict),
            new_images=SimpleNamespace(away=dict),
        )
        observer = Observer(self.swarm, store, WatchSettings(), str, tuple)
        self.watch = watching(observer, self._tell)
        self.watch.whole()
        self.swarm.elect = True

    def _tell(self, _before: object, incidents: Iterable[Incident], *_: object) -> None:
        if any(incident.problems[0].kind is AlertKind.MANAGER_LOCKED for incident in incidents):
            self.told_of_lock.set()


@pytest.mark.parametrize("job", ["engines", "reconcile"])
def test_a_locked_manager_is_told_of_while_the_others_elect_a_leader(job: str) -> None:
    election = Election()
    election.swarm.is_locked = True
    run = next(known.run for known in election.watch.jobs() if known.name == job)
    look = threading.Thread(target=run)
    look.start()
    try:
        assert election.told_of_lock.wait(5)
        assert not election.swarm.elected.is_set()
    finally:
        election.swarm.elected.set()
        look.join(10)
        election.watch.stop()


def test_an_engine_whose_events_begin_anew_is_asked_at_once_whatever_else_is_being_read() -> None:
    election = Election()
    election.watch.start()
    try:
        election.watch.joined("node1")
        assert all(asked.wait(10) for asked in election.swarm.asked.values())
        election.swarm.is_locked = True
        election.watch.joined("node3")
        assert election.told_of_lock.wait(5)
        assert not election.swarm.elected.is_set()
    finally:
        election.swarm.elected.set()
        election.watch.stop()


def test_engines_are_asked_however_many_other_reads_hang() -> None:
    election = Election()
    jobs = {job.name: job.run for job in election.watch.jobs()}
    looks = [threading.Thread(target=jobs["reconcile"]) for _ in range(6)]
    for look in looks:
        look.start()
    try:
        assert all(asked.wait(10) for asked in election.swarm.asked.values())
        time.sleep(0.3)  # until no thread is left that could be taken
        election.swarm.is_locked = True
        looks.append(threading.Thread(target=jobs["engines"]))
        looks[-1].start()
        assert election.told_of_lock.wait(5)
        assert not election.swarm.elected.is_set()
    finally:
        election.swarm.elected.set()
        for look in looks:
            look.join(10)
        election.watch.stop()


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
