"""Time that a story turns: whoever waits is woken when the clock has come that far, one after the
other.

Every task is a greenlet: all of them share one thread, and only one runs at any moment, until it
waits. So a story is the same each time that it is told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import ParamSpec, TypeVar

from greenlet import getcurrent, greenlet

from bot.clock import Stopping
from bot.log_ids import handed_on

P = ParamSpec("P")
T = TypeVar("T")

BEGIN = datetime(2025, 11, 23, 8, 30, tzinfo=UTC)
MOMENT = 0.05
"""Seconds between two looks at what is done side by side."""


@dataclass(eq=False)
class Party:
    """Who tasks belong to: a bot. Its tasks run only while it is neither frozen nor crashed.

    `wall_ahead` is by how many seconds the wall clock of its host is wrong.
    """

    name: str
    wall_ahead: float = 0.0
    frozen: bool = False
    crashed: bool = False

    @property
    def awake(self) -> bool:
        return not self.frozen and not self.crashed


@dataclass(eq=False)
class Task:
    """Work that is under way, and goes on only when it is given its turn."""

    party: Party
    wake: float
    order: int
    work: Callable[[], object]
    run: greenlet | None = None


@dataclass(eq=False)
class Routine:
    """Something that a party does again and again."""

    party: Party
    every: float
    work: Callable[[], object]
    wake: float
    order: int


class Clock:
    """The time of one story, and everything that waits for it."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.settle: Callable[[], object] = lambda: None
        """Called after each task's turn: what it set going elsewhere is then finished."""
        self._tasks: list[Task] = []
        self._routines: list[Routine] = []
        self._orders = count()
        self._running: Task | None = None
        self._story = getcurrent()

    @property
    def party(self) -> Party:
        """Whose turn it is; only for tasks."""
        assert self._running, "only tasks belong to somebody"
        return self._running.party

    def now(self) -> datetime:
        """The date, in UTC."""
        return BEGIN + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        """Seconds since the story began."""
        return self.seconds

    def wait(self, seconds: float) -> None:
        """Let time pass for whoever calls: a task gives its turn away, the story turns the
        clock."""
        task = self._running
        if task is None:
            self.run(lambda: False, seconds)
            return
        task.wake, task.order = self.seconds + seconds, next(self._orders)
        self._story.switch()

    def spawn(self, party: Party, work: Callable[[], object]) -> None:
        """Begin some work, which gets its first turn as soon as the clock runs."""
        self._tasks.append(Task(party, self.seconds, next(self._orders), work))

    def every(self, party: Party, seconds: float, work: Callable[[], object]) -> None:
        """Do something again and again; it must not wait."""
        wake = self.seconds + seconds
        self._routines.append(Routine(party, seconds, work, wake, next(self._orders)))

    def run(self, done: Callable[[], object], seconds: float) -> bool:
        """Turn the clock until it is so: False where it is not after this many seconds."""
        end = self.seconds + seconds
        while not done():
            following = self._following()
            if following is None or following.wake > end:
                self.seconds = max(self.seconds, end)
                return bool(done())
            self.seconds = max(self.seconds, following.wake)
            self._give_turn(following)
        return True

    def leap(self, seconds: float) -> None:
        """Let much time pass at once: nobody looks in between, and each looks once at its end."""
        self.run(lambda: False, 0)
        self.seconds += seconds
        for routine in self._routines:
            routine.wake = self.seconds
        self.run(lambda: False, 1.0)

    def is_idle(self) -> bool:
        """Whether no task of a party that is awake is under way."""
        return not any(task.party.awake for task in self._tasks)

    def is_busy(self, party: Party) -> bool:
        """Whether a task of this party is under way."""
        return any(task.party is party for task in self._tasks)

    def end(self) -> None:
        """End all tasks, also those of bots that crashed."""
        for task in self._tasks:
            if task.run:
                task.run.throw()

    def _following(self) -> Task | Routine | None:
        all_of_them: list[Task | Routine] = [*self._tasks, *self._routines]
        waiting = (turn for turn in all_of_them if turn.party.awake)
        return min(waiting, key=lambda turn: (turn.wake, turn.order), default=None)

    def _give_turn(self, turn: Task | Routine) -> None:
        if isinstance(turn, Routine):
            turn.wake, turn.order = self.seconds + turn.every, next(self._orders)
            turn.work()
        else:
            self._resume(turn)
        self.settle()

    def _resume(self, task: Task) -> None:
        # Made here, for a greenlet belongs to the thread that makes it: work may come from another.
        task.run = task.run or greenlet(task.work)
        self._running = task
        try:
            task.run.switch()
        finally:
            self._running = None
            if task.run.dead:
                self._tasks.remove(task)


class TurnedStopping(Stopping):
    """The end of a bot whose time is a story's clock."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def wait(self, timeout: float | None = None) -> bool:
        if not self.is_set():
            self._clock.wait(timeout or 0.0)
        return self.is_set()

    def side_by_side(self, jobs: Sequence[Callable[[], T]]) -> list[T]:
        futures = [self._begun(job) for job in jobs]
        while not all(future.done() for future in futures):
            self._clock.wait(MOMENT)
        return [future.result() for future in futures]

    def _begun(self, job: Callable[[], T]) -> Future[T]:
        future: Future[T] = Future()
        run = handed_on(job)

        def work() -> None:
            try:
                future.set_result(run())
            except Exception as error:  # noqa: BLE001 - it belongs to who waits for the future
                future.set_exception(error)

        self._clock.spawn(self._clock.party, work)
        return future


class TurnedPool(Executor):
    """The bot's pool: what is handed to it becomes a task of the clock."""

    def __init__(self, clock: Clock, party: Party) -> None:
        self._clock = clock
        self._party = party

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        run = handed_on(fn)

        def work() -> None:
            try:
                future.set_result(run(*args, **kwargs))
            except Exception as error:
                future.set_exception(error)
                raise

        self._clock.spawn(self._party, work)
        return future


class AtOnce(Executor):
    """Does what is handed to it before it returns."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def no_thread(name: str, work: Callable[[], None]) -> None:
    """In place of a thread: the story turns the work by hand."""
