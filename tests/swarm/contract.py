"""What a Swarm does, as cases that the real one and the one in memory both have to pass.

Each case gets a `Ground`: an empty Swarm of three managers and a worker. Its registry has `web:v1`
and `web:v2`, which run, and `web:broken`, which ends with code 3 at once.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from pydantic import SecretStr

from bot.errors import (
    NO_MANAGER,
    EngineRefusedError,
    ImageNotFoundError,
    NameTakenError,
    UnknownNameError,
)
from bot.model import Image, Task
from bot.swarm.certificates import root_ca
from bot.swarm.objects.cluster import manager_addresses
from tests.swarm import contract_logins, contract_paused
from tests.swarm.contract_services import (
    a_failure_pauses_until_it_is_posted_again,
    an_old_version_is_refused,
    an_update_rolls_and_is_taken_back_and_done_again,
    name_and_mode_stay,
    names_ports_and_networks_are_checked,
    neither_a_label_nor_another_count_restarts_anything,
    start_first_never_runs_fewer,
    what_is_gone_is_not_found,
    what_is_never_started_again_stays_ended_and_is_updated,
)
from tests.swarm.ground import (
    Ground,
    Json,
    changed,
    created,
    running,
    spec,
    with_image,
)

# ---- tasks


def what_fits_nowhere_waits_and_says_why(ground: Ground) -> None:
    placement = {"Placement": {"Constraints": ["node.labels.zone==moon"]}}
    services = ground.swarm.services
    service_id = services.create(spec(ground, replicas=1, TaskTemplate=placement))
    words = "no suitable node (scheduling constraints not satisfied on 4 nodes)"
    ground.until(lambda: [task.error for task in services.tasks(service_id)] == [words])
    (task,) = services.tasks(service_id)
    assert (task.state, task.desired, task.node_id) == ("pending", "running", "")


def what_ends_is_restarted_after_its_delay(ground: Ground) -> None:
    services = ground.swarm.services
    service_id = services.create(spec(ground, replicas=1))
    ground.until(lambda: running(ground, service_id))
    changed(ground, service_id, with_image(ground, "web:broken", "continue"))

    ground.until(lambda: len(_failed(ground, service_id)) >= 3)
    first, second = _failed(ground, service_id)[:2]
    assert first.slot == second.slot == 1
    assert first.desired == "shutdown"
    assert first.created
    assert second.created
    assert 1.0 <= (second.created - first.created).total_seconds() + 1.0 < 15.0


def _failed(ground: Ground, service_id: str) -> list[Task]:
    tasks = ground.swarm.services.tasks(service_id)
    return sorted(
        (task for task in tasks if task.state == "failed"),
        key=lambda task: task.created.timestamp() if task.created else 0.0,
    )


def a_global_service_runs_on_every_node(ground: Ground) -> None:
    service_id = ground.swarm.services.create(spec(ground, Mode={"Global": {}}))
    ground.until(lambda: len(running(ground, service_id)) == 4)
    tasks = ground.swarm.services.tasks(service_id)
    assert len({task.node_id for task in tasks}) == 4
    assert {task.slot for task in tasks} == {0}


# ---- nodes


def a_drained_node_loses_its_tasks(ground: Ground) -> None:
    service = created(ground, spec(ground, replicas=4))
    node = ground.swarm.nodes.find("node4")

    ground.swarm.nodes.update(node, lambda body: body.update(Availability="drain"))

    def moved() -> bool:
        tasks = ground.swarm.services.tasks(service.id, running=True)
        ours = [task for task in tasks if task.state == "running"]
        return len(ours) == 4 and node.id not in {task.node_id for task in ours}

    ground.until(moved)
    ground.swarm.nodes.update(node, lambda body: body.update(Availability="active"))


def a_role_comes_into_force_later(ground: Ground) -> None:
    nodes = ground.swarm.nodes
    worker = nodes.find("node4")
    assert worker.manager is None
    nodes.update(worker, lambda body: body.update(Role="manager"))
    ground.until(lambda: nodes.get(worker.id).manager is not None)
    nodes.update(worker, lambda body: body.update(Role="worker"))
    ground.until(lambda: nodes.get(worker.id).manager is None)


def a_node_that_is_there_is_not_removed(ground: Ground) -> None:
    for name, words in (("node4", "is not down and can't be removed"), ("node2", "demoted")):
        node = ground.swarm.nodes.find(name)
        with pytest.raises(EngineRefusedError) as refused:
            ground.swarm.nodes.remove(node)
        assert refused.value.status == 400
        assert words in refused.value.reason


# ---- the rest


def networks_come_and_go_unless_used(ground: Ground) -> None:
    networks, services = ground.swarm.networks, ground.swarm.services
    network_id = networks.create({"Name": "uber-net", "Driver": "overlay", "Attachable": True})
    network = networks.find("uber-net")
    assert (network.id, network.scope, network.attachable) == (network_id, "swarm", True)
    assert "ingress" in [network.name for network in networks.list()]
    with pytest.raises(NameTakenError):
        networks.create({"Name": "uber-net", "Driver": "overlay"})
    task = {"Networks": [{"Target": network_id}]}
    service_id = services.create(spec(ground, replicas=0, TaskTemplate=task))
    with pytest.raises(EngineRefusedError) as refused:
        networks.remove(network_id)
    assert refused.value.status == 400
    assert f"in use by service {service_id}" in refused.value.reason
    services.remove(service_id)
    networks.remove(network_id)
    with pytest.raises(UnknownNameError):
        networks.find("uber-net")


def settings_change_by_version(ground: Ground) -> None:
    cluster = ground.swarm.cluster
    before = cluster.inspect()
    cluster.update(lambda body: body["Orchestration"].update(TaskHistoryRetentionLimit=7))
    after = cluster.inspect()
    assert (after.task_history, after.cert_expiry) == (7, before.cert_expiry)
    assert after.version > before.version
    cluster.update(lambda body: body["Orchestration"].update(TaskHistoryRetentionLimit=5))


def a_new_root_reaches_every_node(ground: Ground) -> None:
    cluster, engines = ground.swarm.cluster, ground.swarm.engines
    before = cluster.inspect().force_rotate

    def renew(body: Json) -> None:
        body["CAConfig"]["ForceRotate"] = before + 1

    def is_everywhere() -> bool:
        with suppress(*NO_MANAGER):
            return root_ca.rotation(engines).complete
        return False

    cluster.update(renew)
    assert not root_ca.rotation(engines).complete
    ground.until(is_everywhere)
    assert root_ca.rotation(engines).renewed == 4
    assert cluster.inspect().force_rotate == before + 1


def a_member_that_is_not_locked_neither_joins_nor_unlocks(ground: Ground) -> None:
    cluster = ground.swarm.cluster
    tokens = cluster.join_tokens()
    with pytest.raises(EngineRefusedError) as refused:
        cluster.join("node2", manager_addresses(ground.swarm.nodes.list()), tokens.worker)
    assert (refused.value.status, "already part of a swarm" in refused.value.reason) == (503, True)
    with pytest.raises(EngineRefusedError) as refused:
        cluster.unlock("node2", SecretStr("SWMKEY-1-abc"))
    assert (refused.value.status, refused.value.reason) == (409, "swarm is not locked")


def a_registry_tells_digest_and_platforms(ground: Ground) -> None:
    resolved = ground.swarm.images.resolve(Image.parse(ground.image("web:v1")))
    assert resolved.image.digest
    assert [platform.os for platform in resolved.platforms] == ["linux"]
    with pytest.raises(ImageNotFoundError):
        ground.swarm.images.resolve(Image.parse(ground.image("web:no-such-tag")))


CASES: tuple[Callable[[Ground], None], ...] = (
    names_ports_and_networks_are_checked,
    an_old_version_is_refused,
    name_and_mode_stay,
    what_is_gone_is_not_found,
    an_update_rolls_and_is_taken_back_and_done_again,
    neither_a_label_nor_another_count_restarts_anything,
    a_failure_pauses_until_it_is_posted_again,
    what_is_never_started_again_stays_ended_and_is_updated,
    *contract_paused.CASES,
    *contract_logins.CASES,
    start_first_never_runs_fewer,
    what_fits_nowhere_waits_and_says_why,
    what_ends_is_restarted_after_its_delay,
    a_global_service_runs_on_every_node,
    a_drained_node_loses_its_tasks,
    a_role_comes_into_force_later,
    a_node_that_is_there_is_not_removed,
    networks_come_and_go_unless_used,
    settings_change_by_version,
    a_registry_tells_digest_and_platforms,
    a_member_that_is_not_locked_neither_joins_nor_unlocks,
    a_new_root_reaches_every_node,
)
