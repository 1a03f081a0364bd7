"""The messages of changes that this bot left to another one, until somebody has ended them."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from bot.pipeline.live_message import LiveMessage
from bot.store.store import Store

log = logging.getLogger(__name__)

_MOST = 100


@dataclass(frozen=True)
class LeftMessages:
    """Who takes a change up finds it in Redis. Where that loses all that it had before, only the
    bot that left the change knows of its message, and ends that."""

    store: Store
    _left: OrderedDict[str, tuple[LiveMessage, Callable[[], object]]] = field(
        default_factory=OrderedDict
    )
    _lock: Lock = field(default_factory=Lock)

    def leave(self, live: LiveMessage, tell: Callable[[], object]) -> None:
        """Another bot goes on with this change; `tell` says how it ended as far as this bot knows,
        should nobody else be able to."""
        live.leave()
        with self._lock:
            self._left[live.run_id] = live, tell
            while len(self._left) > _MOST:
                self._left.popitem(last=False)

    def end_lost(self) -> None:
        """End the messages of changes that nobody knows of any more. Raises
        StoreUnavailableError."""
        with self._lock:
            left = tuple(self._left.items())
        for run_id, (live, tell) in left:
            ended = self.store.deliveries.has_end(live.about)
            if not ended and self._is_known(run_id):
                continue
            with self._lock:
                self._left.pop(run_id, None)
            if not ended:
                log.warning("nobody knows of %s any more: its message is ended", run_id)
                tell()

    def _is_known(self, run_id: str) -> bool:
        rollouts, batches = self.store.rollouts, self.store.batches
        return rollouts.get(run_id) is not None or batches.get(run_id) is not None
