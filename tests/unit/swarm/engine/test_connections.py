"""How many connections a bot keeps to an engine, however much it asks for."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from bot.swarm.engine.client import Client
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
