"""The image for arm64 is built, and its bot starts as in `compose.yaml`: nobody special, on a root
that nothing can write to.

The base is made of the distribution's packages for arm64, as for the machine's own processor in
`tests/swarm`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from playground.base_image import BASE, base_archive, own_certificates
from playground.bot import CHECKOUT
from playground.builder import Builder
from playground.emulation import emulated
from playground.processes import looked_for
from playground.workspace import Workspace
from tests.conftest import NUMBER
from tests.scenario.running import free_port
from tests.swarm.test_packaging import MOST_ABOVE_BASE

# The first run makes the base image as well; each program is emulated.
pytestmark = pytest.mark.timeout(3600)

IMAGE = "swarmbot"
SSH = 9_500_000
"""What the ssh client and its libraries take on arm64, which are part of the base here."""
START_SECONDS = 300.0
CONFIG = """
channel = "{channel}"

[[roles]]
name = "operator"
users = ["{dev}"]

[[rules]]
commands = ["*"]
ask = ["operator"]
"""


@pytest.fixture(scope="module")
def builder() -> Iterator[Builder]:
    """An engine that has built the image. It is also the one that the bot looks after."""
    builder = Builder(f"builder-arm64-{NUMBER}")
    with emulated("aarch64"):
        try:
            builder.start()
            builder.load(base_archive(CHECKOUT / ".dev", "arm64"))
            given = {"BASE": BASE, "CERTIFICATES": own_certificates()}
            builder.build(CHECKOUT, IMAGE, "linux/arm64", **given)
            yield builder
        finally:
            builder.close()


@pytest.fixture(scope="module")
def workspace() -> Iterator[Workspace]:
    with Workspace() as workspace:
        yield workspace


@pytest.fixture(scope="module")
def bot(
    builder: Builder, workspace: Workspace, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of a bot that Docker calls healthy. Its container is called `bot`."""
    config = tmp_path_factory.mktemp("bot") / "swarmbot.toml"
    filled = {"channel": workspace.channel_id("ops"), "dev": workspace.person("dev").id}
    config.write_text(CONFIG.format(**filled))
    builder.docker(
        "swarm", "init", *(f"--{side}-addr=127.0.0.1" for side in ("listen", "advertise"))
    )
    http = f"127.0.0.1:{free_port()}"
    environment = {
        "SLACK_API_URL": workspace.api_url,
        "SLACK_BOT_TOKEN": workspace.bot_token,
        "SLACK_APP_TOKEN": workspace.app_token,
        "SWARMBOT_CONFIG": "/app/swarmbot.toml",
        "SWARMBOT_HTTP": http,
    }
    socket = Path(builder.url.removeprefix("unix://"))
    builder.docker(
        *("run", "--detach", "--name=bot", "--network=host"),
        *("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges:true"),
        *("--tmpfs=/tmp", f"--group-add={socket.stat().st_gid}"),
        f"--volume={socket}:/var/run/docker.sock",
        f"--volume={config}:/app/swarmbot.toml:ro",
        *(f"--env={name}={value}" for name, value in environment.items()),
        IMAGE,
    )
    assert looked_for(lambda: health(builder) == "healthy", START_SECONDS, 0.5), builder.docker(
        "logs", "bot"
    )
    yield f"http://{http}"
    builder.docker("rm", "--force", "bot")
    builder.docker("swarm", "leave", "--force")
    # The engine is on this machine's own network, which is left as it was.
    builder.docker("network", "rm", "docker_gwbridge")


def health(builder: Builder) -> str:
    return builder.docker("inspect", "--format={{.State.Health.Status}}", "bot").strip()


def in_bot(builder: Builder, *command: str) -> str:
    return builder.docker("exec", "bot", *command).strip()


def size(builder: Builder, image: str) -> int:
    return int(builder.docker("image", "inspect", "--format={{.Size}}", image))


def test_the_image_is_one_for_arm64_and_small(
    builder: Builder, pytestconfig: pytest.Config, capfd: pytest.CaptureFixture[str]
) -> None:
    platform = builder.docker("image", "inspect", "--format={{.Os}}/{{.Architecture}}", IMAGE)
    above_base = size(builder, IMAGE) - size(builder, BASE) + SSH
    megabytes = above_base / 1_000_000
    with capfd.disabled():
        pytestconfig.get_terminal_writer().line(f"{megabytes:.1f} MB above its base, with ssh")

    assert platform.strip() == "linux/arm64"
    assert above_base < MOST_ABOVE_BASE


def test_its_programs_are_for_arm64(builder: Builder) -> None:
    run = ("run", "--rm", "--network=none", "--entrypoint=sh", IMAGE, "-c")

    assert builder.docker(*run, "uname -m").strip() == "aarch64"
    assert "swarmbot, version " in builder.docker(*run, "swarmbot --version")
    drawn = "import PIL.Image, pydantic_core, cryptography.hazmat.bindings._rust, cffi"
    assert builder.docker(*run, f"python3 -c '{drawn}'") == ""


def test_the_bot_is_healthy_and_finds_nothing_wrong(builder: Builder, bot: str) -> None:
    answered = {
        path: httpx.get(f"{bot}/{path}", trust_env=False, timeout=60).status_code
        for path in ("healthz", "startupz", "readyz")
    }
    findings = in_bot(builder, "swarmbot", "check")

    assert answered == dict.fromkeys(("healthz", "startupz", "readyz"), 200)
    assert "wrong" not in findings
    assert "ok     engine local (manager, " in findings


def test_people_are_answered_also_by_a_picture(bot: str, workspace: Workspace) -> None:
    dev = workspace.person("dev")
    dev.types("/swarm node ls")
    dev.sees("Leader", timeout=60)
    dev.types("/swarm map")
    (picture,) = dev.sees("📎 Swarm · 1 node", channel="dm", timeout=120).files

    assert (picture.content or b"").startswith(b"\x89PNG")


def test_the_bot_is_nobody_special_and_writes_nowhere(builder: Builder, bot: str) -> None:
    attempt = "for d in / /etc /usr/bin /app; do touch $d/x 2>/dev/null && echo $d; done; true"
    status = in_bot(builder, "cat", "/proc/1/status")

    assert in_bot(builder, "id", "-u") == "10001"
    assert in_bot(builder, "sh", "-c", attempt) == ""
    assert "CapBnd:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status
