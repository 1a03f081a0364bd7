"""A cause that brings its words along: how a message is laid out is tested with more words than the
bot has."""

from __future__ import annotations

from dataclasses import dataclass

from bot.model import Cause, CauseKind
from bot.render.causes import CauseWords, cause_words


@dataclass(frozen=True)
class WrittenCause(Cause):
    """A cause in these words."""

    kind: CauseKind = CauseKind.UNKNOWN
    text: str = ""
    fix: str = ""


@cause_words.register
def _(cause: WrittenCause) -> CauseWords:
    return CauseWords(cause.text, cause.fix)
