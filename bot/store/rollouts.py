"""The rollouts that a bot follows, so that another one, or the same after a restart, can go on."""

from __future__ import annotations

from collections.abc import Mapping

from redis import Redis

from bot.errors import LeaseLostError
from bot.model import Actor, MessageRef, Rollout
from bot.model.rollout import WishAnswer
from bot.store.connection import guarded, key
from bot.store.json_form import JsonForm
from bot.store.signer import Signer

_rollout = JsonForm(Rollout)
_actor = JsonForm(Actor)
_ref = JsonForm(MessageRef)

_KEEP_SECONDS = 7 * 86_400
"""TTL of a rollout after its end: that long its buttons still find it."""

_RECENT_SECONDS = 86_400
"""How long the last rollout of a service counts as recent after its end."""

_RUNNING = key("rollouts", "running")
_RECENT = key("rollouts", "recent")
_ENDED = key("rollouts", "ended")
_KIND, _WISH, _UNFOLLOW = "rollouts", "rollback", "unfollow"

# A rollout is a hash of `value`, `fence`, `settled` once no wish is heeded any more, and `finished`
# once it has ended. A service is a hash
# of the running `rollout`, the highest `fence`, and the `newest` rollout. A further hash has the
# newest rollout of every service, and a sorted set the services whose newest has ended, by time.

_SAVE = """
local fence = tonumber(ARGV[3])
for _, name in ipairs({KEYS[1], KEYS[3]}) do
    if tonumber(redis.call('HGET', name, 'fence') or 0) > fence then return 0 end
end
redis.call('HSET', KEYS[1], 'value', ARGV[2], 'fence', fence)
if redis.call('HEXISTS', KEYS[1], 'finished') == 0 then
    redis.call('SADD', KEYS[2], ARGV[1])
    redis.call('HSET', KEYS[3], 'rollout', ARGV[1], 'fence', fence, 'newest', ARGV[1])
    redis.call('PERSIST', KEYS[3])
    redis.call('HSET', KEYS[4], ARGV[4], ARGV[2])
    redis.call('ZREM', KEYS[5], ARGV[4])
end
return 1
"""

_FINISH = """
if ARGV[4] ~= '' and tonumber(redis.call('HGET', KEYS[1], 'fence') or 0) > tonumber(ARGV[4]) then
    return 0
end
redis.call('HSET', KEYS[1], 'value', ARGV[2], 'finished', 1)
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('SREM', KEYS[2], ARGV[1])
if redis.call('HGET', KEYS[3], 'rollout') == ARGV[1] then
    redis.call('HDEL', KEYS[3], 'rollout')
    redis.call('EXPIRE', KEYS[3], ARGV[3])
end
if (redis.call('HGET', KEYS[3], 'newest') or ARGV[1]) == ARGV[1] then
    redis.call('HSET', KEYS[4], ARGV[5], ARGV[2])
    redis.call('ZADD', KEYS[5], redis.call('TIME')[1], ARGV[5])
end
return 1
"""

_ASK = """
for _, flag in ipairs({'settled', 'finished'}) do
    if redis.call('HEXISTS', KEYS[1], flag) == 1 then return -1 end
end
if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'EX', ARGV[2]) then return 1 end
return 0
"""

_SETTLE = """
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], 'settled', 1) end
return 1
"""
_ANSWERS = {1: WishAnswer.LEFT, 0: WishAnswer.LEFT_BEFORE, -1: WishAnswer.TOO_LATE}

_RECENT_ROLLOUTS = """
local old = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', redis.call('TIME')[1] - ARGV[1])
for _, service in ipairs(old) do
    redis.call('HDEL', KEYS[1], service)
    redis.call('ZREM', KEYS[2], service)
end
return redis.call('HVALS', KEYS[1])
"""


class Rollouts:
    """Running rollouts, and those that ended within seven days."""

    def __init__(self, redis: Redis, signer: Signer):
        self._redis = redis
        self._signer = signer
        self._save_script = redis.register_script(_SAVE)
        self._finish_script = redis.register_script(_FINISH)
        self._ask_script = redis.register_script(_ASK)
        self._settle_script = redis.register_script(_SETTLE)
        self._recent_script = redis.register_script(_RECENT_ROLLOUTS)

    @guarded()
    def save(self, rollout: Rollout, fence: int) -> None:
        """Store how far the rollout is; it counts as running unless it was finished.

        `fence` is that of the lease on the service. Raises `LeaseLostError` where a later owner
        wrote this rollout or another one of the service.
        """
        if not self._save_script(
            _keys(rollout), [rollout.id, self._dump(rollout), fence, rollout.service_id]
        ):
            raise LeaseLostError(f"service:{rollout.service_id}")

    @guarded()
    def finish(self, rollout: Rollout, fence: int | None = None) -> None:
        """Store the end of the rollout.

        With a `fence`, raises `LeaseLostError` where a later owner follows this rollout.
        """
        known_fence = "" if fence is None else str(fence)
        if not self._finish_script(
            _keys(rollout),
            [rollout.id, self._dump(rollout), _KEEP_SECONDS, known_fence, rollout.service_id],
        ):
            raise LeaseLostError(f"service:{rollout.service_id}")

    @guarded()
    def forget_service(self, service_id: str) -> None:
        """Forget a service that was recorded by its name before it had an id."""
        with self._redis.pipeline() as pipe:
            pipe.delete(_service_key(service_id))
            pipe.hdel(_RECENT, service_id)
            pipe.execute()

    @guarded()
    def get(self, rollout_id: str) -> Rollout | None:
        """The rollout, if it runs or ended within seven days."""
        stored = self._redis.hget(_record_key(rollout_id), "value")
        rollout = self._load(stored)
        return rollout if rollout and rollout.id == rollout_id else None

    @guarded()
    def unfinished(self, rollout_id: str) -> Rollout | None:
        """The rollout, if nobody has finished it yet."""
        return (
            None
            if self._redis.hexists(_record_key(rollout_id), "finished")
            else self.get(rollout_id)
        )

    @guarded()
    def posted(self, rollout_id: str, message: MessageRef) -> None:
        """Store which message shows the rollout; Slack returns it later, so it is stored apart."""
        shown = self._signer.signed(_shown_kind(message), rollout_id)
        with self._redis.pipeline() as pipe:
            pipe.set(_message_key(rollout_id), _ref.dump_json(message), ex=_KEEP_SECONDS)
            pipe.set(_shown_key(message), shown, ex=_KEEP_SECONDS)
            pipe.execute()

    @guarded()
    def message(self, rollout_id: str) -> MessageRef | None:
        """The message that shows the rollout; None where Slack does not have it yet."""
        stored = self._redis.get(_message_key(rollout_id))
        return _ref.validate_json(stored) if stored else None

    @guarded()
    def shown_in(self, message: MessageRef) -> str:
        """The id of the change that a message shows; empty where it shows none."""
        stored = self._redis.get(_shown_key(message))
        return self._signer.verified(_shown_kind(message), stored) or ""

    @guarded()
    def running(self) -> tuple[Rollout, ...]:
        """Every rollout that runs, the oldest first."""
        stored = (self.get(str(rollout_id)) for rollout_id in self._redis.smembers(_RUNNING))
        rollouts = [rollout for rollout in stored if rollout]
        return tuple(sorted(rollouts, key=lambda rollout: (rollout.started, rollout.id)))

    @guarded()
    def recent(self) -> Mapping[str, Rollout]:
        """By service id: the newest rollout that runs, or ended within a day. One round trip."""
        stored = self._recent_script([_RECENT, _ENDED], [_RECENT_SECONDS])
        rollouts = map(self._load, stored)
        return {rollout.service_id: rollout for rollout in rollouts if rollout}

    @guarded()
    def of_service(self, service_id: str) -> Rollout | None:
        """The rollout that runs on this service; None where none does."""
        rollout_id = self._redis.hget(_service_key(service_id), "rollout")
        return self.get(str(rollout_id)) if rollout_id else None

    def ask_rollback(self, rollout_id: str, actor: Actor) -> WishAnswer:
        """Leave a request to roll back for the bot that follows the rollout.

        Too late where that bot has seen the end of it, and heeds no wish any more.
        """
        return self._ask(_WISH, rollout_id, actor)

    def ask_unfollow(self, rollout_id: str, actor: Actor) -> WishAnswer:
        """Leave a request to follow the rollout no more for the bot that does."""
        return self._ask(_UNFOLLOW, rollout_id, actor)

    def rollback_wish(self, rollout_id: str) -> Actor | None:
        """Who asked to roll this rollout back; None where nobody did."""
        return self._wish(_WISH, rollout_id)

    def unfollow_wish(self, rollout_id: str) -> Actor | None:
        """Who asked to follow this rollout no more; None where nobody did."""
        return self._wish(_UNFOLLOW, rollout_id)

    @guarded()
    def settle(self, rollout_id: str) -> bool:
        """From now on no wish to roll it back is taken any more; False where there is one."""
        keys = [_record_key(rollout_id), _wish_key(_WISH, rollout_id)]
        return bool(self._settle_script(keys))

    @guarded()
    def _ask(self, kind: str, rollout_id: str, actor: Actor) -> WishAnswer:
        wish = self._signer.signed(f"{kind} {rollout_id}", _actor.dump_json(actor))
        keys = [_record_key(rollout_id), _wish_key(kind, rollout_id)]
        return _ANSWERS[int(self._ask_script(keys, [wish, _KEEP_SECONDS]))]

    @guarded()
    def _wish(self, kind: str, rollout_id: str) -> Actor | None:
        stored = self._redis.get(_wish_key(kind, rollout_id))
        text = self._signer.verified(f"{kind} {rollout_id}", stored)
        return _actor.validate_json(text) if text else None

    def _dump(self, rollout: Rollout) -> str:
        return self._signer.signed(_KIND, _rollout.dump_json(rollout))

    def _load(self, stored: object) -> Rollout | None:
        text = self._signer.verified(_KIND, stored)
        return _rollout.validate_json(text) if text else None


def _keys(rollout: Rollout) -> list[str]:
    return [_record_key(rollout.id), _RUNNING, _service_key(rollout.service_id), _RECENT, _ENDED]


def _record_key(rollout_id: str) -> str:
    return key("rollout", rollout_id)


def _service_key(service_id: str) -> str:
    return key("rollouts", "service", service_id)


def _message_key(rollout_id: str) -> str:
    return key("message", rollout_id)


def _shown_key(message: MessageRef) -> str:
    return key("shown", message.channel, message.ts)


def _shown_kind(message: MessageRef) -> str:
    return f"shown {message.channel} {message.ts}"


def _wish_key(kind: str, rollout_id: str) -> str:
    return key(kind, rollout_id)
