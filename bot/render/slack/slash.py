"""Puts the name of the slash command into whatever is shown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from bot.model import Message
from bot.model.slash import SLASH


@dataclass
class SlashCommand:
    """What the operator calls it; the bot sets it once, at its start."""

    name: str = "/swarm"


SLASH_COMMAND = SlashCommand()


def named(value: Any) -> Any:
    """A text, or whatever has texts in it, with the name in the place of what stands for it."""
    if isinstance(value, str):
        return value.replace(SLASH, SLASH_COMMAND.name)
    if isinstance(value, Message):
        return replace(value, text=named(value.text), blocks=named(value.blocks))
    if isinstance(value, dict):
        return {key: named(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(named, value))
    return value
