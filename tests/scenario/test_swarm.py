"""The Swarm itself from Slack: its settings, tokens, keys and certificates; who joins, leaves, and
is unlocked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from playground.cluster import Cluster
from playground.workspace import Workspace
from playground.workspace.person import Person
from tests.scenario.conftest import People
from tests.scenario.running import RunningBot, bot_for, eventually
from tests.scenario.secrecy import leaked

pytestmark = pytest.mark.own_bot


@pytest.fixture
def bot(cluster: Cluster, workspace: Workspace, tmp_path: Path) -> Iterator[RunningBot]:
    """A bot that knows the worker's engine too, so that it can leave and join."""
    bot = bot_for(cluster, workspace, tmp_path)
    bot.config += f'[[engines]]\nname = "node4"\nurl = "{cluster.nodes["node4"].url}"\n'
    bot.start()
    yield bot
    bot.stop()


def info(cluster: Cluster) -> dict[str, Any]:
    """What `docker info` says of the Swarm, by a manager."""
    return dict(json.loads(cluster.docker("info", "--format", "{{json .Swarm}}")))


def spec(cluster: Cluster) -> dict[str, Any]:
    return dict(info(cluster)["Cluster"]["Spec"])


def token(cluster: Cluster, role: str) -> str:
    return cluster.docker("swarm", "join-token", "--quiet", role).strip()


def node(cluster: Cluster, name: str) -> dict[str, Any]:
    return dict(json.loads(cluster.docker("node", "inspect", name))[0])


def test_what_the_swarm_is_and_what_its_settings_become(dev: Person, cluster: Cluster) -> None:
    before, known = spec(cluster), info(cluster)["Cluster"]
    for line in ("system info", "docker system info", "info"):
        asked = dev.types(f"/swarm {line}")
        seen = dev.sees("Swarm of 4 nodes, 3 managers", after=asked)
        assert seen.ephemeral
        assert known["ID"] in seen.text
        for part in ("2160h", "autolock", "force rotate", "root rotation", "node3"):
            assert part in seen.text
    asked = dev.types("/swarm info --on node4")
    seen = dev.sees("node4 · worker of a Swarm", after=asked)
    assert cluster.nodes["node4"].swarm_info()["NodeID"] in seen.text
    asked = dev.types("/swarm info --on nod4")
    assert dev.sees("Did you mean node4", after=asked).ephemeral

    dev.types("/swarm swarm update --cert-expiry 720h --task-history-limit 7")
    seen = dev.sees("✅ Swarm updated")
    assert "2160h → 720h" in re.sub(r" +", " ", seen.text)
    expected = json.loads(json.dumps(before))
    expected["CAConfig"]["NodeCertExpiry"] = 720 * 3600 * 1_000_000_000
    expected["Orchestration"]["TaskHistoryRetentionLimit"] = 7
    assert spec(cluster) == expected

    asked = dev.types("/swarm docker swarm update --cert-expiry 720h")
    assert dev.sees("nothing to change", after=asked).ephemeral
    for line, said in {
        "swarm update": "name at least one setting",
        "swarm update --cert-expiry 5m": "at least 1h",
        "swarm update --external-ca https://ca": "protocol=cfssl",
        "swarm ca --cert-expiry 720h": "--rotate",
        "swarm join-token boss": "'worker' or 'manager'",
        "swarm unlock-key": "Autolock is off",
        "swarm init --on node1": "in a Swarm already",
        "swarm leave": "by --on",
    }.items():
        asked = dev.types(f"/swarm {line}")
        assert dev.sees(said, after=asked).ephemeral, line
    assert spec(cluster) == expected


def test_a_token_and_a_key_are_for_who_asked_alone(
    dev: Person, people: People, bot: RunningBot, cluster: Cluster
) -> None:
    others = (people.lead, people.guest)
    cluster.docker(
        "swarm",
        "update",
        "--cert-expiry",
        "900h",
        "--task-history-limit",
        "3",
        "--dispatcher-heartbeat",
        "4s",
        "--snapshot-interval",
        "9000",
        "--max-snapshots",
        "2",
    )
    before, worker, manager = spec(cluster), token(cluster, "worker"), token(cluster, "manager")

    dev.types("/swarm swarm join-token manager")
    seen = dev.sees("Join token for a manager")
    assert seen.ephemeral
    assert f"docker swarm join --token {manager}" in seen.text
    assert all(
        word in " ".join(seen.text.split())
        for word in ("prefix", "version", "digest of the root certificate", "secret")
    )
    assert ":2377" in seen.text

    dev.types("/swarm docker swarm join-token --rotate worker")
    assert people.lead.sees("✅ worker join token rotated")
    seen = dev.sees("Join token for a worker")
    renewed = token(cluster, "worker")
    assert renewed != worker
    assert renewed in seen.text
    assert token(cluster, "manager") == manager
    assert spec(cluster) == before

    asked = people.guest.types("/swarm swarm join-token worker")
    assert "join-token" in people.guest.sees("✋", after=asked).text

    dev.types("/swarm swarm update --autolock=true")
    said = dev.sees("Unlock key of the Swarm").text
    key = cluster.docker("swarm", "unlock-key", "--quiet").strip()
    assert key in said
    assert people.lead.sees("✅ Swarm updated: autolock true")
    before["EncryptionConfig"]["AutoLockManagers"] = True
    assert spec(cluster) == before
    asked = dev.types("/swarm swarm unlock-key")
    assert key in dev.sees("Unlock key of the Swarm", after=asked).text
    asked = dev.types("/swarm swarm unlock-key --rotate")
    assert people.lead.sees("✅ unlock key rotated")
    fresh = cluster.docker("swarm", "unlock-key", "--quiet").strip()
    assert fresh != key
    keys = dev.sees("Unlock key of the Swarm is new", after=asked).text
    assert (fresh in keys, key in keys) == (True, True)
    assert spec(cluster) == before

    asked = dev.types(f"/swarm swarm join --token {manager} 10.0.0.1:2377")
    dev.sees("Nothing ran", after=asked)
    for secret in (worker, renewed, manager, key, fresh):
        assert leaked(secret, bot, others) == []


def test_a_locked_manager_is_unlocked_with_the_key_of_a_healthy_one(
    dev: Person, people: People, bot: RunningBot, cluster: Cluster
) -> None:
    key = cluster.lock("node3")
    asked = dev.types("/swarm info --on node3")
    assert (
        "node3 · a locked manager" in dev.sees("needs the unlock key", after=asked, timeout=20).text
    )
    asked = dev.types("/swarm swarm unlock-key --rotate")
    assert "Unlock first" in dev.sees("only the key of now", after=asked, timeout=20).text

    dev.types("/swarm swarm unlock")
    dev.sees_modal("Unlock a manager")
    dev.submits({})
    seen = people.lead.sees("✅ node3 is unlocked · Ready, Reachable", timeout=60)
    assert not seen.ephemeral
    there = node(cluster, "node3")
    assert (there["Status"]["State"], there["ManagerStatus"]["Reachability"]) == (
        "ready",
        "reachable",
    )
    asked = dev.types("/swarm unlock --on node3")
    assert dev.sees("node3 is not locked", after=asked).ephemeral
    assert leaked(key, bot, (dev, people.lead, people.guest)) == []


@pytest.mark.costs(25)
def test_the_root_certificate_is_shown_and_replaced(dev: Person, cluster: Cluster) -> None:
    before = spec(cluster)
    old = str(info(cluster)["Cluster"]["TLSInfo"]["TrustRoot"])
    tokens = token(cluster, "worker")
    dev.types("/swarm swarm ca")
    seen = dev.sees("🟢 Root certificate")
    assert seen.ephemeral
    assert "CN=swarm-ca" in seen.text
    assert "BEGIN CERTIFICATE" not in seen.text
    assert "BEGIN CERTIFICATE" in str(
        dev.sees("Root certificate of the Swarm", channel="dm").files[0].content
    )

    dev.types("/swarm swarm ca --rotate")
    done = dev.sees("✅ Swarm has a new root certificate · 4/4 nodes", timeout=90)
    assert any("🔵 Root certificate changes" in version for version in done.life)
    after = info(cluster)["Cluster"]
    assert after["TLSInfo"]["TrustRoot"] != old
    assert not after["RootRotationInProgress"]
    assert {
        json.dumps(node(cluster, name)["Description"]["TLSInfo"]["TrustRoot"])
        for name in cluster.nodes
    } == {json.dumps(after["TLSInfo"]["TrustRoot"])}
    before["CAConfig"]["ForceRotate"] = before["CAConfig"].get("ForceRotate", 0) + 1
    assert after["Spec"] == before
    assert token(cluster, "worker") != tokens

    cluster.nodes["node4"].kill()
    eventually(lambda: node(cluster, "node4")["Status"]["State"] == "down", 30)
    asked = dev.types("/swarm docker swarm ca --rotate --timeout 4s")
    held = dev.sees("timed out", after=asked, timeout=30)
    assert "node4 is not Ready and holds it up" in held.text
    assert "3/4 nodes" in held.text
    asked = dev.types("/swarm swarm ca --rotate")
    assert dev.sees("under way", after=asked).ephemeral
    cluster.nodes["node4"].start()
    eventually(lambda: not info(cluster)["Cluster"]["RootRotationInProgress"], 60)


def test_an_engine_leaves_and_joins_and_a_manager_does_not_just_go(
    dev: Person, cluster: Cluster
) -> None:
    asked = dev.types("/swarm swarm leave --on node3")
    seen = dev.sees("one of 3 managers", after=asked)
    assert seen.ephemeral
    assert "node demote node3" in seen.text
    cluster.nodes["node2"].kill()
    eventually(lambda: node(cluster, "node2")["ManagerStatus"]["Reachability"] == "unreachable", 30)
    asked = dev.types("/swarm swarm leave --force --on node3")
    assert "the quorum needs 2" in dev.sees("That would leave 1", after=asked, timeout=20).text
    assert cluster.nodes["node3"].swarm_state == "active"
    cluster.nodes["node2"].start()

    dev.types("/swarm docker swarm leave --on node4")
    assert "until /swarm node rm node4" in dev.sees("✅ node4 left the Swarm", timeout=30).text
    assert cluster.nodes["node4"].swarm_state == "inactive"
    eventually(lambda: node(cluster, "node4")["Status"]["State"] == "down", 30)
    cluster.docker("node", "rm", "node4")

    remote = f"{cluster.manager.address}:2377"
    dev.types(f"/swarm docker swarm join {remote}")
    seen = dev.sees("✅ node4 joined as worker · Ready", timeout=60)
    assert "2377/tcp and 7946/tcp" in seen.text
    assert "7946/udp and 4789/udp cannot be checked from here" in seen.text
    assert node(cluster, "node4")["Spec"]["Role"] == "worker"
    asked = dev.types(f"/swarm swarm join {remote} --on node4")
    assert dev.sees("in this Swarm already", after=asked).ephemeral
