"""Every operation on a real Swarm: what it changes, and that it changes nothing else."""

import subprocess
import time
from collections.abc import Callable
from copy import deepcopy
from typing import Any, TypeVar

import pytest
from pydantic import SecretStr

from bot.errors import (
    AmbiguousName,
    EngineRefused,
    ImageNotFound,
    NameTaken,
    NoEngine,
    NotAManager,
    OutOfSequence,
    PortTaken,
    RegistryAway,
    UnknownName,
)
from bot.model import Image, Mode, Platform, Service, Task
from bot.swarm.client import Client
from bot.swarm.cluster import Rotate
from bot.swarm.engines import Engines
from bot.swarm.swarm import Swarm
from bot.swarm_model import EngineAddress
from playground.cluster import Cluster

MANAGERS = ("node1", "node2", "node3")

T = TypeVar("T")


@pytest.fixture
def swarm(cluster: Cluster) -> Swarm:
    return Swarm(Engines(EngineAddress(name, cluster.nodes[name].url) for name in MANAGERS))


def eventually(look: Callable[[], T], seconds: float = 30.0) -> T:
    """What `look` returns as soon as that is something."""
    until = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.2)
    return found


def web(cluster: Cluster, name: str = "web", replicas: int = 2, **more: Any) -> dict[str, Any]:
    container = {"Image": cluster.image("web:v1"), "StopGracePeriod": 1_000_000_000}
    return {
        "Name": name,
        "TaskTemplate": {"ContainerSpec": container, **more.pop("TaskTemplate", {})},
        "Mode": {"Replicated": {"Replicas": replicas}},
        **more,
    }


def running(swarm: Swarm, service: Service | str, count: int) -> tuple[Task, ...]:
    service_id = service if isinstance(service, str) else service.id

    def look() -> tuple[Task, ...]:
        tasks = [task for task in swarm.services.tasks(service_id, running=True) if task.state == "running"]
        return tuple(tasks) if len(tasks) == count else ()

    return eventually(look)


def raw_service(swarm: Swarm, name: str) -> dict[str, Any]:
    return swarm.engines.call(lambda client: client.service(name))


# ---- services


def test_a_service_is_created_found_listed_and_removed(swarm: Swarm, cluster: Cluster) -> None:
    labels = {"com.docker.stack.namespace": "shop"}
    ports = {"Ports": [{"Protocol": "tcp", "TargetPort": 8080, "PublishedPort": 8081}]}
    service_id = swarm.services.create(web(cluster, "shop_web", Labels=labels, EndpointSpec=ports))
    running(swarm, service_id, 2)

    by_name = swarm.services.find("shop_web")
    assert (
        by_name
        == swarm.services.find(service_id)
        == swarm.services.find(service_id[:6])
        == swarm.services.get(service_id)
    )
    assert (by_name.image.tagged, by_name.mode, by_name.replicas) == (cluster.image("web:v1"), Mode.REPLICATED, 2)
    (listed,) = swarm.services.list()
    assert (listed.running, listed.desired, listed.stack, listed.ports[0].published) == (2, 2, "shop", 8081)

    swarm.services.remove(service_id)
    assert swarm.services.list() == ()
    with pytest.raises(UnknownName):
        swarm.services.remove(service_id)


def test_a_name_is_no_prefix_and_a_wrong_one_gets_the_nearest(swarm: Swarm, cluster: Cluster) -> None:
    service_id = swarm.services.create(web(cluster, "web-front", 0))
    swarm.services.create(web(cluster, "web-back", 0))
    for wrong in ("web", "web-fron", service_id[:3], "../nodes", "web front", "", "/"):
        with pytest.raises(UnknownName):
            swarm.services.find(wrong)
    with pytest.raises(UnknownName) as caught:
        swarm.services.find("web-frnt")
    assert caught.value.near[0] == "web-front"


def test_what_the_swarm_refuses_is_told_apart(swarm: Swarm, cluster: Cluster) -> None:
    ports = {"Ports": [{"Protocol": "tcp", "TargetPort": 8080, "PublishedPort": 8081}]}
    swarm.services.create(web(cluster, EndpointSpec=ports))
    with pytest.raises(NameTaken) as taken:
        swarm.services.create(web(cluster))
    assert (taken.value.kind, taken.value.name) == ("service", "web")
    with pytest.raises(PortTaken) as port:
        swarm.services.create(web(cluster, "api", EndpointSpec=ports))
    assert (port.value.port, port.value.service) == (8081, "web")
    with pytest.raises(UnknownName) as unknown:
        swarm.services.create(web(cluster, "api", TaskTemplate={"Networks": [{"Target": "no-net"}]}))
    assert (unknown.value.kind, unknown.value.name) == ("network", "no-net")
    with pytest.raises(EngineRefused) as refused:
        swarm.services.create(web(cluster, "api") | {"Mode": {"Replicated": {"Replicas": -1}}})
    assert refused.value.status == 400


@pytest.fixture
def everything(cluster: Cluster) -> dict[str, Any]:
    """A specification with everything set that a service can have."""
    cluster.docker("network", "create", "-d", "overlay", "uber-net")
    for kind in ("secret", "config"):
        _with_input(cluster, "geheim", kind, "create", f"{kind}-1", "-")
    network = cluster.docker("network", "inspect", "-f", "{{.Id}}", "uber-net").strip()
    secret = cluster.docker("secret", "inspect", "-f", "{{.ID}}", "secret-1").strip()
    config = cluster.docker("config", "inspect", "-f", "{{.ID}}", "config-1").strip()
    return _everything(cluster.image("web:v1"), network, secret, config)


def _with_input(cluster: Cluster, text: str, *arguments: str) -> None:
    subprocess.run(
        ["docker", "-H", cluster.manager.url, *arguments], input=text, text=True, check=True, capture_output=True
    )


def _everything(image: str, network: str, secret: str, config: str) -> dict[str, Any]:
    file = {"UID": "0", "GID": "0", "Mode": 292}
    container = {
        "Image": image,
        "Labels": {"inner": "1"},
        "Hostname": "web-{{.Task.Slot}}",
        "Env": ["A=1", "B=two words"],
        "Dir": "/tmp",
        "User": "0",
        "StopSignal": "SIGTERM",
        "StopGracePeriod": 2_000_000_000,
        "Healthcheck": {
            "Test": ["CMD-SHELL", "true"],
            "Interval": 2_000_000_000,
            "Timeout": 1_000_000_000,
            "Retries": 4,
        },
        "Hosts": ["10.1.1.1 other"],
        "DNSConfig": {"Nameservers": ["10.1.1.2"], "Search": ["example.org"], "Options": ["timeout:2"]},
        "Mounts": [{"Type": "tmpfs", "Target": "/cache", "TmpfsOptions": {"SizeBytes": 1048576}}],
        "Secrets": [{"SecretID": secret, "SecretName": "secret-1", "File": {"Name": "key", **file}}],
        "Configs": [{"ConfigID": config, "ConfigName": "config-1", "File": {"Name": "/etc/web.conf", **file}}],
        "Init": True,
        "Sysctls": {"net.ipv4.ip_unprivileged_port_start": "80"},
        "CapabilityAdd": ["CAP_NET_ADMIN"],
        "Ulimits": [{"Name": "nofile", "Soft": 1000, "Hard": 2000}],
    }
    strategy = {"Parallelism": 2, "Delay": 1_000_000_000, "Monitor": 2_000_000_000, "MaxFailureRatio": 0.25}
    return {
        "Name": "web",
        "Labels": {"team": "shop", "com.docker.stack.namespace": "shop"},
        "TaskTemplate": {
            "ContainerSpec": container,
            "Resources": {
                "Limits": {"NanoCPUs": 500_000_000, "MemoryBytes": 67108864, "Pids": 100},
                "Reservations": {"NanoCPUs": 10_000_000, "MemoryBytes": 4194304},
            },
            "RestartPolicy": {
                "Condition": "on-failure",
                "Delay": 1_000_000_000,
                "MaxAttempts": 3,
                "Window": 9_000_000_000,
            },
            "Placement": {
                "Constraints": ["node.platform.os==linux"],
                "Preferences": [{"Spread": {"SpreadDescriptor": "node.labels.zone"}}],
                "MaxReplicas": 4,
                "Platforms": [{"Architecture": "amd64", "OS": "linux"}],
            },
            "Networks": [{"Target": network, "Aliases": ["front"]}],
            "LogDriver": {"Name": "json-file", "Options": {"max-size": "1m"}},
            "ForceUpdate": 7,
        },
        "Mode": {"Replicated": {"Replicas": 2}},
        "UpdateConfig": {**strategy, "FailureAction": "rollback", "Order": "start-first"},
        "RollbackConfig": {**strategy, "FailureAction": "continue", "Order": "stop-first"},
        "EndpointSpec": {
            "Mode": "vip",
            "Ports": [{"Protocol": "tcp", "TargetPort": 8080, "PublishedPort": 8081, "PublishMode": "ingress"}],
        },
    }


def test_scaling_changes_one_number_and_restarts_nothing(swarm: Swarm, everything: dict[str, Any]) -> None:
    service_id = swarm.services.create(everything)
    containers = {task.container_id for task in running(swarm, service_id, 2)}
    before = raw_service(swarm, "web")["Spec"]
    # Nothing is lost on the way in either: the engine keeps all that was sent.
    assert _contains(before, everything)

    for replicas in (4, 2, 3):
        service = swarm.services.find("web")
        spec = deepcopy(dict(service.spec))
        spec["Mode"]["Replicated"]["Replicas"] = replicas
        assert swarm.services.update(service, spec) == ()
        scaled = {task.container_id for task in running(swarm, service_id, replicas)}
        assert len(containers & scaled) == min(len(containers), replicas)
        containers = scaled

    after = raw_service(swarm, "web")["Spec"]
    assert after.pop("Mode") == {"Replicated": {"Replicas": 3}}
    before.pop("Mode")
    assert after == before


def _contains(whole: Any, part: Any) -> bool:
    if isinstance(part, dict):
        return all(name in whole and _contains(whole[name], value) for name, value in part.items())
    if isinstance(part, list):
        return len(whole) == len(part) and all(map(_contains, whole, part))
    return bool(whole == part)


def test_an_update_against_an_old_version_is_refused(swarm: Swarm, cluster: Cluster) -> None:
    swarm.services.create(web(cluster, replicas=0))
    service = swarm.services.find("web")
    changed = {**service.spec, "Labels": {"a": "1"}}
    swarm.services.update(service, changed)
    with pytest.raises(OutOfSequence) as caught:
        swarm.services.update(service, changed)
    assert (caught.value.kind, caught.value.name) == ("service", "web")
    assert swarm.services.find("web").labels == {"a": "1"}


def test_the_engine_can_go_back_by_itself(swarm: Swarm, cluster: Cluster) -> None:
    swarm.services.create(web(cluster, replicas=1))
    service = swarm.services.find("web")
    swarm.services.update(service, {**service.spec, "Labels": {"a": "1"}})
    labelled = swarm.services.find("web")
    assert labelled.previous is not None
    swarm.services.update(labelled, labelled.spec, rollback_previous=True)
    assert swarm.services.find("web").labels == {}


def test_tasks_say_whether_they_are_up_to_date(swarm: Swarm, cluster: Cluster) -> None:
    service_id = swarm.services.create(web(cluster, replicas=2))
    (first, second) = running(swarm, service_id, 2)
    assert (first.slot, second.slot, first.image.tag) == (1, 2, "v1")
    service = swarm.services.find("web")
    spec = deepcopy(dict(service.spec))
    spec["TaskTemplate"]["ContainerSpec"]["Env"] = ["A=1"]
    swarm.services.update(service, spec)
    eventually(
        lambda: (
            len([task for task in swarm.services.tasks(service_id, up_to_date=True) if task.state == "running"]) == 2
        )
    )
    tasks = swarm.services.tasks(service_id)
    assert len(tasks) == 4
    assert {task.up_to_date for task in tasks if task.desired == "running"} == {True}
    assert {task.up_to_date for task in tasks if task.desired == "shutdown"} == {False}
    node_id = tasks[0].node_id
    assert {task.node_id for task in swarm.services.tasks(node_id=node_id)} == {node_id}


# ---- images


def test_an_image_is_resolved_in_the_registry(swarm: Swarm, cluster: Cluster) -> None:
    found = swarm.images.resolve(Image.parse(cluster.image("web:v1")))
    assert found.image.tagged == cluster.image("web:v1")
    assert found.image.digest.startswith("sha256:")
    assert len(found.platforms) == 1
    assert swarm.images.resolve(found.image).image == found.image
    assert swarm.images.resolve(Image.parse(cluster.image("web:arm"))).platforms == (Platform("linux", "arm64"),)


@pytest.mark.parametrize("name", ["web:no-such-tag", "no-such-repository", "web@sha256:" + "a1" * 32])
def test_an_image_that_the_registry_lacks(swarm: Swarm, cluster: Cluster, name: str) -> None:
    with pytest.raises(ImageNotFound):
        swarm.images.resolve(Image.parse(cluster.image(name)))


def test_a_registry_that_is_away(swarm: Swarm, cluster: Cluster) -> None:
    cluster.registry.stop()
    try:
        with pytest.raises(RegistryAway, match="connection refused"):
            swarm.images.resolve(Image.parse(cluster.image("web:v1")))
    finally:
        cluster.registry.start()


# ---- nodes


def test_nodes_are_found_by_name_id_and_self(swarm: Swarm) -> None:
    nodes = swarm.nodes.list()
    assert [node.name for node in nodes] == ["node1", "node2", "node3", "node4"]
    assert [node.role for node in nodes] == ["manager"] * 3 + ["worker"]
    assert len([node for node in nodes if node.manager and node.manager.leader]) == 1
    assert swarm.nodes.find("node4") == swarm.nodes.find(nodes[3].id) == swarm.nodes.find(nodes[3].id[:8])
    assert swarm.nodes.find("self").name == swarm.engines.answering
    with pytest.raises(UnknownName) as caught:
        swarm.nodes.find("nod4")
    assert caught.value.near[0] == "node4"
    with pytest.raises((UnknownName, AmbiguousName)):
        swarm.nodes.find("node")


def test_a_node_keeps_what_was_not_changed(swarm: Swarm) -> None:
    node = swarm.nodes.find("node4")
    swarm.nodes.update(node, lambda spec: spec.update(Labels={"zone": "a", "disk": "ssd"}))
    before = swarm.engines.call(lambda client: client.node(node.id))["Spec"]
    # The version that was read is old by now: what is meant is applied to what is there.
    swarm.nodes.update(node, lambda spec: spec.update(Availability="pause"))
    after = swarm.engines.call(lambda client: client.node(node.id))["Spec"]
    assert after == {**before, "Availability": "pause"}
    assert swarm.nodes.find("node4").labels == {"zone": "a", "disk": "ssd"}


def test_two_who_label_a_node_at_once_both_succeed(swarm: Swarm) -> None:
    node = swarm.nodes.find("node4")
    interfered = iter([True, True])

    def label(spec: dict[str, Any]) -> None:
        spec["Labels"]["mine"] = "1"
        if next(interfered, False):
            _label_by_hand(swarm, node.id)

    swarm.nodes.update(node, label)
    assert swarm.nodes.get(node.id).labels == {"mine": "1", "other": "1"}


def _label_by_hand(swarm: Swarm, node_id: str) -> None:
    other = Swarm(swarm.engines.on("node1"))
    other.nodes.update(other.nodes.get(node_id), lambda spec: spec["Labels"].update(other="1"))


def test_nodes_that_are_not_to_be_removed(swarm: Swarm) -> None:
    with pytest.raises(EngineRefused, match="not down"):
        swarm.nodes.remove(swarm.nodes.find("node4"))
    with pytest.raises(EngineRefused, match="must be demoted"):
        swarm.nodes.remove(swarm.nodes.find("node3"), force=True)


# ---- networks, secrets, configs


def test_networks(swarm: Swarm) -> None:
    network_id = swarm.networks.create({"Name": "uber-net", "Driver": "overlay", "Attachable": True})
    network = swarm.networks.find("uber-net")
    assert (network.id, network.scope, network.attachable) == (network_id, "swarm", True)
    eventually(lambda: swarm.networks.find("uber-net").driver == "overlay")
    assert "ingress" in [each.name for each in swarm.networks.list()]
    with pytest.raises(NameTaken):
        swarm.networks.create({"Name": "uber-net", "Driver": "overlay"})
    swarm.networks.remove(network_id)
    with pytest.raises(UnknownName):
        swarm.networks.find("uber-net")


def test_secrets_and_configs_are_named_and_not_shown(swarm: Swarm, cluster: Cluster) -> None:
    _with_input(cluster, "geheim", "secret", "create", "key", "-")
    _with_input(cluster, "geheim", "config", "create", "conf", "-")
    (secret,), (config,) = swarm.stores.secrets(), swarm.stores.configs()
    assert (secret.kind, secret.name, config.kind, config.name) == ("secret", "key", "config", "conf")
    assert "geheim" not in repr((secret, config))
    assert secret.created


# ---- the Swarm


def test_an_update_of_the_swarm_keeps_the_rest(swarm: Swarm) -> None:
    def everything(spec: dict[str, Any]) -> None:
        spec["CAConfig"]["NodeCertExpiry"] = 2_592_000_000_000_000
        spec["Orchestration"]["TaskHistoryRetentionLimit"] = 3
        spec["EncryptionConfig"]["AutoLockManagers"] = True

    original = swarm.engines.call(Client.swarm)["Spec"]
    try:
        swarm.cluster.update(everything)
        before, tokens, key = (
            swarm.engines.call(Client.swarm)["Spec"],
            swarm.cluster.join_tokens(),
            swarm.cluster.unlock_key(),
        )
        swarm.cluster.update(_keep, Rotate(worker_token=True))
        swarm.cluster.update(_keep, Rotate(unlock_key=True))
        assert swarm.engines.call(Client.swarm)["Spec"] == before
        renewed = swarm.cluster.join_tokens()
        assert renewed.worker.get_secret_value() != tokens.worker.get_secret_value()
        assert renewed.manager.get_secret_value() == tokens.manager.get_secret_value()
        assert swarm.cluster.unlock_key().get_secret_value() not in ("", key.get_secret_value())
        info = swarm.cluster.inspect()
        assert (info.cert_expiry.days, info.task_history, info.autolock, info.root_rotation) == (30, 3, True, False)
        assert info.trust_root.startswith("-----BEGIN CERTIFICATE-----")
    finally:
        swarm.cluster.update(lambda spec: spec.update(original))
    assert swarm.cluster.unlock_key().get_secret_value() == ""


def _keep(spec: dict[str, Any]) -> None:
    """Changes nothing."""


def test_tokens_and_keys_are_in_no_text_that_could_be_logged(swarm: Swarm) -> None:
    tokens = swarm.cluster.join_tokens()
    assert tokens.worker.get_secret_value().startswith("SWMTKN-1-")
    assert "SWMTKN" not in repr((tokens, swarm.cluster.inspect(), swarm.engines.states(), swarm.cluster.unlock_key()))


def test_an_engine_leaves_joins_and_founds(swarm: Swarm, cluster: Cluster) -> None:
    node4 = Swarm(Engines(EngineAddress(name, node.url) for name, node in cluster.nodes.items()))
    assert (node4.cluster.info("node4").swarm, node4.cluster.info("node4").manager) == ("active", False)
    with pytest.raises(NotAManager) as worker:
        node4.engines.on("node4").call(Client.services)
    assert worker.value.states == (("node4", "worker"),)

    node4.cluster.leave("node4")
    assert node4.cluster.info("node4").swarm == "inactive"
    gone = swarm.nodes.find("node4")
    eventually(lambda: swarm.nodes.get(gone.id).state == "down")
    swarm.nodes.remove(gone)

    address = cluster.nodes["node4"].address
    node_id = node4.cluster.init("node4", {"ListenAddr": "0.0.0.0:2377", "AdvertiseAddr": address})
    alone = node4.cluster.info("node4")
    assert (alone.node_id, alone.manager) == (node_id, True)
    with pytest.raises(EngineRefused, match="already part of a swarm"):
        node4.cluster.init("node4", {"ListenAddr": "0.0.0.0:2377", "AdvertiseAddr": address})
    with pytest.raises(EngineRefused, match="Use `--force`"):
        node4.cluster.leave("node4")
    node4.cluster.leave("node4", force=True)

    managers = (f"{cluster.nodes['node1'].address}:2377",)
    node4.cluster.join("node4", managers, swarm.cluster.join_tokens().worker, AdvertiseAddr=address)
    eventually(lambda: [node.state for node in swarm.nodes.list() if node.name == "node4"] == ["ready"])


def test_a_locked_manager_is_unlocked(swarm: Swarm, cluster: Cluster) -> None:
    key = SecretStr(cluster.lock("node3"))
    states = {state.name: (state.swarm, state.manager) for state in swarm.engines.states()}
    assert states == {"node1": ("active", True), "node2": ("active", True), "node3": ("locked", False)}
    with pytest.raises(NotAManager) as locked:
        swarm.engines.on("node3").call(Client.services)
    assert locked.value.states == (("node3", "locked"),)
    with pytest.raises(EngineRefused) as wrong:
        swarm.cluster.unlock("node3", SecretStr(key.get_secret_value()[:-4] + "AAAA"))
    assert wrong.value.status in (400, 401)
    assert "SWMKEY-1" not in wrong.value.reason

    swarm.cluster.unlock("node3", swarm.cluster.unlock_key())
    eventually(lambda: swarm.cluster.info("node3").swarm == "active")
    with pytest.raises(EngineRefused) as again:
        swarm.cluster.unlock("node3", key)
    assert again.value.status == 409
    swarm.cluster.update(lambda spec: spec["EncryptionConfig"].update(AutoLockManagers=False))


# ---- logs


def test_logs_of_a_task_and_of_a_service(swarm: Swarm, cluster: Cluster) -> None:
    service_id = swarm.services.create(web(cluster, replicas=4))
    tasks = running(swarm, service_id, 4)
    assert swarm.logs.task_log(tasks[0].id, 1) == ("web v1: listening on port 8080",)
    log = swarm.logs.service_log(service_id, 10)
    assert {line.task_id for line in log.lines} == {task.id for task in tasks}
    assert {line.node_id for line in log.lines} == {task.node_id for task in tasks}
    assert [line.at for line in log.lines] == sorted(line.at for line in log.lines if line.at)
    assert (log.silent, log.cut) == ((), False)
    with pytest.raises(UnknownName):
        swarm.logs.service_log("no-such-service", 1)


def test_a_node_that_is_dead_is_named_by_the_log(swarm: Swarm, cluster: Cluster) -> None:
    service_id = swarm.services.create(web(cluster, replicas=4))
    tasks = running(swarm, service_id, 4)
    node4 = swarm.nodes.find("node4")
    assert node4.id in {task.node_id for task in tasks}
    cluster.nodes["node4"].kill()
    started = time.monotonic()
    eventually(lambda: swarm.logs.service_log(service_id, 10).silent)
    log = swarm.logs.service_log(service_id, 10)
    assert log.silent == (node4.id,)
    assert node4.id not in {line.node_id for line in log.lines}
    assert time.monotonic() - started < 10


# ---- engines


def test_a_stopped_and_a_frozen_manager_hold_up_nobody(swarm: Swarm, cluster: Cluster) -> None:
    leader = next(node.name for node in swarm.nodes.list() if node.manager and node.manager.leader)
    followers = [name for name in MANAGERS if name != leader]
    # A follower: while the leader itself is frozen, the others have to elect a new one first.
    ordered = Swarm(Engines(EngineAddress(name, cluster.nodes[name].url) for name in (*followers, leader)))
    cluster.nodes[followers[0]].freeze()
    started = time.monotonic()
    assert len(ordered.nodes.list()) == 4
    assert time.monotonic() - started < 2
    started = time.monotonic()
    assert len(ordered.nodes.list()) == 4
    assert time.monotonic() - started < 0.5
    cluster.nodes[followers[0]].thaw()
    cluster.nodes[followers[0]].kill()
    started = time.monotonic()
    assert len(Swarm(ordered.engines.on(leader)).nodes.list()) == 4
    assert len(ordered.nodes.list()) == 4
    assert time.monotonic() - started < 0.5


def test_docker_is_away_is_said_within_three_seconds(swarm: Swarm, cluster: Cluster) -> None:
    for name in MANAGERS:
        cluster.nodes[name].freeze()
    started = time.monotonic()
    with pytest.raises(NoEngine):
        swarm.services.list()
    assert time.monotonic() - started < 3
    assert [state.reachable for state in swarm.engines.states()] == [False] * 3
