"""Starts local-slack (https://github.com/parvalabs/local-slack), a Slack that others wrote.

The playground's workspace knows Slack as this project understands it, so the two agree also where
both are wrong. This one was read from Slack's documentation by somebody else. It is installed by
npm (`package.json` beside this file pins it). It is a program that nobody here has built, so it
runs as nobody, on a machine of its own: a network namespace that reaches the playground's bridge
and nothing else.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

from playground import processes
from playground.cluster import Cluster
from playground.network import Cable

PROGRAM = (
    Path(__file__).parents[2] / ".dev/stand-in/node_modules/local-slack-linux-x64/bin/local-slack"
)
POSITION, PORT = 200, 3000
STARTS_WITHIN = 20.0
"""Seconds."""

BOT_TOKEN, APP_TOKEN, SIGNING_SECRET = "xoxb-stand-in", "xapp-stand-in", "stand-in-secret"
BOT, DEV, LEAD = "U01SWARMBOT", "U01DEV", "U01LEAD"
OPS, ALERTS = "C01OPS", "C01ALERTS"


@dataclass(frozen=True)
class StandIn:
    """A workspace with #ops and #alerts, dev and lead, and the bot in both channels."""

    cable: Cable
    folder: Path

    @property
    def url(self) -> str:
        return f"http://{self.cable.address}:{PORT}"

    @property
    def api_url(self) -> str:
        """What the bot takes for Slack's Web API."""
        return f"{self.url}/api/"

    @contextmanager
    def running(self, request_url: str) -> Iterator[None]:
        """From its start to its end."""
        config = self.folder / "stand-in.json"
        config.write_text(json.dumps(_workspace(request_url)))
        # One that a killed run left behind would answer in the place of this one.
        self._end()
        self.cable.lay()
        # Each cable has a hardware address of its own, and the one before is still remembered.
        processes.run("ip", "neighbour", "flush", "to", self.cable.address)
        try:
            self._launch(config)
            processes.wait_until(
                self._answers, "the stand-in answers", STARTS_WITHIN, self._last_words
            )
            yield
        finally:
            self._end()

    def _end(self) -> None:
        processes.kill_all(lambda: processes.in_network_namespace(self.cable.namespace))
        self.cable.remove()

    def does(self, what: str, **more: object) -> None:
        """Let somebody do something: `command`, `message`, `interact`, `open-home`."""
        said = httpx.post(f"{self.url}/_control/{what}", json=more, trust_env=False, timeout=10)
        said.raise_for_status()

    def messages(self, channel: str) -> list[dict[str, Any]]:
        """What was said in a channel, oldest first."""
        said = httpx.get(f"{self.url}/_control/messages/{channel}", trust_env=False, timeout=10)
        return list(said.json()["messages"])

    def refusals(self) -> list[str]:
        """The calls of the bot that it refused or did not know, and what it could not deliver."""
        said = httpx.get(f"{self.url}/_control/log", trust_env=False, timeout=10)
        return [
            entry["summary"] for entry in said.json()["log"] if entry["direction"] == "internal"
        ]

    @contextmanager
    def screen(self) -> Iterator[Screen]:
        """What its page shows: Home tabs and modals are nowhere else."""
        with connect(f"ws://{self.cable.address}:{PORT}/ui", proxy=None, max_size=None) as link:
            yield Screen(link, json.loads(link.recv())["state"])

    def _launch(self, config: Path) -> None:
        # Nobody may not look into the folder of a checkout, or of a test run.
        program = Path(shutil.copy(PROGRAM, self.folder))
        processes.launch(
            "nsenter",
            f"--net={self.cable.namespace}",
            "setpriv",
            *("--reuid", "nobody", "--regid", "nogroup", "--clear-groups", "--no-new-privs"),
            str(program),
            *("--config", str(config)),
            *("--port", str(PORT)),
            *("--base-host", self.cable.address),
            log=self._log,
        )

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/_control/state", trust_env=False).is_success
        except httpx.TransportError:
            return False

    def _last_words(self) -> str:
        return self._log.read_text(errors="replace")[-2000:]

    @property
    def _log(self) -> Path:
        return self.folder / "stand-in.log"


@dataclass(frozen=True)
class Screen:
    """The link of its page; `state` is what the page showed when it was opened."""

    link: ClientConnection
    state: dict[str, Any]

    def sends(self, what: str, **more: object) -> None:
        self.link.send(json.dumps({"t": what, **more}))

    def hears(self, *whats: str, within: float = 10.0) -> dict[str, Any]:
        """The next word of these kinds."""
        until = time.monotonic() + within
        while True:
            heard = json.loads(self.link.recv(timeout=max(0.01, until - time.monotonic())))
            if heard["t"] in whats:
                return dict(heard)


@contextmanager
def stand_in(cluster: Cluster, request_url: str = "") -> Iterator[StandIn]:
    """One that runs on the bridge of this cluster, in Socket Mode; with the address of a bot, by
    signed requests to it."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        beside = StandIn(Cable(cluster.bridge, "slack", POSITION), Path(folder))
        with beside.running(request_url):
            yield beside


def _workspace(request_url: str) -> dict[str, Any]:
    delivery = {"mode": "events", "requestUrl": request_url} if request_url else {"mode": "socket"}
    app = {
        "appId": "A01SWARMBOT",
        "botUserId": BOT,
        "botName": "swarmbot",
        "botToken": BOT_TOKEN,
        "appToken": APP_TOKEN,
        "signingSecret": SIGNING_SECRET,
    }
    return {
        "workspace": {"name": "Stand-in", "domain": "stand-in", "teamId": "T01STANDIN"},
        "apps": [app | delivery],
        "users": [
            {"id": DEV, "name": "dev", "real_name": "Dev"},
            {"id": LEAD, "name": "lead", "real_name": "Lead"},
        ],
        "channels": [
            {"id": OPS, "name": "ops", "members": [DEV, LEAD, BOT]},
            {"id": ALERTS, "name": "alerts", "members": [DEV, LEAD, BOT]},
        ],
    }
