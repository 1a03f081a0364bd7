"""The entries of the audit as Redis keeps them: a stream, its head, and the open intents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from redis import Redis

from bot.store.anchor import AuditHead
from bot.store.audit_chain import StoredEntry
from bot.store.connection import guarded, key

STREAM = key("audit")
HEAD = key("audit", "head")
OPEN = key("audit", "open")
_CHUNK = 500


class AuditStream:
    """Reads the entries. Raises `StoreUnavailableError` where Redis does not answer."""

    def __init__(self, redis: Redis):
        self._redis = redis

    def head(self) -> AuditHead:
        """The newest entry."""
        entries, newest, _ = self.ends()
        return AuditHead(entries, newest)

    @guarded()
    def ends(self) -> tuple[int, str, str]:
        """Number and hash of the head, and the stream's last id, read at the same moment."""
        with self._redis.pipeline() as pipe:
            pipe.hgetall(HEAD)
            pipe.xrevrange(STREAM, count=1)
            head, newest = pipe.execute()
        return (
            int(head.get("entries", 0)),
            str(head.get("hash", "")),
            str(newest[0][0]) if newest else "0-0",
        )

    @guarded()
    def open_numbers(self) -> list[int]:
        """Numbers of the intents without an outcome, the oldest first."""
        return sorted(int(number) for number in self._redis.smembers(OPEN))

    def rows(self, last: str = "+") -> Iterator[StoredEntry]:
        """Every entry up to the id `last`, the oldest first."""
        rows = self.between("-", last)
        while rows:
            yield from rows
            rows = self.between(f"({rows[-1].id}", last)

    def rows_backwards(self, last: str = "+") -> Iterator[StoredEntry]:
        """Every entry up to the id `last`, the newest first."""
        rows = self.between("-", last, newest_first=True)
        while rows:
            yield from rows
            rows = self.between("-", f"({rows[-1].id}", newest_first=True)

    @guarded()
    def between(self, first: str, last: str, newest_first: bool = False) -> list[StoredEntry]:
        """At most 500 entries between two ids."""
        if newest_first:
            rows: Any = self._redis.xrevrange(STREAM, last, first, count=_CHUNK)
        else:
            rows = self._redis.xrange(STREAM, first, last, count=_CHUNK)
        return [StoredEntry(stream_id, fields) for stream_id, fields in rows]
