"""All stores of the bot over one Redis client."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from redis import Redis

from bot.clock import REAL, Clocks
from bot.store import connection, fitness
from bot.store.ages import Ages
from bot.store.alerts import AlertStore
from bot.store.anchor import AnchorFile
from bot.store.approvals import ApprovalStore
from bot.store.audit import Audit
from bot.store.batches import Batches
from bot.store.commands import CommandLog
from bot.store.deliveries import Deliveries
from bot.store.holds import HoldStore
from bot.store.keys import Keys
from bot.store.leader import Leader
from bot.store.locks import LockStore
from bot.store.new_images import NewImages
from bot.store.posted_logins import PostedLogins
from bot.store.queue import Queue
from bot.store.refusals import Refusals
from bot.store.replays import Replays
from bot.store.revisions import Revisions
from bot.store.rollouts import Rollouts
from bot.store.sealed import Sealed
from bot.store.seen import Seen
from bot.store.signer import Signer
from bot.store.tokens import TokenStore

log = logging.getLogger(__name__)

_KEY_MARK = connection.key("key")


@dataclass(frozen=True, slots=True)
class Store:
    """Every store of the bot over one Redis client.

    Where Redis does not answer, all of them raise `StoreUnavailableError`, except `seen` and the
    leaders, which go on with what they know.
    """

    locks: LockStore
    rollouts: Rollouts
    batches: Batches
    deliveries: Deliveries
    revisions: Revisions
    audit: Audit
    refusals: Refusals
    replays: Replays
    seen: Seen
    approvals: ApprovalStore
    holds: HoldStore
    queue: Queue
    alerts: AlertStore
    sealed: Sealed
    ages: Ages
    posted_logins: PostedLogins
    commands: CommandLog
    tokens: TokenStore
    new_images: NewImages
    _redis: Redis = field(repr=False)
    _signer: Signer = field(repr=False)
    _monotonic: Callable[[], float] = field(repr=False)

    @classmethod
    def connect(
        cls,
        url: str,
        keys: Keys | None = None,
        on_forged: Callable[[], None] = lambda: None,
        anchor: AnchorFile | None = None,
    ) -> Self:
        """The stores at this URL; the connection is made by the first call.

        Without `keys` it opens nothing that another process has sealed, and takes nothing for true
        that another one has signed; `on_forged` is called for each entry that does not verify.
        The newest entry of the audit is noted at `anchor`.

        Raises `InvalidSettingError` where the text is not a URL of Redis.
        """
        return cls.over(connection.connect(url), keys=keys, on_forged=on_forged, anchor=anchor)

    @classmethod
    def over(
        cls,
        redis: Redis,
        clocks: Clocks = REAL,
        *,
        keys: Keys | None = None,
        on_forged: Callable[[], None] = lambda: None,
        anchor: AnchorFile | None = None,
    ) -> Self:
        """The stores over this client; leases are measured and dated by `clocks`."""
        own_keys = keys or Keys.passing()
        signer = Signer(own_keys.signing, on_forged)
        audit = Audit(redis, signer, anchor)
        return cls(
            LockStore(redis, clocks=clocks),
            Rollouts(redis, signer),
            Batches(redis, signer),
            Deliveries(redis, signer, own_keys.fernet),
            Revisions(redis, signer),
            audit,
            Refusals(redis),
            Replays(audit),
            Seen(redis, clocks.monotonic),
            ApprovalStore(redis, signer),
            HoldStore(redis),
            Queue(redis, signer),
            AlertStore(redis, signer),
            Sealed(redis, own_keys.fernet),
            Ages(redis),
            PostedLogins(redis, signer, clocks.now),
            CommandLog(redis, signer),
            TokenStore(redis, signer),
            NewImages(redis, signer),
            redis,
            signer,
            clocks.monotonic,
        )

    def leader(self, name: str) -> Leader:
        """A new candidate for leadership under this name; each call makes another one."""
        return Leader(self._redis, name, monotonic=self._monotonic)

    @connection.guarded()
    def compare_key(self) -> None:
        """Say in the log where what is stored was signed with another key than this one.

        Raises `StoreUnavailableError` where Redis does not answer.
        """
        stored = self._redis.get(_KEY_MARK)
        if stored == self._signer.key_id:
            return
        if stored:
            log.error(
                "the key of SWARMBOT_KEY_FILE is another one than before: requests, lines in the "
                "queue, rollouts, revisions and silences that were signed with the old one are "
                "ignored. Ask again for what waited; or put the old key back and restart"
            )
        self._redis.set(_KEY_MARK, self._signer.key_id)

    @connection.guarded()
    def has_the_key(self) -> bool:
        """Whether what is stored was signed with this key, or nothing is stored yet.

        Raises `StoreUnavailableError` where Redis does not answer.
        """
        return self._redis.get(_KEY_MARK) in (None, self._signer.key_id)

    def ping(self) -> None:
        """Return when Redis answers; raises `StoreUnavailableError` where it does not."""
        connection.ping(self._redis)

    def unfitness(self) -> str:
        """Why the bot should not use this Redis, in words; empty where it may.

        Raises `StoreUnavailableError` where it does not answer.
        """
        return fitness.unfitness(self._redis)

    def close(self) -> None:
        """Close the connections. Leases that are not released run out by themselves."""
        self._redis.close()
