"""What Redis is asked about the locks of one owner; each is a script that it does as a whole."""

from __future__ import annotations

import math
from collections.abc import Sequence

from redis import Redis

from bot.errors import LockedError
from bot.model import Lock
from bot.store.connection import key
from bot.store.json_form import JsonForm
from bot.store.lock_scripts import ACQUIRE, EXTEND, RELEASE, RENEW

_json = JsonForm(Lock)

_FENCE_SECONDS = 86_400
"""TTL of a target's fence: after a longer outage an owner cannot take up its lease again."""


class LockCalls:
    """The scripts for locks. Each raises the errors of Redis."""

    def __init__(self, redis: Redis) -> None:
        self._acquire = redis.register_script(ACQUIRE)
        self._renew = redis.register_script(RENEW)
        self._release = redis.register_script(RELEASE)
        self._extend = redis.register_script(EXTEND)

    def acquire(self, locks: Sequence[Lock], seconds: float) -> int:
        """Lock all targets for so many seconds, or none, and return the fence.

        Raises `LockedError`, with the lock that stands in the way.
        """
        fence, current = self._acquire(
            [key("fences"), *_keys(locks)],
            [_milliseconds(seconds), _FENCE_SECONDS, *map(_dump, locks)],
        )
        if current:
            raise LockedError(read(current))
        return int(fence)

    def extend(self, lock: Lock, seconds: float) -> None:
        """Lock one target more for the owner and the fence in `lock`. Raises `LockedError`."""
        current = self._extend(
            _keys((lock,)),
            [_milliseconds(seconds), _FENCE_SECONDS, lock.owner, lock.fence, _dump(lock)],
        )
        if current:
            raise LockedError(read(current))

    def renew(self, locks: Sequence[Lock], seconds: float) -> str:
        """Let locks of one owner last so many seconds from now.

        Returns the target that another owner has or had meanwhile, and renews none then; empty
        where all are renewed.
        """
        owner, fence = locks[0].owner, locks[0].fence
        refused = self._renew(
            _keys(locks),
            [_milliseconds(seconds), _FENCE_SECONDS, owner, fence, *map(_dump, locks)],
        )
        return locks[refused - 1].target if refused else ""

    def release(self, locks: Sequence[Lock], owner: str, fence: int) -> None:
        """Give back those of the locks that this owner still has."""
        self._release(_keys(locks), [owner, fence])


def lease_key(target: str) -> str:
    """The key of a target's lock; `*` stands for all."""
    return key("lock", target)


def read(stored: str | bytes) -> Lock:
    """A lock as Redis has it."""
    return _json.validate_json(stored)


def _keys(locks: Sequence[Lock]) -> list[str]:
    return [name for lock in locks for name in (lease_key(lock.target), key("fence", lock.target))]


def _dump(lock: Lock) -> str:
    return _json.dump_json(lock).decode()


def _milliseconds(seconds: float) -> int:
    return math.ceil(seconds * 1000)
