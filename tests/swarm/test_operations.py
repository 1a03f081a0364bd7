"""Operations on what runs, on a real Swarm: services, tasks, images, networks, logs, and what stays
untouched."""

import json
import time
from copy import deepcopy
from typing import Any

import pytest

from bot.errors import (
    EngineRefusedError,
    ImageNotFoundError,
    NameTakenError,
    PortTakenError,
    RegistryUnavailableError,
    UnknownNameError,
)
from bot.model import Image, Mode, Platform
from bot.swarm.swarm import Swarm
from playground.cluster import Cluster
from playground.images import IMAGES, Blob, shared_layer
from tests.swarm.support import (
    eventually,
    everything_set,
    heard_everywhere,
    running,
    store,
    web,
)

OCI = "application/vnd.oci.image"


def raw_spec(swarm: Swarm, name: str) -> dict[str, Any]:
    spec: dict[str, Any] = swarm.engines.call(lambda client: client.service(name))["Spec"]
    return spec


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
    assert (by_name.image.tagged, by_name.mode, by_name.replicas) == (
        cluster.image("web:v1"),
        Mode.REPLICATED,
        2,
    )
    (listed,) = swarm.services.list()
    assert (listed.running, listed.desired, listed.stack, listed.ports[0].published) == (
        2,
        2,
        "shop",
        8081,
    )

    swarm.services.remove(service_id)
    assert swarm.services.list() == ()
    with pytest.raises(UnknownNameError):
        swarm.services.remove(service_id)


def test_a_name_is_no_prefix_and_a_wrong_one_gets_the_nearest(
    swarm: Swarm, cluster: Cluster
) -> None:
    service_id = swarm.services.create(web(cluster, "web-front", 0))
    swarm.services.create(web(cluster, "web-back", 0))
    for wrong in ("web", "web-fron", service_id[:3], "../nodes", "web front", "", "/"):
        with pytest.raises(UnknownNameError):
            swarm.services.find(wrong)
    with pytest.raises(UnknownNameError) as caught:
        swarm.services.find("web-frnt")
    assert caught.value.near[0] == "web-front"


def test_what_the_swarm_refuses_is_told_apart(swarm: Swarm, cluster: Cluster) -> None:
    ports = {"Ports": [{"Protocol": "tcp", "TargetPort": 8080, "PublishedPort": 8081}]}
    swarm.services.create(web(cluster, replicas=0, EndpointSpec=ports))
    with pytest.raises(NameTakenError) as taken:
        swarm.services.create(web(cluster))
    assert (taken.value.kind, taken.value.name) == ("service", "web")
    with pytest.raises(PortTakenError) as port:
        swarm.services.create(web(cluster, "api", EndpointSpec=ports))
    assert (port.value.port, port.value.service) == (8081, "web")
    with pytest.raises(UnknownNameError) as unknown:
        swarm.services.create(
            web(cluster, "api", TaskTemplate={"Networks": [{"Target": "no-net"}]})
        )
    assert (unknown.value.kind, unknown.value.name) == ("network", "no-net")
    with pytest.raises(EngineRefusedError) as refused:
        swarm.services.create(web(cluster, "api") | {"Mode": {"Replicated": {"Replicas": -1}}})
    assert refused.value.status == 400


@pytest.fixture
def everything(cluster: Cluster) -> dict[str, Any]:
    """A specification with everything set that a service can have."""
    network = cluster.docker("network", "create", "-d", "overlay", "uber-net").strip()
    secret, config = store(cluster, "secret", "secret-1"), store(cluster, "config", "config-1")
    return everything_set(cluster.image("web:v1"), network, secret, config)


def test_scaling_changes_one_number_and_restarts_nothing(
    swarm: Swarm, everything: dict[str, Any]
) -> None:
    service_id = swarm.services.create(everything)
    containers = {task.container_id for task in running(swarm, service_id, 2)}
    before = raw_spec(swarm, "web")
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

    after = raw_spec(swarm, "web")
    assert after.pop("Mode") == {"Replicated": {"Replicas": 3}}
    before.pop("Mode")
    assert after == before


def _contains(whole: Any, part: Any) -> bool:
    if isinstance(part, dict):
        return all(name in whole and _contains(whole[name], value) for name, value in part.items())
    if isinstance(part, list):
        return len(whole) == len(part) and all(map(_contains, whole, part))
    return bool(whole == part)


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
            len(
                [
                    task
                    for task in swarm.services.tasks(service_id, up_to_date=True)
                    if task.state == "running"
                ]
            )
            == 2
        )
    )
    tasks = swarm.services.tasks(service_id, marked=True)
    assert len(tasks) == 4
    assert {task.up_to_date for task in tasks if task.desired == "running"} == {True}
    assert {task.up_to_date for task in tasks if task.desired == "shutdown"} == {False}
    node_id = tasks[0].node_id
    assert {task.node_id for task in swarm.services.tasks(node_id=node_id)} == {node_id}


# ---- images


def test_an_image_is_resolved_in_the_registry(swarm: Swarm, cluster: Cluster) -> None:
    resolved = swarm.images.resolve(Image.parse(cluster.image("web:v1")))
    assert resolved.image.tagged == cluster.image("web:v1")
    assert resolved.image.digest.startswith("sha256:")
    assert len(resolved.platforms) == 1
    assert swarm.images.resolve(resolved.image).image == resolved.image
    assert swarm.images.resolve(Image.parse(cluster.image("web:arm"))).platforms == (
        Platform("linux", "arm64"),
    )


def test_an_oci_index_with_an_attestation_is_one_image_and_runs(
    swarm: Swarm, cluster: Cluster
) -> None:
    """What `docker buildx build` pushes today."""
    index = _pushed_index(cluster, "oci")

    resolved = swarm.images.resolve(Image.parse(cluster.image("web:oci")))

    assert (resolved.image.digest, len(resolved.platforms)) == (index.digest, 1)
    assert resolved.platforms == swarm.images.resolve(resolved.image).platforms
    spec = web(cluster, "oci", Mode={"Replicated": {"Replicas": 1}})
    spec["TaskTemplate"]["ContainerSpec"]["Image"] = str(resolved.image)
    running(swarm, swarm.services.create(spec), 1)


def _pushed_index(cluster: Cluster, tag: str) -> Blob:
    """An index of OCI: an image for this machine, and an attestation of how it was built."""
    layer = Blob(f"{OCI}.layer.v1.tar+gzip", shared_layer().content)
    plain = IMAGES[0]
    config = Blob(f"{OCI}.config.v1+json", plain.manifest(layer)[1].content)
    image = _manifest("manifest", config=config.descriptor, layers=[layer.descriptor])
    statement = Blob("application/vnd.in-toto+json", b"{}")
    empty = Blob(f"{OCI}.config.v1+json", b"{}")
    attestation = _manifest("manifest", config=empty.descriptor, layers=[statement.descriptor])
    for manifest, parts in ((image, (config, layer)), (attestation, (empty, statement))):
        cluster.registry.attach(manifest.digest, manifest, *parts)
    named = {"os": "linux", "architecture": plain.architecture}
    unknown = {"os": "unknown", "architecture": "unknown"}
    index = _manifest(
        "index",
        manifests=[
            {**image.descriptor, "platform": named},
            {**attestation.descriptor, "platform": unknown},
        ],
    )
    cluster.registry.attach(tag, index)
    return index


def _manifest(form: str, **fields: Any) -> Blob:
    kind = f"{OCI}.{form}.v1+json"
    return Blob(kind, json.dumps({"schemaVersion": 2, "mediaType": kind, **fields}).encode())


@pytest.mark.parametrize(
    "name", ["web:no-such-tag", "no-such-repository", "web@sha256:" + "a1" * 32]
)
def test_an_image_that_the_registry_lacks(swarm: Swarm, cluster: Cluster, name: str) -> None:
    with pytest.raises(ImageNotFoundError):
        swarm.images.resolve(Image.parse(cluster.image(name)))


def test_a_registry_that_is_away(swarm: Swarm, cluster: Cluster) -> None:
    cluster.registry.stop()
    try:
        with pytest.raises(RegistryUnavailableError, match="connection refused"):
            swarm.images.resolve(Image.parse(cluster.image("web:v1")))
    finally:
        cluster.registry.start()


# ---- secrets, configs


def test_secrets_and_configs_are_named_and_not_shown(swarm: Swarm, cluster: Cluster) -> None:
    store(cluster, "secret", "key")
    store(cluster, "config", "conf")
    (secret,), (config,) = swarm.stored_objects.secrets(), swarm.stored_objects.configs()
    assert (secret.kind, secret.name, config.kind, config.name) == (
        "secret",
        "key",
        "config",
        "conf",
    )
    assert "geheim" not in repr((secret, config))
    assert secret.created


# ---- logs


def test_logs_of_a_task_and_of_a_service(swarm: Swarm, cluster: Cluster) -> None:
    service_id = swarm.services.create(web(cluster, Mode={"Global": {}}))
    heard_everywhere(swarm, cluster, service_id)
    tasks = running(swarm, service_id, 4)
    last = ("web v1: listening on port 8080",)
    eventually(lambda: swarm.logs.task_log(tasks[0].id, 1) == last)
    log = swarm.logs.service_log(service_id, 10)
    assert {(line.task_id, line.node_id) for line in log.lines} == {
        (task.id, task.node_id) for task in tasks
    }
    assert [line.at for line in log.lines] == sorted(line.at for line in log.lines if line.at)
    assert (log.silent, log.cut) == ((), False)
    with pytest.raises(UnknownNameError):
        swarm.logs.service_log("no-such-service", 1)


def test_a_node_that_is_dead_is_named_by_the_log(swarm: Swarm, cluster: Cluster) -> None:
    service_id = swarm.services.create(web(cluster, Mode={"Global": {}}))
    nodes = {node.id for node in swarm.nodes.list()}
    heard_everywhere(swarm, cluster, service_id)
    node4 = swarm.nodes.find("node4")
    cluster.nodes["node4"].kill()
    started = time.monotonic()
    eventually(lambda: swarm.logs.service_log(service_id, 10).silent)
    log = swarm.logs.service_log(service_id, 10)
    assert log.silent == (node4.id,)
    assert {line.node_id for line in log.lines} == nodes - {node4.id}
    assert time.monotonic() - started < 10
