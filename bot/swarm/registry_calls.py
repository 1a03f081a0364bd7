"""How many calls to registries there are at a time, and what the last ones said.

A registry may be silent for seconds. Whoever asks for an image waits in a small queue of its own,
so that nobody else waits for a registry.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bot.errors import RegistryBusyError
from bot.model.cluster import RegistryAnswer
from bot.model.images import Image
from bot.swarm.registries.credential import Credential

AT_A_TIME = 4
WAITING = 20
"""Further calls that may wait for their turn."""
REST_SECONDS = 60.0
"""Seconds for which an answer about a whole Swarm's images counts as known."""
_MOST_REMEMBERED = 1000


@dataclass
class RegistryCalls:
    """Shared by everybody who asks registries. `clock` counts seconds."""

    clock: Callable[[], float] = time.monotonic
    _places: threading.BoundedSemaphore = field(
        default_factory=lambda: threading.BoundedSemaphore(AT_A_TIME + WAITING)
    )
    _turns: threading.BoundedSemaphore = field(
        default_factory=lambda: threading.BoundedSemaphore(AT_A_TIME)
    )
    _remembered: OrderedDict[tuple[Image, Credential | None], tuple[float, RegistryAnswer]] = field(
        default_factory=OrderedDict, repr=False
    )
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def turn(self, image: Image) -> Iterator[None]:
        """Wait for a turn to ask about an image; RegistryBusyError where too many wait already."""
        if not self._places.acquire(blocking=False):
            raise RegistryBusyError(image)
        try:
            with self._turns:
                yield
        finally:
            self._places.release()

    def rested(
        self, image: Image, login: Credential | None, ask: Callable[[], RegistryAnswer]
    ) -> RegistryAnswer:
        """What was said of the image to this login within the last minute, or what is said now."""
        key = image, login
        with self._lock:
            at, answer = self._remembered.get(key, (float("-inf"), RegistryAnswer.UNKNOWN))
        if self.clock() - at <= REST_SECONDS:
            return answer
        answer = ask()
        with self._lock:
            self._remembered[key] = (self.clock(), answer)
            if len(self._remembered) > _MOST_REMEMBERED:
                self._remembered.popitem(last=False)
        return answer
