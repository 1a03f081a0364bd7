"""Locks on services and nodes, shared by all bots: leases in Redis, renewed by their owner.

A lease alone cannot stop an owner that slept through its end. So each lease has a fence: a number
that grows with every lease, by which a write of a late owner to Redis is told from one of its
successor; and directly before each change of Docker the owner confirms its lease (`Lease.confirm`).
"""

from __future__ import annotations

import logging
import math
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from pydantic import TypeAdapter
from redis import Redis

from bot.clock import REAL, Clocks
from bot.errors import LeaseLostError, LockedError, StoreUnavailableError
from bot.model import Lock
from bot.store.connection import guarded, key
from bot.store.lock_scripts import ACQUIRE, EXTEND, RELEASE, RENEW

log = logging.getLogger(__name__)
_json = TypeAdapter(Lock)

_FENCE_SECONDS = 86_400
"""TTL of a target's fence: after a longer outage an owner cannot take up its lease again."""

_RETRY_SECONDS = 0.5

_AFTER_A_CALL = 2.0
"""Seconds for which a lease outlasts a call to an engine that is about to be sent."""


class Lease:
    """The locks on some targets that one owner acquired together.

    `fence` is larger than that of every lease before. `locks` is what others see of it. `owner` is
    a random id.
    """

    def __init__(
        self,
        locks: tuple[Lock, ...],
        owner: str,
        fence: int,
        valid_until: float,
        store: LockStore,
    ):
        self.locks = locks
        self.owner = owner
        self.fence = fence
        self._valid_until = valid_until
        self._store = store
        self._needed_until = -math.inf
        self._awake_at = store._monotonic()
        self._taken_target = ""
        self._released = False
        self._lock = threading.Lock()

    @property
    def lost(self) -> bool:
        """Whether somebody else may have locked a target by now.

        True for good once another owner was seen, or this bot slept past its end: others may have
        judged by then that it is gone. Where Redis was away for as long, it becomes False again
        when Redis answers and knows of no owner in between.
        """
        return bool(self._taken_target) or self._store._monotonic() >= self._valid_until

    def check(self) -> None:
        """Return while nobody else can have locked a target; raises `LeaseLostError` otherwise."""
        if self.lost:
            raise LeaseLostError(self._taken_target or self.locks[0].target)

    def confirm(self, seconds: float) -> None:
        """Return where Redis says now that nobody else has a target, nor will for so many seconds.

        It is the fence of `bot.swarm.engine.fence`: asked directly before each change of Docker,
        with the time that the call may take. Raises `LeaseLostError` otherwise, and
        `StoreUnavailableError` where Redis does not answer.
        """
        self._store._confirm(self, seconds)


class LockStore:
    """The locks of all bots, and the leases that this bot has.

    A lease ends `lease_seconds` after its last renewal; a thread renews it every `renew_seconds`.
    """

    def __init__(
        self,
        redis: Redis,
        lease_seconds: float = 10,
        renew_seconds: float = 3,
        clocks: Clocks = REAL,
    ):
        self._redis = redis
        self._monotonic = clocks.monotonic
        self._now = clocks.now
        self._start = clocks.start
        self._lease_seconds = lease_seconds
        self._renew_seconds = renew_seconds
        self._acquire_script = redis.register_script(ACQUIRE)
        self._renew_script = redis.register_script(RENEW)
        self._release_script = redis.register_script(RELEASE)
        self._extend_script = redis.register_script(EXTEND)
        self._leases: set[Lease] = set()
        self._changed = threading.Condition()
        self._renewing = False

    @contextmanager
    def acquire(self, targets: Sequence[str], actor: str, reason: str) -> Iterator[Lease]:
        """Lock all targets, or none, while the block runs.

        Raises `LockedError`, with the lock that stands in the way, where another owner has a
        target, and `StoreUnavailableError` where Redis does not answer. Leaving the block releases
        the lease; where Redis does not answer then, the lease runs out by itself.
        """
        lease = self._acquire(sorted(set(targets)), actor, reason)
        self._renew_from_now_on(lease)
        try:
            yield lease
        finally:
            self._release(lease)

    @guarded()
    def extend(self, lease: Lease, target: str) -> None:
        """Add a target to the lease, with its owner and fence: a service just created.

        Raises `LockedError` where another owner has locked it.
        """
        lock = replace(lease.locks[0], target=target)
        with lease._lock:
            current = self._extend_script(
                _keys((lock,)),
                [
                    int(self._lease_seconds * 1000),
                    _FENCE_SECONDS,
                    lease.owner,
                    lease.fence,
                    _dump(lock),
                ],
            )
            if current:
                raise LockedError(_json.validate_json(current))
            lease.locks = (*lease.locks, lock)

    @guarded()
    def of(self, target: str) -> Lock | None:
        """The lock on this target; None where it is free."""
        stored = self._redis.get(_lease_key(target))
        return _json.validate_json(stored) if stored else None

    @guarded()
    def locked(self, targets: Sequence[str]) -> frozenset[str]:
        """Those of the targets that anybody has locked, asked in one round trip."""
        stored = self._redis.mget([_lease_key(target) for target in targets]) if targets else []
        return frozenset(target for target, value in zip(targets, stored, strict=True) if value)

    def has_lease(self, target: str) -> bool:
        """Whether this bot has a lease on the target, or will renew it once Redis is back."""
        with self._changed:
            return any(lock.target == target for lease in self._leases for lock in lease.locks)

    @guarded()
    def all(self) -> tuple[Lock, ...]:
        """Every lock that there is now, sorted by target."""
        keys = list(self._redis.scan_iter(match=_lease_key("*"), count=1000))
        stored = self._redis.mget(keys) if keys else []
        locks = (_json.validate_json(value) for value in stored if value)
        return tuple(sorted(locks, key=lambda lock: lock.target))

    # ---- one lease

    @guarded()
    def _acquire(self, targets: list[str], actor: str, reason: str) -> Lease:
        owner = uuid.uuid4().hex
        locks = tuple(Lock(target, owner, actor, reason, self._now(), 0) for target in targets)
        asked_at = self._monotonic()
        fence, current = self._acquire_script(
            [key("fences"), *_keys(locks)],
            [int(self._lease_seconds * 1000), _FENCE_SECONDS, *map(_dump, locks)],
        )
        if current:
            raise LockedError(_json.validate_json(current))
        valid_until = asked_at + self._lease_seconds if locks else math.inf
        taken = tuple(replace(lock, fence=fence) for lock in locks)
        return Lease(taken, owner, fence, valid_until, self)

    def _confirm(self, lease: Lease, seconds: float) -> None:
        if not lease.locks:
            raise LeaseLostError("")
        self._note_awake(lease)
        lease._needed_until = self._monotonic() + seconds + _AFTER_A_CALL
        self._renew(lease)
        # Who sleeps between the question and here is late: nothing may follow.
        self._note_awake(lease)
        lease.check()
        if lease._released or self._monotonic() + seconds >= lease._valid_until:
            raise LeaseLostError(lease.locks[0].target)

    def _note_awake(self, lease: Lease) -> None:
        """Note that this bot looks after the lease; it is lost where nobody did for its length."""
        now = self._monotonic()
        if now - lease._awake_at <= self._lease_seconds:
            lease._awake_at = now
        elif not lease._taken_target:
            lease._taken_target = lease.locks[0].target
            self._forget(lease)
            log.warning("slept past the lease on %s", _names(lease))

    @guarded()
    def _renew(self, lease: Lease) -> None:
        # The lease's own lock keeps a renewal from taking back what a release has just given away.
        with lease._lock:
            if lease._released or lease._taken_target:
                return
            asked_at = self._monotonic()
            lasts = max(self._lease_seconds, lease._needed_until - asked_at)
            refused = self._renew_script(
                _keys(lease.locks),
                [
                    math.ceil(lasts * 1000),
                    _FENCE_SECONDS,
                    lease.owner,
                    lease.fence,
                    *map(_dump, lease.locks),
                ],
            )
            if refused:
                lease._taken_target = lease.locks[refused - 1].target
                self._forget(lease)
                log.warning("lost the lock on %s", lease._taken_target)
            else:
                lease._valid_until = asked_at + lasts

    def _release(self, lease: Lease) -> None:
        self._forget(lease)
        with lease._lock:
            lease._released = True
            try:
                with guarded():
                    self._release_script(_keys(lease.locks), [lease.owner, lease.fence])
            except StoreUnavailableError as away:
                log.warning(
                    "could not release %s, its lease runs out: %s", _names(lease), away.reason
                )

    # ---- the thread that renews

    def _renew_from_now_on(self, lease: Lease) -> None:
        if not lease.locks:
            return
        with self._changed:
            self._leases.add(lease)
            if not self._renewing:
                self._renewing = True
                self._start("locks", self._keep_renewing)

    def _forget(self, lease: Lease) -> None:
        with self._changed:
            self._leases.discard(lease)
            self._changed.notify_all()

    def _keep_renewing(self) -> None:
        pause = self._renew_seconds
        while self._still_needed(pause):
            pause = self.renew()

    def _still_needed(self, pause: float) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: not self._leases, pause)
            self._renewing = bool(self._leases)
            return self._renewing

    def renew(self) -> float:
        """Renew every lease of this bot and return the seconds until the next round.

        A thread calls it for as long as there are any.
        """
        with self._changed:
            leases = tuple(self._leases)
        for lease in leases:
            self._note_awake(lease)
        try:
            for lease in leases:
                self._renew(lease)
        except StoreUnavailableError as away:
            log.warning("could not renew the locks: %s", away.reason)
            return min(self._renew_seconds, _RETRY_SECONDS)
        return self._renew_seconds


def _lease_key(target: str) -> str:
    return key("lock", target)


def _keys(locks: tuple[Lock, ...]) -> list[str]:
    return [name for lock in locks for name in (_lease_key(lock.target), key("fence", lock.target))]


def _dump(lock: Lock) -> str:
    return _json.dump_json(lock).decode()


def _names(lease: Lease) -> str:
    return ", ".join(lock.target for lock in lease.locks)
