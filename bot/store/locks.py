"""Who may change what, across all replicas of the bot: leases in Redis that are renewed while their
holder lives.

A lease alone cannot stop a holder that slept through its end, so each hold also has a fence: a
number that grows with every hold, by which the writes of a late holder are told from those of its
successor.
"""

from __future__ import annotations

import logging
import math
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from pydantic import TypeAdapter
from redis import Redis

from bot.errors import LeaseLostError, LockedError, StoreUnavailableError
from bot.model import Lock
from bot.store.connection import guarded, key

log = logging.getLogger(__name__)
_json = TypeAdapter(Lock)

_FENCE_SECONDS = 86_400
"""How long Redis remembers the last holder of a lease that ran out: an outage longer than this
loses the lease."""

_RETRY_SECONDS = 0.5

# Each target has two keys: the lease, and the fence of its last holder, which outlives the lease
# until a release.

_ACQUIRE = """
for i = 2, #KEYS, 2 do
    local held = redis.call('GET', KEYS[i])
    if held then return {0, held} end
end
local fence = redis.call('INCR', KEYS[1])
for i = 2, #KEYS, 2 do
    local lock = cjson.decode(ARGV[2 + i / 2])
    lock.fence = fence
    redis.call('SET', KEYS[i], cjson.encode(lock), 'PX', ARGV[1])
    redis.call('SET', KEYS[i + 1], fence, 'EX', ARGV[2])
end
return {fence, ''}
"""

_RENEW = """
for i = 1, #KEYS, 2 do
    local held = redis.call('GET', KEYS[i])
    if held then
        if cjson.decode(held).owner ~= ARGV[3] then return (i + 1) / 2 end
    elseif redis.call('GET', KEYS[i + 1]) ~= ARGV[4] then
        return (i + 1) / 2
    end
end
for i = 1, #KEYS, 2 do
    redis.call('SET', KEYS[i], ARGV[4 + (i + 1) / 2], 'PX', ARGV[1])
    redis.call('SET', KEYS[i + 1], ARGV[4], 'EX', ARGV[2])
end
return 0
"""

_RELEASE = """
for i = 1, #KEYS, 2 do
    local held = redis.call('GET', KEYS[i])
    if held and cjson.decode(held).owner == ARGV[1] then redis.call('DEL', KEYS[i]) end
    if redis.call('GET', KEYS[i + 1]) == ARGV[2] then redis.call('DEL', KEYS[i + 1]) end
end
"""


# A target of which only its holder can know yet, so nobody else holds it.
_EXTEND = """
local held = redis.call('GET', KEYS[1])
if held and cjson.decode(held).owner ~= ARGV[3] then return held end
redis.call('SET', KEYS[1], ARGV[5], 'PX', ARGV[1])
redis.call('SET', KEYS[2], ARGV[4], 'EX', ARGV[2])
return ''
"""


class Lease:
    """A hold on some targets. `fence` is larger than that of every hold before; `locks` is what
    others see."""

    def __init__(self, locks: tuple[Lock, ...], owner: str, fence: int, until: float):
        self.locks = locks
        self.owner = owner
        self.fence = fence
        self._until = until
        self._taken = ""
        self._over = False
        self._lock = threading.Lock()

    @property
    def lost(self) -> bool:
        """Whether somebody else may hold a target now.

        Final once another holder was seen. Where the lease only ran out, it turns back to False if
        Redis, when it answers again, knows of nobody in between.
        """
        return bool(self._taken) or time.monotonic() >= self._until

    def check(self) -> None:
        """Return while the hold is sure; `LeaseLostError` where it is not."""
        if self.lost:
            raise LeaseLostError(self._taken or self.locks[0].target)


class LockStore:
    """The locks of one bot. A lease runs out `lease_seconds` after its last renewal."""

    def __init__(self, redis: Redis, lease_seconds: float = 10, renew_seconds: float = 3):
        self._redis = redis
        self._lease = lease_seconds
        self._pause = renew_seconds
        self._acquire_script = redis.register_script(_ACQUIRE)
        self._renew_script = redis.register_script(_RENEW)
        self._release_script = redis.register_script(_RELEASE)
        self._extend_script = redis.register_script(_EXTEND)
        self._held: set[Lease] = set()
        self._changed = threading.Condition()
        self._renewing = False

    @contextmanager
    def acquire(self, targets: Sequence[str], actor: str, reason: str) -> Iterator[Lease]:
        """Hold all targets or none while the block runs.

        `LockedError` names who holds one of them; `StoreUnavailableError` where Redis cannot be
        asked. Leaving the block releases; where Redis is away by then, the lease runs out by
        itself.
        """
        lease = self._take(sorted(set(targets)), actor, reason)
        self._watch(lease)
        try:
            yield lease
        finally:
            self._release(lease)

    @guarded()
    def extend(self, lease: Lease, target: str) -> None:
        """Hold one more target, for as long and with the same fence: what a change has just brought
        into being.

        `LockedError` where somebody was quicker.
        """
        lock = replace(lease.locks[0], target=target)
        with lease._lock:
            holder = self._extend_script(
                _keys((lock,)),
                [int(self._lease * 1000), _FENCE_SECONDS, lease.owner, lease.fence, _dump(lock)],
            )
            if holder:
                raise LockedError(_json.validate_json(holder))
            lease.locks = (*lease.locks, lock)

    @guarded()
    def of(self, target: str) -> Lock | None:
        """Who holds this target, if anybody."""
        stored = self._redis.get(_lease_key(target))
        return _json.validate_json(stored) if stored else None

    @guarded()
    def locked(self, targets: Sequence[str]) -> frozenset[str]:
        """Which of these are held by anybody, in one round trip."""
        stored = self._redis.mget([_lease_key(target) for target in targets]) if targets else []
        return frozenset(target for target, value in zip(targets, stored, strict=True) if value)

    def holds(self, target: str) -> bool:
        """Whether this bot itself holds the target, or will again as soon as Redis is back."""
        with self._changed:
            return any(lock.target == target for lease in self._held for lock in lease.locks)

    @guarded()
    def all(self) -> tuple[Lock, ...]:
        """Every lock that is held now, by target."""
        keys = list(self._redis.scan_iter(match=_lease_key("*"), count=1000))
        stored = self._redis.mget(keys) if keys else []
        locks = (_json.validate_json(value) for value in stored if value)
        return tuple(sorted(locks, key=lambda lock: lock.target))

    # ---- one hold

    @guarded()
    def _take(self, targets: list[str], actor: str, reason: str) -> Lease:
        owner = uuid.uuid4().hex
        locks = tuple(
            Lock(target, owner, actor, reason, datetime.now(UTC), 0) for target in targets
        )
        asked = time.monotonic()
        fence, holder = self._acquire_script(
            [key("fences"), *_keys(locks)],
            [int(self._lease * 1000), _FENCE_SECONDS, *map(_dump, locks)],
        )
        if holder:
            raise LockedError(_json.validate_json(holder))
        until = asked + self._lease if locks else math.inf
        return Lease(tuple(replace(lock, fence=fence) for lock in locks), owner, fence, until)

    @guarded()
    def _renew(self, lease: Lease) -> None:
        # The turn keeps a renewal from taking back what a release has just given away.
        with lease._lock:
            if lease._over:
                return
            asked = time.monotonic()
            refused = self._renew_script(
                _keys(lease.locks),
                [
                    int(self._lease * 1000),
                    _FENCE_SECONDS,
                    lease.owner,
                    lease.fence,
                    *map(_dump, lease.locks),
                ],
            )
            if refused:
                lease._taken = lease.locks[refused - 1].target
                self._forget(lease)
                log.warning("lost the lock on %s", lease._taken)
            else:
                lease._until = asked + self._lease

    def _release(self, lease: Lease) -> None:
        self._forget(lease)
        with lease._lock:
            lease._over = True
            try:
                with guarded():
                    self._release_script(_keys(lease.locks), [lease.owner, lease.fence])
            except StoreUnavailableError as away:
                log.warning(
                    "could not release %s, its lease runs out: %s", _names(lease), away.reason
                )

    # ---- the thread that renews

    def _watch(self, lease: Lease) -> None:
        if not lease.locks:
            return
        with self._changed:
            self._held.add(lease)
            if not self._renewing:
                self._renewing = True
                threading.Thread(target=self._keep_renewing, name="locks", daemon=True).start()

    def _forget(self, lease: Lease) -> None:
        with self._changed:
            self._held.discard(lease)
            self._changed.notify_all()

    def _keep_renewing(self) -> None:
        pause = self._pause
        while self._still_needed(pause):
            pause = self._renew_all()

    def _still_needed(self, pause: float) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: not self._held, pause)
            self._renewing = bool(self._held)
            return self._renewing

    def _renew_all(self) -> float:
        """Renew what is held; the seconds until the next round."""
        with self._changed:
            lease = tuple(self._held)
        try:
            for one in lease:
                self._renew(one)
        except StoreUnavailableError as away:
            log.warning("could not renew the locks: %s", away.reason)
            return min(self._pause, _RETRY_SECONDS)
        return self._pause


def _lease_key(target: str) -> str:
    return key("lock", target)


def _keys(locks: tuple[Lock, ...]) -> list[str]:
    return [name for lock in locks for name in (_lease_key(lock.target), key("fence", lock.target))]


def _dump(lock: Lock) -> str:
    return _json.dump_json(lock).decode()


def _names(lease: Lease) -> str:
    return ", ".join(lock.target for lock in lease.locks)
