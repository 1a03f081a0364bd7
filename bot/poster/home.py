"""Home tabs on their way to Slack: of several views of one that wait, only the newest counts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from bot.poster.calls import Calls
from bot.poster.lane import Call, OnEvent


class HomeViews:
    """The views that wait. `put` queues a call under the name of a queue."""

    def __init__(self, calls: Calls, on_event: OnEvent, put: Callable[[str, Call], None]) -> None:
        self._calls = calls
        self._on_event = on_event
        self._put = put
        self._waiting: dict[str, Mapping[str, Any]] = {}
        self._lock = threading.Lock()

    def publish(self, user_id: str, view: Mapping[str, Any]) -> None:
        """Show this view, in place of one that waits."""
        with self._lock:
            waits = user_id in self._waiting
            self._waiting[user_id] = view
        if waits:
            self._on_event("coalesced")
            return

        def forget() -> None:
            self._waiting.pop(user_id, None)

        self._put(
            f"home:{user_id}", Call("views.publish", "home", lambda: self._publish(user_id), forget)
        )

    def _publish(self, user_id: str) -> None:
        view = self._waiting[user_id]
        self._calls.publish(user_id, view)
        with self._lock:
            newer = self._waiting.pop(user_id)
        self._on_event("published")
        if newer is not view:
            self.publish(user_id, newer)
