"""When a hold or a silence ends: after a span, at a time, or when somebody says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from bot.command.fields import Moment, Option, Span, moment
from bot.errors import UnsupportedError

For = Annotated[Span | None, Option(("--for",), "DURATION")]
Until = Annotated[Moment | None, Option(("--until",), "TIME")]


def end(span: timedelta | None, until: str | None, now: datetime) -> datetime | None:
    """The time at which it ends; None where nobody said when.

    Raises UnsupportedError for a time that is over, and where both a span and a time are given.
    """
    if span is not None and until:
        raise UnsupportedError(
            "`--for` and `--until` both say when it ends", "Give one of them, such as `--for 2h`"
        )
    at = moment(until, now) if until else now + span if span is not None else None
    if at is not None and at <= now:
        right = "`--until 18:00`" if until else "`--for 2h`"
        raise UnsupportedError("that time is over", f"Name a time to come, such as {right}")
    return at


def picked(at: datetime | None) -> str | None:
    """A time that was chosen in a form, as `--until` takes it."""
    return at.astimezone(UTC).isoformat(timespec="minutes") if at else None
