"""What a span is, and what is known of it until it is recorded.

Ids are those of W3C Trace Context. Each text is masked here before it is handed on, whatever it is.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from bot.model.secrecy import masked_text

Value = str | int | float | bool | tuple[str, ...]
Attributes = Mapping[str, Value]

NOTHING: Attributes = MappingProxyType({})
SLOW = 1_000_000_000
"""Nanoseconds after which a call is recorded though it is only counted otherwise."""
COUNTED = "swarmbot.counted_calls"
"""How many calls inside a span were counted instead of recorded."""
ERROR = "error.type"
_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")


class SpanKind(StrEnum):
    """Which side of a call a span is, as OpenTelemetry has it."""

    INTERNAL = "internal"
    SERVER = "server"
    CLIENT = "client"
    CONSUMER = "consumer"


@dataclass(frozen=True, slots=True)
class SpanIds:
    """A span by its ids in lower-case hexadecimal digits, whoever has recorded it.

    `sampled`: whether it is recorded at all; `remote`: somebody else recorded it.
    """

    trace: str
    span: str
    sampled: bool = True
    remote: bool = False

    @property
    def traceparent(self) -> str:
        """The same as one text, the header of W3C Trace Context."""
        return f"00-{self.trace}-{self.span}-{int(self.sampled):02x}"


def ids_of(traceparent: str) -> SpanIds | None:
    """The ids in such a text; None where it is none."""
    match = _TRACEPARENT.fullmatch(traceparent)
    if match is None or not int(match[1], 16) or not int(match[2], 16):
        return None
    return SpanIds(match[1], match[2], bool(int(match[3], 16) & 1), remote=True)


@dataclass(frozen=True, slots=True)
class SpanStart:
    """What there is to know of a span when it begins; `at` in Unix nanoseconds."""

    name: str
    kind: SpanKind
    at: int
    parent: SpanIds | None = None
    links: tuple[SpanIds, ...] = ()


@dataclass(frozen=True, slots=True)
class SpanEnd:
    """What there is to know of a span when it ends; `failed`: it did not do what it was for."""

    name: str
    at: int
    attributes: Attributes
    failed: bool


class PutOffError(Exception):
    """What is being done ends here, and is gone on with later: it has not failed."""


class RecordedSpan(Protocol):
    """A span that has begun."""

    @property
    def ids(self) -> SpanIds:
        """Its own ids."""
        ...

    def end(self, end: SpanEnd) -> None:
        """Its end; called once."""
        ...


class Recorder(Protocol):
    """Keeps spans, and sends them to where they are looked at."""

    def now(self) -> int:
        """The time in Unix nanoseconds."""
        ...

    def begin(self, start: SpanStart) -> RecordedSpan:
        """Begin a span; never raises, and never waits for anybody."""
        ...


class TraceSpan:
    """Something that is being done, of which nothing is recorded: no collector is named, or nobody
    has begun a span."""

    name = ""
    counts = False

    def note(self, attributes: Attributes) -> None:
        """Know more of it; empty texts are left out, and so is what is noted after its end."""

    def rename(self, name: str) -> None:
        """Call it otherwise than at its beginning."""

    def fails(self, error: str) -> None:
        """It did not do what it was for; `error` is a short code, and no text of somebody's."""

    @property
    def ids(self) -> SpanIds | None:
        """Its ids, by which another span may refer to it: from now on it is recorded."""
        return None

    @property
    def known_ids(self) -> SpanIds | None:
        """Its ids, where somebody can look it up by them."""
        return None

    def end(self) -> None:
        """It is over; what is inside of it may end later."""

    @property
    def above(self) -> TraceSpan:
        """The span that it is a part of."""
        return self

    @property
    def traceparent(self) -> str:
        """Its ids as one text; empty where there are none."""
        ids = self.ids
        return ids.traceparent if ids else ""


NO_SPAN = TraceSpan()
"""The one of all threads that are in none."""


class LiveSpan(TraceSpan):
    """Something that is being done. For several threads.

    It is recorded when somebody asks for its ids, or when it fails. With `counts`, calls that are
    looks, and go well, are counted in it.
    """

    def __init__(
        self, recorder: Recorder, start: SpanStart, above: TraceSpan, *, counts: bool = False
    ) -> None:
        self.name = start.name
        self.counts = counts
        self.recorder = recorder
        self._start = start
        self._above = above
        self._attributes: dict[str, Value] = {}
        self._failed = False
        self._counted = 0
        self._recorded: RecordedSpan | None = None
        self._ended_at: int | None = None
        self._lock = threading.RLock()

    def note(self, attributes: Attributes) -> None:
        """See `TraceSpan`."""
        with self._lock:
            self._attributes |= {name: _masked(value) for name, value in attributes.items()}

    def rename(self, name: str) -> None:
        """See `TraceSpan`."""
        self.name = name

    def fails(self, error: str) -> None:
        """See `TraceSpan`."""
        with self._lock:
            self._failed = True
            self.note({ERROR: error})
            _ = self.ids

    def count(self) -> None:
        """A look inside of it went well, and is not recorded."""
        with self._lock:
            self._counted += 1

    @property
    def ids(self) -> SpanIds:
        """See `TraceSpan`."""
        with self._lock:
            if self._recorded is None:
                parent = self._above.ids or self._start.parent
                others = (link for link in self._start.links if not _are_together(link, parent))
                self._recorded = self.recorder.begin(
                    replace(self._start, parent=parent, links=tuple(others))
                )
                if self._ended_at is not None:
                    self._send_end(self._recorded, self._ended_at)
            return self._recorded.ids

    @property
    def known_ids(self) -> SpanIds | None:
        """See `TraceSpan`."""
        recorded = self._recorded
        return recorded.ids if recorded and recorded.ids.sampled else None

    @property
    def above(self) -> TraceSpan:
        """See `TraceSpan`."""
        return self._above

    @property
    def is_quick_success(self) -> bool:
        """Whether there is nothing to say of it but that it was."""
        return not self._failed and self.recorder.now() - self._start.at < SLOW

    def end(self) -> None:
        """See `TraceSpan`."""
        with self._lock:
            self._ended_at = self.recorder.now()
            if self._recorded:
                self._send_end(self._recorded, self._ended_at)

    def _send_end(self, recorded: RecordedSpan, at: int) -> None:
        known = {name: value for name, value in self._attributes.items() if value not in {"", ()}}
        if self._counted:
            known[COUNTED] = self._counted
        recorded.end(SpanEnd(self.name, at, known, self._failed))


def _are_together(link: SpanIds, parent: SpanIds | None) -> bool:
    return parent is not None and link.trace == parent.trace


def _masked(value: Value) -> Value:
    if isinstance(value, str):
        return masked_text(value)
    return tuple(map(masked_text, value)) if isinstance(value, tuple) else value
