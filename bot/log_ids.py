"""The ids by which one request is followed through the log, from thread to thread.

Whoever begins something binds its ids; each line that is logged meanwhile has them, and so has what
other threads log that go on with it. Only these ids are handed on, and not the whole context of a
thread: that of a job says whether the job was cut off, which is nobody else's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

LogIds = Mapping[str, str]
"""Ids by what they name: `actor`, `command` (CI's), `approval`, `audit`, `rollout`."""

_ids: ContextVar[LogIds] = ContextVar("log_ids", default=MappingProxyType({}))


def log_ids() -> LogIds:
    """What the lines of this thread are marked with."""
    return _ids.get()


@contextmanager
def bound(**ids: str) -> Iterator[None]:
    """Mark what is logged meanwhile with these ids too; empty ones are left out."""
    given = {name: value for name, value in ids.items() if value}
    with marked({**_ids.get(), **given}):
        yield


@contextmanager
def marked(ids: LogIds) -> Iterator[None]:
    """Mark what is logged meanwhile with exactly these ids."""
    token = _ids.set(ids)
    try:
        yield
    finally:
        _ids.reset(token)


def handed_on(work: Callable[P, T]) -> Callable[P, T]:
    """The same work for another thread, whose lines then have the ids of this one."""
    ids = log_ids()

    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        with marked(ids):
            return work(*args, **kwargs)

    return run
