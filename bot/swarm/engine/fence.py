"""What stands between the bot and every change of Docker: the lease under which it is made.

A lock in Redis does not stop a bot that slept through its end. So the client itself asks, directly
before each request that changes something, whether the lease still stands, and sends nothing
without one. Whoever adds a call to the client cannot forget it.
"""

from __future__ import annotations

from typing import Protocol


class Fence(Protocol):
    """The right to change Docker, which may end at any moment."""

    def confirm(self, seconds: float) -> None:
        """Return where nobody else can change the same for this many seconds.

        Raises `LeaseLostError` where somebody may, and `StoreUnavailableError` where nobody can
        tell.
        """
        ...


class UnfencedChangeError(RuntimeError):
    """A change was to be sent without any lease, which is a mistake in the program."""


class NoFence:
    """The fence of who has no lease: it lets reads through, and no change."""

    def confirm(self, seconds: float) -> None:
        """Refuse."""
        del seconds
        raise UnfencedChangeError("a change of Docker needs a lease")
