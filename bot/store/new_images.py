"""New images of which people are asked, what they skipped, and which registries said that something
was pushed, so that every bot knows what is asked already."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from redis import Redis
from redis.client import Pipeline

from bot.model.new_image import NewImage
from bot.store.connection import guarded, key, transact
from bot.store.json_form import JsonForm
from bot.store.signer import Signer

_json = JsonForm(NewImage)

_OFFERS = key("images", "offers")
_PUSHED = key("images", "pushed")
_AWAY = key("images", "away")
_KIND = "new image"
_SKIPPED_SECONDS = 400 * 86_400
_MOST_SKIPPED = 100
"""Of one service: the oldest are forgotten first."""
_PUSHED_SECONDS = 3600
_MOST_PUSHED = 200
"""Repositories that wait to be looked at: further ones are found at the next look of all."""
_AWAY_SECONDS = 2 * 86_400

# Offers are a hash by service id, signed. What was skipped is a sorted set for each service, by
# when (seconds since 1970). The registries' hints are a set of repositories; registries that do not
# answer a hash by host: since when, and why.

Step = Callable[[NewImage | None], NewImage | None]


class NewImages:
    """One offer for each service, while nobody has decided."""

    def __init__(self, redis: Redis, signer: Signer):
        self._redis = redis
        self._signer = signer

    @guarded()
    def all(self) -> tuple[NewImage, ...]:
        """Every offer, by the name of its service."""
        read = (
            self._read(str(name), value) for name, value in self._redis.hgetall(_OFFERS).items()
        )
        return tuple(sorted((offer for offer in read if offer), key=lambda offer: offer.service))

    def apply(self, service_id: str, step: Step) -> NewImage | None:
        """Take a step on the offer of a service, None where there is none; returns what is stored
        then. A step that returns None ends it."""

        def change(pipe: Pipeline) -> NewImage | None:
            before = self._read(service_id, pipe.hget(_OFFERS, service_id))
            after = step(before)
            pipe.multi()
            if after is None:
                pipe.hdel(_OFFERS, service_id)
            elif after != before:
                text = self._signer.signed(f"{_KIND} {service_id}", _json.dump_json(after))
                pipe.hset(_OFFERS, service_id, text)
            return after

        return transact(self._redis, change, _OFFERS)

    # ---- what people do not want

    @guarded()
    def skip(self, service_id: str, wanted: str, now: datetime) -> None:
        """Ask no more for this version, or build (see `NewImage.key`)."""
        name = _skipped(service_id)
        with self._redis.pipeline() as pipe:
            pipe.zadd(name, {wanted: now.timestamp()})
            pipe.zremrangebyrank(name, 0, -_MOST_SKIPPED - 1)
            pipe.expire(name, _SKIPPED_SECONDS)
            pipe.execute()

    @guarded()
    def is_skipped(self, service_id: str, wanted: str) -> bool:
        """Whether somebody skipped it."""
        return self._redis.zscore(_skipped(service_id), wanted) is not None

    # ---- what registries say

    @guarded()
    def hint(self, repositories: Iterable[str]) -> None:
        """Have these repositories looked at soon; the same one twice is one look."""
        room = _MOST_PUSHED - int(self._redis.scard(_PUSHED))
        wanted = sorted(set(repositories))[: max(0, room)]
        if not wanted:
            return
        with self._redis.pipeline() as pipe:
            pipe.sadd(_PUSHED, *wanted)
            pipe.expire(_PUSHED, _PUSHED_SECONDS)
            pipe.execute()

    @guarded()
    def take_hints(self) -> frozenset[str]:
        """The repositories that are to be looked at, which from now on is the caller's to do."""
        with self._redis.pipeline() as pipe:
            pipe.smembers(_PUSHED)
            pipe.delete(_PUSHED)
            members, _ = pipe.execute()
        return frozenset(map(str, members))

    @guarded()
    def answered(self, host: str) -> None:
        """A registry answers."""
        self._redis.hdel(_AWAY, host)

    @guarded()
    def away_since(self, host: str, reason: str, now: datetime) -> None:
        """A registry cannot be asked; since when is kept from the first time."""
        since = str(self._redis.hget(_AWAY, host) or "").partition(" ")[0] or now.isoformat()
        with self._redis.pipeline() as pipe:
            pipe.hset(_AWAY, host, f"{since} {reason[:200]}")
            pipe.expire(_AWAY, _AWAY_SECONDS)
            pipe.execute()

    @guarded()
    def forget_all_but(self, hosts: Iterable[str]) -> None:
        """Forget what is known of registries that nothing is asked of any more."""
        gone = set(map(str, self._redis.hkeys(_AWAY))) - set(hosts)
        if gone:
            self._redis.hdel(_AWAY, *gone)

    @guarded()
    def away(self) -> Mapping[str, tuple[datetime, str]]:
        """The registries that cannot be asked: since when, and why."""
        fields = ((str(host), str(text)) for host, text in self._redis.hgetall(_AWAY).items())
        parted = ((host, *text.partition(" ")) for host, text in fields)
        return {host: (datetime.fromisoformat(since), reason) for host, since, _, reason in parted}

    def _read(self, service_id: str, stored: object) -> NewImage | None:
        text = self._signer.verified(f"{_KIND} {service_id}", stored)
        offer = _json.validate_json(text) if text else None
        return offer if offer and offer.service_id == service_id else None


def _skipped(service_id: str) -> str:
    return key("images", "skipped", service_id)
