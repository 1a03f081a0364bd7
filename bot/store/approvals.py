"""Requests for approval: what waits outlives the bot, and every step on it is taken by exactly one
of all who try."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from pydantic import TypeAdapter
from redis import Redis
from redis.client import Pipeline

from bot.errors import ApprovalNotFoundError
from bot.model import MessageRef
from bot.model.approval import Approval, ApprovalState
from bot.store.connection import guarded, key, transact

_json = TypeAdapter(Approval)
_ref = TypeAdapter(MessageRef)
_Step = TypeVar("_Step", bound=Approval | None)

_KEEP_SECONDS = 7 * 86_400
"""How long the buttons of an ended request still know what they belonged to."""

_WAITING = key("approvals", "waiting")
_RUNNING = key("approvals", "running")

# A request is a hash of `value` and, once Slack has it, `message`. What waits stands in a sorted
# set by its expiry (in
# seconds), what a bot took in a set; both are written together with the value.


class ApprovalStore:
    """Requests that wait or run, and those that ended within seven days.

    A step is one of the functions of `bot.policy.approval_steps`; it sees what is stored at that
    moment, and may be tried several times until nobody else wrote in between.
    """

    def __init__(self, redis: Redis):
        self._redis = redis

    @guarded()
    def create(self, approval: Approval) -> None:
        """Store a new request."""
        with self._redis.pipeline() as pipe:
            _write(pipe, approval)
            pipe.execute()

    @guarded()
    def get(self, approval_id: str) -> Approval | None:
        """The request, with its message."""
        return _read(self._redis, approval_id)

    def apply(self, approval_id: str, step: Callable[[Approval], _Step]) -> _Step:
        """Take one step and return what it returned; where it is None or raises, nothing is
        written.

        `ApprovalNotFoundError` where there is no such request.
        """
        return self._transact(approval_id, lambda approval: (step(approval), None))

    def replace(
        self, approval_id: str, successor: Approval, supersede: Callable[[Approval], _Step]
    ) -> _Step:
        """End the request by the step `supersede` and store its successor in the same moment;
        None, and neither, where the step returns None because it is too late."""
        return self._transact(approval_id, lambda old: (supersede(old), successor))

    # ---- what waits, what runs

    @guarded()
    def open(self) -> tuple[Approval, ...]:
        """What waits for people, the oldest first."""
        return self._of(self._redis.zrange(_WAITING, 0, -1), ApprovalState.OPEN)

    @guarded()
    def approved(self) -> tuple[Approval, ...]:
        """What is approved and was taken by no bot yet; it stays here only where a bot died."""
        return self._of(self._redis.zrange(_WAITING, 0, -1), ApprovalState.APPROVED)

    @guarded()
    def due(self, now: datetime) -> tuple[Approval, ...]:
        """What waited too long, and has to be told so."""
        late = self._redis.zrangebyscore(_WAITING, "-inf", now.timestamp())
        return self._of(late, ApprovalState.OPEN, ApprovalState.APPROVED)

    @guarded()
    def claimed(self) -> tuple[Approval, ...]:
        """What a bot took and has not finished. Without `run` the change itself never began."""
        return self._of(self._redis.smembers(_RUNNING), ApprovalState.RUNNING)

    # ---- the message

    @guarded()
    def posted(self, approval_id: str, message: MessageRef) -> None:
        """Remember the message that shows the request; a successor shares it."""
        found = self._redis.hget(_key(approval_id), "value")
        while found:
            self._redis.hset(_key(approval_id), "message", _ref.dump_json(message))
            approval_id = _json.validate_json(found).successor
            found = self._redis.hget(_key(approval_id), "value") if approval_id else None

    # ---- parts

    def _transact(
        self, approval_id: str, step: Callable[[Approval], tuple[_Step, Approval | None]]
    ) -> _Step:
        def change(pipe: Pipeline) -> _Step:
            stored = _read(pipe, approval_id)
            if stored is None:
                raise ApprovalNotFoundError(approval_id)
            after, successor = step(stored)
            pipe.multi()
            if after is not None:
                _write(pipe, after)
                if successor is not None:
                    _write(pipe, replace(successor, message=stored.message))
            return after

        return transact(self._redis, change, _key(approval_id))

    def _of(self, ids: Iterable[object], *states: ApprovalState) -> tuple[Approval, ...]:
        found = (_read(self._redis, str(approval_id)) for approval_id in ids)
        return tuple(
            sorted(
                (one for one in found if one and one.state in states),
                key=lambda one: (one.asked, one.id),
            )
        )


def _read(redis: Redis, approval_id: str) -> Approval | None:
    value, message = redis.hmget(_key(approval_id), "value", "message")
    if not value:
        return None
    return replace(
        _json.validate_json(value), message=_ref.validate_json(message) if message else None
    )


def _write(pipe: Pipeline, approval: Approval) -> None:
    """The request and its place in the lists, to be written in one transaction."""
    name, state = _key(approval.id), approval.state
    pipe.hset(name, "value", _json.dump_json(approval, exclude={"message"}))
    if approval.message:
        pipe.hset(name, "message", _ref.dump_json(approval.message))
    if state.waiting:
        pipe.zadd(_WAITING, {approval.id: approval.expires.timestamp()})
    else:
        pipe.zrem(_WAITING, approval.id)
    if state is ApprovalState.RUNNING:
        pipe.sadd(_RUNNING, approval.id)
    else:
        pipe.srem(_RUNNING, approval.id)
    if state.ended:
        pipe.expire(name, _KEEP_SECONDS)


def _key(approval_id: str) -> str:
    return key("approval", approval_id)
