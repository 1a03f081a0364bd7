"""How the answer to a call gets on: between the thread that reads it and the one that waits."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from bot.swarm.engine.refusals import ConnectionLostError


class AnswerProgress:
    """Of one call at one engine. Each field is set by one thread and read by the other.

    `heard_at`: when a piece of a list came last, in monotonic seconds; `given_up`: nobody waits for
    more.
    """

    def __init__(self) -> None:
        self.heard_at = float("-inf")
        self.given_up = False

    def follow(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """These pieces as they come. Raises ConnectionLostError where nobody waits for more, and
        what reading `pieces` raises."""
        for piece in pieces:
            if self.given_up:
                raise ConnectionLostError("nobody waits for the rest")
            self.heard_at = time.monotonic()
            yield piece
