"""A build that runs `send` against bots in memory that listen for real: over a connection, with
the real server, that breaks when its bot dies."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from bot import send
from tests.memory.twin.world import World

WITHIN = 30.0
"""Seconds of the real clock."""
TURN = 5.0
"""Seconds of the story's clock between two looks at the build."""


class FrontDoor:
    """One address for one bot, or for several in turn, as a load balancer has it."""

    def __init__(self, *apps: ASGIApp) -> None:
        self._port = 0
        self.comes_back(*apps)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def dies(self) -> None:
        """All connections break, and new ones find nobody."""
        self._server.force_exit = self._server.should_exit = True
        self._thread.join(WITHIN)
        self._socket.close()

    def comes_back(self, *apps: ASGIApp) -> None:
        """Bots listen at the address."""
        self._turns = itertools.cycle(apps)
        self._socket = socket.create_server(("127.0.0.1", self._port))
        self._port = int(self._socket.getsockname()[1])
        config = uvicorn.Config(self, log_level="critical", access_log=False, lifespan="off")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, args=([self._socket],), daemon=True
        )
        self._thread.start()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await next(self._turns)(scope, receive, send)


@dataclass(frozen=True)
class Done:
    """What a build sees of `send`: its exit status, and what it wrote."""

    status: int
    out: str
    err: str


@dataclass(frozen=True)
class Build:
    """A build in a world whose clock is turned as it goes on; its token is in `token_file`.

    `send` runs in a thread, for a process of its own would be most of the story's time.
    """

    world: World
    door: FrontDoor
    token_file: Path
    captured: pytest.CaptureFixture[str]

    def starts(self, *words: str) -> Future[int]:
        """Run `send` with these words, until a bot has taken the line or refused it."""
        arguments = ["--url", self.door.url, "--token-file", str(self.token_file), *words]
        pool = ThreadPoolExecutor(1)
        try:
            status = pool.submit(send.run, arguments)
        finally:
            pool.shutdown(wait=False)
        self._awaits(lambda: self._is_open() or status.done())
        return status

    def ends(self, status: Future[int]) -> Done:
        """What came of it, while time passes for the bots."""

        def ended() -> bool:
            if self._is_open():
                self.world.clock.run(lambda: not self._is_open(), TURN)
            return status.done()

        self._awaits(ended)
        out, err = self.captured.readouterr()
        return Done(status.result(), out, err)

    def does(self, *words: str) -> Done:
        """Run `send` to its end."""
        return self.ends(self.starts(*words))

    def _is_open(self) -> bool:
        return self.world.bots[0].store.commands.count_open() > 0

    def _awaits(self, is_so: Callable[[], object]) -> None:
        until = time.monotonic() + WITHIN
        while not is_so():
            assert time.monotonic() < until, self.captured.readouterr()
            time.sleep(0.002)
