"""One lease: the locks that an owner acquired together, and whether it still has them.

A lease alone cannot stop an owner that slept through its end. So each lease has a fence: a number
that grows with every lease, by which a write of a late owner to Redis is told from one of its
successor; and directly before each change of Docker the owner confirms its lease (`Lease.confirm`).
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.errors import LeaseLostError, StoreUnavailableError
from bot.model import Lock
from bot.store.connection import guarded
from bot.store.lock_calls import LockCalls

log = logging.getLogger(__name__)

_AFTER_A_CALL = 2.0
"""Seconds for which a lease outlasts a call to an engine that is about to be sent."""


@dataclass(frozen=True, slots=True)
class LeaseTerms:
    """What holds for every lease of a bot.

    It lasts `seconds` from its last renewal, measured by `monotonic`; `ended` is told of a lease
    that is not to be renewed any more.
    """

    calls: LockCalls
    seconds: float
    monotonic: Callable[[], float]
    ended: Callable[[Lease], None]


class Lease:
    """The locks on some targets that one owner acquired together.

    `fence` is larger than that of every lease before. `locks` is what others see of it. `owner` is
    a random id. `valid_until` is in the seconds of `terms.monotonic`.
    """

    def __init__(
        self,
        locks: tuple[Lock, ...],
        owner: str,
        fence: int,
        valid_until: float,
        terms: LeaseTerms,
    ) -> None:
        self.locks = locks
        self.owner = owner
        self.fence = fence
        self._valid_until = valid_until
        self._terms = terms
        self._needed_until = -math.inf
        self._awake_at = terms.monotonic()
        self._taken_target = ""
        self._released = False
        # Keeps a renewal from taking back what a release has just given away.
        self._lock = threading.Lock()

    @property
    def targets(self) -> tuple[str, ...]:
        """What is locked."""
        return tuple(lock.target for lock in self.locks)

    @property
    def lost(self) -> bool:
        """Whether somebody else may have locked a target by now.

        True for good once another owner was seen, or this bot slept past its end: others may have
        judged by then that it is gone. Where Redis was away for as long, it becomes False again
        when Redis answers and knows of no owner in between.
        """
        return bool(self._taken_target) or self._terms.monotonic() >= self._valid_until

    def check(self) -> None:
        """Return while nobody else can have locked a target; raises `LeaseLostError` otherwise."""
        if self.lost:
            raise LeaseLostError(self._taken_target or self.targets[0])

    def confirm(self, seconds: float) -> None:
        """Return where Redis says now that nobody else has a target, nor will for so many seconds.

        It is the fence of `bot.swarm.engine.fence`: asked directly before each change of Docker,
        with the time that the call may take. Raises `LeaseLostError` otherwise, and
        `StoreUnavailableError` where Redis does not answer.
        """
        if not self.locks:
            raise LeaseLostError("")
        self.note_awake()
        self._needed_until = self._terms.monotonic() + seconds + _AFTER_A_CALL
        self.renew()
        # Who sleeps between the question and here is late: nothing may follow.
        self.note_awake()
        self.check()
        if self._released or self._terms.monotonic() + seconds >= self._valid_until:
            raise LeaseLostError(self.targets[0])

    @guarded()
    def extend(self, target: str) -> None:
        """Add a target, with the same owner and fence: a service just created.

        Raises `LockedError` where another owner has locked it, and `StoreUnavailableError`.
        """
        lock = replace(self.locks[0], target=target)
        with self._lock:
            self._terms.calls.extend(lock, self._terms.seconds)
            self.locks = (*self.locks, lock)

    def note_awake(self) -> None:
        """Note that this bot looks after the lease; it is lost where nobody did for its length."""
        now = self._terms.monotonic()
        if now - self._awake_at <= self._terms.seconds:
            self._awake_at = now
        elif not self._taken_target:
            self._taken_target = self.targets[0]
            self._terms.ended(self)
            log.warning("slept past the lease on %s", ", ".join(self.targets))

    @guarded()
    def renew(self) -> None:
        """Let it last from now on, unless it is lost or released.

        Raises `StoreUnavailableError`.
        """
        with self._lock:
            if self._released or self._taken_target:
                return
            asked_at = self._terms.monotonic()
            lasts = max(self._terms.seconds, self._needed_until - asked_at)
            self._taken_target = self._terms.calls.renew(self.locks, lasts)
            if self._taken_target:
                self._terms.ended(self)
                log.warning("lost the lock on %s", self._taken_target)
            else:
                self._valid_until = asked_at + lasts

    def release(self) -> None:
        """Give all targets back; where Redis does not answer, the lease runs out by itself."""
        self._terms.ended(self)
        with self._lock:
            self._released = True
            try:
                with guarded():
                    self._terms.calls.release(self.locks, self.owner, self.fence)
            except StoreUnavailableError as away:
                log.warning(
                    "could not release %s, its lease runs out: %s",
                    ", ".join(self.targets),
                    away.reason,
                )
