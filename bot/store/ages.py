"""How long ago something was first seen, the same for all bots, whatever their own clocks say.

Redis measures it by the life of a key.
"""

from __future__ import annotations

from redis import Redis

from bot.store.connection import guarded, key

_LIFE_SECONDS = 7 * 86_400
"""TTL of an age; longer than a rollout may take, the time to turn it back included."""

_AGE = """
redis.call('SET', KEYS[1], 1, 'NX', 'EX', ARGV[1])
return ARGV[1] * 1000 - redis.call('PTTL', KEYS[1])
"""


class Ages:
    """The ages of things by their names; each begins when some bot first asks for it."""

    def __init__(self, redis: Redis):
        self._redis = redis
        self._age_script = redis.register_script(_AGE)

    @guarded()
    def of(self, kind: str, name: str) -> float:
        """Seconds since this was first asked for; 0 where that is now."""
        milliseconds = self._age_script([key("age", kind, name)], [_LIFE_SECONDS])
        return max(0, int(milliseconds)) / 1000
