"""What messages are to say in the end, until Slack has it, and which state of each was sent last.

What they say is encrypted: they quote what tasks wrote, which may hold secrets.

Several bots may want to write the same message: one that sleeps, and the one that took over. Which
of two states is newer is decided here, for all of them, in one step each.
"""

from __future__ import annotations

import secrets
from dataclasses import replace

from cryptography.fernet import Fernet, InvalidToken
from redis import Redis

from bot.model import MessageRef, MessageState
from bot.model.delivery import Clearance, PendingMessage
from bot.store.connection import guarded, key
from bot.store.json_form import JsonForm
from bot.store.signer import Signer

_json = JsonForm(PendingMessage)
_ref = JsonForm(MessageRef)

_KEEP_SECONDS = 7 * 86_400
"""TTL of what is known of a message, counted from its last state: that long Slack may be away."""
_SENDER_SECONDS = 15
"""A bot that did not say for so long that it is still trying is gone, or sleeps."""
_MOST_LEFT = 50
"""So many messages are taken up at a time."""

_PENDING = key("deliveries")
_KIND = "deliveries"

# A message is a hash of `fence`, `number` and `final` of its newest state, its place as `ref`, and
# the last state itself as `value`; `sent` says which last state Slack has, `shown` which state of
# any kind. The names of those whose last state Slack does not have yet are a set; a key that runs
# out names the bot that sends it. `posting` names the bot that is posting it, until its place is
# known, or Slack has refused it.

_IS_OLDER = """
local function older(known, fence, number, final)
    if not known[1] then return false end
    local last = tonumber(known[1])
    if fence ~= last then
        return fence < last and (known[3] == '1' or final == '0' or fence > 0)
    end
    if known[3] ~= final then return known[3] == '1' end
    return number < tonumber(known[2])
end
local known = redis.call('HMGET', KEYS[1], 'fence', 'number', 'final')
local fence, number, final = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local function note()
    if not known[1] or fence >= tonumber(known[1]) then
        redis.call('HSET', KEYS[1], 'fence', fence, 'number', number)
    end
    redis.call('HSET', KEYS[1], 'final', final)
    redis.call('EXPIRE', KEYS[1], ARGV[4])
end
"""

_KEEP = (
    _IS_OLDER
    + """
if older(known, fence, number, final) then return 0 end
note()
redis.call('HSET', KEYS[1], 'value', ARGV[6])
if redis.call('HGET', KEYS[1], 'sent') == fence .. ':' .. number then return 1 end
redis.call('SADD', KEYS[2], ARGV[5])
redis.call('SET', KEYS[3], ARGV[7], 'EX', ARGV[8])
return 1
"""
)

_BEGIN = (
    _IS_OLDER
    + """
local ref = redis.call('HGET', KEYS[1], 'ref') or ''
if older(known, fence, number, final) then return {0, ref, 0} end
local sender = redis.call('GET', KEYS[3])
if final == '1' and sender and sender ~= ARGV[6] then return {0, ref, 0} end
note()
local posting = redis.call('HGET', KEYS[1], 'posting') or ARGV[6]
if ref == '' then redis.call('HSET', KEYS[1], 'posting', ARGV[6]) end
if final == '0' then
    redis.call('HDEL', KEYS[1], 'value')
    redis.call('SREM', KEYS[2], ARGV[5])
end
return {1, ref, (ref == '' and posting ~= ARGV[6]) and 1 or 0}
"""
)

_SENT = (
    _IS_OLDER
    + """
local ref = redis.call('HGET', KEYS[1], 'ref')
if ref and ref ~= ARGV[6] and ARGV[7] == '1' then return ref end
redis.call('HSET', KEYS[1], 'ref', ARGV[6])
redis.call('HDEL', KEYS[1], 'posting')
redis.call('EXPIRE', KEYS[1], ARGV[4])
if older(known, fence, number, final) then
    if redis.call('HEXISTS', KEYS[1], 'value') == 1 then redis.call('SADD', KEYS[2], ARGV[5]) end
    return
end
note()
redis.call('HSET', KEYS[1], 'shown', fence .. ':' .. number)
if final == '1' then
    redis.call('HSET', KEYS[1], 'sent', fence .. ':' .. number)
    redis.call('SREM', KEYS[2], ARGV[5])
    redis.call('DEL', KEYS[3])
end
"""
)


class Deliveries:
    """The newest state of every message that is edited in place, for seven days."""

    def __init__(self, redis: Redis, signer: Signer, fernet: Fernet):
        self._redis = redis
        self._signer = signer
        self._fernet = fernet
        self._sender = secrets.token_hex(8)
        self._keep_script = redis.register_script(_KEEP)
        self._begin_script = redis.register_script(_BEGIN)
        self._sent_script = redis.register_script(_SENT)

    @guarded()
    def keep(self, pending: PendingMessage) -> bool:
        """Store a last state until Slack has it; False where a newer one is known.

        Pictures and files are not kept: they stand beside the message.
        """
        state = _state_of(pending)
        plain = replace(pending, message=replace(pending.message, files=()))
        value = self._signer.signed(
            _kind(state.about), self._fernet.encrypt(_json.dump_json(plain))
        )
        return bool(
            self._keep_script(
                _keys(state.about),
                [*_numbers(state), state.about, value, self._sender, _SENDER_SECONDS],
            )
        )

    @guarded()
    def has_end(self, about: str) -> bool:
        """Whether a last state of this message is known, which Slack has or will get."""
        return bool(self._redis.hget(_message_key(about), "final") == "1")

    @guarded()
    def begin(self, state: MessageState) -> Clearance:
        """Ask directly before a state is sent."""
        granted, ref, doubtful = self._begin_script(
            _keys(state.about), [*_numbers(state), state.about, self._sender]
        )
        return Clearance(bool(granted), self._place(state.about, ref), bool(doubtful))

    @guarded()
    def sent(
        self, state: MessageState, ref: MessageRef, *, first: bool = False
    ) -> MessageRef | None:
        """Slack has this state. Where it came after a newer one, that one is sent again.

        `first`: it was posted as if Slack had nothing of its message. Where another bot has posted
        that meanwhile, its message counts, and its place is returned.
        """
        place = self._signer.signed(f"{_kind(state.about)} ref", _ref.dump_json(ref))
        values: list[str | int] = [*_numbers(state), state.about, place, int(first)]
        return self._place(state.about, self._sent_script(_keys(state.about), values))

    @guarded()
    def stands(self, about: str, ref: MessageRef) -> MessageRef | None:
        """Say where a message stands, which Redis may have lost; returns where it stands instead,
        if another bot has posted it anew."""
        place = self._signer.signed(f"{_kind(about)} ref", _ref.dump_json(ref))
        with self._redis.pipeline() as pipe:
            pipe.hsetnx(_message_key(about), "ref", place)
            pipe.expire(_message_key(about), _KEEP_SECONDS)
            pipe.hget(_message_key(about), "ref")
            known = self._place(about, pipe.execute()[-1])
        return None if known == ref else known

    @guarded()
    def is_shown(self, state: MessageState) -> bool:
        """Whether this state is the newest that Slack has of its message."""
        shown = self._redis.hget(_message_key(state.about), "shown")
        return shown == f"{state.fence}:{state.number}"

    @guarded()
    def may_stand(self, about: str) -> bool:
        """Whether Slack has this message, or may have it: a bot began to post it, and nobody knows
        what came of that."""
        begun = self._redis.hmget(_message_key(about), "ref", "posting")
        return any(value is not None for value in begun)

    @guarded()
    def refused(self, about: str) -> None:
        """Slack has not taken the message that was about to be posted."""
        self._redis.hdel(_message_key(about), "posting")

    @guarded()
    def forget(self, about: str) -> None:
        """Slack will never take it: nobody tries any more."""
        self._redis.srem(_PENDING, about)

    @guarded()
    def still_sending(self, about: str) -> None:
        """Say that this bot is alive and goes on trying."""
        if self._redis.get(_sender_key(about)) == self._sender:
            self._redis.expire(_sender_key(about), _SENDER_SECONDS)

    @guarded()
    def names(self) -> tuple[str, ...]:
        """The messages whose last state Slack does not have yet."""
        return tuple(sorted(map(str, self._redis.smembers(_PENDING))))

    @guarded()
    def take_left(self) -> tuple[PendingMessage, ...]:
        """Last states that nobody is sending any more; from here on this bot is."""
        left = [self._taken(name) for name in self.names()[:_MOST_LEFT]]
        return tuple(pending for pending in left if pending)

    def _taken(self, about: str) -> PendingMessage | None:
        taken = self._redis.set(_sender_key(about), self._sender, nx=True, ex=_SENDER_SECONDS)
        if not taken:
            return None
        value, ref = self._redis.hmget(_message_key(about), "value", "ref")
        text = self._signer.verified(_kind(about), value)
        if text is None:
            self._redis.srem(_PENDING, about)
            return None
        pending = _json.validate_json(self._opened(text))
        pending = replace(pending, ref=self._place(about, ref) or pending.ref)
        return pending if pending.ref or not pending.reply_to else self._in_thread(about, pending)

    def _in_thread(self, about: str, pending: PendingMessage) -> PendingMessage | None:
        """A reply, with its thread; None, and left to whoever comes next, while Slack does not have
        the message that it belongs to."""
        stored = self._redis.hget(_message_key(pending.reply_to), "ref")
        parent = self._place(pending.reply_to, stored)
        if parent is None:
            self._redis.delete(_sender_key(about))
            return None
        return replace(pending, channel=parent.channel, thread=pending.thread or parent.ts)

    def _opened(self, text: str) -> str | bytes:
        try:
            return self._fernet.decrypt(text)
        except InvalidToken:
            # It is signed all the same: an older swarmbot did not encrypt it.
            return text

    def _place(self, about: str, stored: object) -> MessageRef | None:
        text = self._signer.verified(f"{_kind(about)} ref", stored or None)
        return _ref.validate_json(text) if text else None


def _state_of(pending: PendingMessage) -> MessageState:
    state = pending.message.state
    assert state, "only a message that is edited in place is kept"
    return state


def _numbers(state: MessageState) -> list[int]:
    return [state.fence, state.number, int(state.final), _KEEP_SECONDS]


def _keys(about: str) -> list[str]:
    return [_message_key(about), _PENDING, _sender_key(about)]


def _kind(about: str) -> str:
    return f"{_KIND} {about}"


def _message_key(about: str) -> str:
    return key("delivery", about)


def _sender_key(about: str) -> str:
    return key("delivery", about, "sender")
