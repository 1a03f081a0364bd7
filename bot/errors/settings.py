"""What is wrong with the configuration."""

from __future__ import annotations

from dataclasses import dataclass

from bot.errors.base import SwarmbotError


@dataclass(eq=False)
class InvalidSettingError(SwarmbotError):
    """The configuration is wrong: `where` is the variable or the path in the file."""

    where: str
    problem: str
