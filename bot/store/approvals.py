"""Requests for approval. They outlive the bot, and exactly one bot takes each step on one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from redis import Redis
from redis.client import Pipeline

from bot.errors import ApprovalNotFoundError
from bot.model import MessageRef
from bot.model.approval import Approval, ApprovalState
from bot.store.connection import guarded, key, transact
from bot.store.json_form import JsonForm
from bot.store.sealed import KEPT, sealed_key
from bot.store.signer import Signer

_json = JsonForm(Approval)
_ref = JsonForm(MessageRef)
_Step = TypeVar("_Step", bound=Approval | None)

_KEEP_SECONDS = 7 * 86_400
"""TTL of a request after its end: that long its buttons still find it."""

_WAITING = key("approvals", "waiting")
_RUNNING = key("approvals", "running")
_KIND = "approvals"

# A request is a hash of `value` and, once Slack has it, `message`. The ids of requests that wait
# are a sorted set by expiry (seconds since 1970), those that a bot runs a set; both are written
# together with the value.


class ApprovalStore:
    """Requests that wait or run, and those that ended within seven days.

    A step is one of the functions of `bot.policy.approval_steps`. It gets the request as it is
    stored at that moment, and is called again where somebody else wrote in between.
    """

    def __init__(self, redis: Redis, signer: Signer):
        self._redis = redis
        self._signer = signer

    @guarded()
    def create(self, approval: Approval) -> None:
        """Store a new request."""
        with self._redis.pipeline() as pipe:
            self._write(pipe, approval)
            pipe.execute()

    @guarded()
    def get(self, approval_id: str) -> Approval | None:
        """The request, with the message that shows it; None where there is no such request."""
        return self._read(self._redis, approval_id)

    def apply(self, approval_id: str, step: Callable[[Approval], _Step]) -> _Step:
        """Take a step and return its result; where that is None, nothing is written.

        Raises `ApprovalNotFoundError` where there is no such request, and whatever the step raises;
        nothing is written then.
        """
        return self._transact(approval_id, lambda approval: (step(approval), None))

    def replace(
        self, approval_id: str, successor: Approval, supersede: Callable[[Approval], _Step]
    ) -> _Step:
        """End the request by the step `supersede`, and store its successor in the same moment.

        Returns the step's result; where it is None, because it is too late, nothing is written.
        """
        return self._transact(approval_id, lambda approval: (supersede(approval), successor))

    # ---- what waits, what runs

    @guarded()
    def open(self) -> tuple[Approval, ...]:
        """Requests that wait for people, the oldest first."""
        return self._in_state(self._redis.zrange(_WAITING, 0, -1), ApprovalState.OPEN)

    @guarded()
    def approved(self) -> tuple[Approval, ...]:
        """Approved requests that no bot runs yet, the oldest first.

        One stays here only where the bot died that approved it.
        """
        return self._in_state(self._redis.zrange(_WAITING, 0, -1), ApprovalState.APPROVED)

    @guarded()
    def due(self, now: datetime) -> tuple[Approval, ...]:
        """Requests that expired and were not yet ended, the oldest first."""
        expired = self._redis.zrangebyscore(_WAITING, "-inf", now.timestamp())
        return self._in_state(expired, ApprovalState.OPEN, ApprovalState.APPROVED)

    @guarded()
    def claimed(self) -> tuple[Approval, ...]:
        """Requests that a bot took and has not finished; without `run` the change never began."""
        return self._in_state(self._redis.smembers(_RUNNING), ApprovalState.RUNNING)

    # ---- the message

    @guarded()
    def posted(self, approval_id: str, message: MessageRef) -> bool:
        """Store which message shows the request and its successors; False where there is no such
        request."""
        first = stored = self._read(self._redis, approval_id)
        while stored:
            self._redis.hset(_key(stored.id), "message", _ref.dump_json(message))
            stored = self._read(self._redis, stored.successor) if stored.successor else None
        return first is not None

    @guarded()
    def stands(self, approval_id: str, message: MessageRef) -> None:
        """Store the message that somebody met the request in, where none is stored yet: whoever
        posted it may not have come to that."""
        if self._read(self._redis, approval_id):
            self._redis.hsetnx(_key(approval_id), "message", _ref.dump_json(message))

    # ---- parts

    def _transact(
        self, approval_id: str, step: Callable[[Approval], tuple[_Step, Approval | None]]
    ) -> _Step:
        def change(pipe: Pipeline) -> _Step:
            stored = self._read(pipe, approval_id)
            if stored is None:
                raise ApprovalNotFoundError(approval_id)
            result, successor = step(stored)
            pipe.multi()
            if result is None:
                return result
            result = replace(result, revision=stored.revision + 1)
            self._write(pipe, result)
            if successor is not None:
                following = result.revision + 1
                self._write(pipe, replace(successor, message=stored.message, revision=following))
            return result

        return transact(self._redis, change, _key(approval_id))

    def _in_state(self, ids: Iterable[object], *states: ApprovalState) -> tuple[Approval, ...]:
        stored = (self._read(self._redis, str(approval_id)) for approval_id in ids)
        approvals = [approval for approval in stored if approval and approval.state in states]
        return tuple(sorted(approvals, key=lambda approval: (approval.asked, approval.id)))

    def _read(self, redis: Redis, approval_id: str) -> Approval | None:
        value, message = redis.hmget(_key(approval_id), "value", "message")
        text = self._signer.verified(_KIND, value)
        approval = _json.validate_json(text) if text else None
        if approval is None or approval.id != approval_id:
            return None
        return replace(approval, message=_ref.validate_json(message) if message else None)

    def _write(self, pipe: Pipeline, approval: Approval) -> None:
        """Queue the writes of the request, for one transaction."""
        text = self._signer.signed(_KIND, _json.dump_json(approval, exclude={"message"}))
        pipe.hset(_key(approval.id), "value", text)
        if approval.message:
            pipe.hset(_key(approval.id), "message", _ref.dump_json(approval.message))
        _place(pipe, approval)


def _place(pipe: Pipeline, approval: Approval) -> None:
    """Queue the writes of its place in the lists, and of how long it is kept."""
    name, state = _key(approval.id), approval.state
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
    if approval.sealed and state.ended:
        _end_sealed(pipe, approval)


def _end_sealed(pipe: Pipeline, approval: Approval) -> None:
    """Its secret values stay only where it may be sent again, or its successor needs them."""
    if approval.state is ApprovalState.REJECTED or approval.run:
        pipe.delete(sealed_key(approval.sealed))
    elif approval.state is not ApprovalState.REPLACED:
        pipe.expire(sealed_key(approval.sealed), KEPT)


def _key(approval_id: str) -> str:
    return key("approval", approval_id)
