"""FIFO of changes that wait for a locked service.

An entry whose bot crashed returns to its place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from redis import Redis
from redis.client import Pipeline

from bot.model.hold import Queued
from bot.store.connection import guarded, key, transact
from bot.store.json_form import JsonForm
from bot.store.signer import Signer

_QUEUE = key("queue")
_NUMBERS = key("queue", "numbers")
_KIND = "queue"


@dataclass(frozen=True, slots=True)
class _QueueEntry:
    """A change with its number in the queue.

    `number` gives the order. `called` is when a bot took the entry to run it; None while it waits.
    """

    number: int
    queued: Queued
    called: datetime | None = None


_json = JsonForm(_QueueEntry)


@dataclass(frozen=True, slots=True)
class QueueCall:
    """That a bot took an entry to run it; `at` tells two calls of the same entry apart."""

    queued_id: str
    at: datetime


class Queue:
    """The changes that wait, of all services, in one Redis hash.

    `pop` takes the next entry of a service, and `begin` or `remove` delete one.
    """

    def __init__(self, redis: Redis, signer: Signer):
        self._redis = redis
        self._signer = signer

    def push(self, queued: Queued) -> int:
        """Append a change and return its position, 1 for the next one to run.

        Where the same person's same line waits already, nothing is added, and its position is
        returned.
        """

        def change(pipe: Pipeline) -> str:
            duplicates = [
                entry for entry in self._all(pipe).values() if _is_same(entry.queued, queued)
            ]
            number = int(pipe.get(_NUMBERS) or 0) + 1
            pipe.multi()
            if not duplicates:
                pipe.set(_NUMBERS, number)
                self._write(pipe, _QueueEntry(number, queued))
            return duplicates[0].queued.id if duplicates else queued.id

        return self.position(transact(self._redis, change, _QUEUE, _NUMBERS)) or 1

    def pop(self, service_id: str, now: datetime) -> Queued | None:
        """Take the next change of this service, for exactly one of all bots.

        None where nothing waits, or where a change is taken and has neither begun nor been put
        back. The caller runs `begin` before it changes anything; `put_back` returns an entry that
        no caller began.
        """

        def change(pipe: Pipeline) -> Queued | None:
            entries = _of_service(self._all(pipe), service_id)
            first = entries[0] if entries and not any(entry.called for entry in entries) else None
            pipe.multi()
            if first is None:
                return None
            self._write(pipe, replace(first, called=now))
            return first.queued

        return transact(self._redis, change, _QUEUE)

    def begin(self, queued_id: str) -> bool:
        """Delete the entry because its change begins; False where the entry was put back."""

        def change(pipe: Pipeline) -> bool:
            entry = self._all(pipe).get(queued_id)
            taken = entry is not None and entry.called is not None
            pipe.multi()
            if taken:
                pipe.hdel(_QUEUE, queued_id)
            return taken

        return transact(self._redis, change, _QUEUE)

    def wait_again(self, queued_id: str) -> None:
        """Return an entry to its place because its turn did not come to anything."""

        def change(pipe: Pipeline) -> None:
            entry = self._all(pipe).get(queued_id)
            pipe.multi()
            if entry:
                self._write(pipe, replace(entry, called=None))

        transact(self._redis, change, _QUEUE)

    @guarded()
    def called(self) -> tuple[QueueCall, ...]:
        """The calls of which nothing has come yet."""
        return tuple(_calls(self._all(self._redis)))

    def put_back(self, abandoned_calls: Collection[QueueCall]) -> tuple[Queued, ...]:
        """Return entries to their place that were taken by these calls and never begun.

        Their bot died. Returns the changes that wait again.
        """

        def change(pipe: Pipeline) -> tuple[Queued, ...]:
            entries = self._all(pipe)
            abandoned = [
                entries[call.queued_id] for call in _calls(entries) if call in abandoned_calls
            ]
            pipe.multi()
            for entry in abandoned:
                self._write(pipe, replace(entry, called=None))
            return tuple(entry.queued for entry in abandoned)

        return transact(self._redis, change, _QUEUE)

    @guarded()
    def remove(self, queued_id: str) -> bool:
        """Delete the entry; False where it was gone already."""
        return bool(self._redis.hdel(_QUEUE, queued_id))

    @guarded()
    def get(self, queued_id: str) -> Queued | None:
        """The change with this id; None where it does not wait."""
        entry = self._all(self._redis).get(queued_id)
        return entry.queued if entry else None

    @guarded()
    def position(self, queued_id: str) -> int | None:
        """The position, 1 for the next one to run; None where the change does not wait."""
        entries = self._all(self._redis)
        entry = entries.get(queued_id)
        return _of_service(entries, entry.queued.service_id).index(entry) + 1 if entry else None

    @guarded()
    def all(self) -> tuple[Queued, ...]:
        """Every change that waits, in the order in which they came."""
        return tuple(entry.queued for entry in sorted(self._all(self._redis).values(), key=_number))

    def _all(self, redis: Redis) -> Mapping[str, _QueueEntry]:
        """What the bot itself has put there, by id."""
        texts = (self._signer.verified(_KIND, value) for value in redis.hvals(_QUEUE))
        entries = [_json.validate_json(text) for text in texts if text]
        return {entry.queued.id: entry for entry in entries}

    def _write(self, pipe: Pipeline, entry: _QueueEntry) -> None:
        text = self._signer.signed(_KIND, _json.dump_json(entry))
        pipe.hset(_QUEUE, entry.queued.id, text)


def _of_service(entries: Mapping[str, _QueueEntry], service_id: str) -> list[_QueueEntry]:
    return sorted(
        (entry for entry in entries.values() if entry.queued.service_id == service_id), key=_number
    )


def _calls(entries: Mapping[str, _QueueEntry]) -> Iterator[QueueCall]:
    for entry in entries.values():
        if entry.called:
            yield QueueCall(entry.queued.id, entry.called)


def _number(entry: _QueueEntry) -> int:
    return entry.number


def _is_same(queued: Queued, new: Queued) -> bool:
    """With secrets in dots, two lines may look alike; their plans do not.

    Each command of CI waits for an end of its own.
    """
    if queued.sealed and queued.fingerprint != new.fingerprint:
        return False
    return (queued.service_id, queued.line, queued.actor.id, queued.actor.origin) == (
        new.service_id,
        new.line,
        new.actor.id,
        new.actor.origin,
    )
