"""The commands that CI has sent, and how each went on: read by whoever waits for it, at any bot.

They outlive the bot that took them, for seven days.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from redis import Redis
from redis.client import Pipeline

from bot.model.sent_command import Report, SentCommand, SentState
from bot.store.connection import guarded, key, transact
from bot.store.json_form import JsonForm
from bot.store.signer import Signer

_json = JsonForm(SentCommand)
_KIND, _BODY = "command", "command body"

_KEEP_SECONDS = 7 * 86_400
"""TTL of a command and its events, counted from its last report."""
_KEY_SECONDS = 86_400
"""TTL of an idempotency key."""
_MOST_EVENTS = 500
"""Events that are kept of one command: the newest."""
_MOST_KNOWN = 1000
_AT_ONCE = 100
"""Events that one look takes."""
_ALIVE_SECONDS = 15
"""A bot that did not say for so long that it is at a command is gone, or sleeps."""

_OPEN = key("commands", "open")

# A command is a signed text; its events are a stream of such texts, numbered as they are. The ids
# of those that have not ended are a sorted set by when they last changed (seconds since 1970). An
# idempotency key of a caller holds the command's id and the mark of the body that it came with.


@dataclass(frozen=True, slots=True)
class Created:
    """What came of a command that was sent: the command, and whether it is a new one.

    `clashes`: the same idempotency key came before with another body.
    """

    command: SentCommand
    is_new: bool = True
    clashes: bool = False


class CommandLog:
    """Sent commands and their events.

    `heard` is called with the id of each command that this process has written about.
    """

    def __init__(self, redis: Redis, signer: Signer):
        self._redis = redis
        self._signer = signer
        self._known: OrderedDict[str, SentCommand] = OrderedDict()
        self._lock = threading.Lock()
        self.heard: Callable[[str], None] = lambda command_id: None  # noqa: ARG005 - nobody listens

    def create(self, command: SentCommand, idempotency_key: str = "", body: str = "") -> Created:
        """Store a new command; where its caller used this key before, the command of then is
        returned, and nothing is stored.

        `body` is what was sent, by which the same key with another body is told apart.
        """
        name = _key_of(command.caller, idempotency_key)
        mark = self._signer.mark(_BODY, f"{name} {body}")

        def change(pipe: Pipeline) -> Created:
            stored = pipe.get(name) if idempotency_key else None
            before_id, _, before_mark = str(stored or "").partition(" ")
            before = self._read(pipe, before_id) if before_id else None
            pipe.multi()
            if before:
                return Created(before, False, before_mark != mark)
            if idempotency_key:
                pipe.set(name, f"{command.id} {mark}", ex=_KEY_SECONDS)
            self._write(pipe, command)
            return Created(command)

        created = transact(self._redis, change, name)
        self._remember(created.command)
        return created

    @guarded()
    def get(self, command_id: str) -> SentCommand | None:
        """The command; None where there is none of this id."""
        return self._read(self._redis, command_id)

    @guarded()
    def events(self, command_id: str, after: int) -> tuple[SentCommand, ...]:
        """The command as it stood at each report later than this number, the oldest first."""
        rows = self._redis.xrange(_events(command_id), f"({after}-0", count=_AT_ONCE) or ()
        read = (self._load(dict(fields or {}).get("value"), command_id) for _, fields in rows)
        return tuple(command for command in read if command)

    @guarded()
    def open(self) -> tuple[SentCommand, ...]:
        """The commands that have not ended."""
        ids = [str(command_id) for command_id in self._redis.zrange(_OPEN, 0, -1)]
        values = self._redis.mget(map(_command, ids)) if ids else []
        read = {id_: self._load(value, id_) for id_, value in zip(ids, values, strict=True)}
        gone = [command_id for command_id, command in read.items() if command is None]
        if gone:
            self._redis.zrem(_OPEN, *gone)
        return tuple(command for command in read.values() if command)

    @guarded()
    def count_open(self) -> int:
        """How many commands have not ended."""
        return int(self._redis.zcard(_OPEN))

    def report(self, command_id: str, report: Report, now: datetime) -> SentCommand | None:
        """Write down a step of a command; None where nothing was written, for it is late, or
        nobody knows the command.

        Where Redis has lost the command, it is stored anew as this process last knew it.
        """

        def change(pipe: Pipeline) -> SentCommand | None:
            before = self._read(pipe, command_id) or self._known.get(command_id)
            after = self._newest(pipe, before.after(report, now) if before else None)
            pipe.multi()
            if after:
                self._write(pipe, after)
            return after

        written = transact(self._redis, change, _command(command_id))
        if written:
            self._remember(written)
        return written

    # ---- what Redis or a bot has lost

    def note(self, commands: Iterable[SentCommand]) -> None:
        """Remember commands of other bots, for when Redis loses them."""
        for command in commands:
            with self._lock:
                self._keep_known(command)

    def known_open(self) -> tuple[SentCommand, ...]:
        """The commands that had not ended when this process last knew of them."""
        with self._lock:
            return tuple(self._known.values())

    def forget(self, command_id: str) -> None:
        """Stop remembering a command, which has ended."""
        with self._lock:
            self._known.pop(command_id, None)

    def restore(self, command: SentCommand) -> None:
        """Store a command anew that Redis has lost."""

        def change(pipe: Pipeline) -> None:
            lost = self._read(pipe, command.id) is None
            pipe.multi()
            if lost:
                self._write(pipe, replace(command, number=command.number + 1))

        transact(self._redis, change, _command(command.id))

    def begin_anew(self, command: SentCommand) -> SentCommand | None:
        """Take a command that has not begun, and whose bot is gone, to begin it here; None where
        another bot was quicker, or it is not to be begun again."""

        def change(pipe: Pipeline) -> SentCommand | None:
            stored = self._read(pipe, command.id)
            taken = self._newest(pipe, stored.begun_anew() if stored == command else None)
            pipe.multi()
            if taken:
                self._write(pipe, taken)
            return taken

        taken = transact(self._redis, change, _command(command.id))
        if taken:
            self._remember(taken)
        return taken

    @guarded()
    def say_alive(self, command_ids: Iterable[str]) -> None:
        """Say that this bot is at these commands."""
        for command_id in command_ids:
            self._redis.set(_alive(command_id), "1", ex=_ALIVE_SECONDS)

    @guarded()
    def is_alive(self, command_id: str) -> bool:
        """Whether a bot is at this command, or was a moment ago."""
        return bool(self._redis.exists(_alive(command_id)))

    # ---- parts

    def _remember(self, command: SentCommand) -> None:
        with self._lock:
            self._keep_known(command)
        self.heard(command.id)

    def _keep_known(self, command: SentCommand) -> None:
        if command.ended:
            self._known.pop(command.id, None)
            return
        self._known[command.id] = command
        self._known.move_to_end(command.id)
        if len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)

    def _read(self, redis: Redis, command_id: str) -> SentCommand | None:
        return self._load(redis.get(_command(command_id)), command_id)

    def _load(self, stored: object, command_id: str) -> SentCommand | None:
        text = self._signer.verified(_KIND, stored)
        command = _json.validate_json(text) if text else None
        return command if command and command.id == command_id else None

    def _newest(self, redis: Redis, command: SentCommand | None) -> SentCommand | None:
        """The command with a number after that of its last event, whatever its record said."""
        rows = redis.xrevrange(_events(command.id), count=1) if command else ()
        last = max((int(str(name).partition("-")[0]) for name, _ in rows or ()), default=0)
        return replace(command, number=max(command.number, last + 1)) if command else None

    def _write(self, pipe: Pipeline, command: SentCommand) -> None:
        """Queue the writes of a command and of the event, for one transaction."""
        text, events = self._signer.signed(_KIND, _json.dump_json(command)), _events(command.id)
        pipe.set(_command(command.id), text, ex=_KEEP_SECONDS)
        pipe.xadd(events, {"value": text}, id=f"{command.number}-0", maxlen=_MOST_EVENTS)
        pipe.expire(events, _KEEP_SECONDS)
        if command.state is SentState.ENDED:
            pipe.zrem(_OPEN, command.id)
        else:
            pipe.zadd(_OPEN, {command.id: command.changed.timestamp()})
            pipe.set(_alive(command.id), "1", ex=_ALIVE_SECONDS)


def _command(command_id: str) -> str:
    return key("command", command_id)


def _events(command_id: str) -> str:
    return key("command", command_id, "events")


def _alive(command_id: str) -> str:
    return key("command", command_id, "alive")


def _key_of(caller: str, idempotency_key: str) -> str:
    digest = hashlib.sha256(f"{caller}\n{idempotency_key}".encode()).hexdigest()
    return key("command", "key", digest)
