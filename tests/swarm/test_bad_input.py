"""Whatever is typed gets one answer in words, and changes nothing, on a real Swarm too."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from bot.clock import Stopping
from bot.swarm.swarm import Swarm
from playground.cluster import Cluster
from playground.node import Node
from tests.swarm.acting import redis
from tests.swarm.desk import Desk, Recorder, pipeline
from tests.swarm.support import eventually, running, store, swarm_over, web

LINES = 500
"""Ten thousand more are typed at a Swarm in memory."""


def everything(cluster: Cluster) -> str:
    """All that a change could have left behind, byte for byte."""
    with cluster.manager.api(10) as api:
        networks = [network for network in api.networks() if network["Scope"] == "swarm"]
        listings = (api.services(), api.nodes(), networks, api.secrets(), api.configs())
        listed = [
            sorted(listing, key=lambda raw: str(raw.get("ID") or raw["Id"])) for listing in listings
        ]
        return json.dumps([*listed, api.inspect_swarm()], indent=1)


def furnish(cluster: Cluster, swarm: Swarm) -> None:
    """Something of every kind, at rest."""
    image = cluster.image("web:v1")
    network = cluster.docker("network", "create", "-d", "overlay", "uber-net").strip()
    store(cluster, "secret", "key")
    store(cluster, "config", "conf")
    ports = [
        {"Protocol": "tcp", "TargetPort": 8080, "PublishedPort": 8081, "PublishMode": "ingress"}
    ]
    labels = {"com.docker.stack.namespace": "shop"}
    shop = swarm.services.create(web(cluster, EndpointSpec={"Ports": ports}, Labels=labels))
    cluster.docker(
        "service",
        "create",
        "--detach",
        "--no-healthcheck",
        "--name",
        "agent",
        "--mode",
        "global",
        "--network",
        network,
        image,
    )
    swarm.services.create(web(cluster, "web2", replicas=0))
    cluster.docker(
        "service", "create", "--detach", "--name", "job", "--mode", "replicated-job", image, "true"
    )
    running(swarm, shop, 2)
    running(swarm, swarm.services.find("agent").id, 4)


@pytest.fixture(scope="module")
def desk(machine: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    machine.reset()
    swarm = swarm_over(machine, *machine.nodes)
    furnish(machine, swarm)
    folder, slack = tmp_path_factory.mktemp("bot"), Recorder()
    server, opened = redis(folder)
    path = pipeline(swarm, opened, slack, folder, Stopping())
    yield Desk(path, slack, lambda: everything(machine), machine.image)
    opened.close()
    server.stop()


@pytest.mark.timeout(600)
def test_five_hundred_lines_get_one_answer_each_and_change_nothing(desk: Desk) -> None:
    desk.types_lines(LINES)


def test_a_name_that_fits_several_nodes_is_refused_with_their_ids(
    desk: Desk, machine: Cluster
) -> None:
    past = machine.docker("node", "inspect", "--format", "{{.ID}}", "node4").strip()
    join_anew(machine, "node4")
    both = {node.id for node in desk.pipeline.swarm.nodes.list() if node.name == "node4"}
    assert past in both
    before = desk.swarm()
    ids = ", ".join(f"`node4 ({node_id})`" for node_id in sorted(both))
    for text in (
        "node ps node4",
        "node promote node4",
        "node update --availability drain node4",
        "node rm --force node4",
    ):
        said = desk.types(text).text
        assert said == f"❌ `node4` fits more than one node: {ids}. Use the id, or the whole name."
    assert desk.swarm() == before


def join_anew(cluster: Cluster, name: str) -> None:
    """Let a node come back under a new id; its past stays in the list."""
    node, manager = cluster.nodes[name], cluster.manager
    token = manager.docker("swarm", "join-token", "--quiet", "worker").strip()
    node.docker("swarm", "leave")
    node.docker(
        "swarm",
        "join",
        "--advertise-addr",
        node.address,
        "--token",
        token,
        f"{manager.address}:2377",
    )
    eventually(lambda: sorted(status(manager, name)) == ["down", "ready"])


def status(manager: Node, name: str) -> list[str]:
    """The states of all entries of that name."""
    with manager.api(10) as api:
        return [
            node["Status"]["State"]
            for node in api.nodes()
            if node["Description"].get("Hostname") == name
        ]
