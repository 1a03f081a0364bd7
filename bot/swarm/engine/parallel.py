"""Many things that may each take long, done at the same time; who is late is left behind."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from typing import TypeVar

T = TypeVar("T")


def run_in_parallel(jobs: Sequence[Callable[[], T]], seconds: float) -> tuple[Future[T], ...]:
    """Do all at once, and return when all are done or time is up: then some futures are not done.

    The threads are daemons: a name that is looked up for minutes must not keep the program from
    ending.
    """
    futures = tuple(Future[T]() for _ in jobs)
    for job, future in zip(jobs, futures, strict=True):
        threading.Thread(target=_do, args=(job, future), name="side by side", daemon=True).start()
    wait(futures, seconds)
    return futures


def _do(job: Callable[[], T], future: Future[T]) -> None:
    try:
        future.set_result(job())
    except BaseException as error:  # noqa: BLE001 - it belongs to who reads the future
        future.set_exception(error)
