"""The images that a service ran, numbered, so that people can name the one to go back to.

Swarm itself knows only the last one.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

from pydantic import TypeAdapter
from redis import Redis
from redis.client import Pipeline

from bot.model import Ending, Image, Revision
from bot.store.connection import guarded, key

_json = TypeAdapter(Revision)

_MOST_REVISIONS = 50
_SEEN_NOTE = "found"

# A service is a hash: `last` is the number given last, and each number a field with its revision.

_ADD = """
local last = tonumber(redis.call('HGET', KEYS[1], 'last') or 0)
if ARGV[3] ~= '' and tonumber(ARGV[3]) ~= last then return 0 end
redis.call('HSET', KEYS[1], 'last', last + 1, last + 1, ARGV[1])
redis.call('HDEL', KEYS[1], last + 1 - ARGV[2])
return last + 1
"""


class Revisions:
    """The newest 50 revisions of each service. A number is never given twice."""

    def __init__(self, redis: Redis):
        self._redis = redis
        self._add_script = redis.register_script(_ADD)

    @guarded()
    def of(self, service_id: str) -> tuple[Revision, ...]:
        """The revisions of a service, the oldest first."""
        stored = {
            str(name): str(value) for name, value in self._redis.hgetall(_key(service_id)).items()
        }
        stored.pop("last", None)
        return tuple(_read(number, stored[str(number)]) for number in sorted(map(int, stored)))

    def add(self, service_id: str, image: Image, at: datetime, by: str, note: str) -> Revision:
        """Store the next revision: an image that the service is to run.

        `by` is who asked for it, `note` how it came about (`deploy`).
        """
        revision = Revision(0, image, at, by, note)
        return replace(revision, number=self._append(service_id, revision))

    def conclude(self, service_id: str, number: int, ending: Ending) -> None:
        """Store how the revision's rollout ended. Does nothing where the number is gone."""
        name = _key(service_id)

        def change(pipe: Pipeline) -> None:
            stored = pipe.hget(name, str(number))
            pipe.multi()
            if stored:
                concluded = replace(_read(number, str(stored)), ending=str(ending))
                pipe.hset(name, str(number), _dump(concluded))

        with guarded():
            self._redis.transaction(change, name)

    def record_seen(self, service_id: str, image: Image, at: datetime) -> Revision | None:
        """Store the image that a service was seen to run, unless it is the newest revision's.

        So a service gets a revision when the bot first sees it, and after changes that were made
        outside the bot. Not for a service whose rollout is still going on. None where nothing was
        stored.
        """
        known = self.of(service_id)
        if _in_place(known) == image:
            return None
        revision = Revision(0, image, at, note=_SEEN_NOTE)
        # Another bot may have looked at the same moment; what it wrote stands.
        number = self._append(service_id, revision, after=known[-1].number if known else 0)
        return replace(revision, number=number) if number else None

    @guarded()
    def _append(self, service_id: str, revision: Revision, after: int | None = None) -> int:
        """Store under the next number and return it.

        Returns 0, and stores nothing, where `after` is given and is no longer the last number.
        """
        return int(
            self._add_script(
                [_key(service_id)],
                [_dump(revision), _MOST_REVISIONS, "" if after is None else after],
            )
        )


def _in_place(known: tuple[Revision, ...]) -> Image | None:
    """The image that the service runs by its revisions: the newest that was not rolled back."""
    kept = (revision.image for revision in reversed(known) if revision.ending != Ending.ROLLED_BACK)
    return next(kept, None)


def _key(service_id: str) -> str:
    return key("revisions", service_id)


def _dump(revision: Revision) -> str:
    return _json.dump_json(revision, exclude={"number"}).decode()


def _read(number: int, stored: str) -> Revision:
    return _json.validate_python({"number": number, **json.loads(stored)})
