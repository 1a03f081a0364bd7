"""One call, tried on several engines until one answers; frozen engines delay nobody.

The first engine is asked. After half a second without an answer all engines are pinged, and one
that does not answer the ping is given up. After a second the next engine is asked too: a manager
that is cut off from the other managers answers pings, and hangs on everything else. An engine that
is slow but alive keeps its time, and one that sends a long list as long as it goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from bot.errors import (
    LeaseLostError,
    NoEngineError,
    NoLeaderError,
    NotAManagerError,
    SwarmbotError,
)
from bot.model.cluster import EngineAddress
from bot.swarm.engine.answer_progress import AnswerProgress
from bot.swarm.engine.client import Client
from bot.swarm.engine.ping import Ping
from bot.swarm.engine.refusals import ConnectionLostError, NotReachedError
from bot.swarm.engine.workers import EngineWorkers

PATIENCE_SECONDS = 0.5
NEXT_SECONDS = 1.0
TICK_SECONDS = 0.1
LONGEST_SECONDS = 60.0
"""For a list that goes on coming: a busy machine has taken ten for all tasks of a large Swarm."""

T = TypeVar("T")
Call = Callable[[Client], T]
EngineErrors = dict[str, SwarmbotError]


class Engine:
    """One engine of the pool: its worker threads, its ping, and its last failure.

    `last_failure` is in monotonic seconds. `advertised` is the address of its node, as it last said
    itself: a manager that has lost the others may say nothing for half a minute.
    """

    def __init__(self, address: EngineAddress) -> None:
        self.name = address.name
        self.address = address
        self.workers = EngineWorkers(address)
        self.ping = Ping(address)
        self.last_failure = float("-inf")
        self.advertised = ""


@dataclass(frozen=True, slots=True)
class _Asked:
    """An engine that was asked, and how its answer gets on."""

    engine: Engine
    progress: AnswerProgress = field(default_factory=AnswerProgress)


class FailoverCall(Generic[T]):
    """One call that is tried on engines in this order, until one answers or time is up.

    `until` is in monotonic seconds. Of a list that has begun to come, no pause may be longer than
    what is left until then, and the whole may take `longest` seconds. Afterwards `errors` says why
    engines gave no answer.
    """

    def __init__(
        self,
        engines: Sequence[Engine],
        fn: Call[T],
        until: float,
        longest: float = LONGEST_SECONDS,
    ) -> None:
        self.errors: EngineErrors = {}
        self._fn = fn
        self._waiting = list(engines)
        self._asked: dict[Future[T], _Asked] = {}
        self._started = self._asked_last = time.monotonic()
        self._until = until
        self._silence = until - self._started
        self._longest = longest

    def run(self) -> tuple[Engine, T] | None:
        """The engine that answered and its answer; None where nobody did.

        Raises what `fn` raises.
        """
        try:
            while self._ask_next_if_due():
                self._wait()
                for future, asked in list(self._asked.items()):
                    if future.done() and self._is_answer(future):
                        return asked.engine, future.result()
                self._leave_the_lost()
            return None
        finally:
            for asked in self._asked.values():
                asked.progress.given_up = True

    def _ask_next_if_due(self) -> bool:
        """Ask the next engine where no call is under way, or those under way take long.

        False when no engine is left.
        """
        while self._waiting and (
            not self._asked or time.monotonic() - self._last_sign > NEXT_SECONDS
        ):
            engine = self._waiting.pop(0)
            if cause := engine.ping.failure_since(self._started):
                self._fail(engine, NotReachedError(cause))
            else:
                asked = _Asked(engine)
                future = engine.workers.submit(self._fn, self._until, asked.progress)
                self._asked[future] = asked
                self._asked_last = time.monotonic()
        return bool(self._asked)

    def _wait(self) -> None:
        now = time.monotonic()
        silent = [
            asked.engine
            for asked in self._asked.values()
            if now - self._heard(asked) > PATIENCE_SECONDS
        ]
        # Those still to be asked are pinged along, so that several frozen engines cost no more time
        # than one.
        pinged = (*silent, *self._waiting) if silent else ()
        pings = [engine.ping.probe() for engine in pinged]
        pending: list[Future[Any]] = [*self._asked, *(ping for ping in pings if not ping.done())]
        latest = max(self._latest(asked) for asked in self._asked.values())
        wait(pending, min(TICK_SECONDS, max(0.0, latest - now)), FIRST_COMPLETED)

    def _is_answer(self, future: Future[T]) -> bool:
        error = future.exception()
        if isinstance(
            error, NotReachedError | ConnectionLostError | NoLeaderError | NotAManagerError
        ):
            self._fail(self._asked.pop(future).engine, error)
            return False
        return True

    def _leave_the_lost(self) -> None:
        now = time.monotonic()
        for future, asked in list(self._asked.items()):
            # Who is dead has not answered the ping by the end of its time.
            late = self._late_words(asked) if now >= self._latest(asked) else ""
            if cause := asked.engine.ping.failure_since(self._heard(asked)) or late:
                del self._asked[future]
                asked.progress.given_up = True
                # What has not begun will not be sent any more.
                self._fail(
                    asked.engine,
                    NotReachedError(cause) if future.cancel() else ConnectionLostError(cause),
                )
        if now >= self._until:
            self._waiting.clear()

    @property
    def _last_sign(self) -> float:
        """When an engine was asked last, or a piece of a list came."""
        return max(self._asked_last, *map(self._heard, self._asked.values()))

    def _heard(self, asked: _Asked) -> float:
        """When a piece of its list came last; else when the call began."""
        return max(self._started, asked.progress.heard_at)

    def _latest(self, asked: _Asked) -> float:
        """Until when more of its answer has to come."""
        going_on = min(asked.progress.heard_at + self._silence, self._started + self._longest)
        return max(self._until, going_on)

    def _late_words(self, asked: _Asked) -> str:
        if asked.progress.heard_at < self._started:
            return f"alive, but no answer within {self._silence:.3g} s"
        if self._latest(asked) < self._started + self._longest:
            return f"alive, but silent for {self._silence:.3g} s within its answer"
        return f"alive, but no whole answer within {self._longest:.3g} s"

    def _fail(self, engine: Engine, error: SwarmbotError) -> None:
        self.errors[engine.name] = error
        engine.last_failure = time.monotonic()


def combined_error(errors: EngineErrors) -> SwarmbotError:
    """One error for all engines, the most telling: no leader, then no manager, then no engine."""
    words = tuple((name, explain(error)) for name, error in errors.items())
    if any(isinstance(error, NoLeaderError) for error in errors.values()):
        return NoLeaderError("; ".join(f"{name}: {word}" for name, word in words))
    if any(isinstance(error, NotAManagerError) for error in errors.values()):
        return NotAManagerError(words)
    return NoEngineError(words)


def explain(error: BaseException) -> str:
    """Why an engine gave no answer, in a few words."""
    if isinstance(error, NotAManagerError):
        return error.states[0][1]
    if isinstance(error, LeaseLostError):
        return "swarmbot lost its lock, and asked for nothing more"
    return getattr(error, "reason", "") or type(error).__name__
