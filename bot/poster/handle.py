"""A message from the moment it is wanted: what people should see, what they do see, and where."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from bot.model import Message, MessageRef

log = logging.getLogger(__name__)

Then = Callable[[MessageRef], None]
"""Told where a message stands: after it was posted, and again when it had to be posted anew."""


class Handle:
    """A message that is posted or will be. `ref` is None until it is; `failed` says that it never
    will be."""

    def __init__(self, lane: str, channel: str, message: Message, then: Then | None = None) -> None:
        self.lane = lane
        self.channel = channel
        self.wanted = message
        self.shown: Message | None = None
        self.thread = ""
        self.aloud = False
        self.parent: Handle | None = None
        self.ref: MessageRef | None = None
        self.failed = False
        self.final = False
        self.posting = False
        self.changed_at = 0.0
        self.uploaded: set[tuple[str, int]] = set()
        self.lock = threading.Lock()
        self._then = then
        self._settled = threading.Event()

    def wait(self, timeout: float) -> MessageRef | None:
        """Wait up to `timeout` seconds until the message is posted, and say where; None where it is
        not."""
        self._settled.wait(timeout)
        return self.ref

    def want(self, message: Message, *, final: bool) -> bool:
        """Take the newer state; False where nothing is to be sent for it: closed, failed, or the
        post will carry it."""
        with self.lock:
            if self.failed or (self.final and not final):
                return False
            self.wanted, self.final = message, self.final or final
            return self.ref is not None or self.posting

    def begin(self) -> Message:
        """The state to post now; from here on a newer one is an edit."""
        with self.lock:
            self.posting = True
            return self.wanted

    def posted(self, ref: MessageRef, message: Message, now: float) -> None:
        """Note where the message stands and tell who wanted to know."""
        with self.lock:
            self.ref, self.shown, self.changed_at, self.posting = ref, message, now, False
        self._settled.set()
        if self._then:
            try:
                self._then(ref)
            except Exception:
                log.exception("the listener of a posted message failed")

    def not_posted(self) -> None:
        """The try failed: until the next one, newer states go into the post."""
        with self.lock:
            self.posting = False

    def edited(self, message: Message, now: float) -> None:
        """Note what people see now."""
        with self.lock:
            self.shown, self.changed_at = message, now

    def drop(self) -> None:
        """The message will never be posted."""
        with self.lock:
            self.failed = self.ref is None
        self._settled.set()

    def root(self) -> str:
        """The `ts` of the thread that answers to this message belong to; empty until it is
        posted."""
        return self.thread or (self.ref.ts if self.ref else "")
