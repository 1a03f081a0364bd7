"""Incidents, their messages, and what people said to them, so that another bot can go on.

Only the leader writes the memory. Acknowledgements and silences come from a click through any bot,
so they are stored apart: the leader merges them at every look, and nothing is lost where both write
at the same moment.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from pydantic import ValidationError
from redis import Redis
from redis.client import Pipeline

from bot.errors import LeaseLostError
from bot.model import Actor, MessageRef
from bot.model.incident import AlertState, Entry, Incident, Memory, Silence, acknowledged
from bot.store.connection import guarded, key, transact
from bot.store.json_form import JsonForm
from bot.store.seen import Seen
from bot.store.signer import Signer

log = logging.getLogger(__name__)

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class _Form(Generic[_Value]):
    """What is signed as one kind, and how it is written."""

    kind: str
    json: JsonForm[_Value]


_memory = _Form("alerts memory", JsonForm(Memory))
_ack = _Form("alerts ack", JsonForm(tuple[Actor, datetime]))
_silence = _Form("alerts silence", JsonForm(Silence))
_entry = _Form("alerts entry", JsonForm(Entry))
_ref = JsonForm(MessageRef)

_KEEP_SECONDS = 30 * 86_400
"""TTL of an incident's message, counted from the last time that the incident was open."""

_NOTE_SECONDS = 7 * 86_400
"""How long a note stays claimed, so that it is not posted twice."""

_MOST_ENTRIES = 500

_MEMORY = key("alerts", "memory")
_MEMORY_AGE = key("alerts", "memory", "age")
_ACKS = key("alerts", "acks")
_SILENCES = key("alerts", "silences")
_HISTORY = key("alerts", "history")

# The memory is a hash of `value` and `fence`; acknowledgements are a hash by incident id, silences
# one by pattern.


class AlertStore:
    """Incidents, their messages, acknowledgements, silences, and the history of what happened.

    What is kept is signed, so that nobody who can only write to Redis keeps an alert from people.
    """

    def __init__(self, redis: Redis, signer: Signer):
        self._redis = redis
        self._signer = signer
        self._seen = Seen(redis)

    # ---- the leader's memory

    @guarded()
    def memory(self) -> Memory:
        """What the leader saved last, with the acknowledgements since.

        Empty where nothing was saved yet.
        """
        with self._redis.pipeline() as pipe:
            pipe.hget(_MEMORY, "value")
            pipe.hgetall(_ACKS)
            stored, acks = pipe.execute()
        return acknowledged(self._memory(stored), self._by_name(_ack, acks))

    @guarded()
    def memory_age(self) -> float:
        """Seconds since the memory was saved, by Redis' own clock; 0 where nobody can tell."""
        left = int(self._redis.pttl(_MEMORY_AGE))
        return _KEEP_SECONDS - left / 1000 if left > 0 else 0.0

    def save(self, memory: Memory, fence: int) -> None:
        """Store the memory, and delete what belongs to incidents that are over.

        `fence` is the leader's; raises `LeaseLostError` where a later leader has saved.
        """
        value = self._dump(_memory, memory)
        open_now = {
            incident.id: incident
            for incident in memory.incidents.values()
            if incident.state is not AlertState.RESOLVED
        }

        def change(pipe: Pipeline) -> None:
            if int(pipe.hget(_MEMORY, "fence") or 0) > fence:
                raise LeaseLostError("leader")
            closed = [name for name in map(str, pipe.hkeys(_ACKS)) if name not in open_now]
            silences = self._by_name(_silence, pipe.hgetall(_SILENCES))
            ended = [
                pattern
                for pattern, silence in silences.items()
                if silence.until is None and not _covers_any(silence, open_now)
            ]
            pipe.multi()
            pipe.hset(_MEMORY, mapping={"value": value, "fence": fence})
            pipe.set(_MEMORY_AGE, 1, ex=_KEEP_SECONDS)
            _delete(pipe, _ACKS, closed)
            _delete(pipe, _SILENCES, ended)
            for incident_id in open_now:
                pipe.expire(_message_key(incident_id), _KEEP_SECONDS)

        transact(self._redis, change, _MEMORY, _ACKS, _SILENCES)

    # ---- messages

    @guarded()
    def posted(self, incident_id: str, message: MessageRef) -> None:
        """Store which message shows the incident."""
        self._redis.set(_message_key(incident_id), _ref.dump_json(message), ex=_KEEP_SECONDS)

    @guarded()
    def message(self, incident_id: str) -> MessageRef | None:
        """The message that shows the incident; None where Slack does not have it yet."""
        stored = self._redis.get(_message_key(incident_id))
        return _ref.validate_json(stored) if stored else None

    # ---- what people say, through any bot

    def acknowledge(self, subject: str, actor: Actor, now: datetime) -> Incident | None:
        """Acknowledge the open incident of this subject and return it; None where none is open.

        The first acknowledgement counts: for a later one, `acknowledged_by` is somebody else.
        """

        def change(pipe: Pipeline) -> Incident | None:
            memory = acknowledged(
                self._memory(pipe.hget(_MEMORY, "value")),
                self._by_name(_ack, pipe.hgetall(_ACKS)),
            )
            incident = memory.incidents.get(subject)
            pipe.multi()
            if incident is None or incident.state is AlertState.RESOLVED:
                return None
            if incident.acknowledged_by is None:
                pipe.hset(_ACKS, incident.id, self._dump(_ack, (actor, now), incident.id))
                memory = acknowledged(memory, {incident.id: (actor, now)})
            return memory.incidents[subject]

        return transact(self._redis, change, _MEMORY, _ACKS)

    @guarded()
    def acks(self) -> Mapping[str, tuple[Actor, datetime]]:
        """Who acknowledged which incident, and when, by incident id; open incidents only."""
        return self._by_name(_ack, self._redis.hgetall(_ACKS))

    def silence(self, silence: Silence) -> None:
        """Store a silence; it replaces one with the same pattern.

        A silence without `until` ends as soon as no incident that it covers is open: at once where
        none is.
        """

        def change(pipe: Pipeline) -> None:
            stored = self._by_name(_silence, pipe.hgetall(_SILENCES))
            pipe.multi()
            _delete(
                pipe,
                _SILENCES,
                [pattern for pattern, old in stored.items() if not _active(old, silence.since)],
            )
            pipe.hset(_SILENCES, silence.pattern, self._dump(_silence, silence, silence.pattern))

        transact(self._redis, change, _SILENCES)

    def unsilence(self, pattern: str) -> Silence | None:
        """End the silence with exactly this pattern and return it; None where there is none."""

        def change(pipe: Pipeline) -> Silence | None:
            stored = pipe.hget(_SILENCES, pattern)
            pipe.multi()
            pipe.hdel(_SILENCES, pattern)
            return self._read(_silence, stored, pattern)

        return transact(self._redis, change, _SILENCES)

    @guarded()
    def silences(self, now: datetime) -> tuple[Silence, ...]:
        """Every silence that has not ended, the oldest first."""
        active = [
            silence
            for silence in self._by_name(_silence, self._redis.hgetall(_SILENCES)).values()
            if _active(silence, now)
        ]
        return tuple(sorted(active, key=lambda silence: (silence.since, silence.pattern)))

    # ---- what happened

    @guarded()
    def remember(self, entry: Entry) -> None:
        """Add an entry to the history, which keeps the newest 500."""
        with self._redis.pipeline() as pipe:
            pipe.rpush(_HISTORY, self._dump(_entry, entry))
            pipe.ltrim(_HISTORY, -_MOST_ENTRIES, -1)
            pipe.execute()

    @guarded()
    def history(self, since: datetime) -> tuple[Entry, ...]:
        """The history since this time, the oldest first."""
        history = (self._read(_entry, stored) for stored in self._redis.lrange(_HISTORY, 0, -1))
        entries = [entry for entry in history if entry and entry.at >= since]
        return tuple(sorted(entries, key=lambda entry: entry.at))

    def claim_note(self, note_id: str) -> bool:
        """Claim a note; True for the one bot that is to post it.

        While Redis is away each process goes by its own memory.
        """
        return self._seen.claim(f"note:{note_id}", _NOTE_SECONDS)

    # ---- parts

    def _memory(self, stored: object) -> Memory:
        return self._read(_memory, stored) or Memory()

    def _by_name(
        self, form: _Form[_Value], stored: Mapping[str | bytes, str | bytes]
    ) -> dict[str, _Value]:
        values = {str(name): self._read(form, stored[name], str(name)) for name in stored}
        return {name: value for name, value in values.items() if value is not None}

    def _dump(self, form: _Form[_Value], value: _Value, name: str = "") -> str:
        return self._signer.signed(f"{form.kind} {name}", form.json.dump_json(value))

    def _read(self, form: _Form[_Value], stored: object, name: str = "") -> _Value | None:
        """The stored value; None where the bot did not sign it, or another version of the bot wrote
        it in a form unknown here.

        The watch must not stop because of it.
        """
        text = self._signer.verified(f"{form.kind} {name}", stored)
        try:
            return form.json.validate_json(text) if text else None
        except ValidationError as error:
            log.warning("cannot read what is stored of the alerts: %s", error.title)
            return None


def _active(silence: Silence, now: datetime) -> bool:
    return silence.until is None or now < silence.until


def _covers_any(silence: Silence, incidents: Mapping[str, Incident]) -> bool:
    return any(silence.covers(incident, silence.since) for incident in incidents.values())


def _delete(pipe: Pipeline, name: str, fields: list[str]) -> None:
    if fields:
        pipe.hdel(name, *fields)


def _message_key(incident_id: str) -> str:
    return key("alerts", "message", incident_id)
