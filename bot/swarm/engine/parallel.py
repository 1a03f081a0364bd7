"""Runs functions in parallel, and gives up on those that are late."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from typing import TypeVar

from bot.log_ids import handed_on

T = TypeVar("T")


def run_in_parallel(jobs: Sequence[Callable[[], T]], seconds: float) -> tuple[Future[T], ...]:
    """Run all functions at once; return when all are done or `seconds` are over.

    Futures of late functions are not done then. The threads are daemons: a name lookup that takes
    minutes must not keep the program from ending.
    """
    futures = tuple(Future[T]() for _ in jobs)
    for job, future in zip(jobs, futures, strict=True):
        work = handed_on(job)
        threading.Thread(target=_do, args=(work, future), name="side by side", daemon=True).start()
    wait(futures, seconds)
    return futures


def _do(job: Callable[[], T], future: Future[T]) -> None:
    try:
        future.set_result(job())
    except BaseException as error:  # noqa: BLE001 - it belongs to who reads the future
        future.set_exception(error)
