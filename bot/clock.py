"""The date, and the time of a change: what it waits for, and what it does side by side."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from bot.workers import Workers

T = TypeVar("T")


def utc_now() -> datetime:
    """The date, in UTC: the clock of the bot, replaced by another one in tests."""
    return datetime.now(UTC)


def unix_nanoseconds() -> int:
    """The same for what counts in nanoseconds since 1970."""
    return time.time_ns()


def boot_seconds() -> float:
    """Seconds from any origin, never going back, in which a suspended machine counts too.

    `time.monotonic` stands still there, and leases in Redis go on. Without such a clock, as
    outside of Linux, it is that one.
    """
    boottime = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boottime is None else time.clock_gettime(boottime)


Start = Callable[[str, Callable[[], None]], threading.Thread | None]
"""Begins some work in the background, by a name for its thread. None where there is no thread,
because somebody turns the work by hand."""


def start_thread(name: str, work: Callable[[], None]) -> threading.Thread:
    """Begin work in a thread of its own, which does not keep the bot from ending."""
    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    return thread


def threads(most: int, name: str) -> Executor:
    """A pool of so many threads at most."""
    return Workers(most, thread_name_prefix=name)


@dataclass(frozen=True)
class Clocks:
    """What a part of the bot measures time by, and what goes on in its background.

    `monotonic` (seconds from any origin) measures whatever is waited for; `now` (UTC) only dates
    things. Tests replace all of it.
    """

    monotonic: Callable[[], float] = boot_seconds
    now: Callable[[], datetime] = utc_now
    start: Start = start_thread
    pool: Callable[[int, str], Executor] = threads


REAL = Clocks()


class SteadyClock:
    """The date as it was at first, and from there by a monotonic clock.

    What is measured by it neither waits for an hour nor ends at once because somebody sets the
    host's clock meanwhile.
    """

    def __init__(self, begun: datetime, monotonic: Callable[[], float]) -> None:
        self._begun = begun
        self._monotonic = monotonic
        self._begun_at = monotonic()

    def now(self) -> datetime:
        """The date, in UTC."""
        return self._begun + timedelta(seconds=self._monotonic() - self._begun_at)


class Stopping(threading.Event):
    """Set when the bot is about to end.

    Whatever a change waits for, it waits for it by `wait`, which ends early when this is set, and
    measures it by `monotonic`. So the time of a change can be turned by hand in tests.
    """

    def monotonic(self) -> float:
        """Seconds from any origin, never going back."""
        return time.monotonic()

    def side_by_side(self, jobs: Sequence[Callable[[], T]]) -> list[T]:
        """Do all at the same time, and return what each returned; raises what the first one that
        failed raised, when all have ended."""
        with Workers(max(1, len(jobs)), thread_name_prefix="side by side") as pool:
            return [future.result() for future in [pool.submit(job) for job in jobs]]
