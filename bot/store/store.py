"""All stores of the bot over one Redis client."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from redis import Redis

from bot.clock import boot_seconds, utc_now
from bot.store import connection
from bot.store.alerts import AlertStore
from bot.store.approvals import ApprovalStore
from bot.store.audit import Audit
from bot.store.holds import HoldStore
from bot.store.keys import Keys
from bot.store.leader import Leader
from bot.store.locks import LockStore
from bot.store.queue import Queue
from bot.store.revisions import Revisions
from bot.store.rollouts import Rollouts
from bot.store.sealed import Sealed
from bot.store.seen import Seen
from bot.store.signer import Signer


@dataclass(frozen=True, slots=True)
class Store:
    """Every store of the bot over one Redis client.

    Where Redis does not answer, all of them raise `StoreUnavailableError`, except `seen` and the
    leaders, which go on with what they know.
    """

    locks: LockStore
    rollouts: Rollouts
    revisions: Revisions
    audit: Audit
    seen: Seen
    approvals: ApprovalStore
    holds: HoldStore
    queue: Queue
    alerts: AlertStore
    sealed: Sealed
    _redis: Redis = field(repr=False)
    _monotonic: Callable[[], float] = field(repr=False)

    @classmethod
    def connect(
        cls,
        url: str,
        keys: Keys | None = None,
        on_forged: Callable[[], None] = lambda: None,
    ) -> Self:
        """The stores at this URL; the connection is made by the first call.

        Without `keys` it opens nothing that another process has sealed, and takes nothing for true
        that another one has signed; `on_forged` is called for each entry that does not verify.

        Raises `InvalidSettingError` where the text is not a URL of Redis.
        """
        return cls.over(connection.connect(url), keys=keys, on_forged=on_forged)

    @classmethod
    def over(
        cls,
        redis: Redis,
        monotonic: Callable[[], float] = boot_seconds,
        now: Callable[[], datetime] = utc_now,
        keys: Keys | None = None,
        on_forged: Callable[[], None] = lambda: None,
    ) -> Self:
        """The stores over this client; leases are measured by `monotonic` and dated by `now`."""
        own_keys = keys or Keys.passing()
        signer = Signer(own_keys.signing, on_forged)
        return cls(
            LockStore(redis, monotonic=monotonic, now=now),
            Rollouts(redis, signer),
            Revisions(redis),
            Audit(redis),
            Seen(redis),
            ApprovalStore(redis, signer),
            HoldStore(redis),
            Queue(redis, signer),
            AlertStore(redis),
            Sealed(redis, own_keys.fernet),
            redis,
            monotonic,
        )

    def leader(self, name: str) -> Leader:
        """A new candidate for leadership under this name; each call makes another one."""
        return Leader(self._redis, name, monotonic=self._monotonic)

    def ping(self) -> None:
        """Return when Redis answers; raises `StoreUnavailableError` where it does not."""
        connection.ping(self._redis)

    def close(self) -> None:
        """Close the connections. Leases that are not released run out by themselves."""
        self._redis.close()
