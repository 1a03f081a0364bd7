"""A private registry whose token is replaced under the running bot: what nodes can pull is told by
the nodes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from playground.cluster import Cluster
from playground.images import IMAGES
from playground.registry import EVENING, MORNING, Login, Registry
from playground.workspace import Workspace
from tests.scenario.prefork import ran
from tests.scenario.running import RunningBot, bot_for, eventually
from tests.scenario.swarm import QUICK, Site

PORT = 5001
TRIED = ("v1", "v2")


@dataclass(frozen=True)
class PrivateRegistry:
    """A registry behind htpasswd, and the file from which the bot has its token."""

    registry: Registry
    file: Path

    def image(self, tag: str) -> str:
        return f"{self.registry.address}/web:{tag}"

    def takes(self, login: Login) -> None:
        """The registry takes this token from now on, and no other."""
        self.registry.let_in(login)

    def writes_down(self, login: Login) -> None:
        self.file.write_text(f"{login.password}\n")


@pytest.fixture
def private(cluster: Cluster, tmp_path: Path) -> Iterator[PrivateRegistry]:
    registry = Registry(cluster.registry.host, cluster.root / "private", PORT, guarded=True)
    private = PrivateRegistry(registry, tmp_path / "token")
    private.takes(MORNING)
    private.writes_down(MORNING)
    registry.start()
    registry.push(*(image for image in IMAGES if image.tag in TRIED), login=MORNING)
    yield private
    registry.stop()


@pytest.fixture
def bot(
    private: PrivateRegistry, cluster: Cluster, workspace: Workspace, tmp_path: Path
) -> Iterator[RunningBot]:
    bot = bot_for(cluster, workspace, tmp_path)
    bot.config += (
        f'\n[[registries]]\nhost = "{private.registry.address}"\nusername = "{MORNING.user}"\n'
        f'password_file = "{private.file}"\n'
    )
    yield bot.start()
    bot.stop()


@pytest.mark.costs(30)
@pytest.mark.own_bot
def test_a_token_that_is_replaced_under_the_running_bot(
    bot: RunningBot, private: PrivateRegistry, workspace: Workspace, site: Site
) -> None:
    dev, image = workspace.person("dev"), private.image
    quick = " ".join(QUICK)
    dev.types(f"/swarm service create --name web --replicas 1 {quick} {image('v1')}")
    dev.sees("✅ web", timeout=30)

    # The token expires, and the operator replaces it a little later.
    private.takes(EVENING)
    asked = dev.types(f"/swarm deploy web {image('v2')}")
    assert str(private.file) in dev.sees("was refused by", after=asked).text
    private.writes_down(EVENING)

    # What ran before was stored with the old token. Swarm goes back to it all the same, on nodes
    # that have lost it, by a command that brings no credentials.
    asked = dev.types(f"/swarm deploy web {image('v2')}")
    dev.sees("✅ web", timeout=40, after=asked)
    _forget(site.cluster, f"{private.registry.address}/web", "v1")
    site.cluster.docker("service", "rollback", "--detach", "web")
    went_back = "rollback_completed"
    eventually(lambda: site.update_state("web") == went_back, 40, lambda: "Swarm did not go back")
    assert _running(site, "v1") == 1

    # Another token: what Swarm has stored is too old for a node that has yet to get the image.
    private.takes(MORNING)
    private.writes_down(MORNING)
    tasks = set(site.tasks("web"))
    asked = dev.types("/swarm doctor")
    found = dev.sees("web has older credentials", timeout=20, after=asked)
    clicked = dev.clicks("Refresh web", on=found)
    dev.sees("✅ web", timeout=20, after=clicked)
    assert set(site.tasks("web")) == tasks, "no task was started again"

    site.cluster.docker("service", "scale", "--detach", "web=3")
    eventually(lambda: _running(site, "v1") == 3, 20, lambda: "a node could not pull the image")
    assert tasks <= set(site.tasks("web"))
    assert _checked(bot, private) == f"ok     credentials for {private.registry.address}"
    for login in (MORNING, EVENING):
        assert login.password not in bot.log


def _running(site: Site, tag: str) -> int:
    tasks = site.cluster.docker("service", "ps", "--format", "{{.CurrentState}} {{.Image}}", "web")
    return sum(task.startswith("Running") and f"web:{tag}" in task for task in tasks.splitlines())


def _forget(cluster: Cluster, repository: str, version: str) -> None:
    """No node has this version any more; its containers have ended."""
    for node in cluster.nodes.values():
        for image in set(node.docker("image", "ls", "--quiet", repository).split()):
            if f"VERSION={version}" in node.docker("image", "inspect", image):
                node.docker("image", "rm", "--force", image)


def _checked(bot: RunningBot, private: PrivateRegistry) -> str:
    """What `swarmbot check` says of the registry's credentials, without where they come from."""
    config = str(bot.folder / "swarmbot.toml")
    _, words = ran(["check"], {**bot.environment, "SWARMBOT_CONFIG": config}, seconds=30)
    said = next(line for line in words.splitlines() if "credentials for" in line)
    return said.partition(" from ")[0] if said.endswith(str(private.file)) else said
