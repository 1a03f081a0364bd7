"""Waits for what Swarm does after a call has returned.

Roles change, tasks move, and networks become free some seconds later.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.clock import Stopping
from bot.errors import NO_MANAGER, EngineRefusedError, OutcomeUnknownError, UnknownNameError

AWAY = (*NO_MANAGER, EngineRefusedError)
"""What a question meets while managers come and go: it is asked again later."""
POLL_SECONDS = 0.3


def wait_until(is_so: Callable[[], bool], seconds: float, stopping: Stopping) -> bool:
    """Look until it is so: False where `seconds` are over, or the bot is `stopping`."""
    until = stopping.monotonic() + seconds
    while True:
        try:
            if is_so():
                return True
        except AWAY:
            pass
        if stopping.monotonic() >= until or stopping.wait(POLL_SECONDS):
            return False


def remove(removal: Callable[[], None], seconds: float, stopping: Stopping) -> None:
    """Remove something that may be in use for some seconds more. Gone already is as good.

    Raises EngineRefusedError with the engine's own word where it is still there after `seconds`.
    """

    def is_gone() -> bool:
        try:
            removal()
        except UnknownNameError:
            return True
        except OutcomeUnknownError:
            return False
        return True

    if not wait_until(is_gone, seconds, stopping):
        removal()
