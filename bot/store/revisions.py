"""The images that a service ran, numbered, so that people can name the one to go back to.

Swarm itself knows only the last one.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

from redis import Redis
from redis.client import Pipeline

from bot.model import Ending, Image, Revision
from bot.model.revisions import FOUND, in_place
from bot.store.connection import guarded, key
from bot.store.json_form import JsonForm
from bot.store.signer import Signer

_json = JsonForm(Revision)

_MOST_REVISIONS = 50
_KEEP_SECONDS = 400 * 86_400
"""TTL of a service's revisions, from when they were read or written last: those of a service that
is gone are not kept for ever."""
_KIND = "revision"

# A service is a hash: `last` is the number given last, and each number a field with its revision.

_ADD = """
if (redis.call('HGET', KEYS[1], 'last') or '0') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'last', ARGV[2], ARGV[2], ARGV[3])
redis.call('HDEL', KEYS[1], ARGV[2] - ARGV[4])
redis.call('EXPIRE', KEYS[1], ARGV[5])
return 1
"""


class Revisions:
    """The newest 50 revisions of each service. A number is never given twice.

    Each is signed together with its service and number: a rollback goes to what the bot wrote.
    """

    def __init__(self, redis: Redis, signer: Signer):
        self._redis = redis
        self._signer = signer
        self._add_script = redis.register_script(_ADD)

    def of(self, service_id: str) -> tuple[Revision, ...]:
        """The revisions of a service, the oldest first."""
        return self._stored(service_id)[1]

    def add(self, service_id: str, image: Image, at: datetime, by: str, note: str) -> Revision:
        """Store the next revision: an image that the service is to run.

        `by` is who asked for it, `note` how it came about (`deploy`).
        """
        revision, number = Revision(0, image, at, by, note), 0
        while not number:
            number = self._append(service_id, revision, self._stored(service_id)[0])
        return replace(revision, number=number)

    def conclude(self, service_id: str, number: int, ending: Ending) -> None:
        """Store how the revision's rollout ended. Does nothing where the number is gone."""
        name = _key(service_id)

        def change(pipe: Pipeline) -> None:
            stored = self._read(service_id, number, pipe.hget(name, str(number)))
            pipe.multi()
            if stored:
                concluded = replace(stored, ending=str(ending))
                pipe.hset(name, str(number), self._dump(service_id, concluded))

        with guarded():
            self._redis.transaction(change, name)

    def record_seen(
        self, service_id: str, image: Image, at: datetime, note: str = ""
    ) -> Revision | None:
        """Store the image that a service was seen to run, unless it is the newest revision's.

        So a service gets a revision when the bot first sees it, and after changes that were made
        outside the bot. Not for a service whose rollout is still going on. None where nothing was
        stored.
        """
        last, known = self._stored(service_id)
        if in_place(known) == image:
            return None
        revision = Revision(0, image, at, note=note or FOUND)
        # Another bot may have looked at the same moment; what it wrote stands.
        number = self._append(service_id, revision, last)
        return replace(revision, number=number) if number else None

    @guarded()
    def _append(self, service_id: str, revision: Revision, last: str) -> int:
        """Store under the next number and return it.

        Returns 0, and stores nothing, where `last` is no longer the last number.
        """
        number = int(last) + 1 if last.isdecimal() else 1
        text = self._dump(service_id, replace(revision, number=number))
        stored = self._add_script(
            [_key(service_id)], [last, number, text, _MOST_REVISIONS, _KEEP_SECONDS]
        )
        return number if stored else 0

    @guarded()
    def _stored(self, service_id: str) -> tuple[str, tuple[Revision, ...]]:
        """The number that was given last, and the revisions, read at the same moment."""
        with self._redis.pipeline() as pipe:
            pipe.hgetall(_key(service_id))
            pipe.expire(_key(service_id), _KEEP_SECONDS)
            fields, _ = pipe.execute()
        stored = {str(name): str(value) for name, value in fields.items()}
        numbers = sorted(int(name) for name in stored if name.isdecimal())
        read = (self._read(service_id, number, stored.get(str(number))) for number in numbers)
        return stored.get("last", "0"), tuple(revision for revision in read if revision)

    def _dump(self, service_id: str, revision: Revision) -> str:
        text = _json.dump_json(revision, exclude={"number"})
        return self._signer.signed(_kind(service_id, revision.number), text)

    def _read(self, service_id: str, number: int, stored: object) -> Revision | None:
        text = self._signer.verified(_kind(service_id, number), stored)
        return _json.validate_python({"number": number, **json.loads(text)}) if text else None


def _key(service_id: str) -> str:
    return key("revisions", service_id)


def _kind(service_id: str, number: int) -> str:
    return f"{_KIND} {service_id} {number}"
