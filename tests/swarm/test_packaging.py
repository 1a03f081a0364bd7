"""The image, built from a base of the distribution's own packages, and the compose file: both run
on the Swarm."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from playground.cluster import Cluster
from playground.node import Node
from playground.workspace import Workspace
from playground.workspace.person import Person
from tests.scenario.swarm import Site
from tests.swarm.image_build import ImageBuild, Images
from tests.swarm.own_stack import BOT, OwnStack, documented, own_stack, run_in
from tests.swarm.support import eventually

# The first run makes the base image as well.
pytestmark = pytest.mark.timeout(600)

MOST_ABOVE_BASE = 90_000_000
SSH = 8_500_000
"""What the ssh client and its libraries take, which are part of the base here."""


@pytest.fixture(scope="module")
def images(machine: Cluster, image_build: ImageBuild) -> Images:
    return image_build.pushed_to(machine.registry)


@pytest.fixture
def workspace(cluster: Cluster) -> Iterator[Workspace]:
    """A workspace that the containers reach: it listens on the bridge."""
    with Workspace(host=cluster.bridge.gateway) as workspace:
        yield workspace


@pytest.fixture
def stack(cluster: Cluster, images: Images, workspace: Workspace, tmp_path: Path) -> OwnStack:
    return own_stack(cluster, images, workspace, tmp_path)


def test_the_image_keeps_nothing_of_how_it_was_built(images: Images) -> None:
    assert "requirements-image.txt" not in images.history
    assert "CERTIFICATE" not in images.history


def test_the_image_is_small(images: Images) -> None:
    assert images.above_base + SSH < MOST_ABOVE_BASE


def test_docker_compose_reads_the_file_and_finds_nothing_wrong(stack: OwnStack) -> None:
    subprocess.run(["sh", "deploy.sh", "secrets"], cwd=stack.folder, check=True)
    told = subprocess.run(
        ["docker-compose", "config"],
        cwd=stack.folder,
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.returncode == 0, told.stderr
    assert set(yaml.safe_load(told.stdout)["services"]) == {"bot", "redis"}


def test_two_replicas_outlive_a_new_file_a_deploy_of_themselves_and_each_manager(
    stack: OwnStack, images: Images, workspace: Workspace
) -> None:
    dev, site = workspace.person("dev"), Site(stack.cluster)
    elsewhere = "--constraint=node.hostname==node4"
    site.runs("web", "web:v1", "--replicas", "2", "--update-monitor", "1s", "--detach", elsewhere)
    granted = stack.file.read_text()
    stack.file.write_text(granted.replace('grants = ["swarmbot"]', ""))
    label_and_deploy, look = documented("4. Deploy").split("docker service ps")
    stack.deploy(label_and_deploy)
    first = stack.replaced({})
    assert len(set(first.values())) == 2, "on different managers"
    answers_and_is_closed(stack, dev)
    assert "has reached all that it needs" in stack.deploy(f"docker service ps{look}")
    for line in ("scale swarmbot_redis=0", "stack rm swarmbot", f"service rm {BOT}"):
        typed = dev.types(f"/swarm {line}")
        dev.sees("a part of swarmbot itself", after=typed)

    stack.file.write_text(granted)
    assert "swarmbot_toml_" in stack.deploy()
    second = stack.replaced(first)

    dev.types(f"/swarm deploy {BOT} {images.next}")
    began = dev.sees(f"{BOT} →")
    assert dev.sees(f"✅ {BOT} is on", timeout=90) == began, "the new bot ends the message"
    third = stack.replaced(second)

    for version, name in zip(("v2", "v1"), sorted(set(third.values())), strict=True):
        outlives(stack, site, stack.cluster.nodes[name], version)


def outlives(stack: OwnStack, site: Site, node: Node, version: str) -> None:
    """The manager under a replica loses its power while people work: nothing stays unsaid."""
    dev = stack.workspace.person("dev")
    asked = dev.types(f"/swarm deploy web {site.image(f'web:{version}')} --delay 2s")
    # A message that was edited is one of which every bot knows where it stands.
    rollout = dev.sees("1/2", after=asked, timeout=30)
    node.kill()
    mentioned = dev.types("@swarmbot holds")
    assert dev.sees("✅ web is on", after=asked, timeout=60) == rollout
    dev.sees("Nothing is held", after=mentioned, timeout=30)
    dev.sees(f"{node.name} is Down", after=asked, timeout=30)
    node.start()
    dev.sees(f"{node.name} is back", after=asked, timeout=30)
    eventually(lambda: len(stack.places()) == 2, 150)


def answers_and_is_closed(stack: OwnStack, dev: Person) -> None:
    """What the first replicas answer, and what an intruder in them could do."""
    cluster = stack.cluster
    bot = cluster.nodes[next(iter(stack.places().values()))]
    dev.types("/swarm service ls")
    dev.sees("swarmbot_redis")
    dev.types("/swarm map")
    (picture,) = dev.sees("📎 Swarm · 4 nodes", channel="dm", timeout=20).files
    assert (picture.content or b"").startswith(b"\x89PNG"), "the image has all that drawing takes"
    findings = run_in(bot, BOT, "swarmbot", "check")
    assert "wrong" not in findings
    assert "ok     engine local (manager, " in findings
    assert run_in(bot, BOT, "id", "-u") == "10001"
    assert run_in(bot, BOT, "ssh", "-V") == "", "ssh runs for this user"
    redis = cluster.nodes["node4"]
    for node, service in ((bot, BOT), (redis, "swarmbot_redis")):
        assert closed(node, service) == {"written": "", "capabilities": 0}
    lending = "find / -xdev -type f -perm /6000 2>/dev/null; true"
    assert run_in(bot, BOT, "sh", "-c", lending) == ""
    network = json.loads(cluster.docker("network", "inspect", "swarmbot_internal"))[0]
    assert network["Internal"] is True
    asked = run_in(redis, "swarmbot_redis", "redis-cli", "--no-auth-warning", "ping")
    assert "NOAUTH" in asked, "nobody without the password"
    url = (stack.folder / "secrets/redis_url").read_text().strip().replace("@redis:", "@localhost:")
    assert run_in(redis, "swarmbot_redis", "redis-cli", "-u", url, "get", "swarmbot:x") == ""
    for command in (["config", "get", "*"], ["flushall"], ["get", "another"], ["keys", "*"]):
        assert "NOPERM" in run_in(redis, "swarmbot_redis", "redis-cli", "-u", url, *command)


def closed(node: Node, service: str) -> dict[str, object]:
    """What an intruder in a container of the service could do."""
    attempt = "for d in / /etc /usr/bin; do touch $d/x && echo $d; done; true"
    return {
        "written": run_in(node, service, "sh", "-c", attempt),
        "capabilities": int(
            run_in(node, service, "sed", "-n", "s/CapBnd://p", "/proc/1/status"), 16
        ),
    }
