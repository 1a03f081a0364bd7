"""From bare engines to a running site, from Slack alone: the walkthroughs of the handbook by their
own names and ports, and what else befalls engines that are in no Swarm yet, or no more."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.clock import Stopping, utc_now
from bot.command.model import Context, Table
from bot.model import Actor
from bot.model.cluster import EngineAddress
from bot.rollout.roller import Roller
from bot.settings import Settings
from bot.store.store import Store
from bot.swarm.engine.pool import FailoverPool
from bot.swarm.swarm import Swarm
from playground import formation
from playground.cluster import Cluster
from playground.errors import CommandFailedError
from playground.node import Node
from playground.workspace import Workspace
from playground.workspace.person import Person
from tests import ci_docs
from tests.fence import OPEN
from tests.scenario.ci import BuildMachine, lets_ci_in
from tests.scenario.running import bot_for, eventually
from tests.scenario.secrecy import leaked
from tests.scenario.swarm import Site

MANAGERS = ("node1", "node2", "node3")
PORTS = {81: 3, 8000: 2, 8001: 1}
"""What is published in `volatile_reborn`, and by how many replicas."""
SECOND = 1_000_000_000
NUMBER = int(os.environ.get("PLAYGROUND_BARE_NUMBER", "90"))


@pytest.fixture(scope="module")
def engines(engine: str) -> Iterator[Cluster]:
    """Engines that were just installed."""
    cluster = Cluster(NUMBER)
    cluster.down()
    cluster.up(swarm=False, engine=engine)
    yield cluster
    cluster.down()


@pytest.fixture
def bare(engines: Cluster) -> Cluster:
    """Engines that are in no Swarm, or no more, with nothing on them."""
    engines.up(swarm=False)
    return engines


def managers(cluster: Cluster) -> dict[str, str]:
    """Reachability of the managers, by name."""
    ids = cluster.docker("node", "ls", "--filter", "role=manager", "-q").split()
    parsed = json.loads(cluster.docker("node", "inspect", *ids))
    seen = (member for member in parsed if "ManagerStatus" in member)
    return {
        member["Description"]["Hostname"]: member["ManagerStatus"]["Reachability"]
        for member in seen
    }


def running(site: Site, service: str) -> list[str]:
    """Where its tasks run."""
    listed = site.cluster.docker(
        "service",
        "ps",
        service,
        "--filter",
        "desired-state=running",
        "--format",
        "{{.Node}} {{.CurrentState}}",
    )
    return [line.split()[0] for line in listed.splitlines() if line.split()[1] == "Running"]


def founds(dev: Person, cluster: Cluster) -> None:
    """Three bare engines become a Swarm of three managers, from Slack alone."""
    address = cluster.nodes["node1"].address
    asked = dev.types("/swarm info")
    assert "There is no Swarm yet" in dev.sees("🟠", after=asked).text
    asked = dev.types(f"/swarm swarm init --advertise-addr {address}:2377")
    assert "node1, node2 and node3 are in no Swarm" in dev.sees("--on", after=asked).text

    asked = dev.types(
        f"/swarm docker swarm init --on node1 --advertise-addr {address}:2377 "
        "--listen-addr 0.0.0.0:2377"
    )
    founded = dev.sees("✅ node1 is the first manager", after=asked, timeout=60)
    assert f"{address}:2377" in founded.text
    second = cluster.nodes["node2"].address
    asked = dev.types(f"/swarm swarm init --on node2 --advertise-addr {second}")
    refused = dev.sees("looks after one", after=asked)
    assert f"swarm join {address}:2377 --on node2" in refused.text
    asked = dev.types(f"/swarm docker swarm join {address}:2377 --on node2 --as manager")
    seen = dev.sees("✅ node2 joined as manager · Ready, Reachable", after=asked, timeout=60)
    assert "two managers bear no loss" in seen.text
    asked = dev.types(f"/swarm swarm join {address}:2377 --as manager")
    seen = dev.sees("✅ node3 joined as manager · Ready, Reachable", after=asked, timeout=60)
    assert "3 managers then, 1 may fail" in seen.text
    assert managers(cluster) == dict.fromkeys(MANAGERS, "reachable")


def published(site: Site, service: str) -> int:
    """The port on which the whole Swarm listens for a service."""
    return int(site.spec(service)["EndpointSpec"]["Ports"][0]["PublishedPort"])


def test_volatile(bare: Cluster, workspace: Workspace, tmp_path: Path) -> None:
    """The walkthrough `volatile`: three managers, a network, a front end on port 81, and a rolling
    update by the pipeline, two at a time and a second apart."""
    service = "volatile_frontend_svc"
    bot = lets_ci_in(bot_for(bare, workspace, tmp_path), "volatile_*").start()
    site, dev = Site(bare), workspace.person("dev")
    try:
        founds(dev, bare)
        asked = dev.types("/swarm docker network create -d overlay volatile")
        dev.sees("✅", after=asked, timeout=30)
        asked = dev.types(
            f"/swarm docker service create --name {service} --network volatile --replicas 3 "
            f"--publish 81:8080 --stop-grace-period 1s {bare.image('web:v1')}"
        )
        dev.sees(f"✅ {service}", after=asked, timeout=90)
        assert sorted(running(site, service)) == list(MANAGERS)
        assert published(site, service) == 81

        machine = BuildMachine.new(bot, bare.nodes["node1"], tmp_path / "shop", "volatile_*")
        machine.writes_dockerfile(bare.image("web:v1"), "418")
        built = machine.runs(ci_docs.jenkins("Build"))
        assert built.returncode == 0, built.stderr
        stage = ci_docs.jenkins("Roll out")
        asked = dev.now
        rolled = machine.runs(
            replace(stage, script=stage.script.replace("delay 2s", "delay 1s")), SERVICE=service
        )

        assert rolled.returncode == 0, rolled.stderr
        told = dev.sees(f"✅ {service} is on", after=asked)
        assert "3/3" in told.text
        assert "CI jenkins-shop" in told.text
        assert site.is_on(service, "web:418")
        update = site.spec(service)["UpdateConfig"]
        assert (update["Parallelism"], update["Delay"]) == (2, SECOND)
    finally:
        bot.stop()


def test_volatile_reborn(bare: Cluster, workspace: Workspace, tmp_path: Path) -> None:
    """The walkthrough `volatile_reborn`: the third machine is gone for good, the two others begin
    anew with a network of their own and services on the ports 81, 8000 and 8001."""
    formation.form([bare.nodes[name] for name in MANAGERS])
    bot = bot_for(bare, workspace, tmp_path).start()
    site, dev = Site(bare), workspace.person("dev")
    try:
        bare.nodes["node3"].kill()
        eventually(lambda: '"down"' in bare.docker("node", "inspect", "node3"), 60)
        asked = dev.types("/swarm docker node rm node3")
        seen = dev.sees("✅ node3 is no longer in the Swarm", after=asked, timeout=120)
        assert "node3 is demoted" in seen.text
        assert "node3 is removed" in seen.text
        assert "two managers bear no loss" in seen.text
        assert "/swarm swarm join-token manager" in seen.text, "it offers what to do"
        assert managers(bare) == {"node1": "reachable", "node2": "reachable"}

        asked = dev.types("/swarm docker network create -d overlay volatile_reborn")
        dev.sees("✅", after=asked, timeout=30)
        for port, replicas in PORTS.items():
            asked = dev.types(
                f"/swarm docker service create --name reborn_{port} --network volatile_reborn "
                f"--replicas {replicas} -p {port}:8080 --stop-grace-period 1s --no-healthcheck "
                f"{bare.image('web:v1')}"
            )
            dev.sees(f"✅ reborn_{port}", after=asked, timeout=90)
        for port, replicas in PORTS.items():
            where = running(site, f"reborn_{port}")
            assert len(where) == replicas
            assert set(where) <= {"node1", "node2"}
            assert published(site, f"reborn_{port}") == port
    finally:
        bot.stop()


def test_one_engine_is_the_one_that_is_meant_until_its_swarm_ends(
    bare: Cluster, workspace: Workspace, tmp_path: Path
) -> None:
    node = bare.nodes["node1"]
    bot = bot_for(bare, workspace, tmp_path)
    first, second, third = (
        f'[[engines]]\nname = "{name}"\nurl = "{bare.nodes[name].url}"\n' for name in MANAGERS
    )
    bot.config = bot.config.replace(second + third, "")
    assert first in bot.config
    bot.start()
    dev, lead = workspace.person("dev"), workspace.person("lead")
    try:
        asked = dev.types(
            f"/swarm docker swarm init --advertise-addr {node.address}:2377 --listen-addr "
            "0.0.0.0:2377 --autolock "
            "--cert-expiry 720h --default-addr-pool 10.0.0.0/16"
        )
        lead.sees("✅ node1 is the first manager", after=asked, timeout=60)
        key = node.docker("swarm", "unlock-key", "--quiet").strip()
        seen = dev.sees("Unlock key of the Swarm", after=asked)
        assert key in seen.text
        assert seen.ephemeral
        info = json.loads(node.docker("info", "--format", "{{json .Swarm}}"))
        assert info["NodeAddr"] == node.address
        assert info["Cluster"]["Spec"]["CAConfig"]["NodeCertExpiry"] == 720 * 3600 * 1_000_000_000
        assert info["Cluster"]["DefaultAddrPool"] == ["10.0.0.0/16"]
        asked = dev.types("/swarm swarm leave")
        assert "node1 is the only manager" in dev.sees("--force", after=asked).text

        # The only manager is locked: nobody can hand out the key, so somebody has to know it.
        node.stop()
        node.start()
        eventually(lambda: node.swarm_state == "locked", 30)
        asked = dev.types("/swarm docker swarm unlock")
        dev.sees_modal("Unlock a manager", after=asked)
        dev.submits({})
        assert (
            "no manager hands out its key"
            in dev.sees("🔒 node1 is locked", after=asked, timeout=20).text
        )
        asked = dev.types("/swarm docker swarm unlock")
        dev.sees_modal("Unlock a manager", after=asked)
        dev.submits({"key": f"{key[:-4]}AAAA"})
        dev.sees("still locked", after=asked, timeout=20)
        assert node.swarm_state == "locked"
        asked = dev.types("/swarm docker swarm unlock")
        dev.sees_modal("Unlock a manager", after=asked)
        dev.submits({"key": key})
        dev.sees("✅ node1 is unlocked · Ready, Reachable", after=asked, timeout=60)
        assert leaked(key, bot, (lead, workspace.person("guest"))) == []

        asked = dev.types("/swarm docker swarm leave --force")
        seen = lead.sees("✅ node1 left the Swarm", after=asked, timeout=30)
        assert "node1 is the last manager: the Swarm ends" in seen.text
        assert node.swarm_state == "inactive"
    finally:
        bot.stop()


def without_leader(node: Node) -> bool:
    """Whether a manager says that there is no leader; for some seconds after the loss it only
    hangs."""
    try:
        node.docker("node", "ls")
    except CommandFailedError as error:
        return "leader" in str(error)
    return False


@pytest.mark.timeout(300)
def test_a_manager_that_lost_its_quorum_founds_the_swarm_anew(
    bare: Cluster, workspace: Workspace, tmp_path: Path
) -> None:
    first, second = bare.nodes["node1"], bare.nodes["node2"]
    first.docker(
        "swarm", "init", "--advertise-addr", first.address, "--default-addr-pool", "10.0.0.0/16"
    )
    token = first.docker("swarm", "join-token", "--quiet", "manager").strip()
    second.docker(
        "swarm",
        "join",
        "--advertise-addr",
        second.address,
        "--token",
        token,
        f"{first.address}:2377",
    )
    bot = bot_for(bare, workspace, tmp_path).start()
    dev = workspace.person("dev")
    line = f"/swarm swarm init --force-new-cluster --on node1 --advertise-addr {first.address}"
    try:
        eventually(lambda: managers(bare) == {"node1": "reachable", "node2": "reachable"}, 30)
        asked = dev.types(line)
        assert "cut it in two" in dev.sees("quorum", after=asked, timeout=20).text
        asked = dev.types("/swarm swarm leave --force --on node2")
        assert "the quorum needs 2" in dev.sees("❌", after=asked, timeout=20).text
        second.kill()
        eventually(lambda: without_leader(first), 120)
        asked = dev.types(line)
        seen = dev.sees("✅ node1 is the first manager", after=asked, timeout=120)
        assert f"{second.address}:2377 will be no manager any more" in seen.text
        assert managers(bare)["node1"] == "reachable"
    finally:
        bot.stop()


def context(url: str) -> Context:
    """What the operation needs that a dialog calls with a typed key."""
    swarm = Swarm(FailoverPool([EngineAddress("node1", url)])).fenced_by(OPEN)
    store = Store.connect("redis://127.0.0.1:1")
    stopping = Stopping()
    roller = Roller(swarm, store, utc_now, stopping)
    return Context(
        swarm, store, roller, Table(()), Settings(), Actor("U1", "dev"), stopping=stopping
    )
