"""The simulated Engine API that large Swarms are measured on: it filters as an engine does, and the
bot reads it as it reads any engine."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.errors import EngineRefusedError, UnknownNameError
from bot.model.cluster import EngineAddress
from bot.swarm.engine.api_version import ApiVersion
from bot.swarm.engine.client import Client
from bot.swarm.engine.pool import FailoverPool
from bot.swarm.swarm import Swarm
from tests.bench.simulation import shapes
from tests.bench.simulation.engine import SimulatedEngine
from tests.bench.simulation.server import SimulatedServer
from tests.bench.simulation.swarm import SimulatedSwarm

NODES = 10


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineAddress]:
    socket = Path(tmp_path_factory.mktemp("simulation")) / "engine.sock"
    with SimulatedServer(socket, NODES) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield EngineAddress("simulated", f"unix://{socket}")
        server.shutdown()


@pytest.fixture
def client(address: EngineAddress) -> Iterator[Client]:
    client = Client(address, ApiVersion(shapes.API))
    yield client
    client.close()


def asked(filters: dict[str, Any], path: str = "/tasks") -> list[dict[str, Any]]:
    status, body = SimulatedEngine(SimulatedSwarm(NODES)).answer(
        path, {"filters": json.dumps(filters)}
    )
    assert status == 200
    assert not isinstance(body, bytes)
    return [json.loads(member) for member in body]


def test_values_of_one_filter_are_any_of_them_and_several_filters_all_of_them() -> None:
    first, second = shapes.service_name(0), shapes.object_id("service", 1)
    assert len(asked({"service": [first]})) == 25
    assert len(asked({"service": [first, second]})) == 50
    assert len(asked({"service": {first: True}, "desired-state": {"running": True}})) == 20
    here = asked({"service": [first, second], "node": [shapes.host_name(0)]})
    assert {task["NodeID"] for task in here} == {shapes.object_id("node", 0)}
    assert len(here) < 50


def test_only_tasks_of_the_current_specification_are_up_to_date() -> None:
    current = asked({"service": [shapes.service_name(0)], "_up-to-date": ["true"]})
    assert {task["Spec"]["ContainerSpec"]["Image"] for task in current} == {shapes.image_of(0)}
    assert len(current) == 21


def test_nodes_by_role_name_and_label() -> None:
    assert len(asked({"role": ["manager"]}, "/nodes")) == 3
    assert len(asked({"name": ["node000"]}, "/nodes")) == NODES
    in_zone = asked({"node.label": ["zone=zone0"]}, "/nodes")
    assert {node["Spec"]["Labels"]["zone"] for node in in_zone} == {"zone0"}


def test_what_swarm_refuses_is_refused(client: Client) -> None:
    with pytest.raises(EngineRefusedError, match="400"):
        client.tasks({"colour": ["blue"]})
    with pytest.raises(UnknownNameError):
        client.tasks({"service": ["nobody"]})
    with pytest.raises(UnknownNameError):
        client.service("nobody")


def test_the_bot_reads_all_of_it(address: EngineAddress) -> None:
    swarm = Swarm(FailoverPool([address]))
    assert len(swarm.nodes.list()) == NODES
    services = swarm.services.list()
    assert {(service.running, service.desired) for service in services} == {(20, 20)}
    assert len(swarm.services.tasks()) == 25 * len(services)
    assert swarm.engines.states()[0].manager


def test_an_event_tells_of_a_node_that_goes_down(client: Client, address: EngineAddress) -> None:
    stream = client.events({"type": ["node"]})
    with stream:
        told = iter(stream)
        client._send("POST", "/simulation/nodes/7/down", versioned=False, changes=False)
        event = json.loads(next(told))
    assert event["Actor"]["Attributes"]["state.new"] == "down"
    assert client.node(event["Actor"]["ID"])["Status"]["State"] == "down"
