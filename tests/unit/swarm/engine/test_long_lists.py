"""A list of tens of thousands that a busy engine takes its time to send."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from bot.errors import NoEngineError
from bot.swarm.engine.client import Client
from bot.swarm.engine.failover import NEXT_SECONDS
from bot.swarm.engine.pool import FailoverPool
from tests.unit.swarm.fake_engine import FakeEngine, SlowList, always

DEADLINE = 0.6
STEADY = (0.1,) * 14


def services(client: Client) -> list[dict[str, Any]]:
    return list(client.services())


def test_it_may_take_longer_than_a_call_as_long_as_it_goes_on(tmp_path: Path) -> None:
    listed = SlowList(STEADY)
    assert sum(listed.pauses) > max(NEXT_SECONDS, 2 * DEADLINE)
    slow = FakeEngine(tmp_path, "one", always((200, listed)))
    idle = FakeEngine(tmp_path, "two", always((200, [])))
    engines = FailoverPool([slow.address, idle.address])
    assert engines.call(services, deadline=DEADLINE) == listed.members
    assert idle.seen == [], "nobody else is asked for as much meanwhile"


def test_where_it_stops_time_is_up(tmp_path: Path) -> None:
    listed = SlowList((0.1, 0.1, 0.1, 5.0))
    engine = FakeEngine(tmp_path, "one", always((200, listed)))
    begun = time.monotonic()
    with pytest.raises(NoEngineError) as caught:
        FailoverPool([engine.address]).call(services, deadline=DEADLINE)
    assert time.monotonic() - begun < 2
    ((_, reason),) = caught.value.tried
    # Who asked and the connection itself are given up at the same moment: either may come first.
    assert reason in ("alive, but silent for 0.6 s within its answer", "nothing came in time")


def test_where_it_stops_the_next_engine_is_asked(tmp_path: Path) -> None:
    stopping = FakeEngine(tmp_path, "one", always((200, SlowList((0.1, 0.1, 9.0)))))
    healthy = FakeEngine(tmp_path, "two", always((200, [{"ID": "web"}])))
    engines = FailoverPool([stopping.address, healthy.address])
    assert engines.call(services) == [{"ID": "web"}]
    assert engines.answering == "two"


def test_it_has_an_end_and_the_rest_is_not_read(tmp_path: Path) -> None:
    listed = SlowList((0.05,) * 100)
    engine = FakeEngine(tmp_path, "one", always((200, listed)))
    with pytest.raises(NoEngineError) as caught:
        FailoverPool([engine.address], longest=0.8).call(services, deadline=DEADLINE)
    assert caught.value.tried == (("one", "alive, but no whole answer within 0.8 s"),)
    assert listed.broken_off.wait(2)
