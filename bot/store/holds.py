"""The holds that people put on services, kept until they are released or end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from redis import Redis
from redis.client import Pipeline

from bot.errors import NotHolderError, OnHoldError
from bot.model import Actor
from bot.model.hold import EVERYTHING, Hold, covering
from bot.store.connection import guarded, key, transact
from bot.store.json_form import JsonForm

_json = JsonForm(Hold)

_HOLDS = key("holds")
_FREEZE = "freeze"


class HoldStore:
    """All holds, in one Redis hash by pattern. A freeze has a field of its own."""

    def __init__(self, redis: Redis):
        self._redis = redis

    def put(self, hold: Hold, now: datetime, take_over: bool = False) -> Hold | None:
        """Store a hold, or a longer one, and return somebody else's hold that it takes over.

        Raises `OnHoldError` where somebody else's hold covers the same services, unless
        `take_over`. A narrower hold does not end a wider one; for a service that both cover, the
        narrower one decides.
        """

        def change(pipe: Pipeline) -> Hold | None:
            stored = _all(pipe)
            present = covering(
                [old for old in stored.values() if not old.freeze], hold.pattern, now
            )
            foreign = (
                present
                if present and present.owner.id != hold.owner.id and not hold.freeze
                else None
            )
            if foreign and not take_over:
                raise OnHoldError(foreign, hold.pattern)
            pipe.multi()
            _delete_ended(pipe, stored, now)
            pipe.hset(_HOLDS, _field(hold.pattern, hold.freeze), _json.dump_json(hold))
            return foreign

        return transact(self._redis, change, _HOLDS)

    def release(
        self, pattern: str, actor: Actor, now: datetime, override: bool = False
    ) -> Hold | None:
        """End the hold with exactly this pattern and return it; None where there is none.

        Raises `NotHolderError` where it belongs to somebody else, unless `override`.
        """
        return self._end(_field(pattern, False), actor, now, override)

    def unfreeze(self, actor: Actor, now: datetime) -> Hold | None:
        """End the freeze, no matter who began it, and return it; None where there is none."""
        return self._end(_field(EVERYTHING, True), actor, now, override=True)

    def covering(self, service: str, now: datetime) -> Hold | None:
        """The hold that decides on this service; None where no hold covers it."""
        return covering(self.all(now), service, now)

    @guarded()
    def all(self, now: datetime) -> tuple[Hold, ...]:
        """Every hold that has not ended, the oldest first. `put` deletes the ended ones."""
        active = [hold for hold in _all(self._redis).values() if hold.active(now)]
        return tuple(sorted(active, key=lambda hold: (hold.since, hold.pattern)))

    def _end(self, name: str, actor: Actor, now: datetime, override: bool) -> Hold | None:
        def change(pipe: Pipeline) -> Hold | None:
            stored = _all(pipe)
            hold = stored.get(name)
            active = hold if hold and hold.active(now) else None
            if active and active.owner.id != actor.id and not override:
                raise NotHolderError(active)
            pipe.multi()
            _delete_ended(pipe, stored, now)
            pipe.hdel(_HOLDS, name)
            return active

        return transact(self._redis, change, _HOLDS)


def _all(redis: Redis) -> Mapping[str, Hold]:
    return {str(name): _json.validate_json(value) for name, value in redis.hgetall(_HOLDS).items()}


def _delete_ended(pipe: Pipeline, stored: Mapping[str, Hold], now: datetime) -> None:
    ended = [name for name, hold in stored.items() if not hold.active(now)]
    if ended:
        pipe.hdel(_HOLDS, *ended)


def _field(pattern: str, freeze: bool) -> str:
    return _FREEZE if freeze else f"hold {pattern}"
