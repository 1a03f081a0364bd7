"""What the bot's own log may say, decided in one place for every logger and every level.

Libraries log whole payloads at `debug`: what was typed into a modal, addresses at which anybody may
answer in the bot's name, tokens. Bolt names its logger after the program, so a level for each
library misses it: below a warning, only the bot's own loggers are heard. structlog writes the lines
of them all, with the ids of the request that they belong to (`bot.log_ids`).
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Literal

from bot.left_out import left_out
from bot.log_ids import log_ids
from bot.model.secrecy import masked_text

if TYPE_CHECKING:
    from structlog.stdlib import ProcessorFormatter
    from structlog.typing import EventDict, Processor

OWN = frozenset({"bot", "handlers", "jobs", "swarmbot"})
"""The packages whose loggers may say more than warnings."""
TOLD_ELSEWHERE = "websocket"
"""The logger of websocket-client: `handlers.slack.socket` says the same once, in words."""

LogFormat = Literal["console", "json"]
"""How a line is written: for people, or as one JSON object."""


class OwnRecords(logging.Filter):
    """Lets the bot's own records through, and warnings of everybody."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is written."""
        if record.name == TOLD_ELSEWHERE:
            return False
        return record.levelno >= logging.WARNING or record.name.split(".")[0] in OWN


def with_ids(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Add the ids of what is being done."""
    return {**event, **log_ids()}


def masked(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Put dots where something looks like a secret, in the traceback too."""
    return {
        name: masked_text(value) if isinstance(value, str) else value
        for name, value in event.items()
    }


def in_one_line(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Keep what an engine or a registry says from looking like another line of the log."""
    return {**event, "event": "\\n".join(str(event["event"]).splitlines())}


def formatter(form: LogFormat) -> ProcessorFormatter:
    """What makes a line of a record of any logger, without what looks like a secret."""
    # Where a developer has rich, it would be loaded for colours that are never written here: 70 ms
    # and 3 MB of a start.
    with left_out("rich"):
        # Not with this module: `check` and `send` write no log.
        from structlog import dev, processors, stdlib  # noqa: PLC0415

    renderer: tuple[Processor, ...] = (
        (processors.JSONRenderer(ensure_ascii=False),)
        if form == "json"
        else (
            in_one_line,
            dev.ConsoleRenderer(
                colors=False,
                pad_event_to=0,
                pad_level=False,
                exception_formatter=dev.plain_traceback,
            ),
        )
    )
    return stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            with_ids,
            stdlib.add_logger_name,
            stdlib.add_log_level,
            processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[
            stdlib.ProcessorFormatter.remove_processors_meta,
            processors.format_exc_info,
            masked,
            *renderer,
        ],
    )


def configure(level: str, form: LogFormat = "console") -> None:
    """Log to stderr from this level on (`debug`, `info`, `warning`, `error`)."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(OwnRecords())
    handler.setFormatter(formatter(form))
    logging.basicConfig(level=level.upper(), handlers=[handler])
