"""A message from the moment it is wanted: what people should see, what they see, and where."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace

from bot.model import File, Message, MessageRef
from bot.poster.places import Elsewhere

log = logging.getLogger(__name__)

Then = Callable[[MessageRef], None]
"""Called with the place of a message once it is posted, and again when it is posted anew."""


Shared = Callable[[File], None]
"""Called with each file of a message once Slack has it in the thread."""


class Handle:
    """A message that is posted or will be.

    `ref` is its place in Slack, None until it is posted. `failed`: it will never be posted, or
    nobody sees any more what has become of it. `elsewhere` is where it goes when its channel does
    not take it.
    """

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
        self.elsewhere: Elsewhere | None = None
        self.additions: dict[str, Message] = {}
        self.moved_from: list[str] = []
        self.posting = False
        self.changed_at = 0.0
        self.on_shared: Shared | None = None
        self.uploaded: set[tuple[str, int]] = set()
        self.refused: set[tuple[str, int]] = set()
        self.lock = threading.Lock()
        self._then = then
        self._settled = threading.Event()

    def wait(self, timeout: float) -> MessageRef | None:
        """Wait up to `timeout` seconds for the post; return the place, or None."""
        self._settled.wait(timeout)
        return self.ref

    def want(self, message: Message, *, final: bool) -> bool:
        """Take a newer state; return whether an edit has to be sent for it.

        False where the message is final or failed, or where the post that waits carries the newer
        state.
        """
        with self.lock:
            self.uploaded -= self.refused
            self.refused.clear()
            if self.failed or (self.final and not final):
                return False
            self.wanted, self.final = message, self.final or final
            return self.ref is not None or self.posting

    def begin(self) -> Message:
        """Begin to post: return the state to post. From here on a newer state is an edit."""
        with self.lock:
            self.posting = True
            return self.wanted

    def posted(self, ref: MessageRef, message: Message, now: float) -> None:
        """Record the place of the message, and call the listener with it."""
        with self.lock:
            self.ref, self.shown, self.changed_at, self.posting = ref, message, now, False
        self._settled.set()
        if self._then:
            try:
                self._then(ref)
            except Exception:
                log.exception("the listener of a posted message failed")

    def shared(self, file: File) -> None:
        """Call the listener with a file that Slack has."""
        if self.on_shared:
            try:
                self.on_shared(file)
            except Exception:
                log.exception("the listener of a shared file failed")

    def not_posted(self) -> None:
        """Record that a try failed: until the next one, the post carries newer states."""
        with self.lock:
            self.posting = False

    def edited(self, message: Message, now: float) -> None:
        """Record what people see now."""
        with self.lock:
            self.shown, self.changed_at = message, now

    def moves(self) -> bool:
        """Go to the next place; False where there is none."""
        known = self.elsewhere.places if self.elsewhere else ()
        left = [place for place in known if place not in (*self.moved_from, self.channel)]
        if not left:
            return False
        with self.lock:
            self.moved_from.append(self.channel)
            self.channel, self.thread, self.parent, self.ref = left[0], "", None, None
        return True

    def says_also(self, subject: str, addition: Message) -> None:
        """Say something more in the message, whatever its state."""
        with self.lock:
            self.additions = {**self.additions, subject: addition}
            self.shown = None

    def says_no_more(self, subject: str) -> bool:
        """Leave it out again; False where it was not said."""
        with self.lock:
            if subject not in self.additions:
                return False
            self.additions = {
                known: addition for known, addition in self.additions.items() if known != subject
            }
            self.shown = None
            return True

    def complete(self, message: Message) -> Message:
        """A state of the message, with what else is said in it."""
        blocks = [block for added in self.additions.values() for block in added.blocks]
        return replace(message, blocks=(*message.blocks, *blocks)) if blocks else message

    def drop(self) -> None:
        """Record that the message will never be posted."""
        with self.lock:
            self.failed = self.ref is None
        self._settled.set()

    def place(self) -> tuple[str, str]:
        """Channel and thread for replies to this message; no thread until it is posted."""
        return self.channel, self.root()

    def root(self) -> str:
        """The `ts` of the thread for replies to this message; empty until it is posted."""
        return self.thread or (self.ref.ts if self.ref else "")
