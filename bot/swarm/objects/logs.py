"""Reads the logs of tasks and services, for a few seconds at most.

The engine may hang in the middle of a log; what was read until then is returned.
"""

from __future__ import annotations

import re
import struct
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from urllib.parse import unquote_plus

from bot.model.cluster import LogLine, ServiceLog
from bot.model.secrecy import masked_pair, masked_text
from bot.swarm.engine.client import Client
from bot.swarm.engine.port import EnginePool
from bot.swarm.engine.refusals import ConnectionLostError
from bot.swarm.engine_words import INCOMPLETE_LOG, SILENT_NODE
from bot.swarm.spec import raw_values

LOG_READ_SECONDS = 3.0
MOST_BYTES = 4 << 20
"""Of one log: a task that writes without end fills the three seconds as well."""
MOST_LINES = 10_000
SYSTEM_ERROR = 3
_HEADER = struct.Struct(">BxxxL")
_SWARMS_OWN = "com.docker.swarm."
_ORIGIN = re.compile(r"com\.docker\.swarm\.(\w+)\.id=(\w+)")


@dataclass(frozen=True, slots=True)
class Logs:
    """Logs of tasks and services.

    Every call raises what `EnginePool.call` raises, and UnknownNameError.
    """

    engines: EnginePool

    def task_log(
        self, task_id: str, tail: int, *, seconds: float = LOG_READ_SECONDS
    ) -> tuple[str, ...]:
        """The last lines of a task; fewer, or none, where its node does not answer in time."""
        return tuple(line.text for line in self.of_task(task_id, tail, seconds=seconds).lines)

    def service_log(
        self,
        service_id: str,
        tail: int,
        since: datetime | None = None,
        *,
        seconds: float = LOG_READ_SECONDS,
    ) -> ServiceLog:
        """The last lines of each task of a service by time, and the nodes that did not answer."""
        return self._read("service", service_id, {"tail": tail, **_window(since)}, seconds)

    def of_task(
        self,
        task_id: str,
        tail: int,
        since: datetime | None = None,
        *,
        seconds: float = LOG_READ_SECONDS,
    ) -> ServiceLog:
        """The same of one task."""
        return self._read("task", task_id, {"tail": tail, **_window(since)}, seconds)

    def _read(
        self,
        kind: Literal["service", "task"],
        object_id: str,
        params: Mapping[str, Any],
        seconds: float,
    ) -> ServiceLog:
        def ask(client: Client) -> ServiceLog:
            client.timeout = seconds
            pieces, cut = _collect(
                client.logs(kind, object_id, {"timestamps": 1, "details": 1, **params}), seconds
            )
            return parse(pieces, cut=cut)

        # A little more than the time for reading: what was read until then should not be lost.
        return self.engines.call(ask, deadline=2 * seconds + 1)


def _window(since: datetime | None) -> Mapping[str, str]:
    return {"since": f"{since.timestamp():.9f}"} if since else {}


def _collect(pieces: Iterator[bytes], seconds: float) -> tuple[bytes, bool]:
    until = time.monotonic() + seconds
    got = bytearray()
    try:
        for piece in pieces:
            got += piece
            if time.monotonic() > until or len(got) > MOST_BYTES:
                return bytes(got), True
    except ConnectionLostError:
        return bytes(got), True
    return bytes(got), False


def parse(stream: bytes, *, cut: bool = False) -> ServiceLog:
    """A log stream with timestamps and details → lines in the order of time."""
    lines: list[LogLine] = []
    silent: list[str] = []
    for kind, text in _frames(stream):
        if kind == SYSTEM_ERROR or INCOMPLETE_LOG in text:
            silent += SILENT_NODE.findall(text)
        else:
            lines += map(_line, text.rstrip("\r\n").split("\n"))
    cut = cut or len(lines) > MOST_LINES
    lines = _masked(lines[-MOST_LINES:])
    # Python's sort keeps the order of lines of the same moment.
    return ServiceLog(tuple(sorted(lines, key=_moment)), tuple(dict.fromkeys(silent)), cut)


def _masked(lines: list[LogLine]) -> list[LogLine]:
    """Programs log their configuration when they crash, and keys have several lines."""
    if not lines:
        return []
    texts = masked_text("\n".join(line.text for line in lines)).split("\n")
    return [replace(line, text=text) for line, text in zip(lines, texts, strict=True)]


def _frames(stream: bytes) -> Iterable[tuple[int, str]]:
    """Stream number and text of each frame.

    A terminal's log has no frames and is one text as a whole.
    """
    if not stream:
        return
    if stream[:1] > b"\x03" or stream[1:4] != b"\0\0\0":
        yield 1, stream.decode(errors="replace")
        return
    at = 0
    while at + _HEADER.size <= len(stream):
        kind, length = _HEADER.unpack_from(stream, at)
        at += _HEADER.size
        yield kind, stream[at : at + length].decode(errors="replace")
        at += length


def _line(text: str) -> LogLine:
    """`time details text`, as the engine writes it."""
    stamp, _, rest = text.rstrip("\r").partition(" ")
    details, _, message = rest.partition(" ")
    origin = dict(_ORIGIN.findall(details))
    if not origin:
        return LogLine(raw_values.time(stamp), "", "", rest if raw_values.time(stamp) else text)
    return LogLine(
        raw_values.time(stamp),
        origin.get("task", ""),
        origin.get("node", ""),
        message,
        _further(details),
    )


def _further(details: str) -> str:
    """What the log driver adds to a line beside its origin: `env=prod,zone=a`."""
    pairs = (pair for pair in details.split(",") if not pair.startswith(_SWARMS_OWN))
    return ",".join(masked_pair(unquote_plus(pair)) for pair in pairs)


def _moment(line: LogLine) -> float:
    return line.at.timestamp() if line.at else 0.0
