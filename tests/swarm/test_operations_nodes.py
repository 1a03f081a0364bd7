"""Operations on what it runs on, on a real Swarm: nodes, the Swarm itself, engines that are locked,
frozen or away."""

import time
from typing import Any

import pytest
from pydantic import SecretStr

from bot.errors import (
    AmbiguousNameError,
    EngineRefusedError,
    NoEngineError,
    NotAManagerError,
    UnknownNameError,
)
from bot.swarm.engine.client import Client
from bot.swarm.objects.cluster import Rotate
from bot.swarm.swarm import Swarm
from playground.cluster import Cluster
from tests.swarm.support import MANAGERS, eventually, swarm_over

# ---- nodes


def test_nodes_are_found_by_name_id_and_self(swarm: Swarm) -> None:
    nodes = swarm.nodes.list()
    assert [node.name for node in nodes] == ["node1", "node2", "node3", "node4"]
    assert [node.role for node in nodes] == ["manager"] * 3 + ["worker"]
    assert len([node for node in nodes if node.manager and node.manager.leader]) == 1
    assert (
        swarm.nodes.find("node4")
        == swarm.nodes.find(nodes[3].id)
        == swarm.nodes.find(nodes[3].id[:8])
    )
    assert swarm.nodes.find("self").name == swarm.engines.answering
    with pytest.raises(UnknownNameError) as caught:
        swarm.nodes.find("nod4")
    assert caught.value.near[0] == "node4"
    with pytest.raises((UnknownNameError, AmbiguousNameError)):
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
    by_hand = Swarm(swarm.engines.on("node1"))
    by_hand.nodes.update(by_hand.nodes.get(node_id), lambda spec: spec["Labels"].update(other="1"))


def test_nodes_that_are_not_to_be_removed(swarm: Swarm) -> None:
    with pytest.raises(EngineRefusedError, match="not down"):
        swarm.nodes.remove(swarm.nodes.find("node4"))
    with pytest.raises(EngineRefusedError, match="must be demoted"):
        swarm.nodes.remove(swarm.nodes.find("node3"), force=True)


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
        assert (info.cert_expiry.days, info.task_history, info.autolock, info.root_rotation) == (
            30,
            3,
            True,
            False,
        )
        assert info.trust_root.startswith("-----BEGIN CERTIFICATE-----")
    finally:
        swarm.cluster.update(lambda spec: spec.update(original))
    assert swarm.cluster.unlock_key().get_secret_value() == ""


def _keep(spec: dict[str, Any]) -> None:
    """Changes nothing."""


def test_tokens_and_keys_are_in_no_text_that_could_be_logged(swarm: Swarm) -> None:
    tokens = swarm.cluster.join_tokens()
    assert tokens.worker.get_secret_value().startswith("SWMTKN-1-")
    assert "SWMTKN" not in repr(
        (tokens, swarm.cluster.inspect(), swarm.engines.states(), swarm.cluster.unlock_key())
    )


def test_an_engine_leaves_joins_and_founds(swarm: Swarm, cluster: Cluster) -> None:
    node4 = swarm_over(cluster, *cluster.nodes)
    assert (node4.cluster.info("node4").swarm, node4.cluster.info("node4").manager) == (
        "active",
        False,
    )
    with pytest.raises(NotAManagerError) as worker:
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
    with pytest.raises(EngineRefusedError, match="already part of a swarm"):
        node4.cluster.init("node4", {"ListenAddr": "0.0.0.0:2377", "AdvertiseAddr": address})
    with pytest.raises(EngineRefusedError, match="Use `--force`"):
        node4.cluster.leave("node4")
    node4.cluster.leave("node4", force=True)

    managers = (f"{cluster.nodes['node1'].address}:2377",)
    node4.cluster.join("node4", managers, swarm.cluster.join_tokens().worker, AdvertiseAddr=address)
    eventually(
        lambda: [node.state for node in swarm.nodes.list() if node.name == "node4"] == ["ready"]
    )


def test_a_locked_manager_is_unlocked(swarm: Swarm, cluster: Cluster) -> None:
    key = SecretStr(cluster.lock("node3"))
    expected = {"node1": ("active", True), "node2": ("active", True), "node3": ("locked", False)}
    # Where node3 was the leader, the others say nothing of themselves until there is a new one.
    eventually(
        lambda: (
            {state.name: (state.swarm, state.manager) for state in swarm.engines.states()}
            == expected
        )
    )
    with pytest.raises(NotAManagerError) as locked:
        swarm.engines.on("node3").call(Client.services)
    assert locked.value.states == (("node3", "locked"),)
    with pytest.raises(EngineRefusedError) as wrong:
        swarm.cluster.unlock("node3", SecretStr(key.get_secret_value()[:-4] + "AAAA"))
    assert wrong.value.status in (400, 401)
    assert "SWMKEY-1" not in wrong.value.reason

    swarm.cluster.unlock("node3", swarm.cluster.unlock_key())
    eventually(lambda: swarm.cluster.info("node3").swarm == "active")
    with pytest.raises(EngineRefusedError) as again:
        swarm.cluster.unlock("node3", key)
    assert again.value.status == 409
    swarm.cluster.update(lambda spec: spec["EncryptionConfig"].update(AutoLockManagers=False))


# ---- engines


def test_a_stopped_and_a_frozen_manager_hold_up_nobody(swarm: Swarm, cluster: Cluster) -> None:
    leader = next(node.name for node in swarm.nodes.list() if node.manager and node.manager.leader)
    followers = [name for name in MANAGERS if name != leader]
    # A follower: while the leader itself is frozen, the others have to elect a new one first.
    ordered = swarm_over(cluster, *followers, leader)
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
    with pytest.raises(NoEngineError):
        swarm.services.list()
    assert time.monotonic() - started < 3
    assert [state.reachable for state in swarm.engines.states()] == [False] * 3
