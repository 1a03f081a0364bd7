"""Who waits in line for a service: first come, first served, and nobody is lost with the bot that
called them up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import TypeAdapter
from redis import Redis
from redis.client import Pipeline

from bot.model.hold import Queued
from bot.store.connection import guarded, key, transact

_QUEUE = key("queue")
_NUMBERS = key("queue", "numbers")


@dataclass(frozen=True, slots=True)
class _QueueEntry:
    """A place in line. `called` is when a bot took it; None while it waits."""

    number: int
    queued: Queued
    called: datetime | None = None


_json = TypeAdapter(_QueueEntry)


class Queue:
    """Waiting changes, in one hash: lines are short. An id is called up with `pop`, and gone with
    `begin` or `remove`."""

    def __init__(self, redis: Redis):
        self._redis = redis

    def push(self, queued: Queued) -> int:
        """Stand in line and return the position, 1 for the next one.

        Who stands there with the same line already keeps the place that they have.
        """

        def change(pipe: Pipeline) -> str:
            same = [one for one in _all(pipe).values() if _same(one.queued, queued)]
            number = int(pipe.get(_NUMBERS) or 0) + 1
            pipe.multi()
            if not same:
                pipe.set(_NUMBERS, number)
                _write(pipe, _QueueEntry(number, queued))
            return same[0].queued.id if same else queued.id

        return self.position(transact(self._redis, change, _QUEUE, _NUMBERS)) or 1

    def pop(self, service_id: str, now: datetime) -> Queued | None:
        """Call up the next one for this service, for one bot of all; None where nobody waits, or
        one is called up.

        Whoever gets it says `begin` before it does anything, or gives it back with `put_back`.
        """

        def change(pipe: Pipeline) -> Queued | None:
            line = _of(_all(pipe), service_id)
            free = line[0] if line and not any(place.called for place in line) else None
            pipe.multi()
            if free is None:
                return None
            _write(pipe, replace(free, called=now))
            return free.queued

        return transact(self._redis, change, _QUEUE)

    def begin(self, queued_id: str) -> bool:
        """Leave the line because the turn has come; False where the turn was lost meanwhile."""

        def change(pipe: Pipeline) -> bool:
            place = _all(pipe).get(queued_id)
            called = place is not None and place.called is not None
            pipe.multi()
            if called:
                pipe.hdel(_QUEUE, queued_id)
            return called

        return transact(self._redis, change, _QUEUE)

    def put_back(self, called_before: datetime) -> tuple[Queued, ...]:
        """Let those wait again, at their old place, who were called up before this time and did not
        begin."""

        def change(pipe: Pipeline) -> tuple[Queued, ...]:
            lost = [
                place
                for place in _all(pipe).values()
                if place.called and place.called < called_before
            ]
            pipe.multi()
            for place in lost:
                _write(pipe, replace(place, called=None))
            return tuple(place.queued for place in lost)

        return transact(self._redis, change, _QUEUE)

    @guarded()
    def remove(self, queued_id: str) -> bool:
        """Leave the line; False where it was left already."""
        return bool(self._redis.hdel(_QUEUE, queued_id))

    @guarded()
    def get(self, queued_id: str) -> Queued | None:
        """Who stands in line under this id."""
        place = _all(self._redis).get(queued_id)
        return place.queued if place else None

    @guarded()
    def position(self, queued_id: str) -> int | None:
        """The position in line, 1 for the next one; None for who does not stand there."""
        places = _all(self._redis)
        place = places.get(queued_id)
        return _of(places, place.queued.service_id).index(place) + 1 if place else None

    @guarded()
    def all(self) -> tuple[Queued, ...]:
        """Everybody who waits, the longest first."""
        return tuple(place.queued for place in sorted(_all(self._redis).values(), key=_number))


def _all(redis: Redis) -> Mapping[str, _QueueEntry]:
    return {str(name): _json.validate_json(value) for name, value in redis.hgetall(_QUEUE).items()}


def _of(places: Mapping[str, _QueueEntry], service_id: str) -> list[_QueueEntry]:
    return sorted(
        (place for place in places.values() if place.queued.service_id == service_id), key=_number
    )


def _number(place: _QueueEntry) -> int:
    return place.number


def _same(one: Queued, other: Queued) -> bool:
    return (one.service_id, one.line, one.actor.id) == (
        other.service_id,
        other.line,
        other.actor.id,
    )


def _write(pipe: Pipeline, place: _QueueEntry) -> None:
    pipe.hset(_QUEUE, place.queued.id, _json.dump_json(place))
