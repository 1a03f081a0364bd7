"""What a large Swarm is asked for, and how often: nothing twice that was read just now, and nothing
of a hundred nodes where a few are named."""

from __future__ import annotations

import gc
import threading
import time
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.errors import SwarmbotError, UnknownNameError
from bot.model.cluster import EngineAddress
from bot.swarm.engine.pool import FailoverPool
from bot.swarm.last_seen import LastSeen, Observed
from bot.swarm.sight import Sight
from bot.swarm.spec.read import SpecNotReadError
from bot.swarm.swarm import Swarm
from tests.bench.simulation import shapes
from tests.bench.simulation.server import SimulatedServer

NODES = 130
NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedServer]:
    socket = Path(tmp_path_factory.mktemp("large")) / "engine.sock"
    with SimulatedServer(socket, NODES) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def swarm(server: SimulatedServer) -> Swarm:
    swarm = Swarm(FailoverPool([EngineAddress("simulated", f"unix://{server.server_address!s}")]))
    swarm.cluster.inspect()
    server.engine.calls = Counter()
    return swarm


def calls(server: SimulatedServer) -> dict[str, int]:
    asked, server.engine.calls = server.engine.calls, Counter()
    return {path: count for path, count in asked.items() if path != "/version"}


def test_many_running_tasks_are_counted_once_a_minute(
    swarm: Swarm, server: SimulatedServer
) -> None:
    first = swarm.services.running_by_node()
    assert calls(server) == {"/tasks": 1}
    assert sum(first.value.values()) == NODES * 2 * 20

    again = swarm.services.running_by_node()
    assert calls(server) == {}
    assert again.value == first.value
    assert again.ago > 0

    swarm.last_seen.running = Observed(first.value, first.at - 61)
    swarm.services.running_by_node()
    assert calls(server) == {"/tasks": 1}


def test_the_watch_counts_them_for_everybody(swarm: Swarm, server: SimulatedServer) -> None:
    swarm.services.tasks_since(NOW)
    calls(server)
    assert sum(swarm.seen_by(None).services.running_by_node().value.values()) == 5200
    assert calls(server) == {}


def test_who_sees_some_services_gets_the_tasks_of_these(
    swarm: Swarm, server: SimulatedServer
) -> None:
    swarm.services.tasks_since(NOW)
    calls(server)
    sight = Sight(
        sees=lambda name: name.startswith("stack00"),
        refusal=lambda name, near: UnknownNameError("service", name, tuple(near)),
        lists=True,
    )
    counted = swarm.seen_by(sight).services.running_by_node()
    assert sum(counted.value.values()) == 7 * 20
    assert calls(server) == {"/tasks": 1, "/services": 1}


def test_few_tasks_are_counted_anew() -> None:
    seen = LastSeen(running=Observed({"n1": 12}, at=1e9))
    assert seen.recent_running() is None


def test_what_the_watch_saw_just_now_is_not_read_again(
    swarm: Swarm, server: SimulatedServer
) -> None:
    nodes, services = swarm.nodes.list(), swarm.services.list()
    calls(server)

    assert swarm.nodes.lately().value == nodes
    assert swarm.services.lately().value == services
    assert calls(server) == {}


def test_what_was_seen_before_a_change_or_too_long_ago_is_read_again(
    swarm: Swarm, server: SimulatedServer
) -> None:
    nodes, services = swarm.nodes.list(), swarm.services.list()
    swarm.last_seen.changed()
    calls(server)
    swarm.nodes.lately(), swarm.services.lately()
    assert calls(server) == {"/nodes": 1, "/services": 1}

    old = time.monotonic() - 61
    swarm.last_seen.changed_at = old - 1
    swarm.last_seen.nodes, swarm.last_seen.services = Observed(nodes, old), Observed(services, old)
    swarm.nodes.lately(), swarm.services.lately()
    assert calls(server) == {"/nodes": 1, "/services": 1}


def test_nobody_is_told_of_nodes_that_nobody_can_tell_now(swarm: Swarm) -> None:
    swarm.nodes.list()
    away = Swarm(
        FailoverPool([EngineAddress("away", "unix:///nowhere.sock")]), last_seen=swarm.last_seen
    )
    with pytest.raises(SwarmbotError):
        away.nodes.list()
    with pytest.raises(SwarmbotError):
        away.nodes.lately()


def test_only_the_nodes_that_tasks_are_on_are_read(swarm: Swarm, server: SimulatedServer) -> None:
    service = swarm.services.find(shapes.service_name(3))
    tasks = swarm.services.tasks(service.id)
    nodes = swarm.nodes.of(tasks)
    assert {node.id for node in nodes} == {task.node_id for task in tasks}
    assert calls(server) == {"/services/ID": 1, "/tasks": 1, "/nodes": 1}
    swarm.nodes.list()
    swarm.nodes.of(tasks)
    assert calls(server) == {"/nodes": 1}
    assert len(swarm.nodes.of([replace(tasks[0], node_id="")])) == NODES


def test_of_few_nodes_that_were_seen_just_now_none_is_read_for_its_name(tmp_path: Path) -> None:
    with SimulatedServer(tmp_path / "engine.sock", 4) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        swarm = Swarm(FailoverPool([EngineAddress("few", f"unix://{server.server_address!s}")]))
        tasks = swarm.services.tasks(swarm.services.find(shapes.service_name(3)).id)
        swarm.nodes.list()
        calls(server)

        nodes = swarm.nodes.of(tasks)
        assert {node.id for node in nodes} == {task.node_id for task in tasks}
        assert calls(server) == {}

        swarm.last_seen.changed()
        swarm.nodes.of(tasks)
        swarm.nodes.of(tasks)
        assert calls(server) == {"/nodes": 1}
        swarm.nodes.of([replace(tasks[0], node_id="")])
        assert calls(server) == {"/nodes": 1}
        server.shutdown()


def test_an_overview_says_the_same_without_specifications(
    swarm: Swarm, server: SimulatedServer
) -> None:
    listed, overview = swarm.services.list(), swarm.services.overview()
    assert calls(server) == {"/services": 2}
    without = [replace(service, previous=None, spec={}) for service in listed]
    assert [replace(service, spec={}) for service in overview] == without
    with pytest.raises(SpecNotReadError):
        dict(overview[0].spec)


def test_services_that_are_kept_are_small(swarm: Swarm) -> None:
    swarm.services.list()
    gc.collect()
    tracemalloc.start()
    try:
        services = swarm.services.list()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept / len(services) < 7_000, "bytes a service, of which its JSON is a half"
    assert services[0].spec == shapes.service(0, 20)["Spec"]


def test_what_has_not_changed_is_not_kept_twice(swarm: Swarm, server: SimulatedServer) -> None:
    before = swarm.services.list(), swarm.services.tasks_since(NOW)
    gc.collect()
    tracemalloc.start()
    try:
        after = swarm.services.list(), swarm.services.tasks_since(NOW)
        gc.collect()
        grown, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after == before
    assert grown < 1_000_000, "two lists and two tables of 5,500 objects, that take 5 MB"
    running = {task.id: task for task in after[1]}
    assert all(running[task.id] is task for task in swarm.services.tasks(running=True))
