"""The line that does the same with Docker's own command line, for when the bot may change
nothing."""

from __future__ import annotations

import shlex

from bot.command import masking
from bot.command.model import Change, Table
from bot.model import Plan

_DOCKER = ("config", "network", "node", "secret", "service", "stack", "swarm")
"""The families of commands that are written as in Docker's own command line."""


def docker_line(command: Change[Plan], table: Table) -> str:
    """Such a line, with dots for values that may be secret; empty where Docker has none."""
    words = command.docker_words()
    line = shlex.join(words) if words else masking.shown_line(command, table)
    return f"docker {line}" if line.split(" ")[0] in _DOCKER else ""
