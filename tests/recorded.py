"""Spans as they are recorded, in memory, by the bot's own recorder."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import format_trace_id

from bot.otlp import OtlpRecorder
from bot.traces import record_with


class Kept(InMemorySpanExporter):
    """Keeps what it is given, and says so."""

    def __init__(self) -> None:
        super().__init__()
        self.changed = threading.Condition()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        with self.changed:
            self.changed.notify_all()
            return super().export(spans)


class Recorded:
    """The spans that have ended."""

    def __init__(self, exporter: Kept) -> None:
        self._exporter = exporter

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        """All, by their beginnings."""
        spans = self._exporter.get_finished_spans()
        return tuple(sorted(spans, key=lambda span: span.start_time or 0))

    @property
    def names(self) -> list[str]:
        return [span.name for span in self.spans]

    def span(self, name: str) -> ReadableSpan:
        """The only one of this name."""
        (span,) = self.all(name)
        return span

    def all(self, name: str) -> list[ReadableSpan]:
        return [span for span in self.spans if span.name == name]

    def wait_for(self, count: int) -> None:
        """Until so many have ended."""
        with self._exporter.changed:
            assert self._exporter.changed.wait_for(lambda: len(self.spans) >= count, 10), self.names

    def trees(self) -> list[str]:
        """Each trace as lines, what is inside of a span further to the right."""
        return [
            "\n".join(self._lines(span, 0))
            for span in self.spans
            if span.parent is None or (span.parent.is_remote and not self._parents(span))
        ]

    def _parents(self, span: ReadableSpan) -> list[ReadableSpan]:
        wanted = span.parent.span_id if span.parent else 0
        return [other for other in self.spans if other.context.span_id == wanted]

    def _lines(self, span: ReadableSpan, depth: int) -> Iterator[str]:
        yield "  " * depth + span.name
        for other in self.spans:
            if other.parent and other.parent.span_id == span.context.span_id:
                yield from self._lines(other, depth + 1)


def attributes(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


class Turned(OtlpRecorder):
    """A recorder whose clock goes on by some seconds with each look at it."""

    def __init__(self, exporter: Kept, seconds: float) -> None:
        super().__init__(SimpleSpanProcessor(exporter), "bot1")
        self._passed, self._step = 0, int(seconds * 1e9)

    def now(self) -> int:
        self._passed += self._step
        return super().now() + self._passed


@contextmanager
def recorded(seconds_a_look: float = 0) -> Iterator[Recorded]:
    """Record in memory meanwhile."""
    exporter = Kept()
    record_with(Turned(exporter, seconds_a_look))
    try:
        yield Recorded(exporter)
    finally:
        record_with(None)


def trace_of(span: ReadableSpan) -> str:
    return format_trace_id(span.context.trace_id)


def linked_traces(span: ReadableSpan) -> list[str]:
    return [format_trace_id(link.context.trace_id) for link in span.links]
