"""The image, built from a base of the distribution's own packages, and the compose file: both run
on the Swarm."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from playground.bot import CHECKOUT
from playground.cluster import Cluster
from playground.node import Node
from playground.workspace import Workspace
from tests.swarm.image_build import ImageBuild, Images
from tests.swarm.support import eventually

# The first run makes the base image as well.
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def images(machine: Cluster, image_build: ImageBuild) -> Images:
    return image_build.pushed_to(machine.registry)


def test_the_image_runs_as_a_service_that_answers_in_slack(
    cluster: Cluster, images: Images, workspace: Workspace
) -> None:
    node1, node2 = cluster.nodes["node1"], cluster.nodes["node2"]
    environment = {
        "SLACK_BOT_TOKEN": workspace.bot_token,
        "SLACK_APP_TOKEN": workspace.app_token,
        "SLACK_API_URL": workspace.api_url,
        "REDIS_URL": f"redis://{node2.address}:6379/0",
    }
    socket = f"type=bind,src={node1.socket},dst=/var/run/docker.sock"
    flags = [
        "--user",
        f"10001:{node1.socket.stat().st_gid}",
        "--mount",
        socket,
        "--health-interval",
        "1s",
    ]
    flags += [f"--env={name}={value}" for name, value in environment.items()]
    serve(
        cluster,
        "redis",
        node2,
        6379,
        images.redis,
        "redis-server",
        "--protected-mode",
        "no",
        "--save",
        "",
    )
    serve(cluster, "bot", node1, 8090, images.bot, flags=flags)
    eventually(lambda: healthy(node1, "bot"), 60)
    url = f"http://{node1.address}:8090"

    workspace.wait_connected()
    assert get(f"{url}/healthz") == {"status": "ok"}
    readiness = get(f"{url}/readyz")
    assert (readiness["ready"], readiness["missing"]) == (True, {})
    assert run_in(node1, "bot", "id", "-u") == "10001"
    workspace.person("dev").types("/swarm status")
    workspace.person("dev").sees("3 managers")
    workspace.person("dev").types("/swarm map")
    (picture,) = workspace.person("dev").sees("📎 Swarm · 4 nodes", channel="dm", timeout=20).files
    assert (picture.content or b"").startswith(b"\x89PNG"), (
        "the image has all that it takes to draw"
    )
    findings = run_in(node1, "bot", "python3", "-m", "bot", "check")
    assert "wrong" not in findings
    assert "ok     engine local (manager, " in findings


def test_the_image_keeps_nothing_of_how_it_was_built(images: Images) -> None:
    assert "requirements.txt" not in images.history
    assert "CERTIFICATE" not in images.history


def test_docker_compose_reads_the_file_and_finds_nothing_wrong(folder: Path) -> None:
    told = subprocess.run(
        ["docker-compose", "config"], cwd=folder, capture_output=True, text=True, check=False
    )

    assert told.returncode == 0, told.stderr
    assert set(yaml.safe_load(told.stdout)["services"]) == {"bot", "redis"}


def test_the_stack_deploys_and_its_bot_answers_in_slack(
    cluster: Cluster, images: Images, workspace: Workspace, folder: Path
) -> None:
    node1 = cluster.nodes["node1"]
    cluster.docker("node", "update", "--label-add", "swarmbot.redis=true", "node1")
    # The playground has neither Slack nor Docker Hub, its engines listen elsewhere, and its kernel
    # may lack IPsec's ESP, which only two nodes would need; the rest is deployed as it is.
    content = yaml.safe_load((folder / "compose.yaml").read_text())
    bot, redis = content["services"]["bot"], content["services"]["redis"]
    bot["environment"]["SLACK_API_URL"] = workspace.api_url
    bot["volumes"][0] = f"{node1.socket}:/var/run/docker.sock"
    bot["deploy"]["placement"]["constraints"].append("node.hostname == node1")
    redis["image"] = images.redis
    (folder / "compose.yaml").write_text(yaml.safe_dump(content))

    variables = {"SWARMBOT_IMAGE": images.bot, "DOCKER_GID": str(node1.socket.stat().st_gid)}
    environment = {**os.environ, "DOCKER_HOST": node1.url, **variables}
    subprocess.run(
        ["docker", "stack", "deploy", "-c", "compose.yaml", "swarmbot"],
        cwd=folder,
        env=environment,
        check=True,
    )

    workspace.wait_connected(timeout=60)
    workspace.person("dev").types("/swarm service ls")
    workspace.person("dev").sees("swarmbot_redis")
    workspace.person("dev").types("/swarm map")
    (picture,) = workspace.person("dev").sees("📎 Swarm", channel="dm", timeout=20).files
    assert (picture.content or b"").startswith(b"\x89PNG")
    for line in ("scale swarmbot_redis=0", "stack rm swarmbot", "service rm swarmbot_bot"):
        typed = workspace.person("dev").types(f"/swarm {line}")
        workspace.person("dev").sees("a part of swarmbot itself", after=typed)
    eventually(lambda: healthy(node1, "swarmbot_bot"), 60)
    assert run_in(node1, "swarmbot_bot", "id", "-u") == "10001"
    for service in ("swarmbot_bot", "swarmbot_redis"):
        assert closed(node1, service) == {"written": "", "capabilities": 0}
    lending = "find / -xdev -type f -perm /6000 2>/dev/null; true"
    assert run_in(node1, "swarmbot_bot", "sh", "-c", lending) == ""
    network = json.loads(cluster.docker("network", "inspect", "swarmbot_internal"))[0]
    assert network["Internal"] is True
    assert network["Options"]["encrypted"] == "true"
    asked = run_in(node1, "swarmbot_redis", "redis-cli", "--no-auth-warning", "ping")
    assert "NOAUTH" in asked, "nobody without the password"
    url = (folder / "secrets/redis_url").read_text().strip().replace("@redis:", "@localhost:")
    assert run_in(node1, "swarmbot_redis", "redis-cli", "-u", url, "get", "swarmbot:x") == ""
    for command in (["config", "get", "*"], ["flushall"], ["get", "another"], ["keys", "*"]):
        assert "NOPERM" in run_in(node1, "swarmbot_redis", "redis-cli", "-u", url, *command)


def closed(node: Node, service: str) -> dict[str, object]:
    """What an intruder in a container of the service could do."""
    return {
        "written": run_in(
            node,
            service,
            "sh",
            "-c",
            "for d in / /etc /usr/bin; do touch $d/x && echo $d; done; true",
        ),
        "capabilities": int(
            run_in(node, service, "sed", "-n", "s/CapBnd://p", "/proc/1/status"), 16
        ),
    }


@pytest.fixture
def workspace(cluster: Cluster) -> Iterator[Workspace]:
    """A workspace that the containers reach: it listens on the bridge."""
    with Workspace(host=cluster.bridge.gateway) as workspace:
        yield workspace


@pytest.fixture
def folder(workspace: Workspace, tmp_path: Path) -> Path:
    """What an operator has before the first deploy: compose file, secrets, configuration."""
    shutil.copy(CHECKOUT / "compose.yaml", tmp_path)
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/slack_bot_token").write_text(f"{workspace.bot_token}\n")
    (tmp_path / "secrets/swarmbot_key").write_text("k" * 40)
    head = (CHECKOUT / "compose.yaml").read_text().split("version:")[0]
    commands = [line[4:] for line in head.splitlines() if line.startswith("#   ")]
    made = "\n".join(commands[: commands.index(next(c for c in commands if "cut -d" in c)) + 1])
    subprocess.run(["sh", "-ec", made], cwd=tmp_path, check=True)
    (tmp_path / "secrets/slack_app_token").write_text(f"{workspace.app_token}\n")
    (tmp_path / "swarmbot.toml").write_text(
        f'roles = [{{ name = "dev", users = ["{workspace.person("dev").id}"] }}]\n'
        'rules = [{ commands = ["*"], ask = ["dev"] }]\n'
    )
    return tmp_path


def serve(
    cluster: Cluster,
    name: str,
    node: Node,
    port: int,
    image: str,
    *command: str,
    flags: list[str] | None = None,
) -> None:
    """Create a service on one node, with its port on that node."""
    place = f"--constraint=node.hostname=={node.name}"
    publish = f"--publish=mode=host,published={port},target={port}"
    cluster.docker(
        "service",
        "create",
        "--detach",
        "--name",
        name,
        place,
        publish,
        *(flags or []),
        image,
        *command,
    )


def container(node: Node, service: str, *filters: str) -> str:
    """The id of the container of a service on a node; empty where there is none."""
    wanted = [
        f"--filter={condition}"
        for condition in (f"label=com.docker.swarm.service.name={service}", *filters)
    ]
    return node.docker("ps", "-q", *wanted).strip()


def healthy(node: Node, service: str) -> str:
    return container(node, service, "health=healthy")


def run_in(node: Node, service: str, *command: str) -> str:
    return node.docker("exec", container(node, service), *command).strip()


def get(url: str) -> dict[str, Any]:
    return dict(httpx.get(url, trust_env=False).json())
