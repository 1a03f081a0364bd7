"""The audit: who changed what, as a hash chain of entries in a Redis stream.

An intent is written before a change and its outcome after it. Each entry is stored with the SHA-256
of the hash before it and its own canonical JSON, and the newest hash is stored apart from the
stream, so a changed, removed or added entry breaks the chain. Each hash is signed with the bot's
key, so that who can only write to Redis cannot add to the chain; and the head is noted in a file
outside of Redis, for a chain of the bot's own entries may still have lost the newest of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from redis import Redis, RedisError

from bot.errors import StoreUnavailableError
from bot.model import Actor
from bot.model.audit import AuditCheck, AuditEntry
from bot.store.anchor import AnchorFile, AuditHead, NotedHead
from bot.store.audit_chain import APPEND, StoredEntry, canonical, chained_hash, entry_number
from bot.store.connection import guarded, key
from bot.store.signer import Signer

_STREAM = key("audit")
_HEAD = key("audit", "head")
_OPEN = key("audit", "open")
_CHUNK = 500
_KIND = "audit"
_CLOCK_SLACK = timedelta(hours=1)
"""By how much the clocks of two bots may differ before `since` misses entries."""

_json = TypeAdapter(AuditEntry)


class Audit:
    """Writes and reads the audit. Raises `StoreUnavailableError` where Redis does not answer.

    A change whose intent cannot be recorded does not run. `anchor` is where the newest entry is
    noted.
    """

    def __init__(self, redis: Redis, signer: Signer, anchor: AnchorFile | None = None):
        self._redis = redis
        self._signer = signer
        self._anchor = anchor
        self._append_script = redis.register_script(APPEND)
        self._newest = ""

    # ---- writing

    def intend(  # noqa: PLR0913 -- the six fields of an intent; no value holds them together
        self,
        actor: Actor,
        command: Mapping[str, Any],
        plan: Mapping[str, Any],
        source: str,
        at: datetime,
        *,
        approved_by: tuple[str, ...] = (),
        approver_ids: tuple[str, ...] = (),
        request: str = "",
    ) -> str:
        """Record what is about to be done, and return the entry's id.

        `approver_ids` are the ids of those that `approved_by` names, `request` is the id of the
        request that they approved. `source` is where the request came from (a Slack channel, CI).
        Values of `SecretStr` are masked.
        """
        body = {
            "actor": {"id": actor.id, "name": actor.name},
            "command": command,
            "plan": plan,
            "source": source,
            "at": at,
            "approved_by": approved_by,
            **({"approver_ids": approver_ids} if approver_ids else {}),
            **({"request": request} if request else {}),
        }
        return str(self._append({"kind": "intent", **body}))

    def conclude(
        self, intent_id: str, outcome: Mapping[str, Any], seconds: float, at: datetime
    ) -> bool:
        """Record the outcome; False where there is no such intent, or it has an outcome."""
        body = {
            "kind": "outcome",
            "intent": intent_id,
            "outcome": outcome,
            "seconds": seconds,
            "at": at,
        }
        return bool(self._append(body, concludes=intent_id))

    @guarded()
    def _append(self, body: Mapping[str, Any], concludes: str = "") -> int:
        """Append to the chain and return the entry's number.

        Returns 0 where `concludes` names an intent that is not open.
        """
        text, newest, number = canonical(body), self._newest, -1
        while number < 0:
            previous, own_hash = newest, chained_hash(newest, text)
            number, newest = self._append_script(
                [_STREAM, _HEAD, _OPEN],
                [previous, own_hash, text, concludes, self._signer.mark(_KIND, own_hash)],
            )
        if number:
            self._newest = own_hash
            # It is written, whatever becomes of the note; the next round notes it.
            with suppress(RedisError, StoreUnavailableError):
                self.compare(int(number))
        return int(number)

    # ---- reading

    def entries(
        self,
        service: str | None = None,
        user: str | None = None,
        since: datetime | None = None,
        limit: int = 50,
    ) -> tuple[AuditEntry, ...]:
        """Intents with their outcomes, the newest first, at most `limit`.

        `service` is a name, `user` an id or a name; None means any.
        """
        entries: list[AuditEntry] = []
        for entry in self._joined():
            if len(entries) >= limit or (since and entry.at + _CLOCK_SLACK < since):
                break
            if entry.concerns(service, user) and not (since and entry.at < since):
                entries.append(entry)
        return tuple(entries)

    @guarded()
    def open_intents(self) -> tuple[AuditEntry, ...]:
        """Intents without an outcome, the oldest first: their changes run, or their bot died."""
        numbers = sorted(int(number) for number in self._redis.smembers(_OPEN))
        rows = (row for number in numbers for row in self._range(f"{number}-0", f"{number}-0"))
        return tuple(_entry(row, None) for row in rows)

    def export(self) -> Iterator[str]:
        """Every entry as a line of JSON, the oldest first.

        `hash` is the SHA-256 of `previous` followed by `entry` as UTF-8 JSON with sorted keys,
        without spaces; `signature` is the HMAC of `hash` with the bot's key.
        """
        previous = ""
        for row in self._rows():
            line = {
                "id": entry_number(row.id),
                "entry": row.body,
                "previous": previous,
                "hash": row.fields["hash"],
                "signature": row.fields.get("mac", ""),
            }
            yield json.dumps(line, ensure_ascii=False, sort_keys=True)
            previous = row.fields["hash"]

    # ---- checking

    def head(self) -> AuditHead:
        """The newest entry."""
        entries, newest, _ = self._ends()
        return AuditHead(entries, newest)

    def compare(self, signed: int = 0) -> AuditHead | None:
        """Compare with the entry that was noted, and note the newest one.

        Returns the noted one where it is gone: the audit was cut, rewritten or emptied. It stays
        noted then. `signed` is the number of an entry that was signed just now.
        """
        if self._anchor is None:
            return None
        with self._anchor.locked():
            known, head = self._anchor.read(), self.head()
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
        return any(row.fields.get("hash") == head.hash for row in self._range(number, number))

    def newest(self, since: datetime) -> Mapping[str, Mapping[str, Any]] | None:
        """What was written since then, by number, the newest first; None where that is not whole.

        It may go back further than that.
        """
        entries, head, last = self._ends()
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
        for row in self._rows_backwards(last):
            rows.append(row)
            if older:
                break
            older = datetime.fromisoformat(row.body["at"]) < since - _CLOCK_SLACK
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
        entries, head, last = self._ends()
        noted = self._anchor.read() if self._anchor else None
        anchored = noted is not None
        intact, unsigned, previous = 0, 0, ""
        for row in self._rows(last):
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
        return self._signer.marked(_KIND, row.fields.get("hash", ""), mark)

    @guarded()
    def _ends(self) -> tuple[int, str, str]:
        """Number and hash of the head, and the stream's last id, read at the same moment."""
        with self._redis.pipeline() as pipe:
            pipe.hgetall(_HEAD)
            pipe.xrevrange(_STREAM, count=1)
            head, newest = pipe.execute()
        return (
            int(head.get("entries", 0)),
            str(head.get("hash", "")),
            str(newest[0][0]) if newest else "0-0",
        )

    def _joined(self) -> Iterator[AuditEntry]:
        """Intents with their outcomes, the newest first.

        Reading backwards meets an outcome before its intent, because it is newer.
        """
        outcomes: dict[str, dict[str, Any]] = {}
        for row in self._rows_backwards():
            body = row.body
            if body["kind"] == "outcome":
                outcomes[body["intent"]] = body
            else:
                yield _entry(row, outcomes.pop(entry_number(row.id), None))

    def _rows(self, last: str = "+") -> Iterator[StoredEntry]:
        rows = self._range("-", last)
        while rows:
            yield from rows
            rows = self._range(f"({rows[-1].id}", last)

    def _rows_backwards(self, last: str = "+") -> Iterator[StoredEntry]:
        rows = self._range("-", last, newest_first=True)
        while rows:
            yield from rows
            rows = self._range("-", f"({rows[-1].id}", newest_first=True)

    @guarded()
    def _range(self, first: str, last: str, newest_first: bool = False) -> list[StoredEntry]:
        if newest_first:
            rows: Any = self._redis.xrevrange(_STREAM, last, first, count=_CHUNK)
        else:
            rows = self._redis.xrange(_STREAM, first, last, count=_CHUNK)
        return [StoredEntry(stream_id, fields) for stream_id, fields in rows]


def _entry(row: StoredEntry, outcome: dict[str, Any] | None) -> AuditEntry:
    end = (
        {"outcome": outcome["outcome"], "seconds": outcome["seconds"], "concluded": outcome["at"]}
        if outcome
        else {}
    )
    return _json.validate_python({"id": entry_number(row.id), **row.body, **end})
