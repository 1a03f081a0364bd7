"""The playground's Swarm itself: it comes up, survives what the tests do to it, and goes without a
trace.

These tests destroy their cluster, so they have one of their own, apart from the one that the other
tests share.
"""

import shutil
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from docker.errors import DockerException
from requests import RequestException

from playground import formation, processes
from playground.cluster import Cluster
from playground.errors import CommandFailedError, PathTooLongError
from playground.network import INTERFACES, NAMESPACES
from tests.conftest import in_order

NUMBER = 96
NEIGHBOUR = 95


@pytest.fixture(scope="module", autouse=True)
def _image_build_goes_on(request: pytest.FixtureRequest) -> None:
    """These stories mostly wait, so where the same process needs the bot's image later, it is built
    meanwhile."""
    stories = [item for item in request.session.items if isinstance(item, pytest.Function)]
    if any("image_build" in story.fixturenames for story in stories):
        request.getfixturevalue("image_build")


@pytest.fixture(scope="module")
def own() -> Iterator[Cluster]:
    cluster = Cluster(NUMBER)
    cluster.down()
    yield cluster
    cluster.down()


@pytest.fixture
def cluster(own: Cluster) -> Cluster:
    return in_order(own)


def eventually(is_so: Callable[[], bool], seconds: float = 30.0) -> None:
    processes.wait_until(is_so, "the test's condition holds", seconds)


def swarm_id(cluster: Cluster) -> str:
    return cluster.docker("info", "--format", "{{.Swarm.Cluster.ID}}")


def member_names(cluster: Cluster) -> list[str]:
    return sorted(cluster.docker("node", "ls", "--format", "{{.Hostname}}").split())


def managers(cluster: Cluster) -> set[str]:
    return set(
        cluster.docker(
            "node", "ls", "--filter", "role=manager", "--format", "{{.Hostname}}"
        ).split()
    )


def deploy(cluster: Cluster, name: str, *flags: str) -> None:
    image = cluster.image(f"web:{name}")
    grace = ("--stop-grace-period", "1s")
    cluster.docker(
        "service", "create", "--quiet", "--detach", "--name", name, *grace, *flags, image
    )


def tasks(cluster: Cluster, name: str) -> str:
    """Every task of a service in a line: its state, its error."""
    return cluster.docker(
        "service", "ps", "--no-trunc", "--format", "{{.CurrentState}} {{.Error}}", name
    )


def errors_of(cluster: Cluster, name: str) -> str:
    """What the tasks of a service wrote to stderr."""
    with cluster.manager.api() as api:
        return b"".join(api.service_logs(name, stderr=True)).decode()


def reaches(address: str, port: int) -> bool:
    try:
        socket.create_connection((address, port), timeout=1).close()
    except OSError:
        return False
    return True


def traces_of(cluster: Cluster) -> list[str]:
    """Whatever this machine still has of a cluster."""
    mark = f"{cluster.root}/"
    commands = [" ".join(processes.command_of(pid)) for pid in processes.every_pid()]
    left = [command for command in commands if mark in command]
    left += [line for line in Path("/proc/self/mounts").read_text().splitlines() if mark in line]
    left += [path.name for path in INTERFACES.glob(f"{cluster.bridge.name}*")]
    left += [path.name for path in NAMESPACES.glob(f"{cluster.bridge.name}-*")]
    left += map(str, Path("/sys/fs/cgroup").glob(f"**/{cluster.bridge.name}"))
    left += [
        line
        for line in processes.run("iptables", "--list-rules").splitlines()
        if cluster.bridge.name in line
    ]
    return [*left, str(cluster.root)] if cluster.root.exists() else left


def test_up_makes_three_managers_and_a_worker(cluster: Cluster) -> None:
    states = cluster.status().nodes

    assert [state.name for state in states] == ["node1", "node2", "node3", "node4"]
    assert all(
        state.engine == "up" and state.linked and state.swarm == "active" for state in states
    )
    assert managers(cluster) == {"node1", "node2", "node3"}


def test_up_again_leaves_what_runs_alone(cluster: Cluster) -> None:
    before = (
        swarm_id(cluster),
        processes.in_network_namespace(cluster.nodes["node1"].cable.namespace),
    )

    started = time.monotonic()
    cluster.up()

    assert time.monotonic() - started < 5
    assert (
        swarm_id(cluster),
        processes.in_network_namespace(cluster.nodes["node1"].cable.namespace),
    ) == before


def test_a_stopped_node_is_away_and_comes_back(cluster: Cluster) -> None:
    node = cluster.nodes["node3"]

    node.stop()

    assert not node.is_running
    with pytest.raises(CommandFailedError, match="Cannot connect"):
        node.docker("version")
    eventually(lambda: "Unreachable" in cluster.docker("node", "ls"))
    node.start()
    eventually(
        lambda: all(
            formation.is_ready(member) for member in formation.members(cluster.nodes["node1"])
        )
    )


def test_a_frozen_engine_does_not_answer_until_it_is_thawed(cluster: Cluster) -> None:
    node = cluster.nodes["node2"]

    node.freeze()

    assert cluster.status().nodes[1].engine == "frozen"
    with pytest.raises((DockerException, RequestException)), node.api(1) as api:
        api.ping()
    node.thaw()
    assert node.answers


def test_a_node_that_is_cut_off_is_not_reached(cluster: Cluster) -> None:
    node = cluster.nodes["node3"]
    assert reaches(node.address, 2377)

    node.cut_off()

    assert not reaches(node.address, 2377)
    assert not cluster.status().nodes[2].linked
    node.link_up()
    eventually(lambda: reaches(node.address, 2377))


def test_reset_unlocks_and_clears_everything(cluster: Cluster) -> None:
    cluster.docker("network", "create", "--driver", "overlay", "shop")
    deploy(cluster, "v1", "--network", "shop", "--replicas", "4")
    cluster.docker("node", "update", "--availability", "drain", "--label-add", "zone=a", "node4")
    cluster.docker("swarm", "update", "--cert-expiry", "720h")
    key = cluster.lock("node3")
    assert cluster.status().nodes[2].swarm == "locked"
    assert key == cluster.docker("swarm", "unlock-key", "--quiet").strip()

    cluster.reset()

    assert cluster.nodes["node3"].swarm_state == "active"

    assert cluster.docker("service", "ls", "--quiet") == ""
    assert "shop" not in cluster.docker("network", "ls")
    node4 = cluster.docker(
        "node", "inspect", "node4", "--format", "{{.Spec.Availability}} {{.Spec.Labels}}"
    )
    assert node4 == "active map[]\n"
    assert "Expiry Duration: 3 months" in cluster.docker("info")
    assert "Autolock Managers: false" in cluster.docker("info")


def test_reset_gives_each_node_its_first_role(cluster: Cluster) -> None:
    cluster.docker("node", "demote", "node3")
    cluster.docker("node", "promote", "node4")

    cluster.reset()

    assert managers(cluster) == {"node1", "node2", "node3"}


def test_the_images_behave_as_their_names_say(cluster: Cluster) -> None:
    deploy(cluster, "slow")
    deploy(
        cluster,
        "v2",
        "--publish",
        "mode=host,published=8081,target=8080",
        "--constraint",
        "node.hostname==node4",
    )
    for name in ("plain", "broken", "sick", "arm"):
        deploy(cluster, name)

    eventually(lambda: "Running" in tasks(cluster, "v2"))
    eventually(lambda: "Running" in tasks(cluster, "plain"))
    eventually(lambda: "task: non-zero exit (3)" in tasks(cluster, "broken"))
    eventually(lambda: "dockerexec: unhealthy container" in tasks(cluster, "sick"))
    assert "no suitable node (unsupported platform on 4 nodes)" in tasks(cluster, "arm")
    assert "FATAL: cannot read /etc/shop.conf" in errors_of(cluster, "broken")
    assert "Starting" in tasks(cluster, "slow")
    eventually(lambda: "Running" in tasks(cluster, "slow"))


def test_the_registry_can_be_away(cluster: Cluster) -> None:
    cluster.registry.stop()

    assert not cluster.status().registry_runs
    assert not reaches(cluster.registry.host, 5000)
    cluster.registry.start()
    assert cluster.status().registry_runs


def test_a_root_that_is_too_long_for_a_socket_is_refused(tmp_path: Path) -> None:
    node = Cluster(NEIGHBOUR, tmp_path / ("long" * 20)).nodes["node1"]

    with pytest.raises(PathTooLongError):
        node.start()


def test_up_after_everything_was_killed_brings_the_same_swarm_back(cluster: Cluster) -> None:
    before = swarm_id(cluster)
    deploy(cluster, "v1", "--replicas", "2")
    eventually(lambda: tasks(cluster, "v1").count("Running") == 2)

    for pid in [
        pid
        for pid in processes.every_pid()
        if str(cluster.root) in " ".join(processes.command_of(pid))
    ]:
        processes.send(pid, signal.SIGKILL)
    cluster.up()

    assert swarm_id(cluster) == before
    eventually(lambda: tasks(cluster, "v1").count("Running") == 2)


def test_up_takes_a_node_in_that_lost_its_disk(cluster: Cluster) -> None:
    node = cluster.nodes["node3"]
    node.kill()
    shutil.rmtree(node.directory)

    cluster.up()

    assert member_names(cluster) == ["node1", "node2", "node3", "node4"]
    assert managers(cluster) == {"node1", "node2", "node3"}


def test_a_manager_that_was_removed_while_it_was_off_joins_anew_at_once(cluster: Cluster) -> None:
    node3 = cluster.nodes["node3"]
    node3.stop()
    eventually(lambda: "Down" in cluster.docker("node", "ls"), 60)
    cluster.docker("node", "demote", "node3")
    eventually(lambda: "node3" not in managers(cluster))
    cluster.docker("node", "rm", "--force", "node3")
    began = time.monotonic()

    cluster.reset()

    assert time.monotonic() - began < formation.LEADER_SECONDS
    assert managers(cluster) == {"node1", "node2", "node3"}


def test_up_founds_a_new_swarm_where_all_managers_are_lost(cluster: Cluster) -> None:
    before = swarm_id(cluster)
    for name in managers(cluster):
        cluster.nodes[name].kill()
        shutil.rmtree(cluster.nodes[name].directory)

    cluster.up()

    assert swarm_id(cluster) != before
    assert member_names(cluster) == ["node1", "node2", "node3", "node4"]


def test_down_leaves_nothing_behind_and_the_neighbour_alone(
    cluster: Cluster, machine: Cluster
) -> None:
    deploy(cluster, "v1", "--mode", "global")
    eventually(lambda: tasks(cluster, "v1").count("Running") == 4)
    before = _engines(machine)

    cluster.down()

    assert traces_of(cluster) == []
    assert before <= _engines(machine)
    assert [state.swarm for state in machine.status().nodes] == ["active"] * 4


def _engines(cluster: Cluster) -> set[int]:
    """What runs on its machines."""
    return {
        pid
        for node in cluster.nodes.values()
        for pid in processes.in_network_namespace(node.cable.namespace)
    }
