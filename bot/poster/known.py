"""The messages that this bot lately posted or edited, by where they stand."""

from __future__ import annotations

import threading
from collections import deque
from weakref import WeakValueDictionary

from bot.model import Message, MessageRef
from bot.poster.handle import Handle, Then

_KEPT = 16
"""Handles that stay though nobody holds them any more, so that a late edit of a message that has
just ended still meets its end. Each keeps what its message says, some tens of kilobytes."""


class KnownMessages:
    """Finds the one handle of a message: its edits are one queue, whoever asks for them.

    A handle is known for as long as somebody holds it, and the newest ones somewhat longer.
    """

    def __init__(self) -> None:
        self._known: WeakValueDictionary[MessageRef, Handle] = WeakValueDictionary()
        self._newest: deque[Handle] = deque(maxlen=_KEPT)
        self._lock = threading.Lock()

    def handle(self, message: Handle | MessageRef, then: Then | None = None) -> Handle:
        """The handle of a message, a new one with `then` where none is known."""
        if isinstance(message, Handle):
            return message
        with self._lock:
            known = self._known.get(message)
            if known is None:
                known = Handle(message.channel, message.channel, Message(""), then)
                known.ref = message
                self._remember(message, known)
        return known

    def remember(self, ref: MessageRef, handle: Handle) -> None:
        """Note where a message stands now."""
        with self._lock:
            self._remember(ref, handle)

    def _remember(self, ref: MessageRef, handle: Handle) -> None:
        self._known[ref] = handle
        if handle not in self._newest:
            self._newest.append(handle)
