"""The one place where what went wrong becomes a sentence: the cause, what would be right, and a
line to copy."""

from __future__ import annotations

import shlex
from dataclasses import replace

from bot.errors import LockedError, SwarmbotError
from bot.model import Message
from bot.render.errors.explanation import Explanation
from bot.render.errors.explanations import EXPLANATIONS
from bot.render.slack.blocks import actions, button, context, section
from bot.render.slack.limits import fit
from bot.render.slack.text import code, escape

_UNKNOWN = Explanation("❌ That did not work", "swarmbot knows no more about it than its log says")


def explain(error: SwarmbotError) -> Message:
    """What went wrong, for who asked: cause, what would be right, an example."""
    known = words(error)
    example = code(f"/swarm {known.example}") if known.example else ""
    text = "\n".join(part for part in (known.sentence, example) if part)
    return fit(Message(known.sentence, (section(text),)))


def words(error: SwarmbotError) -> Explanation:
    """The explanation of an error; a class derived from a known one shares its words."""
    explanations = (
        EXPLANATIONS[kind](error) for kind in type(error).__mro__ if kind in EXPLANATIONS
    )
    return next(explanations, _UNKNOWN)


def busy(error: LockedError, line: str) -> Message:
    """Somebody else changes it now; a change of one service can wait in line."""
    message = explain(error)
    if not error.lock.target.startswith("service:"):
        return message
    return replace(
        message, blocks=(*message.blocks, *actions(button("Queue", f"queue {shlex.quote(line)}")))
    )


def unexpected(reference: str) -> Message:
    """A fault of the bot's own; `reference` finds it in the log."""
    head = "❌ swarmbot itself failed at this"
    text = f"{head}. Part of it may be done: look at what is there before you try again."
    return fit(
        Message(head, (section(text), *context(f"reference {escape(reference)}, for its log")))
    )
