"""The images that a service ran, numbered, so that people can name the one to go back to: Swarm
knows only the last."""

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

_MOST = 50
_FOUND = "found"

# A service is a hash: `last`, the number given last, and under each number its revision (without
# the number).

_ADD = """
local last = tonumber(redis.call('HGET', KEYS[1], 'last') or 0)
if ARGV[3] ~= '' and tonumber(ARGV[3]) ~= last then return 0 end
redis.call('HSET', KEYS[1], 'last', last + 1, last + 1, ARGV[1])
redis.call('HDEL', KEYS[1], last + 1 - ARGV[2])
return last + 1
"""


class Revisions:
    """The newest fifty revisions of each service; numbers go on and are never given twice."""

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
        """Number an image that the service is to run. `by` is who asked, `note` how it came
        (`deploy`)."""
        revision = Revision(0, image, at, by, note)
        return replace(revision, number=self._append(service_id, revision))

    def conclude(self, service_id: str, number: int, ending: Ending) -> None:
        """Write down how the revision's rollout ended; nothing where the number is no longer
        kept."""
        where = _key(service_id)

        def write(pipe: Pipeline) -> None:
            stored = pipe.hget(where, str(number))
            pipe.multi()
            if stored:
                concluded = replace(_read(number, str(stored)), ending=str(ending))
                pipe.hset(where, str(number), _dump(concluded))

        with guarded():
            self._redis.transaction(write, where)

    def found(self, service_id: str, image: Image, at: datetime) -> Revision | None:
        """Number the image that the service was seen to run, where it is not the one that the
        revisions say it runs.

        So the first look at a service and changes outside the bot get numbers too. Not for a
        service that still rolls.
        """
        known = self.of(service_id)
        if _in_place(known) == image:
            return None
        revision = Revision(0, image, at, note=_FOUND)
        # Another bot may have looked at the same moment; what it wrote stands.
        number = self._append(service_id, revision, after=known[-1].number if known else 0)
        return replace(revision, number=number) if number else None

    @guarded()
    def _append(self, service_id: str, revision: Revision, after: int | None = None) -> int:
        """Store under the next number and return it; 0 where `after` is given and was not the last
        number."""
        return int(
            self._add_script(
                [_key(service_id)], [_dump(revision), _MOST, "" if after is None else after]
            )
        )


def _in_place(known: tuple[Revision, ...]) -> Image | None:
    """What the service runs as far as the revisions tell: the newest that was not taken back."""
    kept = (revision.image for revision in reversed(known) if revision.ending != Ending.ROLLED_BACK)
    return next(kept, None)


def _key(service_id: str) -> str:
    return key("revisions", service_id)


def _dump(revision: Revision) -> str:
    return _json.dump_json(revision, exclude={"number"}).decode()


def _read(number: int, stored: str) -> Revision:
    return _json.validate_python({"number": number, **json.loads(stored)})
