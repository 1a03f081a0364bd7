"""The messages that this bot lately posted or edited, by where they stand."""

from __future__ import annotations

import threading
from collections import OrderedDict

from bot.model import Message, MessageRef
from bot.poster.handle import Handle, Then

_MOST = 64
"""Each keeps what its message says and whose it is, some tens of kilobytes. Whoever still shows
something in a message has its handle; of one that is not known any more the edits queue all the
same, for they share the lane of their channel."""


class KnownMessages:
    """Finds the one handle of a message: its edits are one queue, whoever asks for them."""

    def __init__(self) -> None:
        self._known: OrderedDict[MessageRef, Handle] = OrderedDict()
        self._lock = threading.Lock()

    def handle(self, message: Handle | MessageRef, then: Then | None = None) -> Handle:
        """The handle of a message, a new one with `then` where none is known."""
        if isinstance(message, Handle):
            return message
        with self._lock:
            known = self._known.get(message)
        if known:
            return known
        known = Handle(message.channel, message.channel, Message(""), then)
        known.ref = message
        self.remember(message, known)
        return known

    def remember(self, ref: MessageRef, handle: Handle) -> None:
        """Note where a message stands now."""
        with self._lock:
            self._known[ref] = handle
            self._known.move_to_end(ref)
            while len(self._known) > _MOST:
                self._known.popitem(last=False)
