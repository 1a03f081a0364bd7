"""The state of the workspace: messages, views, files, and the record of calls and deliveries.

Everything here is a value in a dictionary; every change goes through a method that also tells the
feed. One lock guards all of it.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from playground.workspace.blocks import with_ids
from playground.workspace.feed import Feed
from playground.workspace.links import ResponseUrls, Triggers
from playground.workspace.model import (
    BOT_USER,
    ApiCall,
    Block,
    Delivery,
    Limits,
    Posted,
    StoredFile,
    Version,
)
from playground.workspace.people import Directory
from playground.workspace.stack import Views


class State:
    """What is in the workspace now. Take `lock` for several reads that must agree."""

    def __init__(self, clock: Callable[[], float], limits: Limits) -> None:
        self.clock = clock
        self.limits = limits
        self.has_tables = True
        self.feed = Feed(clock)
        self.lock = self.feed.lock
        self.directory = Directory()
        self.triggers = Triggers(clock, limits)
        self.response_urls = ResponseUrls(clock, limits)
        self.views = Views(self.feed)
        self.messages: dict[tuple[str, str], Posted] = {}
        self.files: dict[str, StoredFile] = {}
        self.deliveries: dict[str, Delivery] = {}
        self.calls: list[ApiCall] = []
        self.chosen: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
        self.seen: set[tuple[str, str]] = set()
        self.forgotten: set[tuple[str, str]] = set()
        self.base_url = ""
        self._last_ts = 0
        self._numbers = itertools.count(1)

    def new_id(self, letter: str) -> str:
        """A fresh id such as Slack gives: a letter and ten characters."""
        return f"{letter}0{next(self._numbers):09X}"

    def new_ts(self) -> str:
        """A message's timestamp: the time, and never the same twice."""
        with self.lock:
            self._last_ts = max(int(self.clock() * 1_000_000), self._last_ts + 1)
            return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def post(  # noqa: PLR0913 - a message has that many independent properties
        self,
        channel: str,
        user: str,
        text: str,
        blocks: Sequence[Block] = (),
        *,
        thread_ts: str = "",
        aloud: bool = False,
        only_for: str = "",
        files: Sequence[str] = (),
    ) -> Posted:
        """Add a message; blocks and elements without ids get some, as Slack does."""
        with self.lock:
            # Slack takes a private answer for a thread that nobody has answered in, and shows it
            # nowhere.
            unshown = bool(only_for and thread_ts and not self.thread(channel, thread_ts))
            message = Posted(
                channel=channel,
                ts=self.new_ts(),
                user=user,
                versions=(self._version(text, blocks),),
                thread_ts=thread_ts,
                aloud=aloud,
                only_for=only_for,
                unshown=unshown,
                files=tuple(files),
            )
            return self._keep(message)

    def edit(self, message: Posted, text: str, blocks: Sequence[Block] = ()) -> Posted:
        """Give a message its next version."""
        with self.lock:
            return self._keep(
                replace(message, versions=(*message.versions, self._version(text, blocks)))
            )

    def delete(self, message: Posted) -> Posted:
        """Take a message away; its history stays for those who look back."""
        with self.lock:
            return self._keep(replace(message, deleted_at=self.clock()))

    def react(self, message: Posted) -> Posted:
        """Keep a message whose reactions changed."""
        with self.lock:
            self.messages[message.channel, message.ts] = message
            self.feed.tell("message", message)
            return message

    def message(self, channel: str, ts: str) -> Posted | None:
        """The message, unless it is not there or deleted."""
        posted = self.messages.get((channel, ts))
        return None if posted is None or posted.deleted_at is not None else posted

    def thread(self, channel: str, ts: str) -> list[Posted]:
        """The replies below a message, oldest first."""
        with self.lock:
            listed = [
                message
                for message in self.messages.values()
                if (message.channel, message.thread_ts) == (channel, ts)
            ]
        return [message for message in listed if message.deleted_at is None and message.ts != ts]

    def visible_to(self, user: str) -> list[Posted]:
        """All messages that a person can see now, in the order in which they were posted."""
        with self.lock:
            mine = {
                channel.id
                for channel in self.directory.channels.values()
                if user in channel.members
            }
            return [
                message
                for message in self.messages.values()
                if message.channel in mine
                and message.deleted_at is None
                and message.is_shown_to(user)
                and (message.channel, message.thread_ts) not in self.forgotten
            ]

    def forget(self) -> None:
        """Take away all messages, views, files and records, as in a new workspace.

        Who is there, ids and the feed's numbers go on. What is still posted into a thread that is
        gone, or edited of a message that is, is not visible to anybody.
        """
        with self.lock:
            self.forgotten |= self.messages.keys()
            for kept in (self.messages, self.files, self.deliveries, self.chosen):
                kept.clear()
            self.calls.clear()
            self.seen.clear()
            self.views.forget()
            self.feed.tell("forgotten", None)

    def overlooked(self) -> list[Posted]:
        """The app's messages at which no person has looked, in the order of posting.

        Who looked at one message of a thread has looked at all of it. A file follows its message
        whenever it is ready, and belongs to it.
        """
        with self.lock:
            seen = [self.messages[key] for key in self.seen if key in self.messages]
            threads = {(message.channel, message.thread_ts or message.ts) for message in seen}
            return [
                message
                for message in self.messages.values()
                if message.user == BOT_USER
                and message.deleted_at is None
                and not message.files
                and (message.channel, message.thread_ts or message.ts)
                not in threads | self.forgotten
            ]

    def keep_file(self, file: StoredFile) -> StoredFile:
        """Store a file, or its next state."""
        with self.lock:
            self.files[file.id] = file
            self.feed.tell("file", file)
            return file

    def record_call(self, call: ApiCall) -> None:
        """Remember a call of the Web API."""
        with self.lock:
            self.calls.append(call)
            self.feed.tell("call", call)

    def record_delivery(self, delivery: Delivery) -> Delivery:
        """Remember a payload sent to the app, or how it went."""
        with self.lock:
            self.deliveries[delivery.id] = delivery
            self.feed.tell("delivery", delivery)
            return delivery

    def permalink(self, channel: str, ts: str) -> str:
        """The address of a message."""
        return f"{self.base_url}/archives/{channel}/p{ts.replace('.', '')}"

    def _keep(self, message: Posted) -> Posted:
        change = self.feed.seq + 1
        if message.deleted_at is None:
            message = replace(
                message, versions=(*message.versions[:-1], replace(message.now, seq=change))
            )
        self.messages[message.channel, message.ts] = message
        self.feed.tell("message", message)
        return message

    def _version(self, text: str, blocks: Sequence[Block]) -> Version:
        return Version(at=self.clock(), text=text, blocks=tuple(with_ids(blocks)))
