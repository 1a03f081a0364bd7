"""Everything that the bot keeps in Redis, as one bundle for the place that puts the bot
together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from redis import Redis

from bot.store import connection
from bot.store.alerts import AlertStore
from bot.store.approvals import ApprovalStore
from bot.store.audit import Audit
from bot.store.holds import HoldStore
from bot.store.leader import Leader
from bot.store.locks import LockStore
from bot.store.queue import Queue
from bot.store.revisions import Revisions
from bot.store.rollouts import Rollouts
from bot.store.seen import Seen


@dataclass(frozen=True, slots=True)
class Store:
    """The stores over one client. All of them raise `StoreAway` where Redis does not answer; `seen`
    and leaders alone go on."""

    locks: LockStore
    rollouts: Rollouts
    revisions: Revisions
    audit: Audit
    seen: Seen
    approvals: ApprovalStore
    holds: HoldStore
    queue: Queue
    alerts: AlertStore
    _redis: Redis = field(repr=False)

    @classmethod
    def connect(cls, url: str) -> Self:
        """The stores at this URL; connects with the first call. `InvalidSetting` where the URL is
        none."""
        redis = connection.connect(url)
        return cls(
            LockStore(redis),
            Rollouts(redis),
            Revisions(redis),
            Audit(redis),
            Seen(redis),
            ApprovalStore(redis),
            HoldStore(redis),
            Queue(redis),
            AlertStore(redis),
            redis,
        )

    def leader(self, name: str) -> Leader:
        """The leadership as the bot of this name sees it; a candidate of its own with each call."""
        return Leader(self._redis, name)

    def ping(self) -> None:
        """Return when Redis answers; `StoreAway` where it does not."""
        connection.ping(self._redis)

    def close(self) -> None:
        """Give the connections back. What is still held runs out by itself."""
        self._redis.close()
