"""Who holds which services: kept until released, so that nobody deploys what somebody else is
working on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pydantic import TypeAdapter
from redis import Redis
from redis.client import Pipeline

from bot.errors import NotHolderError, OnHoldError
from bot.model import Actor
from bot.model.hold import EVERYTHING, Hold, covering
from bot.store.connection import guarded, key, transact

_json = TypeAdapter(Hold)

_HOLDS = key("holds")
_FREEZE = "freeze"


class HoldStore:
    """All holds, in one hash by what they hold; a freeze stands beside a hold on everything."""

    def __init__(self, redis: Redis):
        self._redis = redis

    def put(self, hold: Hold, now: datetime, take_over: bool = False) -> Hold | None:
        """Hold, or hold longer, and return somebody else's hold that gives way to it.

        Where somebody else's covers the same services, `OnHoldError`, unless `take_over`. A
        narrower hold does not end a wider one: it decides on what both hold.
        """

        def change(pipe: Pipeline) -> Hold | None:
            stored = _all(pipe)
            found = covering([one for one in stored.values() if not one.freeze], hold.pattern, now)
            others = (
                found if found and found.owner.id != hold.owner.id and not hold.freeze else None
            )
            if others and not take_over:
                raise OnHoldError(others, hold.pattern)
            pipe.multi()
            _clean(pipe, stored, now)
            pipe.hset(_HOLDS, _field(hold.pattern, hold.freeze), _json.dump_json(hold))
            return others

        return transact(self._redis, change, _HOLDS)

    def release(
        self, pattern: str, actor: Actor, now: datetime, override: bool = False
    ) -> Hold | None:
        """End the hold of exactly this pattern, and return it; None where there is none.

        `NotHolderError` where it is somebody else's, unless `override`.
        """
        return self._end(_field(pattern, False), actor, now, override)

    def unfreeze(self, actor: Actor, now: datetime) -> Hold | None:
        """End the freeze, whoever began it, and return it; None where nothing is frozen."""
        return self._end(_field(EVERYTHING, True), actor, now, override=True)

    def covering(self, service: str, now: datetime) -> Hold | None:
        """The hold that decides on this service, if there is one."""
        return covering(self.all(now), service, now)

    @guarded()
    def all(self, now: datetime) -> tuple[Hold, ...]:
        """Every hold that holds now, the oldest first; what has run out is thrown away with the
        next `put`."""
        held = [hold for hold in _all(self._redis).values() if hold.active(now)]
        return tuple(sorted(held, key=lambda hold: (hold.since, hold.pattern)))

    def _end(self, name: str, actor: Actor, now: datetime, override: bool) -> Hold | None:
        def change(pipe: Pipeline) -> Hold | None:
            stored = _all(pipe)
            hold = stored.get(name)
            active = hold if hold and hold.active(now) else None
            if active and active.owner.id != actor.id and not override:
                raise NotHolderError(active)
            pipe.multi()
            _clean(pipe, stored, now)
            pipe.hdel(_HOLDS, name)
            return active

        return transact(self._redis, change, _HOLDS)


def _all(redis: Redis) -> Mapping[str, Hold]:
    return {str(name): _json.validate_json(value) for name, value in redis.hgetall(_HOLDS).items()}


def _clean(pipe: Pipeline, stored: Mapping[str, Hold], now: datetime) -> None:
    over = [name for name, hold in stored.items() if not hold.active(now)]
    if over:
        pipe.hdel(_HOLDS, *over)


def _field(pattern: str, freeze: bool) -> str:
    return _FREEZE if freeze else f"hold {pattern}"
