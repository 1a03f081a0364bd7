"""The ids by which one request is followed through the log, from thread to thread.

Whoever begins something binds its ids; each line that is logged meanwhile has them, and so has what
other threads log that go on with it. Only these ids, and the span that they belong to, are handed
on, and not the whole context of a thread: that of a job says whether the job was cut off, which is
nobody else's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import MappingProxyType
from typing import ParamSpec, TypeVar

from bot import traces
from bot.spans import TraceSpan

P = ParamSpec("P")
T = TypeVar("T")

LogIds = Mapping[str, str]
"""Ids by what they name: `actor`, `command` (CI's), `approval`, `audit`, `rollout`."""

_ids: ContextVar[LogIds] = ContextVar("log_ids", default=MappingProxyType({}))


def log_ids() -> LogIds:
    """What the lines of this thread are marked with: with the ids of its span too, where that is
    recorded."""
    span = traces.current().known_ids
    if span is None:
        return _ids.get()
    return {**_ids.get(), "trace_id": span.trace, "span_id": span.span}


@dataclass(frozen=True, slots=True)
class Trail:
    """What leads back to who began something: for whoever goes on with it."""

    ids: LogIds
    span: TraceSpan

    @contextmanager
    def followed(self) -> Iterator[None]:
        """What is done meanwhile goes on with it."""
        token = _ids.set(self.ids)
        try:
            with traces.inside(self.span):
                yield
        finally:
            _ids.reset(token)


def trail() -> Trail:
    """What this thread hands on."""
    return Trail(_ids.get(), traces.current())


@contextmanager
def bound(**ids: str) -> Iterator[None]:
    """Mark what is logged meanwhile with these ids too; empty ones are left out."""
    given = {name: value for name, value in ids.items() if value}
    token = _ids.set({**_ids.get(), **given})
    try:
        yield
    finally:
        _ids.reset(token)


def handed_on(work: Callable[P, T]) -> Callable[P, T]:
    """The same work for another thread, which then goes on with what this one does."""
    here = trail()

    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        with here.followed():
            return work(*args, **kwargs)

    return run
