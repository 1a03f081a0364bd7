"""A real Redis for the stores: one for all tests, flushed before each, and one that a test may
kill."""

from __future__ import annotations

import hashlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from bot.errors import StoreUnavailableError
from bot.model import Actor, Image, Rollout
from bot.store.connection import connect, ping
from bot.store.signer import Signer

SIGNER = Signer(b"the key of all bots of one test")
NOW = datetime(2025, 11, 23, 8, 30, tzinfo=UTC)
ANN = Actor("U001", "ann", frozenset({"S0OPS"}))
BEN = Actor("U002", "ben")
V1 = Image("10.99.0.254:5000/web", "v1", "sha256:" + "1" * 64)
V2 = Image("10.99.0.254:5000/web", "v2", "sha256:" + "2" * 64)


def rollout(rollout_id: str = "r1", service_id: str = "s1", **fields: Any) -> Rollout:
    values: dict[str, Any] = {
        "verb": "deploy",
        "line": "deploy web 10.99.0.254:5000/web:v2",
        "service": "web",
        "actor": ANN,
        "before": V1,
        "after": V2,
        "version": 17,
        "started": NOW,
        "deadline": NOW + timedelta(minutes=10),
    }
    return Rollout(id=rollout_id, service_id=service_id, **{**values, **fields})


OPEN = "user default on nopass ~* &* +@all"


class Server:
    """A `redis-server` that writes every change to disk, and that a test can kill, freeze and start
    again."""

    def __init__(self, folder: Path, default_user: str = OPEN) -> None:
        self._folder = folder
        self._default_user = default_user
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"unix://{folder}/redis.sock"
        self.bot_url = f"unix://swarmbot:test@{folder}/redis.sock"

    def start(self) -> None:
        durable = ("--appendonly", "yes", "--appendfsync", "always", "--save", "")
        place = (
            "--port",
            "0",
            "--unixsocket",
            f"{self._folder}/redis.sock",
            "--dir",
            str(self._folder),
        )
        users = self._folder / "users"
        # The tests themselves look at all keys, and empty the server.
        bot = f"{bot_user('test')} +keys +flushall"
        users.write_text(f"{self._default_user}\n{bot}\n")
        self._process = subprocess.Popen(
            ["redis-server", *place, *durable, "--aclfile", str(users)], stdout=subprocess.DEVNULL
        )
        while not self._answers():
            assert self._process.poll() is None, "redis-server ended at once"
            time.sleep(0.01)

    def kill(self) -> None:
        self._send(signal.SIGKILL)
        if self._process:
            self._process.wait()

    def freeze(self) -> None:
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        self._send(signal.SIGCONT)

    def _send(self, number: int) -> None:
        if self._process:
            self._process.send_signal(number)

    def _answers(self) -> bool:
        with connect(self.bot_url) as redis, suppress(StoreUnavailableError):
            ping(redis)
            return True
        return False


def bot_user(password: str) -> str:
    """What the bot's user may do in Redis, by `deploy.sh`."""
    line = _user_by_deploy_sh("swarmbot")
    return line.replace("%s", hashlib.sha256(password.encode()).hexdigest())


def _user_by_deploy_sh(name: str) -> str:
    text = (Path(__file__).parents[2] / "deploy.sh").read_text()
    (line,) = re.findall(rf"(?:'|\\n)(user {name} .+?)\\n", text)
    return str(line)


def _running_server(default_user: str = OPEN) -> Iterator[Server]:
    # pytest's own folders may be too deep for the path of a socket.
    folder = Path(tempfile.mkdtemp(prefix="redis-"))
    server = Server(folder, default_user)
    server.start()
    yield server
    server.kill()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    yield from _running_server()


@pytest.fixture
def mortal() -> Iterator[Server]:
    yield from _running_server()


@pytest.fixture
def installed() -> Iterator[Server]:
    """One with the users that an installation has."""
    yield from _running_server(_user_by_deploy_sh("default"))


@pytest.fixture
def redis(server: Server) -> Iterator[Redis]:
    with connect(server.url) as admin:
        admin.flushall()
    with connect(server.bot_url) as client:
        yield client


@pytest.fixture
def other_redis(server: Server) -> Iterator[Redis]:
    """A client of its own, as a second bot has one."""
    with connect(server.bot_url) as client:
        yield client
