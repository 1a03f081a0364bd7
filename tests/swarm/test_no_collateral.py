"""A change of a service that has everything set changes what was asked, and restarts nothing that
may go on."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.errors import NameTakenError, PortTakenError, UnknownNameError, UnsupportedError
from bot.model import Ending
from bot.swarm.swarm import Swarm
from playground.cluster import Cluster
from tests.swarm.acting import Acting, acting, redis
from tests.swarm.support import eventually, everything_set, running, store


@pytest.fixture
def bot(swarm: Swarm, tmp_path: Path) -> Iterator[Acting]:
    server, opened = redis(tmp_path)
    yield acting(swarm, opened, tmp_path)
    opened.close()
    server.stop()


def raw(swarm: Swarm, name: str) -> dict[str, Any]:
    return copy.deepcopy(swarm.engines.call(lambda client: client.service(name))["Spec"])


def test_one_change_leaves_the_rest_as_it_was(bot: Acting, swarm: Swarm, cluster: Cluster) -> None:
    network = cluster.docker("network", "create", "-d", "overlay", "uber-net").strip()
    everything = everything_set(
        cluster.image("web:v1"),
        network,
        store(cluster, "secret", "secret-1"),
        store(cluster, "config", "config-1"),
    )
    service_id = swarm.services.create(everything)
    containers = {task.container_id for task in running(swarm, service_id, 2)}
    wanted = raw(swarm, "web")

    plan = bot.plan("scale web=3")
    assert (
        plan.title,
        [(change.field, change.before, change.after) for change in plan.changes],
    ) == (
        "web 2 → 3",
        [("replicas web", "2", "3")],
    )
    assert plan.summary.startswith("web: 1 more on node")

    for count in (3, 1, 2):
        assert bot.does(f"docker service scale web={count}").ending is Ending.DONE
        now = {task.container_id for task in running(swarm, service_id, count)}
        assert len(containers & now) == min(len(containers), count), "what stays is not restarted"
        containers = now
        wanted["Mode"]["Replicated"]["Replicas"] = count
        assert raw(swarm, "web") == wanted

    bot.does("service update --label-add owner=ann web")
    wanted["Labels"]["owner"] = "ann"
    assert raw(swarm, "web") == wanted
    assert {task.container_id for task in running(swarm, service_id, 2)} == containers, (
        "a label restarts nothing"
    )

    bot.does("service update --update-delay 2s --timeout 1s web")
    wanted["UpdateConfig"]["Delay"] = 2_000_000_000
    assert raw(swarm, "web") == wanted

    bot.does("service update --env-add A=2 --timeout 1s web")
    wanted["TaskTemplate"]["ContainerSpec"]["Env"] = ["A=2", "B=two words"]
    assert raw(swarm, "web") == wanted

    bot.does("service update --force --timeout 1s web")
    wanted["TaskTemplate"]["ForceUpdate"] = 8
    assert raw(swarm, "web") == wanted


def speaks(cluster: Cluster) -> tuple[int, ...]:
    """The API version of the engines."""
    version = cluster.docker("version", "--format", "{{.Server.APIVersion}}")
    return tuple(int(part) for part in version.strip().split("."))


def test_what_cannot_work_is_said_before_anything_is_sent(bot: Acting, cluster: Cluster) -> None:
    image = cluster.image("web:v1")
    cluster.docker(
        "service",
        "create",
        "--quiet",
        "--detach",
        "--name",
        "web",
        "--replicas",
        "0",
        "-p",
        "8081:80",
        image,
    )
    cluster.docker(
        "service", "create", "--quiet", "--detach", "--name", "agent", "--mode", "global", image
    )
    store(cluster, "secret", "db-key")
    refusals: tuple[tuple[str, type[Exception], dict[str, Any]], ...] = (
        (f"service create --name web {image}", NameTakenError, {"name": "web"}),
        (
            f"service create --name api -p 8081:80 {image}",
            PortTakenError,
            {"port": 8081, "service": "web"},
        ),
        (
            f"service create --name api --secret dbkey {image}",
            UnknownNameError,
            {"kind": "secret", "near": ("db-key",)},
        ),
        (
            f"service create --name api --network ingres {image}",
            UnknownNameError,
            {"kind": "network", "near": ("ingress",)},
        ),
        (
            "service update --publish-add 8081:81 agent",
            PortTakenError,
            {"port": 8081, "service": "web"},
        ),
        ("service update --rollback web", UnsupportedError, {}),
        ("service update --replicas 2 agent", UnsupportedError, {}),
        ("service update --secret-add nokey web", UnknownNameError, {"kind": "secret"}),
        ("scale agent=2", UnsupportedError, {}),
        ("scale web=2 wbe=3", UnknownNameError, {"near": ("web",)}),
        ("service rm web wbe", UnknownNameError, {"near": ("web",)}),
    )
    if speaks(cluster) < (1, 44):
        line = f"service create --name api --health-start-interval 1s {image}"
        refusals = (*refusals, (line, UnsupportedError, {}))
    versions = cluster.docker(
        "service", "inspect", "--format", "{{.Version.Index}}", "web", "agent"
    )
    for text, error, carries in refusals:
        with pytest.raises(error) as caught:
            bot.does(text)
        assert {name: getattr(caught.value, name) for name in carries} == carries, text
    assert (
        cluster.docker("service", "inspect", "--format", "{{.Version.Index}}", "web", "agent")
        == versions
    )
    assert bot.plan("scale web=0").noop_reason == "web has 0 already"


def test_room_is_counted_before(bot: Acting, cluster: Cluster) -> None:
    image = cluster.image("web:v1")
    plan = bot.plan(f"service create --name big --replicas 2 --reserve-memory 500G {image}")
    assert "no node is large enough" in " ".join(plan.warnings)
    plan = bot.plan(f"service create --name big --replicas 9 --replicas-max-per-node 2 {image}")
    assert "`--replicas-max-per-node 2` allows 8 of 9" in " ".join(plan.warnings)
    cluster.docker(
        "service",
        "create",
        "--detach",
        "--name",
        "web",
        "--replicas",
        "1",
        "--replicas-max-per-node",
        "1",
        image,
    )
    placed = ("service", "ps", "--format", "{{.Node}}", "web")
    eventually(lambda: cluster.docker(*placed).strip())
    plan = bot.plan("scale web=6")
    assert plan.warnings == (
        "web has room for 3 of 5 more: every node that may run it takes 1 at most",
    )
    assert plan.replicas == 6
