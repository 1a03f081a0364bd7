"""An engine by ssh, as Docker's CLI has it: the system's ssh, a real server, a real Swarm."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.errors import NoEngineError
from bot.model.cluster import EngineAddress
from bot.swarm.engine.events import Event, EventStreams
from bot.swarm.engine.pool import FailoverPool
from bot.swarm.swarm import Swarm
from playground.cluster import Cluster
from tests.fence import OPEN
from tests.store.servers import free_ports
from tests.swarm.ssh_server import HOST, SshServer
from tests.swarm.support import eventually, running, web


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SshServer]:
    (port,) = free_ports(1)
    server = SshServer(tmp_path, port)
    server.start()
    monkeypatch.setenv("PATH", f"{server.programs}:{os.environ['PATH']}")
    yield server
    server.stop()


def test_an_engine_by_ssh_is_read_changed_and_heard_and_a_key_that_is_not_known_ends_it(
    cluster: Cluster, server: SshServer
) -> None:
    address = EngineAddress(
        "node1", f"ssh://root@{HOST}:{server.port}{cluster.nodes['node1'].socket}"
    )
    heard: list[Event] = []
    streams = EventStreams([address], heard.append, lambda _: None)
    streams.start()
    swarm = Swarm(FailoverPool([address])).fenced_by(OPEN)

    assert {node.name for node in swarm.nodes.list()} == set(cluster.nodes)
    service_id = swarm.services.create(web(cluster))
    running(swarm, service_id, 2)
    eventually(lambda: any(event.attributes.get("name") == "web" for event in heard))
    (state,) = swarm.engines.states()
    assert state.reachable
    streams.stop()

    server.stop()
    server.knows("stranger")
    server.start()
    server.knows("stranger")
    with pytest.raises(NoEngineError) as away:
        Swarm(FailoverPool([address])).nodes.list()
    assert "Host key verification failed" in dict(away.value.tried)["node1"]
