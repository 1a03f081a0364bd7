"""Checks the audit: its chain is whole and signed, and what was noted of it is still there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.model.audit import AuditCheck
from bot.store.anchor import AnchorFile, AuditHead, NotedHead
from bot.store.audit_chain import StoredEntry, entry_number
from bot.store.audit_stream import AuditStream
from bot.store.signer import Signer

SIGNED_AS = "audit"
"""What the marks of the signer are for."""
CLOCK_SLACK = timedelta(hours=1)
"""By how much the clocks of two bots may differ before `since` misses entries."""


class AuditChecker:
    """Checks entries against their chain, their signatures, and the head that was noted.

    `anchor` is where the newest entry is noted. Raises `StoreUnavailableError` where Redis does not
    answer.
    """

    def __init__(self, stream: AuditStream, signer: Signer, anchor: AnchorFile | None = None):
        self._stream = stream
        self._signer = signer
        self._anchor = anchor

    def compare(self, signed: int = 0) -> AuditHead | None:
        """Compare with the entry that was noted, and note the newest one.

        Returns the noted one where it is gone: the audit was cut, rewritten or emptied. It stays
        noted then. `signed` is the number of an entry that was signed just now.
        """
        if self._anchor is None:
            return None
        with self._anchor.locked():
            known, head = self._anchor.read(), self._stream.head()
            if known and not self._has(known.head):
                return known.head
            same_key = known is not None and known.key == self._signer.key_id
            signed_from = known.signed_from if known and same_key else signed or head.entries + 1
            newest = NotedHead(
                entries=head.entries,
                hash=head.hash,
                signed_from=signed_from,
                key=self._signer.key_id,
            )
            if head.entries and newest != known:
                self._anchor.write(newest)
        return None

    def missing(self) -> AuditHead | None:
        """The entry that was noted, where the audit has it no longer; None where all is well."""
        known = self._anchor.read() if self._anchor else None
        return known.head if known and not self._has(known.head) else None

    def _has(self, head: AuditHead) -> bool:
        """Whether what was the newest entry then is still there, as it was."""
        number = f"{head.entries}-0"
        return any(
            row.fields.get("hash") == head.hash for row in self._stream.between(number, number)
        )

    def newest(self, since: datetime) -> Mapping[str, Mapping[str, Any]] | None:
        """What was written since then, by number, the newest first; None where that is not whole.

        It may go back further than that.
        """
        entries, head, last = self._stream.ends()
        noted = self._anchor.read() if self._anchor else None
        if (noted and not self._has(noted.head)) or last != f"{entries}-0":
            return None
        try:
            rows = self._rows_since(since, last)
            signed_from = noted.signed_from if noted else 1
            if not self._whole(rows, AuditHead(entries, head), signed_from):
                return None
            # What an entry says is proved by the hash of the one before it.
            proved = rows if len(rows) == entries else rows[:-1]
            return {entry_number(row.id): row.body for row in proved}
        except (KeyError, TypeError, ValueError):
            return None

    def _rows_since(self, since: datetime, last: str) -> list[StoredEntry]:
        """The newest first, up to the first one that is older, and one more."""
        rows: list[StoredEntry] = []
        older = False
        for row in self._stream.rows_backwards(last):
            rows.append(row)
            if older:
                break
            older = datetime.fromisoformat(row.body["at"]) < since - CLOCK_SLACK
        return rows

    def _whole(self, rows: list[StoredEntry], head: AuditHead, signed_from: int) -> bool:
        """Whether the rows, the newest first, are the end of one chain, and signed."""
        numbers = range(head.entries, head.entries - len(rows), -1)
        before = [row.fields["hash"] for row in rows[1:]]
        before += [""] if len(rows) == head.entries else []
        return (
            all(row.fields["hash"] == head.hash for row in rows[:1])
            and all(row.id == f"{n}-0" for row, n in zip(rows, numbers, strict=True))
            and all(row.follows(n, h) for row, n, h in zip(rows, numbers, before, strict=False))
            and all(
                self._signed(row) or n < signed_from for row, n in zip(rows, numbers, strict=True)
            )
        )

    def verify(self) -> AuditCheck:
        """Check the whole chain, up to the newest entry at the moment of the call."""
        entries, head, last = self._stream.ends()
        noted = self._anchor.read() if self._anchor else None
        anchored = noted is not None
        intact, unsigned, previous = 0, 0, ""
        for row in self._stream.rows(last):
            signed = self._signed(row)
            late = unsigned < intact or (noted and intact + 1 >= noted.signed_from)
            if not row.follows(intact + 1, previous) or (late and not signed):
                return AuditCheck(False, intact, str(intact + 1), head, unsigned, anchored)
            unsigned += not signed
            intact, previous = intact + 1, row.fields["hash"]
        if intact != entries:
            return AuditCheck(
                False, intact, str(min(intact, entries) + 1), head, unsigned, anchored
            )
        ok = previous == head
        return AuditCheck(ok, intact, "" if ok else str(intact), head, unsigned, anchored)

    def _signed(self, row: StoredEntry) -> bool:
        mark = row.fields.get("mac", "")
        return self._signer.marked(SIGNED_AS, row.fields.get("hash", ""), mark)
