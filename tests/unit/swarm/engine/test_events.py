"""Events of engines that repeat each other, fall silent, hang up, freeze or refuse."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.model.cluster import EngineAddress
from bot.swarm.engine import events
from bot.swarm.engine.api_version import NEWEST_TESTED
from bot.swarm.engine.events import REMEMBERED, Event, EventStreams
from tests.unit.swarm.telling_engine import TellingEngine, event


class Listening:
    """Event streams of some engines, with all that was heard."""

    def __init__(self, *addresses: EngineAddress, silence: float = 30.0) -> None:
        self.heard: list[Event] = []
        self.joined: list[str] = []
        self.streams = EventStreams(
            addresses, self.heard.append, self.joined.append, silence=silence
        )
        self.streams.start()

    @property
    def ids(self) -> list[str]:
        return [event.id for event in self.heard]


class Workshop:
    """Makes engines and who listens to them, and stops all in the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.engines: list[TellingEngine] = []
        self.listening: list[Listening] = []

    def engine(self, name: str) -> TellingEngine:
        self.engines.append(engine := TellingEngine(self.folder, name))
        return engine

    def listen(self, *engines: TellingEngine, silence: float = 30.0) -> Listening:
        self.listening.append(
            made := Listening(*(engine.address for engine in engines), silence=silence)
        )
        return made


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Workshop]:
    workshop = Workshop(tmp_path)
    yield workshop
    for made in workshop.listening:
        made.streams.stop()
    for engine in workshop.engines:
        engine.stop()


def soon(is_so: Callable[[], object], seconds: float = 5.0) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.005)


def test_only_nodes_and_services_of_the_swarm_are_asked_for(make: Workshop) -> None:
    a = make.engine("a")
    all_of = make.listen(a)
    soon(lambda: all_of.joined == ["a"])
    assert [json.loads(request["filters"]) for request in a.asked] == [
        {"scope": ["swarm"], "type": ["node", "service"]}
    ]
    assert "since" not in a.asked[0]


def test_they_are_asked_for_in_a_version_of_the_api_that_was_tested(make: Workshop) -> None:
    a = make.engine("a")
    all_of = make.listen(a)
    soon(lambda: all_of.joined == ["a"])
    assert a.paths == [f"/v{NEWEST_TESTED}/events"]


def test_an_event_has_all_that_was_told(make: Workshop) -> None:
    a = make.engine("a")
    all_of = make.listen(a)
    soon(lambda: a.listeners)
    a.tell(event(7, "update", None, **{"state.new": "down"}))
    soon(lambda: all_of.heard)
    attributes = {"name": "node7", "state.new": "down"}
    assert all_of.heard == [
        Event("node", "n7", "update", 1_795_000_000_000_000_007, "a", attributes)
    ]


def test_it_is_heard_at_once(make: Workshop) -> None:
    a = make.engine("a")
    heard = threading.Event()
    streams = EventStreams([a.address], lambda _event: heard.set(), lambda _name: None)
    streams.start()
    soon(lambda: streams.connected)
    began = time.monotonic()
    a.tell(event(1))
    assert heard.wait(1)
    assert time.monotonic() - began < 0.2
    streams.stop()


def test_lines_that_come_in_pieces_or_are_no_events(make: Workshop) -> None:
    a = make.engine("a")
    all_of = make.listen(a)
    soon(lambda: a.listeners)
    line = json.dumps(event(1)).encode()
    for piece in (line[:9], line[9:], b'\nnonsense\n[]\n{"Type":"node"}\n\n{"Actor":7}\n'):
        a.say(piece)
    a.tell(event(2), event(3))
    soon(lambda: len(all_of.heard) >= 3)
    assert all_of.ids == ["n1", "n2", "n3"]


def test_what_several_managers_tell_is_heard_once(make: Workshop) -> None:
    a, b = make.engine("a"), make.engine("b")
    all_of = make.listen(a, b)
    soon(lambda: a.listeners and b.listeners)
    for engine in (a, b, a):
        engine.tell(event(1), event(2))
    a.tell(event(3, "remove", at=100))
    b.tell(event(3, "remove", at=250))
    a.tell(event(1, at=9), event(4))
    b.tell(event(5))
    soon(lambda: {"n4", "n5"} <= set(all_of.ids))
    assert sorted(all_of.ids) == ["n1", "n1", "n2", "n3", "n4", "n5"]


def test_the_memory_has_an_end() -> None:
    heard: list[Event] = []
    once = events._Once(heard.append)
    for at in range(REMEMBERED + 10):
        once(Event("node", "n", "update", at, "a"))
    once(Event("node", "n", "update", REMEMBERED + 9, "b"))
    assert len(heard) == REMEMBERED + 10
    assert len(once._known) == REMEMBERED


def test_a_stream_that_was_cut_goes_on_where_it_was(make: Workshop) -> None:
    a = make.engine("a")
    all_of = make.listen(a)
    soon(lambda: a.listeners)
    a.tell(event(1))
    soon(lambda: all_of.heard)
    a.hang_up()
    soon(lambda: all_of.joined == ["a", "a"])
    # A minute before the last event, and nothing is heard twice.
    assert a.asked[1]["since"] == "1794999940.000000001"
    a.tell(event(1), event(2))
    soon(lambda: len(all_of.heard) == 2)
    assert all_of.ids == ["n1", "n2"]


def test_before_the_first_event_the_engines_own_clock_counts(make: Workshop) -> None:
    a = make.engine("a")
    all_of = make.listen(a)
    soon(lambda: a.listeners)
    a.hang_up()
    soon(lambda: len(all_of.joined) == 2)
    # 08:00:00 of the Date header, less a minute.
    assert a.asked[1]["since"] == "1795420740.000000000"


def test_a_silent_stream_is_opened_anew(make: Workshop) -> None:
    a = make.engine("a")
    all_of = make.listen(a, silence=0.2)
    soon(lambda: len(all_of.joined) >= 3, 2)
    # Each was silent for its whole time.
    began = time.monotonic()
    before = len(all_of.joined)
    time.sleep(0.65)
    assert len(all_of.joined) - before <= (time.monotonic() - began) / 0.2 + 1
    assert not all_of.streams.errors


def test_events_keep_a_stream_alive(make: Workshop) -> None:
    a = make.engine("a")
    all_of = make.listen(a, silence=0.4)
    soon(lambda: a.listeners)
    for number in range(10):
        a.tell(event(number))
        time.sleep(0.1)
    assert all_of.joined == ["a"]
    assert len(all_of.heard) == 10


def test_a_frozen_engine_is_heard_again_once_it_thaws(make: Workshop) -> None:
    a, b = make.engine("a"), make.engine("b")
    a.frozen = True
    all_of = make.listen(a, b, silence=0.2)
    soon(lambda: "b" in all_of.streams.connected)
    soon(lambda: len(a.asked) >= 2)
    assert "a" not in all_of.joined
    assert all_of.streams.errors["a"] == "no answer in time"
    a.frozen = False
    soon(lambda: "a" in all_of.joined)


def test_an_engine_that_is_away_is_tried_again(make: Workshop) -> None:
    a = make.engine("a")
    a.stop()
    path = make.folder / "a.sock"
    path.unlink()
    all_of = make.listen(a)
    soon(lambda: "a" in all_of.streams.errors)
    assert not all_of.streams.connected
    make.engine("a")
    soon(lambda: all_of.joined == ["a"])


@pytest.mark.parametrize("how", ["refusing", "hanging_up"])
def test_nobody_is_hammered(make: Workshop, how: str) -> None:
    a = make.engine("a")
    setattr(a, how, True)
    make.listen(a)
    time.sleep(1.7)
    # At 0, 0.2, 0.6 and 1.4 s.
    assert 3 <= len(a.asked) <= 4


def test_who_is_told_may_fail(make: Workshop) -> None:
    a = make.engine("a")
    heard: list[str] = []

    def fail(told: Event) -> None:
        heard.append(told.id)
        raise RuntimeError("a mistake")

    streams = EventStreams([a.address], fail, lambda _name: None)
    streams.start()
    soon(lambda: a.listeners)
    a.tell(event(1))
    soon(lambda: len(a.asked) == 2)
    soon(lambda: streams.connected)
    a.hang_up()
    soon(lambda: len(a.asked) == 3)
    streams.stop()
    assert heard == ["n1"]


@pytest.mark.parametrize("frozen", [False, True])
def test_stop_waits_for_nobody(make: Workshop, frozen: bool) -> None:
    a, b = make.engine("a"), make.engine("b")
    b.frozen = frozen
    all_of = make.listen(a, b)
    soon(lambda: a.asked and b.asked and a.listeners)
    began = time.monotonic()
    all_of.streams.stop()
    assert time.monotonic() - began < (1.5 if frozen else 0.3)
    assert not all_of.streams.connected
    before = len(a.asked)
    b.frozen = False
    a.hang_up()
    time.sleep(0.5)
    assert len(a.asked) == before
    assert not all_of.heard


def test_it_may_be_stopped_by_who_is_told(make: Workshop) -> None:
    a = make.engine("a")
    done = threading.Event()

    def stop(_event: Event) -> None:
        streams.stop()
        done.set()

    streams = EventStreams([a.address], stop, lambda _name: None)
    streams.start()
    soon(lambda: a.listeners)
    a.tell(event(1))
    assert done.wait(1)
