"""What the watch knows and what people said to it, so that another bot goes on with the same
incidents in the same messages.

The memory is the leader's alone. Acknowledgements and silences come from a click, through any bot,
so they stand apart from it: the leader merges them at every look, and nothing is lost where both
write at the same moment.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError
from redis import Redis
from redis.client import Pipeline

from bot.errors import LeaseLostError
from bot.model import Actor, MessageRef
from bot.model.incident import AlertState, Entry, Incident, Memory, Silence, acknowledged
from bot.store.connection import guarded, key, transact
from bot.store.seen import Seen

log = logging.getLogger(__name__)

_T = TypeVar("_T")

_memory = TypeAdapter(Memory)
_ack = TypeAdapter(tuple[Actor, datetime])
_silence = TypeAdapter(Silence)
_entry = TypeAdapter(Entry)
_ref = TypeAdapter(MessageRef)

_KEEP_SECONDS = 30 * 86_400
"""How long a message is known after its incident was seen open last."""

_TOLD_SECONDS = 7 * 86_400
_MOST_ENTRIES = 500

_MEMORY = key("alerts", "memory")
_ACKS = key("alerts", "acks")
_SILENCES = key("alerts", "silences")
_HISTORY = key("alerts", "history")

# The memory is a hash of `value` and `fence`; acknowledgements are a hash by incident id, silences
# one by pattern.


class AlertStore:
    """The incidents, their messages, what people said to them, and what happened lately."""

    def __init__(self, redis: Redis):
        self._redis = redis
        self._seen = Seen(redis)

    # ---- the leader's memory

    @guarded()
    def memory(self) -> Memory:
        """What the leader saved last, with what people acknowledged since; empty where nobody saved
        anything yet."""
        with self._redis.pipeline() as pipe:
            pipe.hget(_MEMORY, "value")
            pipe.hgetall(_ACKS)
            stored, acks = pipe.execute()
        return acknowledged(_remembered(stored), _by_name(_ack, acks))

    def save(self, memory: Memory, fence: int) -> None:
        """Remember it, and clear away what people said to incidents that are over.

        `fence` is the leader's: `LeaseLostError` where a later leader has saved.
        """
        value = _memory.dump_json(memory)
        open_now = {
            one.id: one for one in memory.incidents.values() if one.state is not AlertState.RESOLVED
        }

        def change(pipe: Pipeline) -> None:
            if int(pipe.hget(_MEMORY, "fence") or 0) > fence:
                raise LeaseLostError("leader")
            over = [name for name in map(str, pipe.hkeys(_ACKS)) if name not in open_now]
            silences = _by_name(_silence, pipe.hgetall(_SILENCES))
            ended = [
                name
                for name, one in silences.items()
                if one.until is None and not _covers_any(one, open_now)
            ]
            pipe.multi()
            pipe.hset(_MEMORY, mapping={"value": value, "fence": fence})
            _forget(pipe, _ACKS, over)
            _forget(pipe, _SILENCES, ended)
            for incident_id in open_now:
                pipe.expire(_message_key(incident_id), _KEEP_SECONDS)

        transact(self._redis, change, _MEMORY, _ACKS, _SILENCES)

    # ---- messages

    @guarded()
    def posted(self, incident_id: str, message: MessageRef) -> None:
        """Remember the message that shows the incident."""
        self._redis.set(_message_key(incident_id), _ref.dump_json(message), ex=_KEEP_SECONDS)

    @guarded()
    def message(self, incident_id: str) -> MessageRef | None:
        """The message that shows the incident, once Slack has it."""
        stored = self._redis.get(_message_key(incident_id))
        return _ref.validate_json(stored) if stored else None

    # ---- what people say, through any bot

    def acknowledge(self, subject: str, actor: Actor, now: datetime) -> Incident | None:
        """Acknowledge the incident of this subject, and return it as it is then; None where none is
        open.

        The first one counts: who comes later finds somebody else in `acknowledged_by`.
        """

        def change(pipe: Pipeline) -> Incident | None:
            memory = acknowledged(
                _remembered(pipe.hget(_MEMORY, "value")), _by_name(_ack, pipe.hgetall(_ACKS))
            )
            incident = memory.incidents.get(subject)
            pipe.multi()
            if incident is None or incident.state is AlertState.RESOLVED:
                return None
            if incident.acknowledged_by is None:
                pipe.hset(_ACKS, incident.id, _ack.dump_json((actor, now)))
                memory = acknowledged(memory, {incident.id: (actor, now)})
            return memory.incidents[subject]

        return transact(self._redis, change, _MEMORY, _ACKS)

    @guarded()
    def acks(self) -> Mapping[str, tuple[Actor, datetime]]:
        """Who acknowledged what and when, by incident id; only of incidents that are not over."""
        return _by_name(_ack, self._redis.hgetall(_ACKS))

    def silence(self, silence: Silence) -> None:
        """Keep quiet what it covers; another silence with the same pattern gives way to it.

        One without `until` ends by itself as soon as nothing that it covers is open, thus at once
        where nothing is.
        """

        def change(pipe: Pipeline) -> None:
            stored = _by_name(_silence, pipe.hgetall(_SILENCES))
            pipe.multi()
            _forget(
                pipe,
                _SILENCES,
                [name for name, one in stored.items() if not _active(one, silence.since)],
            )
            pipe.hset(_SILENCES, silence.pattern, _silence.dump_json(silence))

        transact(self._redis, change, _SILENCES)

    def unsilence(self, pattern: str) -> Silence | None:
        """End the silence of exactly this pattern, and return it; None where there is none."""

        def change(pipe: Pipeline) -> Silence | None:
            stored = pipe.hget(_SILENCES, pattern)
            pipe.multi()
            pipe.hdel(_SILENCES, pattern)
            return _read(_silence, stored) if stored else None

        return transact(self._redis, change, _SILENCES)

    @guarded()
    def silences(self, now: datetime) -> tuple[Silence, ...]:
        """Every silence that holds now, the oldest first."""
        found = [
            one
            for one in _by_name(_silence, self._redis.hgetall(_SILENCES)).values()
            if _active(one, now)
        ]
        return tuple(sorted(found, key=lambda one: (one.since, one.pattern)))

    # ---- what happened

    @guarded()
    def remember(self, entry: Entry) -> None:
        """Write it into the history, which keeps the newest five hundred."""
        with self._redis.pipeline() as pipe:
            pipe.rpush(_HISTORY, _entry.dump_json(entry))
            pipe.ltrim(_HISTORY, -_MOST_ENTRIES, -1)
            pipe.execute()

    @guarded()
    def history(self, since: datetime) -> tuple[Entry, ...]:
        """What happened since then, the oldest first."""
        entries = (_read(_entry, stored) for stored in self._redis.lrange(_HISTORY, 0, -1))
        found = [one for one in entries if one and one.at >= since]
        return tuple(sorted(found, key=lambda one: one.at))

    def told(self, note_id: str) -> bool:
        """Claim a note: True for the one of all who is to tell it now. With Redis away the own
        memory decides."""
        return self._seen.claim(f"note:{note_id}", _TOLD_SECONDS)


def _active(silence: Silence, now: datetime) -> bool:
    return silence.until is None or now < silence.until


def _covers_any(silence: Silence, incidents: Mapping[str, Incident]) -> bool:
    return any(silence.covers(one, silence.since) for one in incidents.values())


def _forget(pipe: Pipeline, name: str, fields: list[str]) -> None:
    if fields:
        pipe.hdel(name, *fields)


def _remembered(stored: str | bytes | None) -> Memory:
    return (_read(_memory, stored) if stored else None) or Memory()


def _by_name(kind: TypeAdapter[_T], stored: Mapping[str | bytes, str | bytes]) -> dict[str, _T]:
    read = {str(name): _read(kind, value) for name, value in stored.items()}
    return {name: value for name, value in read.items() if value is not None}


def _read(kind: TypeAdapter[_T], stored: str | bytes) -> _T | None:
    """What is stored, or None where another version of the bot wrote what this one cannot read: the
    watch must not stop."""
    try:
        return kind.validate_json(stored)
    except ValidationError as error:
        log.warning("cannot read what is stored of the alerts: %s", error.title)
        return None


def _message_key(incident_id: str) -> str:
    return key("alerts", "message", incident_id)
