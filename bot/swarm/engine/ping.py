"""Tells a slow engine from a dead one, by signs of life over connections of their own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

from bot.errors import SwarmbotError
from bot.model.cluster import EngineAddress
from bot.swarm.engine.client import Client
from bot.swarm.engine.refusals import ConnectionLostError, NotReachedError

PING_SECONDS = 1.0
FRESH_SECONDS = 0.5
ALIVE = ""


class Ping:
    """Whether an engine answers. All callers share one ping at a time."""

    def __init__(self, address: EngineAddress) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._ping: Future[str] | None = None
        self._ended = self._died = float("-inf")
        self._cause = ALIVE

    def probe(self) -> Future[str]:
        """The result of a ping, or of the current one, or of one that ended just now.

        The result is `ALIVE`, or the reason of the failure, after two seconds at most.
        """
        with self._lock:
            if self._ping is None or (
                self._ping.done() and time.monotonic() - self._ended > FRESH_SECONDS
            ):
                self._ping = Future()
                name = f"ping {self._address.name}"
                threading.Thread(
                    target=self._run, args=(self._ping,), name=name, daemon=True
                ).start()
            return self._ping

    def failure_since(self, since: float) -> str:
        """The reason of a ping that failed after `since` (monotonic seconds), else `ALIVE`."""
        return self._cause if self._died >= since else ALIVE

    def _run(self, ping: Future[str]) -> None:
        cause = self._ask()
        self._ended = time.monotonic()
        if cause != ALIVE:
            self._cause, self._died = cause, self._ended
        ping.set_result(cause)

    def _ask(self) -> str:
        """The first sign of life.

        Since Docker 23 `/_ping` says how the engine stands in its Swarm, and waits for that as long
        as its membership changes or hangs; `/version` does not.
        """
        version: Future[str] = Future()
        threading.Thread(
            target=lambda: version.set_result(self._sign(Client.negotiate)),
            name=f"version {self._address.name}",
            daemon=True,
        ).start()
        cause = self._sign(Client.ping)
        return ALIVE if cause == ALIVE or version.result() == ALIVE else cause

    def _sign(self, ask: Callable[[Client], object]) -> str:
        try:
            client = Client(self._address, timeout=PING_SECONDS)
        except NotReachedError as error:
            return error.reason
        try:
            ask(client)
        except (NotReachedError, ConnectionLostError) as error:
            return error.reason
        except SwarmbotError:
            # An answer that refuses is an answer.
            return ALIVE
        finally:
            client.close()
        return ALIVE
