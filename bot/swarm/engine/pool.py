"""The configured engines as one: a healthy manager answers, and a change is sent at most once."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import Future, wait
from dataclasses import replace
from typing import Any, TypeVar

from bot.errors import (
    NoEngineError,
    NoLeaderError,
    NotAManagerError,
    OutcomeUnknownError,
    UnknownNameError,
)
from bot.model.cluster import Clock, EngineAddress, EngineState
from bot.swarm.engine.client import Client, Json
from bot.swarm.engine.clocks import info_with_clock
from bot.swarm.engine.failover import (
    LONGEST_SECONDS,
    Call,
    Engine,
    FailoverCall,
    combined_error,
    explain,
)
from bot.swarm.engine.ping import ALIVE
from bot.swarm.engine.port import CALL_SECONDS
from bot.swarm.engine.refusals import ConnectionLostError
from bot.swarm.names import nearest
from bot.swarm.spec import read_cluster

STATE_SECONDS = 1.5
AVOID_SECONDS = 10.0

T = TypeVar("T")
_Info = tuple[Json, Clock | None]


class FailoverPool:
    """The `EnginePool` of real engines, with failover between them.

    To be used from any thread, but not from inside a call. A list that goes on coming may take
    `longest` seconds.
    """

    def __init__(
        self, addresses: Iterable[EngineAddress], longest: float = LONGEST_SECONDS
    ) -> None:
        self._longest = longest
        self._engines = {address.name: Engine(address) for address in addresses}
        self._answering = ""

    @property
    def names(self) -> tuple[str, ...]:
        """All names, in the order of the configuration."""
        return tuple(self._engines)

    @property
    def addresses(self) -> tuple[EngineAddress, ...]:
        """The addresses, in the order of the configuration."""
        return tuple(engine.address for engine in self._engines.values())

    @property
    def answering(self) -> str:
        """The name of the engine that answered last; empty before the first answer."""
        return self._answering

    def on(self, name: str) -> FailoverPool:
        """A pool of this engine alone. Raises UnknownNameError."""
        if name not in self._engines:
            raise UnknownNameError("engine", name, nearest(name, self.names))
        only = FailoverPool((), self._longest)
        only._engines = {name: self._engines[name]}
        return only

    def call(self, fn: Call[T], *, deadline: float = CALL_SECONDS) -> T:
        """A healthy manager's answer to a read, within `deadline` seconds in all; of a list that
        goes on coming, with no longer pause than that, within a minute.

        `fn` may run on several engines at the same time. Raises NoLeaderError, NotAManagerError,
        NoEngineError, and what `fn` raises.
        """
        until = time.monotonic() + deadline
        return self._answer(FailoverCall(self._in_order(), fn, until, self._longest))[1]

    def call_write(
        self, fn: Call[T], *, deadline: float = CALL_SECONDS, check: Call[Any] = Client.swarm
    ) -> T:
        """Like `call`, for a change, which is sent at most once.

        Only an engine that answers `check`, a read, gets the change; by default that is a manager
        with a leader. Raises OutcomeUnknownError where the engine was lost after the change was
        sent.
        """
        until = time.monotonic() + deadline
        healthy, _ = self._answer(FailoverCall(self._in_order(), check, until))
        change = FailoverCall([healthy], fn, until)
        try:
            return self._answer(change)[1]
        except (NoEngineError, NoLeaderError, NotAManagerError):
            error = change.errors[healthy.name]
            if isinstance(error, ConnectionLostError):
                raise OutcomeUnknownError(healthy.name, error.reason) from error
            raise

    def states(self) -> tuple[EngineState, ...]:
        """The state of each engine, in the order of the configuration; within two seconds."""
        until = time.monotonic() + STATE_SECONDS
        engines = tuple(self._engines.values())
        asked = [engine.workers.submit(info_with_clock(engine.name), until) for engine in engines]
        pings = [engine.ping.probe() for engine in engines]
        wait(asked, STATE_SECONDS)
        # Who refused at once is alive or not by its sign of life, which may come a moment later.
        silent = [ping for info, ping in zip(asked, pings, strict=True) if not _answered(info)]
        wait(silent, max(0.0, until - time.monotonic()))
        return tuple(map(_state, engines, asked, pings))

    def _answer(self, search: FailoverCall[T]) -> tuple[Engine, T]:
        answer = search.run()
        if answer is None:
            raise combined_error(search.errors)
        self._answering = answer[0].name
        return answer

    def _in_order(self) -> list[Engine]:
        """The newest engine comes first, and of those the one that answered last; those that failed
        just now come last.

        While a Swarm is upgraded, an older manager returns no field that it does not know: what is
        read and written through it loses those, and restarts tasks (seen with 20.10 beside 28).
        """
        avoid = time.monotonic() - AVOID_SECONDS
        newest_first = sorted(
            self._engines.values(), key=lambda engine: engine.workers.api_version, reverse=True
        )
        newest = newest_first[0].workers.api_version if newest_first else ()
        return sorted(
            newest_first,
            key=lambda engine: (
                engine.last_failure > avoid,
                engine.workers.api_version != newest,
                engine.name != self._answering,
            ),
        )


def _answered(info: Future[_Info]) -> bool:
    return info.done() and not info.cancelled() and info.exception() is None


def _state(engine: Engine, asked: Future[_Info], ping: Future[str]) -> EngineState:
    late = f"no answer within {STATE_SECONDS:g} s"
    asked.cancel()
    error = (
        asked.exception() if asked.done() and not asked.cancelled() else ConnectionLostError(late)
    )
    if error is None:
        info, clock = asked.result()
        state = read_cluster.engine_state(engine.name, info)
        engine.advertised = state.address or engine.advertised
        return replace(state, clock=clock)
    reachable = ping.done() and ping.result() == ALIVE
    words = explain(error) if reachable else ping.result() if ping.done() else late
    return EngineState(
        engine.name,
        reachable,
        error=words,
        fault=read_cluster.engine_fault(words),
        address=engine.advertised,
    )
