"""The bot as operators run it, for the demo: a process of its own with its configuration and data
in a folder."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import httpx

from playground.errors import PlaygroundError
from playground.processes import wait_until
from playground.workspace import Workspace

START_SECONDS = 20.0
STOP_SECONDS = 20.0
LAST_LINES = 5
CHECKOUT = Path(__file__).resolve().parent.parent

CONFIG = """
channel = "{ops}"

{engines}
[[registries]]
host = "*"

[reads]
guests = ["*"]

[[roles]]
name = "operator"
users = ["{dev}", "{lead}"]

[[roles]]
name = "lead"
users = ["{lead}"]

[[rules]]
commands = ["service scale"]
ask = ["operator"]
approve = ["lead"]
over_replicas = 6

[[rules]]
commands = ["*"]
ask = ["operator"]
grants = [
    "mounts", "capabilities", "networks", "secrets", "ports", "privileged", "managers", "users"
]

[watch.channels]
critical = "{alerts}"
warning = "{alerts}"
note = "{alerts}"
"""
ENGINE = """[[engines]]
name = "{engine.name}"
url = "{engine.url}"
"""


class Engine(Protocol):
    """An engine that the bot is told of."""

    @property
    def name(self) -> str:
        """What the bot calls it."""
        ...

    @property
    def url(self) -> str:
        """What DOCKER_HOST takes."""
        ...


@dataclass(eq=False)
class BotEndedError(PlaygroundError):
    """The bot ended by itself; `said` are the last lines of its log."""

    status: int | None
    said: str

    def __str__(self) -> str:
        return f"the bot ended with {self.status}: {self.said}"


class Bot:
    """One `swarmbot run`. Everything that it keeps lies in `folder`, and is new with every
    start."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.url = f"http://127.0.0.1:{port}"
        self._http = f"127.0.0.1:{port}"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.folder / "bot.log"

    def start(self, workspace: Workspace, managers: Sequence[Engine]) -> None:
        """Start it, with `dev` and `lead` as operators, and wait until it is ready; BotEndedError,
        NotReadyError."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self._config.write_text(_config(workspace, managers))
        # Ctrl-C reaches every program of a terminal: in a session of its own the bot is stopped
        # when it is its turn,
        # and with the death signal it is stopped also where this program is killed.
        command = ("setpriv", "--pdeathsig", "TERM", sys.executable, "-m", "bot", "run")
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                command,
                cwd=CHECKOUT,
                env=self._environment(workspace),
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        wait_until(self._is_ready, "the bot is ready", START_SECONDS, self._last_words)

    def check(self) -> None:
        """Raise BotEndedError where it has ended."""
        if self._process is not None and self._process.poll() is not None:
            raise BotEndedError(self._process.returncode, self._last_words())

    def stop(self) -> None:
        """Stop it in good order, with its Redis, and remove its folder; twice is harmless."""
        if self._process is not None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_SECONDS)
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _config(self) -> Path:
        return self.folder / "swarmbot.toml"

    def _environment(self, workspace: Workspace) -> dict[str, str]:
        inherited = {
            name: value for name, value in os.environ.items() if "proxy" not in name.lower()
        }
        return inherited | {
            "SLACK_API_URL": workspace.api_url,
            "SLACK_BOT_TOKEN": workspace.bot_token,
            "SLACK_APP_TOKEN": workspace.app_token,
            "SWARMBOT_CONFIG": str(self._config),
            "SWARMBOT_DATA": str(self.folder / "data"),
            "SWARMBOT_HTTP": self._http,
        }

    def _is_ready(self) -> bool:
        self.check()
        try:
            return httpx.get(f"{self.url}/readyz", trust_env=False, timeout=5).is_success
        except httpx.TransportError:
            return False

    def _last_words(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-LAST_LINES:])


def _config(workspace: Workspace, managers: Sequence[Engine]) -> str:
    return CONFIG.format(
        ops=workspace.channel_id("ops"),
        alerts=workspace.channel_id("alerts"),
        engines="\n".join(ENGINE.format(engine=engine) for engine in managers),
        dev=workspace.person("dev").id,
        lead=workspace.person("lead").id,
    )
