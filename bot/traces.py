"""Traces: what a request consists of, for a collector where the operator has named one.

Nothing here knows how spans are sent (`bot.otlp` does), and without a recorder nothing is kept. A
span is current for whatever is done inside of it, also by threads that go on with it
(`bot.log_ids`). A call to something outside has nothing inside of it; where the same is looked at
again and again, calls are counted instead of recorded, or a rollout would leave thousands.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar

from bot.spans import (
    NO_SPAN,
    NOTHING,
    Attributes,
    LiveSpan,
    PutOffError,
    Recorder,
    SpanKind,
    SpanStart,
    TraceSpan,
    ids_of,
)

_current: ContextVar[TraceSpan] = ContextVar("span", default=NO_SPAN)


class _Where:
    """Where spans are recorded in this process, as the log is written to one place."""

    recorder: Recorder | None = None


def record_with(recorder: Recorder | None) -> None:
    """Record spans there from now on; nowhere with None."""
    _Where.recorder = recorder


def current() -> TraceSpan:
    """The span of what this thread is doing."""
    return _current.get()


@contextmanager
def inside(span: TraceSpan) -> Iterator[None]:
    """What is done meanwhile is a part of this span."""
    token = _current.set(span)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def span(
    name: str,
    attributes: Attributes = NOTHING,
    *,
    links: tuple[str, ...] = (),
    counts: bool = False,
) -> Iterator[TraceSpan]:
    """What is done meanwhile is a span, inside of the one that is current.

    `links` are the traceparents of others that led to it. With `counts`, calls that are looks, and
    go well, are counted in it.
    """
    made = _made(name, SpanKind.INTERNAL, links=links, counts=counts)
    _ = made.ids
    with _under_way(made, attributes):
        yield made


@contextmanager
def served(name: str, caller: str, attributes: Attributes = NOTHING) -> Iterator[TraceSpan]:
    """A request over HTTP is served meanwhile; `caller` is the traceparent that it came with."""
    made = _made(name, SpanKind.SERVER, caller=caller)
    _ = made.ids
    with _under_way(made, attributes):
        yield made


@contextmanager
def occasion(
    name: str, attributes: Attributes = NOTHING, kind: SpanKind = SpanKind.INTERNAL
) -> Iterator[TraceSpan]:
    """Something comes up meanwhile that mostly comes to nothing, as the run of a job does.

    It is recorded as soon as something inside of it is, or when it fails; looks are counted.
    """
    made = _made(name, kind, counts=True)
    with _under_way(made, attributes):
        yield made


@contextmanager
def call(
    name: str, attributes: Attributes = NOTHING, *, looks: bool = False
) -> Iterator[TraceSpan]:
    """A call to something outside, as a part of the current span; outside of any it is not
    recorded.

    `looks`: where it goes well, and within `SLOW`, it may be counted instead.
    """
    above = current()
    if not isinstance(above, LiveSpan):
        yield NO_SPAN
        return
    recorder = above.recorder
    made = LiveSpan(recorder, SpanStart(name, SpanKind.CLIENT, recorder.now()), above)
    made.note(attributes)
    with _ended(made):
        yield made
        # What fails is recorded in any case.
        if looks and above.counts and made.is_quick_success:
            above.count()
        else:
            _ = made.ids


def unrecorded() -> AbstractContextManager[TraceSpan]:
    """A call that is not recorded, whatever it is a part of."""
    return nullcontext(NO_SPAN)


def _made(
    name: str,
    kind: SpanKind,
    *,
    caller: str = "",
    links: tuple[str, ...] = (),
    counts: bool = False,
) -> TraceSpan:
    recorder = _Where.recorder
    if recorder is None:
        return NO_SPAN
    linked = tuple(ids for ids in map(ids_of, links) if ids)
    start = SpanStart(name, kind, recorder.now(), ids_of(caller), linked)
    return LiveSpan(recorder, start, current(), counts=counts)


@contextmanager
def _under_way(made: TraceSpan, attributes: Attributes) -> Iterator[None]:
    if made is NO_SPAN:
        yield
        return
    made.note(attributes)
    with inside(made), _ended(made):
        yield


@contextmanager
def _ended(made: TraceSpan) -> Iterator[None]:
    try:
        yield
    except PutOffError:
        raise
    except Exception as error:
        made.fails(type(error).__name__)
        raise
    finally:
        made.end()
