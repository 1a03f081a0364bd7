"""The right to change Docker for tests that do so behind the bot's back."""

from __future__ import annotations


class AlwaysOpen:
    """A fence that lets everything through: nobody else changes anything."""

    def confirm(self, seconds: float) -> None:
        """Agree."""


OPEN = AlwaysOpen()
