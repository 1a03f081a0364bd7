"""The threads that do what people and the clock ask for."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from bot.log_ids import handed_on

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")


class Workers(ThreadPoolExecutor):
    """Threads whose lines in the log have the ids of who handed them the work."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Do it when a thread is free."""
        return super().submit(handed_on(fn), *args, **kwargs)


class LoggingPool(Workers):
    """Threads whose work nobody waits for.

    What goes wrong there would be lost, so the log says it.
    """

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Do it when a thread is free."""
        future = super().submit(fn, *args, **kwargs)
        future.add_done_callback(handed_on(_report))
        return future


def _report(done: Future[T]) -> None:
    error = None if done.cancelled() else done.exception()
    if error:
        log.error("work failed", exc_info=error)
