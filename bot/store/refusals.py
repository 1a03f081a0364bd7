"""What people tried and may not do, counted, folded and kept for a while.

It stands outside of the audit's chain, which keeps its entries for ever: nobody without rights can
make that grow. What is kept is bounded for each person and in all, by the hour.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from redis import Redis
from redis.client import Pipeline

from bot.model.audit import Refusal
from bot.store.connection import guarded, key, transact
from bot.store.json_form import JsonForm

KEPT = timedelta(days=7)
MOST_OF_PERSON = 20
"""Commands of one person in one hour; further ones are counted as one."""
MOST_IN_HOUR = 200
"""Records of one hour; further people are counted as one."""
OTHER_COMMANDS, OTHER_PEOPLE = "other commands", "other people"

_HOUR = timedelta(hours=1)
_json = JsonForm(Refusal)

# An hour is a hash: each field, `ID COMMAND`, is a record; a second hash counts a person's records.


class Refusals:
    """Counts refusals; there is one record for a person, a command and an hour.

    Both methods raise `StoreUnavailableError` where Redis does not answer.
    """

    def __init__(self, redis: Redis):
        self._redis = redis

    @guarded()
    def count(self, refusal: Refusal) -> None:
        """Count one more; the record keeps the newest time, reason and request."""
        name, people = _keys(refusal.at)
        candidates = (
            refusal,
            replace(refusal, command=OTHER_COMMANDS, request=""),
            replace(refusal, actor_id="", actor=OTHER_PEOPLE, command=OTHER_COMMANDS, request=""),
        )
        fields = [f"{candidate.actor_id} {candidate.command}" for candidate in candidates]

        def change(pipe: Pipeline) -> None:
            texts: list[Any] = pipe.hmget(name, fields)
            of_person = int(pipe.hget(people, refusal.actor_id) or 0)
            place = _place(texts, of_person, int(pipe.hlen(name)))
            known = _json.validate_json(texts[place]) if texts[place] else None
            counted = replace(candidates[place], times=known.times + 1 if known else 1)
            pipe.multi()
            pipe.hset(name, fields[place], _json.dump_json(counted).decode())
            if known is None:
                pipe.hincrby(people, refusal.actor_id, 1)
            pipe.expire(name, KEPT)
            pipe.expire(people, KEPT)

        transact(self._redis, change, name, people)

    @guarded()
    def since(self, start: datetime, now: datetime) -> tuple[Refusal, ...]:
        """The records of the hours since then, the newest first; `KEPT` back at most."""
        first = max(start, now - KEPT)
        hours = int((now - first) / _HOUR) + 2
        with self._redis.pipeline() as pipe:
            for hour in range(hours):
                pipe.hvals(_keys(now - hour * _HOUR)[0])
            stored = [text for texts in pipe.execute() for text in texts]
        records = (_json.validate_json(text) for text in stored)
        kept = (record for record in records if record.at >= first)
        return tuple(sorted(kept, key=lambda r: (r.at, r.actor, r.command), reverse=True))


def _place(texts: list[Any], of_person: int, records: int) -> int:
    """Whether it is counted as itself (0), as one more of the person (1), or of anybody (2)."""
    if texts[0] or (of_person < MOST_OF_PERSON and records < MOST_IN_HOUR):
        return 0
    return 1 if texts[1] or records < MOST_IN_HOUR else 2


def _keys(at: datetime) -> tuple[str, str]:
    hour = f"{at.astimezone(UTC):%Y%m%d%H}"
    return key("refusals", hour), key("refusals", hour, "people")
