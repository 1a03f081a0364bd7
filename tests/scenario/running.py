"""The bot as operators run it: a process of its own, with its configuration in a folder and its
Redis beside it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from redis import Redis

from bot.model.alert_facts import AlertKind
from bot.store.anchor import AnchorFile
from bot.store.keys import Keys
from bot.store.store import Store
from playground import processes
from playground.cluster import Cluster
from playground.workspace import Message, Workspace
from tests.scenario.prefork import ForkedBot, forked, spawned

READS = """
[reads]
guests = ["*"]
"""

ROLES = """
[[registries]]
host = "*"

[[roles]]
name = "operator"
users = [{operators}]

[[rules]]
commands = ["*"]
ask = ["operator"]
grants = [
    "mounts", "capabilities", "networks", "secrets", "ports", "privileged", "managers", "users"
]
"""

UNWATCHED = "".join(f"[watch.rules.{trouble}]\nwatched = false\n" for trouble in AlertKind)
"""For stories about something else: an alert in between would only be in their way."""
WATCHED = """
[watch.channels]
critical = "{alerts}"
warning = "{alerts}"
note = "{alerts}"
"""

AS_IN_THE_IMAGE = {
    "MALLOC_ARENA_MAX": "2",
    "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0",
    "PYTHONDONTWRITEBYTECODE": "",
}
"""What the image sets that decides about memory, and what was compiled once stays compiled."""

STARTS_WITHIN, STOPS_WITHIN = 60, 30
"""Seconds, on a busy machine."""


KEY = "the key that all bots of a story have"
KEYS = Keys.of(KEY.encode())

LIVE: list[RunningBot] = []
"""The bots of this story, for whoever has to say why it failed."""


@dataclass(eq=False)
class RunningBot:
    """One `swarmbot run`. `kill` is SIGKILL, as when the machine dies; `stop` is what an orderly
    shutdown sends. `by_itself`: it loads its modules itself, as where its start is measured."""

    folder: Path
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | ForkedBot | None = None
    by_itself: bool = False
    port: int = 0
    slack_address: str = ""
    config: str = ""
    started_in: float = field(default=0.0)
    _read: int = 0

    def _key_file(self) -> Path:
        file = self.folder / "key"
        file.write_text(KEY)
        file.chmod(0o600)
        return file

    def start(self) -> RunningBot:
        """Start it, and wait until it is ready."""
        begun = time.monotonic()
        self.launch()
        eventually(
            lambda: not self.missing(),
            STARTS_WITHIN,
            lambda: f"not ready: {self.missing()}\n{self.log[-3000:]}",
        )
        self.started_in = time.monotonic() - begun
        return self

    def launch(self) -> None:
        """Start it, whatever it will miss: on a bad day it is not ready for long."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "swarmbot.toml").write_text(self.config)
        self.port = self.port or free_port()
        self.slack_address = self.slack_address or f"127.0.0.1:{free_port()}"
        environment = self.variables()
        LIVE.append(self)
        # Libraries to be loaded before all others are so by a program's own start alone.
        start = spawned if self.by_itself or "LD_PRELOAD" in environment else forked
        self.process = start(environment, self.folder / "log")

    def variables(self) -> dict[str, str]:
        """The environment of every `swarmbot …` of this bot, once it was launched."""
        return {
            **self.environment,
            "SWARMBOT_HTTP": f"127.0.0.1:{self.port}",
            "SWARMBOT_SLACK_HTTP": self.slack_address,
            "SWARMBOT_CONFIG": str(self.folder / "swarmbot.toml"),
            "SWARMBOT_DATA": str(self.folder / "data"),
            "SWARMBOT_KEY_FILE": str(self._key_file()),
        }

    def missing(self) -> dict[str, str]:
        """What `/readyz` misses; nothing when the bot is ready."""
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}/readyz", timeout=5
            ) as answer:
                return dict(json.load(answer)["missing"])
        except urllib.error.HTTPError as error:
            return dict(json.load(error)["missing"])
        except OSError as error:
            return {"http": str(error)}

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
            return str(answer.read().decode())

    def open_intents(self) -> int:
        """Changes whose end the audit does not know."""
        store = Store.connect(self.redis_url, KEYS)
        try:
            return len(store.audit.open_intents())
        finally:
            store.close()

    def has_noted(self, message: Message) -> bool:
        """Whether Redis knows where this message stands. What a bot has posted that dies or sleeps
        before that is posted again by the next one."""
        with Redis.from_url(self.redis_url, decode_responses=True) as redis:
            known = redis.scan_iter("swarmbot:delivery:*", _type="hash")
            return any(message.ts in (redis.hget(name, "ref") or "") for name in known)

    def is_at_rest(self) -> bool:
        """Whether lock, record and audit all say that nothing is being changed, and Slack has what
        every message says last."""
        store = Store.connect(self.redis_url, KEYS)
        try:
            changing = store.locks.all() or store.rollouts.running() or store.audit.open_intents()
            return not (changing or store.deliveries.names())
        finally:
            store.close()

    def forgets(self) -> None:
        """Empty its Redis while it runs, and what it has noted of that elsewhere; it goes on
        leading. Without the latter it would rightly say that its audit is gone."""
        anchor = AnchorFile.under(self.folder / "data")
        with anchor.locked(), Redis.from_url(self.redis_url) as redis:
            anchor.path.unlink(missing_ok=True)
            if keys := [key for key in redis.scan_iter() if b":leader" not in key]:
                redis.delete(*keys)

    def story_begins(self) -> None:
        """From here on, `story_log` is what a person is to read."""
        LIVE.append(self)
        self._read = len(self.log)

    @property
    def is_running(self) -> bool:
        """Whether the process is alive."""
        return self.process is not None and self.process.poll() is None

    @property
    def story_log(self) -> str:
        """What it logged since the story began."""
        return self.log[self._read :]

    @property
    def redis_url(self) -> str:
        """The Redis that it uses: one of its operators', or its own."""
        return (
            self.environment.get("REDIS_URL") or f"unix://{self.folder / 'data/redis/redis.sock'}"
        )

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text() if (self.folder / "log").exists() else ""

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def freeze(self) -> None:
        """SIGSTOP, as when its host is suspended; `thaw` wakes it."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT, which harms nobody who is awake."""
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        assert self.process is not None
        if self.process.poll() is None:
            self.thaw()
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOPS_WITHIN)
            except subprocess.TimeoutExpired:
                raise AssertionError(
                    f"it did not stop within {STOPS_WITHIN} s:\n{self.last_words()}"
                ) from None

    def last_words(self) -> str:
        """End it where it still runs, by force, and return the end of its log, where it then says
        what each of its threads was at."""
        if self.process is not None and self.process.poll() is None:
            self.thaw()
            self.process.send_signal(signal.SIGABRT)
            self.process.wait(10)
        return self.log[-9000:]


def watching(cluster: Cluster, workspace: Workspace, folder: Path, **more: str) -> RunningBot:
    """The same bot with its watch on: alerts are posted in #alerts."""
    bot = bot_for(cluster, workspace, folder, **more)
    bot.config = bot.config.replace(
        UNWATCHED, WATCHED.format(alerts=workspace.channel_id("alerts"))
    )
    return bot


def bot_for(
    cluster: Cluster,
    workspace: Workspace,
    folder: Path,
    *,
    operators: Sequence[str] = ("dev", "lead"),
    **more: str,
) -> RunningBot:
    """A bot that knows all managers of the cluster, with these operators; changes are posted in
    #ops.

    It raises no alerts; `watching` does.
    """
    managers = [node for name, node in cluster.nodes.items() if name != "node4"]
    urls = {node.name: node.url for node in managers}
    return bot_on(urls, workspace, folder, operators=operators, watch=UNWATCHED, **more)


def bot_on(
    urls: Mapping[str, str],
    workspace: Workspace,
    folder: Path,
    *,
    operators: Sequence[str] = ("dev", "lead"),
    watch: str = "",
    **more: str,
) -> RunningBot:
    """A bot on engines by name and URL; it watches everything and posts alerts in #alerts, unless
    `watch` says otherwise."""
    engines = "".join(
        f'[[engines]]\nname = "{name}"\nurl = "{url}"\n' for name, url in urls.items()
    )
    ids = ", ".join(f'"{workspace.person(name).id}"' for name in operators)
    config = "".join(
        (
            f'channel = "{workspace.channel_id("ops")}"\n',
            watch or WATCHED.format(alerts=workspace.channel_id("alerts")),
            READS,
            engines,
            ROLES.format(operators=ids),
        )
    )
    environment = {key: value for key, value in os.environ.items() if "proxy" not in key.lower()}
    environment |= {
        "SLACK_BOT_TOKEN": workspace.bot_token,
        "SLACK_APP_TOKEN": workspace.app_token,
        "SLACK_API_URL": workspace.api_url,
        **more,
    }
    return RunningBot(folder, environment, config=config)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def leader_of(cluster: Cluster) -> str:
    """The name of the manager that leads."""
    managers = cluster.docker("node", "ls", "--format", "{{.Hostname}} {{.ManagerStatus}}")
    return next(line.split()[0] for line in managers.splitlines() if line.endswith("Leader"))


def eventually(
    true: Callable[[], object],
    seconds: float,
    why: Callable[[], str] = lambda: "it never came true",
) -> None:
    """Wait until something is true; fail with the reason where it never is."""
    assert processes.looked_for(true, seconds), why()
