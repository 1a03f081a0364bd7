"""How many connections a bot keeps to an engine, however much it asks for."""

from __future__ import annotations

import threading
from contextlib import closing
from pathlib import Path

import pytest

from bot.swarm.engine.client import Client
from bot.swarm.engine.refusals import ConnectionLostError
from tests.fence import OPEN
from tests.unit.swarm.fake_engine import FakeEngine


def test_a_client_keeps_one_connection_for_whatever_it_asks(tmp_path: Path) -> None:
    engine = FakeEngine(tmp_path, "node1", lambda _: (200, {}))
    with closing(Client(engine.address)) as client:
        client.negotiate()
        for number in range(40):
            client.service(f"web{number}")
        assert len(engine.seen) == 40
        assert engine.connections == 1
    engine.stop()


def drops_first_read(folder: Path) -> FakeEngine:
    """An engine behind a relay or a firewall that ends a connection without saying so."""
    answers = iter([None, (200, {"ID": "web"})])
    return FakeEngine(folder, "node1", lambda call: next(answers) if "GET" in call else (200, {}))


def test_a_read_over_a_kept_connection_that_is_gone_is_sent_once_more(tmp_path: Path) -> None:
    engine = drops_first_read(tmp_path)
    with closing(Client(engine.address)) as client:
        client.negotiate()
        assert client.service("web") == {"ID": "web"}
        assert engine.seen == ["GET /services/web"] * 2
        assert engine.connections == 2
    engine.stop()


def test_a_read_over_a_new_connection_is_sent_once(tmp_path: Path) -> None:
    engine = drops_first_read(tmp_path)
    with closing(Client(engine.address)) as client:
        with pytest.raises(ConnectionLostError):
            client.service("web")
        assert engine.seen == ["GET /services/web"]
    engine.stop()


def test_a_read_that_gets_no_answer_in_time_is_sent_once(tmp_path: Path) -> None:
    go_on = threading.Event()

    def late(_: str) -> None:
        assert go_on.wait(5)

    engine = FakeEngine(tmp_path, "node1", late)
    with closing(Client(engine.address, timeout=0.2)) as client:
        client.negotiate()
        with pytest.raises(ConnectionLostError, match="in time"):
            client.service("web")
        assert engine.seen == ["GET /services/web"]
    go_on.set()
    engine.stop()


def test_a_change_over_a_kept_connection_that_is_gone_is_not_sent_again(tmp_path: Path) -> None:
    engine = FakeEngine(tmp_path, "node1", lambda call: None if "POST" in call else (200, {}))
    with closing(Client(engine.address)) as client:
        client.negotiate()
        with pytest.raises(ConnectionLostError):
            client.fenced_by(OPEN).create_service({"Name": "web"})
        assert engine.seen == ["POST /services/create"]
    engine.stop()
