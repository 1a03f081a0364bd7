"""Which bot of all leads: it alone looks after what needs doing once. A lease in Redis that the
leader renews while it lives.

With Redis away nobody can ask who leads, and then too much is said rather than nothing: who led
goes on, and who did not begins when Redis has been away for long. Whatever either writes by then
bears the fence, by which a late one is told.
"""

from __future__ import annotations

import logging
import math
import threading
import time
import uuid
from dataclasses import dataclass, replace

from redis import Redis

from bot.errors import StoreUnavailableError
from bot.store.connection import guarded, key

log = logging.getLogger(__name__)

_LEASE = key("leader")
_TERM = key("leader", "term")

# The lease is the owner's word and runs out; the term, a hash of `owner` and `fence`, is kept: a
# leader that finds its lease
# run out, and nobody in between, goes on with its number. After an outage (ARGV[3]) the last leader
# comes first,
# because it alone knows what was told meanwhile.

_CAMPAIGN = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
local last = redis.call('HGET', KEYS[2], 'owner')
if last ~= ARGV[1] then
    if last and not holder and ARGV[3] == '1' then return 0 end
    redis.call('HINCRBY', KEYS[2], 'fence', 1)
    redis.call('HSET', KEYS[2], 'owner', ARGV[1])
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return tonumber(redis.call('HGET', KEYS[2], 'fence'))
"""

_RESIGN = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
if redis.call('HGET', KEYS[2], 'owner') == ARGV[1] then redis.call('HDEL', KEYS[2], 'owner') end
"""


@dataclass(frozen=True, slots=True)
class _Standing:
    """What a bot knows of its leadership. All times are of the monotonic clock.

    The lease is sure until `until`. Redis has been away since `away`, and was still when the last
    try ended at `failed`; `led` says whether the lease was held when it went away. It came back at
    `back`.
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
        """Whether the last leader is to come first: Redis has only just come back, if it has."""
        return self.away is not None or now - self.back < self.lease / 2

    def answered(self, fence: int, asked: float) -> _Standing:
        back = self.back if self.away is None else asked
        known = replace(self, away=None, led=False, back=back)
        return (
            replace(known, fence=fence, until=asked + self.lease)
            if fence
            else replace(known, until=-math.inf)
        )

    def unanswered(self, asked: float, now: float) -> _Standing:
        if self.away is not None and now - self.failed <= self.lease:
            return replace(self, failed=now)
        return replace(self, failed=now, away=asked, led=now < self.until)


class Leader:
    """The leadership as one bot sees it. `campaign` is to be called every second or two; all else
    only looks.

    A leader that dies is followed when its lease has run out, one that resigns at the next campaign
    of another.
    """

    def __init__(
        self, redis: Redis, name: str, lease_seconds: float = 8, alone_seconds: float = 30
    ):
        self._redis = redis
        self._owner = f"{name}:{uuid.uuid4().hex}"
        self._lease = lease_seconds
        self._standing = self._nothing = _Standing(lease_seconds, alone_seconds)
        self._campaign_script = redis.register_script(_CAMPAIGN)
        self._resign_script = redis.register_script(_RESIGN)
        self._over = False
        self._lock = threading.Lock()

    @property
    def leads(self) -> bool:
        """Whether this bot leads now; False as soon as its lease has run out, unless Redis is known
        to be away."""
        return self._standing.leads(time.monotonic())

    @property
    def fence(self) -> int:
        """The number of this bot's last term: larger than that of every leader before; 0 where it
        never had the lease."""
        return self._standing.fence

    def campaign(self) -> bool:
        """Take the lead where nobody has it, or renew it; whether this bot leads. Redis may be
        away."""
        with self._lock:
            if self._over:
                return False
            led, asked = self.leads, time.monotonic()
            try:
                self._standing = self._standing.answered(self._ask(asked), asked)
            except StoreUnavailableError:
                self._standing = self._standing.unanswered(asked, time.monotonic())
            leads = self.leads
        if leads != led:
            log.info(
                "leads now, as number %s" if leads else "leads no more; its number was %s",
                self.fence,
            )
        return leads

    def resign(self) -> None:
        """Lead no more, and never again, so that another may at once; where Redis is away, the
        lease runs out by itself."""
        with self._lock:
            self._over = True
            self._standing = replace(self._nothing, fence=self.fence)
            try:
                with guarded():
                    self._resign_script([_LEASE, _TERM], [self._owner])
            except StoreUnavailableError as away:
                log.warning("could not resign, the lease runs out: %s", away.reason)

    @guarded()
    def _ask(self, asked: float) -> int:
        way = "1" if self._standing.gives_way(asked) else "0"
        return int(
            self._campaign_script([_LEASE, _TERM], [self._owner, int(self._lease * 1000), way])
        )
