"""The sentences of one piece of advice, before they are laid out, and what all subjects share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.model import Finding
from bot.render.causes import cause_words


@dataclass(frozen=True, slots=True)
class AdviceText:
    """What it is, and what helps: plain sentences in which backticks mark what can be copied.

    `text` about several begins after their number and kind: `3 services` `have no …`; then `names`
    are theirs, and `several` is that beginning. `buttons` have a label and the line that they send.
    """

    text: str
    fix: str = ""
    several: str = ""
    names: tuple[str, ...] = ()
    buttons: tuple[tuple[str, str], ...] = ()

    @property
    def sentence(self) -> str:
        """All of the text, without the names."""
        return f"{self.several} {self.text}".lstrip()


def about_all(
    names: Sequence[str], kind: str, text_of_one: str, text_of_many: str, fix: str
) -> AdviceText:
    """The same about all of these names: `web has no health check`, `3 services have no health
    check`; `kind` is `services` or the like."""
    if len(names) == 1:
        return AdviceText(f"{names[0]} {text_of_one}", fix)
    return AdviceText(text_of_many, fix, f"{len(names)} {kind}", tuple(names))


def because(cause: Finding | None) -> str:
    """The cause after a colon; nothing where none is known."""
    return f": {cause_words(cause.cause).text.rstrip('.')}" if cause else ""
