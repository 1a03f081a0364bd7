"""The bot's own stack, as an operator deploys it: a folder with what the repository gives them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import yaml

from playground.bot import CHECKOUT
from playground.cluster import Cluster
from playground.node import Node
from playground.workspace import Workspace
from tests.swarm.image_build import Images
from tests.swarm.support import eventually

BOT = "swarmbot_bot"


@dataclass(frozen=True)
class OwnStack:
    """What `deploy.sh` makes of a folder. Redis is on the worker: every manager may fail."""

    cluster: Cluster
    workspace: Workspace
    folder: Path

    def deploy(self, commands: str = "sh deploy.sh") -> str:
        """Run commands where an operator runs them; what they said."""
        environment = {**os.environ, "DOCKER_HOST": self.cluster.manager.url}
        done = subprocess.run(
            ["sh", "-ec", commands],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    @property
    def file(self) -> Path:
        """The bot's configuration."""
        return self.folder / "swarmbot.toml"

    def places(self) -> dict[str, str]:
        """Container and node of each replica that runs and is healthy."""
        found = {}
        for node in self.cluster.nodes.values():
            if node.is_running:
                for container in containers(node, BOT, "health=healthy"):
                    found[container] = node.name
        return found

    def replaced(self, before: dict[str, str], seconds: float = 150) -> dict[str, str]:
        """Where the replicas are as soon as two others than these run."""

        def look() -> dict[str, str]:
            places = self.places()
            return places if len(places) == 2 and not before.keys() & places.keys() else {}

        return eventually(look, seconds)


def own_stack(cluster: Cluster, images: Images, workspace: Workspace, folder: Path) -> OwnStack:
    """What an operator has before the first deploy: two files of the repository, and what
    `docs/install.md` has them write."""
    for name in ("compose.yaml", "deploy.sh"):
        shutil.copy(CHECKOUT / name, folder)
    _adapt(folder / "compose.yaml", cluster, images, workspace)
    theirs = {
        "xoxb-…": workspace.bot_token,
        "xapp-…": workspace.app_token,
        "registry.example.com/swarmbot:1": images.bot,
        "/var/run/docker.sock": str(cluster.nodes["node1"].socket),
        "C0123ABCD": workspace.channel_id("ops"),
        "U001AAAAA": workspace.person("dev").id,
    }
    commands = documented("2. Four files")
    for example, own in theirs.items():
        assert example in commands
        commands = commands.replace(example, own)
    subprocess.run(["sh", "-ec", commands], cwd=folder, check=True)
    return OwnStack(cluster, workspace, folder)


def documented(heading: str) -> str:
    """The commands below a heading of `docs/install.md`."""
    text = (CHECKOUT / "docs" / "install.md").read_text()
    section = text.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return "".join(re.findall(r"^```sh\n(.+?)^```$", section, re.MULTILINE | re.DOTALL))


def _adapt(compose: Path, cluster: Cluster, images: Images, workspace: Workspace) -> None:
    """The playground has neither Slack nor Docker Hub, its engines listen elsewhere, and its kernel
    may lack IPsec's ESP; the rest is deployed as it is."""
    content = yaml.safe_load(compose.read_text())
    bot, redis = content["services"]["bot"], content["services"]["redis"]
    bot["environment"]["SLACK_API_URL"] = workspace.api_url
    bot["volumes"][0] = f"{cluster.root}/{{{{.Node.Hostname}}}}/docker.sock:/var/run/docker.sock"
    redis["image"] = images.redis
    del content["networks"]["internal"]["driver_opts"]
    compose.write_text(yaml.safe_dump(content))


def containers(node: Node, service: str, *filters: str) -> list[str]:
    """The ids of a service's running containers on a node."""
    conditions = (f"label=com.docker.swarm.service.name={service}", *filters)
    return node.docker("ps", "-q", *(f"--filter={wanted}" for wanted in conditions)).split()


def run_in(node: Node, service: str, *command: str) -> str:
    """What a command says in the first container of a service on a node."""
    return node.docker("exec", containers(node, service)[0], *command).strip()
