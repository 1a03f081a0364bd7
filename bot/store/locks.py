"""Locks on services and nodes, shared by all bots: leases in Redis, renewed by their owner."""

from __future__ import annotations

import logging
import math
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from redis import Redis

from bot import traces
from bot.clock import REAL, Clocks
from bot.errors import StoreUnavailableError
from bot.model import Lock
from bot.store.connection import guarded
from bot.store.lease import Lease, LeaseTerms
from bot.store.lock_calls import LockCalls, lease_key, read

log = logging.getLogger(__name__)

_RETRY_SECONDS = 0.5


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
    ) -> None:
        self._redis = redis
        self._now = clocks.now
        self._start = clocks.start
        self._renew_seconds = renew_seconds
        self._terms = LeaseTerms(LockCalls(redis), lease_seconds, clocks.monotonic, self._forget)
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
        with traces.call("lock", {"swarmbot.targets": tuple(targets)}):
            lease = self._acquire(sorted(set(targets)), actor, reason)
        self._renew_from_now_on(lease)
        try:
            yield lease
        finally:
            lease.release()

    @guarded()
    def of(self, target: str) -> Lock | None:
        """The lock on this target; None where it is free."""
        stored = self._redis.get(lease_key(target))
        return read(stored) if stored else None

    @guarded()
    def locked(self, targets: Sequence[str]) -> frozenset[str]:
        """Those of the targets that anybody has locked, asked in one round trip."""
        stored = self._redis.mget([lease_key(target) for target in targets]) if targets else []
        return frozenset(target for target, value in zip(targets, stored, strict=True) if value)

    def has_lease(self, target: str) -> bool:
        """Whether this bot has a lease on the target, or will renew it once Redis is back."""
        with self._changed:
            return any(target in lease.targets for lease in self._leases)

    @guarded()
    def all(self) -> tuple[Lock, ...]:
        """Every lock that there is now, sorted by target."""
        keys = list(self._redis.scan_iter(match=lease_key("*"), count=1000))
        stored = self._redis.mget(keys) if keys else []
        locks = (read(value) for value in stored if value)
        return tuple(sorted(locks, key=lambda lock: lock.target))

    def renew(self) -> float:
        """Renew every lease of this bot and return the seconds until the next round.

        A thread calls it for as long as there are any.
        """
        with self._changed:
            leases = tuple(self._leases)
        for lease in leases:
            lease.note_awake()
        try:
            for lease in leases:
                lease.renew()
        except StoreUnavailableError as away:
            log.warning("could not renew the locks: %s", away.reason)
            return min(self._renew_seconds, _RETRY_SECONDS)
        return self._renew_seconds

    # ---- parts

    @guarded()
    def _acquire(self, targets: list[str], actor: str, reason: str) -> Lease:
        owner, terms = uuid.uuid4().hex, self._terms
        locks = tuple(Lock(target, owner, actor, reason, self._now(), 0) for target in targets)
        asked_at = terms.monotonic()
        fence = terms.calls.acquire(locks, terms.seconds)
        valid_until = asked_at + terms.seconds if locks else math.inf
        taken = tuple(replace(lock, fence=fence) for lock in locks)
        return Lease(taken, owner, fence, valid_until, terms)

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
