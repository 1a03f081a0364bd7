"""Leader election among bots: only the leader watches, and runs the jobs that must run once.

The leader renews a lease in Redis while it lives. While Redis does not answer nobody can ask who
leads; an alert that is posted twice is better than none, so the last leader goes on, and another
bot starts to lead when Redis has been away for `alone_seconds`. Whatever they write later carries
the fence, by which a late leader is recognised.
"""

from __future__ import annotations

import logging
import math
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

from redis import Redis

from bot.errors import StoreUnavailableError
from bot.store.connection import guarded, key
from bot.store.lock_scripts import NEXT_FENCE

log = logging.getLogger(__name__)

_LEASE = key("leader")
_TERM = key("leader", "term")

# The lease is a key with a TTL. The term, a hash of `owner` and `fence`, stays: a leader whose
# lease ran out, with no other leader in between, goes on with its fence. After an outage (ARGV[3])
# the last leader comes first, because it alone knows what was posted meanwhile.

_CAMPAIGN = (
    NEXT_FENCE
    + """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
local last = redis.call('HGET', KEYS[2], 'owner')
if last ~= ARGV[1] then
    if last and not holder and ARGV[3] == '1' then return 0 end
    local fence = next_fence(redis.call('HGET', KEYS[2], 'fence'))
    redis.call('HSET', KEYS[2], 'owner', ARGV[1], 'fence', fence)
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return tonumber(redis.call('HGET', KEYS[2], 'fence'))
"""
)

_RESIGN = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
if redis.call('HGET', KEYS[2], 'owner') == ARGV[1] then redis.call('HDEL', KEYS[2], 'owner') end
"""


@dataclass(frozen=True, slots=True)
class _Standing:
    """What a bot knows of its leadership. All times are seconds of the monotonic clock.

    `lease`: the seconds that a lease lasts; `alone`: the seconds without Redis after which a bot
    leads unasked. The lease is sure until `until`. Redis has been away since `away` (None: it
    answers), and still was when the last try ended at `failed`; `led` says whether this bot led at
    that time. Redis came back at `back`.
    """

    lease: float
    alone: float
    fence: int = 0
    until: float = -math.inf
    away: float | None = None
    failed: float = -math.inf
    led: bool = False
    back: float = -math.inf

    def leads(self, now: float) -> bool:
        if now < self.until:
            return True
        # Who slept since the last try does not know whether Redis is still away.
        if self.away is None or now - self.failed > self.lease:
            return False
        return self.led or self.failed - self.away >= self.alone

    def gives_way(self, now: float) -> bool:
        """Whether the last leader comes first, because Redis is away or has only just come back."""
        return self.away is not None or now - self.back < self.lease / 2

    def answered(self, fence: int, asked_at: float) -> _Standing:
        back = self.back if self.away is None else asked_at
        known = replace(self, away=None, led=False, back=back)
        return (
            replace(known, fence=fence, until=asked_at + self.lease)
            if fence
            else replace(known, until=-math.inf)
        )

    def unanswered(self, asked_at: float, now: float) -> _Standing:
        if self.away is not None and now - self.failed <= self.lease:
            return replace(self, failed=now)
        return replace(self, failed=now, away=asked_at, led=now < self.until)


class Leader:
    """The leadership as one bot sees it.

    `campaign` is called every second or two; everything else only reads what it found. Where a
    leader dies, another bot leads when the lease has run out; where it resigns, with that bot's
    next campaign.
    """

    def __init__(
        self,
        redis: Redis,
        name: str,
        lease_seconds: float = 8,
        alone_seconds: float = 30,
        monotonic: Callable[[], float] = time.monotonic,
    ):
        self._redis = redis
        self._monotonic = monotonic
        self._owner = f"{name}:{uuid.uuid4().hex}"
        self._lease_seconds = lease_seconds
        self._standing = self._no_standing = _Standing(lease_seconds, alone_seconds)
        self._campaign_script = redis.register_script(_CAMPAIGN)
        self._resign_script = redis.register_script(_RESIGN)
        self._resigned = False
        self._lock = threading.Lock()

    @property
    def leads(self) -> bool:
        """Whether this bot leads now; False once its lease ran out, unless Redis is away."""
        return self._standing.leads(self._monotonic())

    @property
    def fence(self) -> int:
        """The number of this bot's last term; 0 where it never led.

        It is larger than that of every leader before.
        """
        return self._standing.fence

    def campaign(self) -> bool:
        """Renew the lease, or take it where no bot has it; return whether this bot leads.

        Does not raise where Redis is away.
        """
        with self._lock:
            if self._resigned:
                return False
            led_before, asked_at = self.leads, self._monotonic()
            try:
                self._standing = self._standing.answered(self._ask(asked_at), asked_at)
            except StoreUnavailableError:
                self._standing = self._standing.unanswered(asked_at, self._monotonic())
            leads = self.leads
        if leads != led_before:
            log.info(
                "leads now, with fence %s" if leads else "no longer leads; its fence was %s",
                self.fence,
            )
        return leads

    def resign(self) -> None:
        """End the leadership for good, so that another bot can lead at once.

        Where Redis does not answer, the lease runs out by itself.
        """
        with self._lock:
            self._resigned = True
            self._standing = replace(self._no_standing, fence=self.fence)
            try:
                with guarded():
                    self._resign_script([_LEASE, _TERM], [self._owner])
            except StoreUnavailableError as away:
                log.warning("could not resign, the lease runs out: %s", away.reason)

    @guarded()
    def _ask(self, asked_at: float) -> int:
        give_way = "1" if self._standing.gives_way(asked_at) else "0"
        return int(
            self._campaign_script(
                [_LEASE, _TERM], [self._owner, int(self._lease_seconds * 1000), give_way]
            )
        )
