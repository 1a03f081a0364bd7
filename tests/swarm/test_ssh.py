"""An engine by ssh, as Docker's CLI has it: the system's ssh, a real server, Docker's CLI on the
other side, and an engine behind it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.errors import NoEngineError
from bot.model.cluster import EngineAddress
from bot.swarm.engine.pool import FailoverPool
from bot.swarm.swarm import Swarm
from tests.store.servers import free_ports
from tests.swarm.ssh_server import HOST, SshServer
from tests.swarm.support import eventually
from tests.unit.swarm.fake_engine import INFO, FakeEngine


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SshServer]:
    (port,) = free_ports(1)
    server = SshServer(tmp_path, port)
    server.start()
    monkeypatch.setenv("PATH", f"{server.programs}:{os.environ['PATH']}")
    yield server
    server.stop()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[FakeEngine]:
    engine = FakeEngine(tmp_path, "bee", lambda call: (200, INFO if call == "GET /info" else []))
    yield engine
    engine.stop()


def test_an_engine_answers_by_ssh_and_a_key_that_is_not_known_ends_it(
    engine: FakeEngine, server: SshServer
) -> None:
    address = EngineAddress("bee", f"ssh://root@{HOST}:{server.port}{engine.path}")
    swarm = Swarm(FailoverPool([address]))
    assert swarm.nodes.list() == ()
    assert "GET /nodes" in engine.seen
    eventually(lambda: swarm.engines.states()[0].manager)

    server.stop()
    assert "Connection refused" in why_away(address)
    server.start()
    server.knows("stranger")
    assert "Host key verification failed" in why_away(address)


def why_away(address: EngineAddress) -> str:
    with pytest.raises(NoEngineError) as away:
        Swarm(FailoverPool([address])).nodes.list()
    return dict(away.value.tried)[address.name]
