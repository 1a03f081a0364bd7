"""How a change ended, for the message, the audit and the metrics alike."""

from __future__ import annotations

from dataclasses import dataclass

from bot.model.change import Ending
from bot.model.people import Message
from bot.model.rollout import Progress, Rollout, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a change ended, for the message, the audit and the metrics alike.

    `seconds` is its duration. `private` goes to who asked alone, and where it is set nothing is
    posted in the channel. `private_note` goes to who asked alone as well, besides what is posted: a
    key, for one. `message` is what is posted, where the command words it itself. `waits`: what was
    asked for waits in line now, and ends later.
    """

    ending: Ending
    title: str
    seconds: float
    lines: tuple[str, ...] = ()
    rollout: Rollout | None = None
    progress: Progress | None = None
    steps: tuple[Step, ...] = ()
    private: Message | None = None
    private_note: Message | None = None
    message: Message | None = None
    waits: bool = False
