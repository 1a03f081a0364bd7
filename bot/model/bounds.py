"""The largest numbers and the longest texts that come in, whoever sends them.

Whatever comes from outside is bounded where it enters: a number that nobody needs would keep a core
busy or a service locked for years, and a text of megabytes would stop whoever reads it.
"""

MOST_REPLICAS = 100_000
"""Tasks of one service: twice of what the largest Swarm known of runs in all."""
MOST_COUNT = 2**31 - 1
"""Any other count that people type: retries, processes, tasks at a time."""
MOST_MODE = (1 << 32) - 1
"""File permissions, as the Engine API holds them: 32 bits."""
MOST_LINE = 4000
"""Characters of a line, and of each text in it; Slack's own limit for a command is below that."""
MOST_NAME = 255
"""Characters of the name of an object, or of an image without its digest: what registries take."""
MOST_TEXT = 2000
"""Characters of a text from an engine, a registry or a task's program; what is cut ends in `…`."""

_MOST_DIGITS = 20
MOST_SAID = 32_000
"""Characters of such a text that are read at all."""


class AboveBoundError(ValueError):
    """A number that is too large; the text completes "expected …", and says the bound."""


def at_most(digits: str, most: int) -> int | None:
    """The number of these decimal digits; None where it is more than `most`.

    More digits than any number of Docker's has are not even read: Python refuses to, from 4,300 on.
    """
    number = int(digits) if len(digits) <= _MOST_DIGITS else most + 1
    return number if number <= most else None


def bounded(text: str, most: int = MOST_TEXT) -> str:
    """The text with at most `most` characters. The middle is left out: errors say at their
    beginning what failed, and at their end why."""
    if len(text) <= most:
        return text
    head = most // 2
    return f"{text[:head]} … {text[len(text) - (most - head - 3) :]}"
