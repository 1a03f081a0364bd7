"""A push to a real registry becomes a question in Slack: the registry itself tells the bot, and
only what is signed is offered, and deployed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from playground.cluster import Cluster
from playground.images import Blob, Image, shared_layer
from playground.registry import Listener, Registry
from playground.workspace import Workspace
from tests.scenario.running import RunningBot, bot_for, free_port
from tests.scenario.swarm import QUICK, Site
from tests.signing import OCI_MANIFEST, KeyPair

PORT = 5002
SECRET = "of-the-registry"


@dataclass(frozen=True)
class SignedRegistry:
    """A registry that tells the bot of every push, and the key with which its images are signed."""

    registry: Registry
    keys: KeyPair

    def image(self, tag: str) -> str:
        return f"{self.registry.address}/web:{tag}"

    def push(self, tag: str, version: str) -> str:
        """Push an image that is not signed yet; returns its digest."""
        image = Image(tag, version)
        self.registry.push(image)
        return image.manifest(shared_layer())[0].digest

    def sign(self, digest: str) -> None:
        made = self.keys.sign(f"{self.registry.address}/web", digest)
        parts = (Blob("application/octet-stream", content) for content in made.blobs.values())
        self.registry.attach(made.tag, Blob(OCI_MANIFEST, made.manifest), *parts)


@pytest.fixture
def port() -> int:
    """Where the bot listens: the registry is told before the bot runs."""
    return free_port()


@pytest.fixture
def signed(cluster: Cluster, port: int) -> Iterator[SignedRegistry]:
    listener = Listener(f"http://127.0.0.1:{port}/v1/hooks/registry", f"Bearer {SECRET}")
    folder = cluster.root / "signed"
    registry = Registry(cluster.registry.host, folder, PORT, listener=listener)
    registry.start()
    yield SignedRegistry(registry, KeyPair())
    registry.stop()


@pytest.fixture
def bot(
    signed: SignedRegistry, port: int, cluster: Cluster, workspace: Workspace, tmp_path: Path
) -> Iterator[RunningBot]:
    key, secret = tmp_path / "cosign.pub", tmp_path / "hook"
    key.write_bytes(signed.keys.public_pem)
    secret.write_text(f"{SECRET}\n")
    bot = bot_for(cluster, workspace, tmp_path)
    bot.port = port
    bot.config += (
        f'\n[[registries]]\nhost = "{signed.registry.address}"\nplain_http = true\n'
        f'require_signature = "{key}"\n[images]\nhook_secret_file = "{secret}"\n'
        'look_every = "1h"\n'
    )
    yield bot.start()
    bot.stop()


@pytest.mark.costs(25)
@pytest.mark.own_bot
def test_a_signed_push_is_asked_about_and_deployed(
    bot: RunningBot, signed: SignedRegistry, workspace: Workspace, site: Site
) -> None:
    dev = workspace.person("dev")
    signed.push("1.4.2", "v1")
    site.cluster.docker(
        *("service", "create", "--quiet", "--name", "web", *QUICK),
        *("--label", "swarmbot.auto=patch", signed.image("1.4.2")),
    )

    digest = signed.push("1.4.3", "v2")
    asked = dev.types(f"/swarm deploy web {signed.image('1.4.3')}")
    assert "have to be signed" in dev.sees("✋", timeout=20, after=asked).text

    signed.sign(digest)
    question = dev.sees("🟡 web 1.4.2 → 1.4.3 · patch · pushed just now", timeout=20)
    clicked = dev.clicks("Deploy", on=question)

    dev.sees("✅ web is on", timeout=40, after=clicked)
    dev.sees("✅ web 1.4.2 → 1.4.3 · deployed", timeout=10, after=clicked)
    assert site.running_image("web") == f"{signed.image('1.4.3')}@{digest}"
