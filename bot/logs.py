"""What the bot's own log may say, decided in one place for every logger and every level.

Libraries log whole payloads at `debug`: what was typed into a modal, addresses at which anybody may
answer in the bot's name, tokens. Bolt names its logger after the program, so a level for each
library misses it: below a warning, only the bot's own loggers are heard.
"""

from __future__ import annotations

import logging
import sys

from bot.model.secrecy import masked_text

OWN = frozenset({"bot", "handlers", "jobs", "swarmbot"})
"""The packages whose loggers may say more than warnings."""
TOLD_ELSEWHERE = "websocket"
"""The logger of websocket-client: `handlers.slack.socket` says the same once, in words."""


class OwnRecords(logging.Filter):
    """Lets the bot's own records through, and warnings of everybody."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is written."""
        if record.name == TOLD_ELSEWHERE:
            return False
        return record.levelno >= logging.WARNING or record.name.split(".")[0] in OWN


class MaskingFormatter(logging.Formatter):
    """Writes a record, its traceback included, with dots where something looks like a secret."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, or the lines, of the record."""
        return masked_text(super().format(record))


def configure(level: str) -> None:
    """Log to stderr from this level on (`debug`, `info`, `warning`, `error`)."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(OwnRecords())
    handler.setFormatter(MaskingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[handler])
