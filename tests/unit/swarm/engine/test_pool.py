"""Several engines, of which some are away, frozen, locked, slow, or get lost in the middle."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from bot import traces
from bot.errors import (
    EngineRefusedError,
    NoEngineError,
    NoLeaderError,
    NotAManagerError,
    OutcomeUnknownError,
    UnknownNameError,
)
from bot.model.cluster import EngineAddress
from bot.swarm.engine.client import Client
from bot.swarm.engine.failover import NEXT_SECONDS, PATIENCE_SECONDS, TICK_SECONDS
from bot.swarm.engine.ping import PING_SECONDS
from bot.swarm.engine.pool import FailoverPool
from bot.swarm.engine.workers import LIMIT
from tests.fence import OPEN
from tests.recorded import recorded, trace_of
from tests.unit.swarm.fake_engine import (
    INFO,
    LOCKED,
    NO_LEADER,
    FakeEngine,
    FrozenEngine,
    after,
    always,
    refusing,
)

WEB = [{"ID": "web"}]
HEALTHY = (200, WEB)


class Workshop:
    """Makes fake engines and stops them in the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.made: list[FakeEngine | FrozenEngine] = []

    def fake(self, name: str, behave: Callable[[str], Any] | None = None) -> FakeEngine:
        self.made.append(engine := FakeEngine(self.folder, name, behave))
        return engine

    def healthy(self, name: str) -> FakeEngine:
        return self.fake(name, lambda call: (200, INFO) if call == "GET /info" else HEALTHY)

    def frozen(self, name: str) -> FrozenEngine:
        self.made.append(engine := FrozenEngine(self.folder, name))
        return engine

    def away(self, name: str) -> EngineAddress:
        return EngineAddress(name, f"unix://{self.folder / name}.sock")


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Workshop]:
    workshop = Workshop(tmp_path)
    yield workshop
    for engine in workshop.made:
        engine.stop()


@contextmanager
def black_hole() -> Iterator[int]:
    """A port with a full connection queue.

    The kernel drops further packets, as a firewall would.
    """
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
        time.sleep(0.1)
        yield listener.getsockname()[1]


class Watch:
    """How long something took."""

    def __enter__(self) -> "Watch":
        self.started = time.monotonic()
        return self

    def __exit__(self, *args: object) -> None:
        self.seconds = time.monotonic() - self.started


def services(client: Client) -> list[dict[str, Any]]:
    return list(client.services())


def create(client: Client) -> dict[str, Any]:
    return client.fenced_by(OPEN).create_service({"Name": "web"})


def test_calls_are_a_part_of_the_request_that_they_are_made_for(make: Workshop) -> None:
    engines = FailoverPool([make.healthy("one").address])
    with recorded() as spans, traces.span("request"):
        engines.call(services)
        engines.call(create)
        engines.states()

    names = [span.name for span in spans.spans]
    assert names == [
        "request",
        "GET /version",
        "GET /services",
        "POST /services/create",
        "GET /info",
    ]
    assert len(set(map(trace_of, spans.spans))) == 1


def test_an_engine_that_is_away_costs_no_time(make: Workshop) -> None:
    engines = FailoverPool([make.away("one"), make.healthy("two").address])
    with Watch() as watch:
        assert engines.call(services) == WEB
    assert watch.seconds < 0.3
    assert engines.answering == "two"


def test_a_frozen_engine_holds_a_read_up_for_less_than_two_seconds_and_the_next_one_not_at_all(
    make: Workshop,
) -> None:
    engines = FailoverPool([make.frozen("one").address, make.healthy("two").address])
    with Watch() as first:
        assert engines.call(services) == WEB
    with Watch() as second:
        assert engines.call(services) == WEB
    assert first.seconds < 2
    assert second.seconds < 0.3


def test_an_address_that_swallows_packets_holds_nobody_up(make: Workshop) -> None:
    with black_hole() as port:
        engines = FailoverPool(
            [EngineAddress("one", f"tcp://127.0.0.1:{port}"), make.healthy("two").address]
        )
        with Watch() as watch:
            assert engines.call(services) == WEB
        assert watch.seconds < 2
        with Watch() as watch, pytest.raises(NoEngineError):
            engines.on("one").call(services)
        assert watch.seconds < 2


def test_something_else_that_speaks_http_is_no_engine(make: Workshop) -> None:
    other_engine = make.fake("one")
    other_engine.version = {"name": "a web server"}
    with pytest.raises(NoEngineError) as caught:
        FailoverPool([other_engine.address]).call(services)
    assert caught.value.tried == (("one", "does not speak the Engine API"),)


def test_all_frozen_is_said_within_three_seconds(make: Workshop) -> None:
    engines = FailoverPool([make.frozen(name).address for name in ("one", "two", "three", "four")])
    with Watch() as watch, pytest.raises(NoEngineError) as caught:
        engines.call(services)
    assert watch.seconds < 3
    assert {name for name, _ in caught.value.tried} == {"one", "two", "three", "four"}


def test_all_away_is_said_at_once_with_reasons(make: Workshop) -> None:
    with Watch() as watch, pytest.raises(NoEngineError) as caught:
        FailoverPool([make.away("one"), make.away("two")]).call(services)
    assert watch.seconds < 0.3
    assert caught.value.tried == (
        ("one", "No such file or directory"),
        ("two", "No such file or directory"),
    )


def test_a_locked_manager_is_passed_over(make: Workshop) -> None:
    engines = FailoverPool(
        [make.fake("one", refusing(503, LOCKED)).address, make.healthy("two").address]
    )
    assert engines.call(services) == WEB


def test_only_locked_managers_and_one_away_are_named_with_their_states(make: Workshop) -> None:
    engines = FailoverPool([make.fake("one", refusing(503, LOCKED)).address, make.away("two")])
    with pytest.raises(NotAManagerError) as caught:
        engines.call(services)
    assert caught.value.states == (("one", "locked"), ("two", "No such file or directory"))


def test_a_manager_without_leader_is_passed_over_and_told_where_there_is_no_other(
    make: Workshop,
) -> None:
    lost = make.fake("one", refusing(500, NO_LEADER))
    assert FailoverPool([lost.address, make.healthy("two").address]).call(services) == WEB
    with pytest.raises(NoLeaderError, match="does not have a leader"):
        FailoverPool([lost.address, make.fake("three", refusing(503, LOCKED)).address]).call(
            services
        )


def test_a_slow_engine_that_is_alive_is_waited_for(make: Workshop) -> None:
    longer_than_a_ping = PATIENCE_SECONDS + PING_SECONDS + TICK_SECONDS
    engines = FailoverPool([make.fake("one", after(longer_than_a_ping, HEALTHY)).address])
    with Watch() as watch:
        assert engines.call(services) == WEB
    assert longer_than_a_ping <= watch.seconds < longer_than_a_ping + 0.5


def test_an_engine_whose_ping_waits_for_its_cluster_is_alive(make: Workshop) -> None:
    """As from Docker 23 on, while the membership of its Swarm changes."""
    longer_than_a_ping = PATIENCE_SECONDS + 2 * PING_SECONDS + TICK_SECONDS
    busy = make.fake("one", after(longer_than_a_ping, HEALTHY))
    busy.ping_waits.clear()

    assert FailoverPool([busy.address]).call(services) == WEB


def test_while_engines_differ_the_newest_is_asked_first(make: Workshop) -> None:
    old, new = make.healthy("old"), make.healthy("new")
    new.version["ApiVersion"] = "1.51"
    engines = FailoverPool([old.address, new.address])
    engines.call(services)
    assert engines.answering == "old"
    engines.states()

    engines.call(services)

    assert engines.answering == "new"
    new.stop()
    assert engines.call(services) == WEB
    assert engines.answering == "old"


def test_a_manager_that_hangs_but_answers_pings_is_overtaken_by_the_next(make: Workshop) -> None:
    engines = FailoverPool(
        [make.fake("one", after(5, HEALTHY)).address, make.healthy("two").address]
    )
    with Watch() as watch:
        assert engines.call(services) == WEB
    assert watch.seconds < 2
    assert engines.answering == "two"


def test_time_is_up_at_the_deadline(make: Workshop) -> None:
    engines = FailoverPool([make.fake("one", after(5, HEALTHY)).address])
    with Watch() as watch, pytest.raises(NoEngineError) as caught:
        engines.call(services, deadline=1)
    assert watch.seconds < 1.3
    # Who asked and the connection itself are given up at the same moment: either may come first.
    ((engine, reason),) = caught.value.tried
    assert engine == "one"
    assert reason in ("alive, but no answer within 1 s", "no answer in time")


def test_what_an_engine_refuses_is_asked_of_no_other(make: Workshop) -> None:
    other_engine = make.healthy("two")
    engines = FailoverPool([make.fake("one", refusing(400, "bad")).address, other_engine.address])
    with pytest.raises(EngineRefusedError) as caught:
        engines.call(services)
    assert (caught.value.status, caught.value.reason) == (400, "bad")
    assert other_engine.seen == []


def test_a_change_goes_to_the_first_healthy_manager(make: Workshop) -> None:
    healthy = make.fake("three", always((201, {"ID": "new"})))
    engines = FailoverPool(
        [
            make.frozen("one").address,
            make.fake("two", refusing(503, LOCKED)).address,
            healthy.address,
        ]
    )
    assert engines.call_write(create) == {"ID": "new"}
    assert healthy.seen == ["GET /swarm", "POST /services/create"]


def test_a_change_that_is_lost_in_the_middle_is_not_sent_again(make: Workshop) -> None:
    dropping = make.fake("one", lambda call: None if call.startswith("POST") else (200, {}))
    other_engine = make.healthy("two")
    with pytest.raises(OutcomeUnknownError) as caught:
        FailoverPool([dropping.address, other_engine.address]).call_write(create)
    assert caught.value.engine == "one"
    assert dropping.seen == ["GET /swarm", "POST /services/create"]
    assert other_engine.seen == []


def test_a_change_whose_manager_loses_its_leadership_may_have_happened(make: Workshop) -> None:
    lost = (500, {"message": "rpc error: code = Unknown desc = node lost leader status"})
    engine = make.fake("one", lambda call: lost if call.startswith("POST") else (200, {}))
    with pytest.raises(OutcomeUnknownError):
        FailoverPool([engine.address]).call_write(create)


def test_a_change_may_take_its_time(make: Workshop) -> None:
    create_slowly = after(NEXT_SECONDS + 2 * TICK_SECONDS, (201, {"ID": "new"}))
    slow = make.fake(
        "one", lambda call: create_slowly(call) if call.startswith("POST") else (200, {})
    )
    assert FailoverPool([slow.address, make.healthy("two").address]).call_write(create) == {
        "ID": "new"
    }


def test_calls_on_one_engine_go_nowhere_else(make: Workshop) -> None:
    engines = FailoverPool([make.healthy("one").address, make.away("two")])
    assert engines.on("one").call(Client.info) == INFO
    with pytest.raises(NoEngineError):
        engines.on("two").call(Client.info)
    with pytest.raises(UnknownNameError) as caught:
        engines.on("tow")
    assert caught.value.near == ("two",)


def test_states_of_all_engines_come_within_two_seconds(make: Workshop) -> None:
    locked = {"Name": "host2", "Swarm": {"LocalNodeState": "locked"}}
    engines = FailoverPool(
        [
            make.healthy("one").address,
            make.frozen("two").address,
            make.away("three"),
            make.fake("four", always((200, locked))).address,
            make.fake("five", after(4, (200, INFO))).address,
        ]
    )
    with Watch() as watch:
        one, two, three, four, five = engines.states()
    assert watch.seconds < 2
    assert (one.reachable, one.swarm, one.manager, one.node_name) == (True, "active", True, "host")
    assert (two.reachable, two.error) == (False, "no answer in time")
    assert (three.reachable, three.error) == (False, "No such file or directory")
    assert (four.reachable, four.swarm, four.manager) == (True, "locked", False)
    assert (five.reachable, five.swarm) == (True, "")


def test_the_address_that_an_engine_once_said_is_known_when_it_says_nothing_more(
    make: Workshop,
) -> None:
    says: dict[str, Any] = {
        "one": (200, {"Swarm": {"NodeAddr": "10.0.0.1", "LocalNodeState": "active"}})
    }
    one = make.fake("one", lambda call: says["one"] if call == "GET /info" else HEALTHY)
    engines = FailoverPool([one.address, make.away("two")])
    assert [state.address for state in engines.states()] == ["10.0.0.1", ""]
    says["one"] = (500, {"message": "context deadline exceeded"})
    (mute, _) = engines.states()
    assert (mute.reachable, mute.swarm, mute.address) == (True, "", "10.0.0.1")
    one.stop()
    (away, _) = engines.states()
    assert (away.swarm, away.address) == ("", "10.0.0.1")


def test_threads_do_not_pile_up_at_a_frozen_engine(make: Workshop) -> None:
    engines = FailoverPool([make.frozen("icy").address])

    def ask() -> None:
        with pytest.raises(NoEngineError):
            engines.call(services)

    for _ in range(2):
        people = [threading.Thread(target=ask) for _ in range(2 * LIMIT)]
        for person in people:
            person.start()
        for person in people:
            person.join()
    mine = [thread.name for thread in threading.enumerate() if thread.name.endswith(" icy")]
    assert len(mine) <= LIMIT + 2


def test_many_callers_share_the_threads_of_a_busy_engine(make: Workshop) -> None:
    engines = FailoverPool([make.fake("one", after(0.1, HEALTHY)).address])
    answers: list[Any] = []
    people = [
        threading.Thread(target=lambda: answers.append(engines.call(services)))
        for _ in range(4 * LIMIT)
    ]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert answers == [WEB] * (4 * LIMIT)


def test_an_engine_that_was_restarted_is_called_again(make: Workshop) -> None:
    first = make.healthy("one")
    engines = FailoverPool([first.address])
    assert engines.call(services) == WEB
    first.stop()
    with pytest.raises(NoEngineError):
        engines.call(services)
    make.healthy("one")
    assert engines.call(services) == WEB
