"""Turns errors into messages: the cause, what would be right, and a line to copy."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace

from bot.errors import LockedError, SwarmbotError
from bot.model import Message
from bot.model.slash import SLASH
from bot.render.errors.access import ACCESS_ERRORS
from bot.render.errors.explanation import Explain, Explanation
from bot.render.errors.input import INPUT_ERRORS
from bot.render.errors.rollback import ROLLBACK_ERRORS
from bot.render.errors.settings import SETTINGS_ERRORS
from bot.render.errors.store import STORE_ERRORS
from bot.render.errors.swarm import SWARM_ERRORS
from bot.render.slack.blocks import Block, actions, button, context, section
from bot.render.slack.limits import fit
from bot.render.slack.text import code, escape

EXPLANATIONS: Mapping[type, Explain] = {
    **INPUT_ERRORS,
    **ACCESS_ERRORS,
    **SWARM_ERRORS,
    **ROLLBACK_ERRORS,
    **STORE_ERRORS,
    **SETTINGS_ERRORS,
}
_UNKNOWN = Explanation("That did not work. swarmbot knows no more about it than its log says.")


def explain(error: SwarmbotError) -> Message:
    """The message for whoever sent the line: the cause, what would be right, an example."""
    explanation = words(error)
    line = _line(explanation)
    text = f"{explanation.marked}\n{line}" if line else explanation.marked
    return fit(Message(explanation.marked, (section(text), *_offers(explanation))))


def advice(explanation: Explanation) -> tuple[Block, ...]:
    """What would be right, where it stands below the sentence by itself."""
    line = _line(explanation)
    return (*([section(line)] if line else []), *_offers(explanation))


def _line(explanation: Explanation) -> str:
    return code(f"{SLASH} {explanation.example}") if explanation.example else ""


def _offers(explanation: Explanation) -> list[Block]:
    return actions(*(button(label, line) for label, line in explanation.offers))


def words(error: SwarmbotError) -> Explanation:
    """The explanation of an error; a class without one of its own has that of its base class."""
    explanations = (
        EXPLANATIONS[kind](error) for kind in type(error).__mro__ if kind in EXPLANATIONS
    )
    return next(explanations, _UNKNOWN)


def busy(error: LockedError, line: str) -> Message:
    """The message where somebody else has the lock; a change of one service can be queued."""
    message = explain(error)
    if not error.lock.target.startswith("service:"):
        return message
    return replace(
        message, blocks=(*message.blocks, *actions(button("Queue", f"queue {shlex.quote(line)}")))
    )


def unexpected(reference: str) -> Message:
    """The message for a fault of the bot itself; `reference` finds it in the log."""
    head = "❌ swarmbot itself failed at this"
    text = f"{head}. Part of it may be done: look at what is there before you try again."
    return fit(
        Message(head, (section(text), *context(f"reference {escape(reference)}, for its log")))
    )
