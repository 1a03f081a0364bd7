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
from dataclasses import asdict
from datetime import datetime
from typing import Any

from redis import Redis, RedisError

from bot.errors import StoreUnavailableError
from bot.model import Actor
from bot.model.audit import AuditEntry
from bot.store.anchor import AnchorFile, AuditHead
from bot.store.audit_chain import (
    APPEND,
    IntentReference,
    StoredEntry,
    canonical,
    chained_hash,
    entry_number,
)
from bot.store.audit_check import CLOCK_SLACK, SIGNED_AS, AuditChecker
from bot.store.audit_stream import HEAD, OPEN, STREAM, AuditStream
from bot.store.connection import guarded
from bot.store.json_form import JsonForm
from bot.store.signer import Signer

_json = JsonForm(AuditEntry)
_NOTHING = IntentReference("")


class Audit:
    """Writes and reads the audit. Raises `StoreUnavailableError` where Redis does not answer.

    A change whose intent cannot be recorded does not run. `anchor` is where the newest entry is
    noted.
    """

    def __init__(self, redis: Redis, signer: Signer, anchor: AnchorFile | None = None):
        self._signer = signer
        self._stream = AuditStream(redis)
        self.checker = AuditChecker(self._stream, signer, anchor)
        self._append_script = redis.register_script(APPEND)
        self._newest = ""

    # ---- writing

    def intend(  # noqa: PLR0913 -- the fields of an intent; no value holds them together
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
        run: str = "",
    ) -> str:
        """Record what is about to be done, and return the entry's reference.

        `approver_ids` are the ids of those that `approved_by` names, `request` is the id of the
        request that they approved. `source` is where the request came from (a Slack channel, CI).
        `run` names the message in which the change is shown, where it is no request's.
        Values of `SecretStr` are masked.
        """
        body = {
            "actor": {"id": actor.id, "name": actor.name, **_origin(actor)},
            "command": command,
            "plan": plan,
            "source": source,
            "at": at,
            "approved_by": approved_by,
            **({"approver_ids": approver_ids} if approver_ids else {}),
            **({"request": request} if request else {}),
            **({"run": run} if run else {}),
        }
        return str(self._append({"kind": "intent", **body}))

    def conclude(
        self, intent: str, outcome: Mapping[str, Any], seconds: float, at: datetime
    ) -> bool:
        """Record the outcome of the intent with this reference.

        False where there is no such intent, or it has an outcome.
        """
        reference = IntentReference.read(intent)
        body = {
            "kind": "outcome",
            "intent": reference.number,
            "outcome": outcome,
            "seconds": seconds,
            "at": at,
        }
        return self._append(body, concludes=reference) is not None

    @guarded()
    def _append(
        self, body: Mapping[str, Any], concludes: IntentReference = _NOTHING
    ) -> IntentReference | None:
        """Append to the chain and return the entry's reference.

        None where `concludes` names an intent that is not open.
        """
        text, newest, number = canonical(body), self._newest, -1
        while number < 0:
            previous, own_hash = newest, chained_hash(newest, text)
            number, newest = self._append_script(
                [STREAM, HEAD, OPEN],
                [
                    previous,
                    own_hash,
                    text,
                    concludes.number,
                    self._signer.mark(SIGNED_AS, own_hash),
                    concludes.beginning,
                ],
            )
        if not number:
            return None
        self._newest = own_hash
        # It is written, whatever becomes of the note; the next round notes it.
        with suppress(RedisError, StoreUnavailableError):
            self.checker.compare(int(number))
        return IntentReference.of(number, own_hash)

    # ---- reading

    def head(self) -> AuditHead:
        """The newest entry."""
        return self._stream.head()

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
            if len(entries) >= limit or (since and entry.at + CLOCK_SLACK < since):
                break
            if entry.concerns(service, user) and not (since and entry.at < since):
                entries.append(entry)
        return tuple(entries)

    def has(self, intent: str) -> bool:
        """Whether there is an intent with this reference."""
        reference = IntentReference.read(intent)
        stream_id = f"{reference.number}-0"
        return any(
            row.fields.get("hash", "").startswith(reference.beginning)
            for row in self._stream.between(stream_id, stream_id)
        )

    def open_intents(self) -> tuple[AuditEntry, ...]:
        """Intents without an outcome, the oldest first: their changes run, or their bot died."""
        numbers = self._stream.open_numbers()
        rows = (
            row for number in numbers for row in self._stream.between(f"{number}-0", f"{number}-0")
        )
        return tuple(_entry(row, None) for row in rows)

    def export(self) -> Iterator[str]:
        """Every entry as a line of JSON, the oldest first.

        `hash` is the SHA-256 of `previous` followed by `entry` as UTF-8 JSON with sorted keys,
        without spaces; `signature` is the HMAC of `hash` with the bot's key.
        """
        previous = ""
        for row in self._stream.rows():
            line = {
                "id": entry_number(row.id),
                "entry": row.body,
                "previous": previous,
                "hash": row.fields["hash"],
                "signature": row.fields.get("mac", ""),
            }
            yield json.dumps(line, ensure_ascii=False, sort_keys=True)
            previous = row.fields["hash"]

    def _joined(self) -> Iterator[AuditEntry]:
        """Intents with their outcomes, the newest first.

        Reading backwards meets an outcome before its intent, because it is newer.
        """
        outcomes: dict[str, dict[str, Any]] = {}
        for row in self._stream.rows_backwards():
            body = row.body
            if body["kind"] == "outcome":
                outcomes[body["intent"]] = body
            else:
                yield _entry(row, outcomes.pop(entry_number(row.id), None))


def _origin(actor: Actor) -> dict[str, Any]:
    """For which build CI asks, and by which command."""
    return {"origin": asdict(actor.origin)} if actor.origin else {}


def _entry(row: StoredEntry, outcome: dict[str, Any] | None) -> AuditEntry:
    end = (
        {"outcome": outcome["outcome"], "seconds": outcome["seconds"], "concluded": outcome["at"]}
        if outcome
        else {}
    )
    number = entry_number(row.id)
    reference = str(IntentReference.of(number, row.fields.get("hash", "")))
    return _json.validate_python({"id": number, "reference": reference, **row.body, **end})
