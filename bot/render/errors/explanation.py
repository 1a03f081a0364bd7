"""What an explanation is, and the phrases that several of them share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from bot.model.english import shortlist
from bot.render.slack.text import code, escape

FAILED, REFUSED, LOCKED, ASKED = "❌", "✋", "🔒", "🟡"
"""Marks: something did not work; somebody may not, or not now; a manager is locked; it is asked
once more."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """An error in words: its cause, and what would be right.

    `sentence` is mrkdwn, `mark` the emoji before it; `example` is a line to send, without `/swarm`;
    `offers` are buttons, each with its label and the line that it sends.
    """

    sentence: str
    example: str = ""
    mark: str = FAILED
    offers: tuple[tuple[str, str], ...] = ()

    @property
    def marked(self) -> str:
        """The sentence behind its mark."""
        return f"{self.mark} {self.sentence}"


Explain = Callable[[Any], Explanation]
"""Explains errors of one class."""

LISTINGS = {
    "service": "service ls",
    "node": "node ls",
    "network": "network ls",
    "secret": "secret ls",
    "config": "config ls",
    "stack": "stack ls",
    "alert": "alerts",
    "silence": "alerts",
    "engine": "info",
}
"""The line that lists all objects of a kind."""


def did_you_mean(near: Iterable[str]) -> str:
    """A question that offers up to three similar names; empty where there are none."""
    names = list(near)
    return f" Did you mean {' or '.join(code(name) for name in names[:3])}?" if names else ""


def codes(names: Iterable[str]) -> str:
    """Names as code, in a list; of many the first ten and the number of those left out."""
    return shortlist([code(name) for name in names], 10)


def alternatives(names: Iterable[str]) -> str:
    """`a or b`, as mrkdwn."""
    return " or ".join(escape(name) for name in names)
