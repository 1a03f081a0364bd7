"""Durations as Docker and Go write them: `20s`, `1m30s`, `1.5h`."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

from bot.model.bounds import AboveBoundError, at_most

_MICROSECONDS = {
    "ns": Decimal("0.001"),
    "us": Decimal(1),
    "µs": Decimal(1),
    "μs": Decimal(1),
    "ms": Decimal(1000),
    "s": Decimal(1_000_000),
    "m": Decimal(60_000_000),
    "h": Decimal(3_600_000_000),
}
_DURATION_PART = re.compile(
    r"([0-9]{1,20}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})" rf"({'|'.join(_MICROSECONDS)})"
)
_DURATION = re.compile(rf"\A(?:{_DURATION_PART.pattern})+")
_LONG = re.compile(r"(?<![0-9.])[0-9]{21,}")
"""A whole number that is above every bound."""
_SPAN = re.compile(r"\A([0-9]+)([dw])")
_MOST_HOURS = 2_562_047
"""More does not fit into the 64 bits in which Docker counts nanoseconds."""
_MOST_DAYS = 9_999


def read_duration(value: object) -> object:
    """Read `20s`, `1m30s`, `1.5h` (units ns, us, ms, s, m, h) as Go's durations.

    `0` needs no unit.
    """
    if not isinstance(value, str):
        return value
    if value == "0":
        return timedelta()
    value = _LONG.sub("9" * 20, value)
    if not _DURATION.fullmatch(value):
        raise ValueError("a duration with a unit, such as 20s or 1m30s")
    microseconds = sum(
        Decimal(number) * _MICROSECONDS[unit] for number, unit in _DURATION_PART.findall(value)
    )
    if microseconds > _MOST_HOURS * _MICROSECONDS["h"]:
        raise AboveBoundError(f"a duration of at most {_MOST_HOURS}h")
    return timedelta(microseconds=round(microseconds))


def read_span(value: object) -> object:
    """Read a duration as Docker writes it, or days and weeks: `7d`, `2w`.

    Docker has no units for those.
    """
    match = _SPAN.fullmatch(value) if isinstance(value, str) else None
    if match:
        in_days = 7 if match[2] == "w" else 1
        count = at_most(match[1], _MOST_DAYS // in_days)
        if count is None:
            raise AboveBoundError(f"a span of at most {_MOST_DAYS}d")
        return timedelta(days=count * in_days)
    try:
        return read_duration(value)
    except AboveBoundError:
        raise
    except ValueError:
        raise ValueError("a span of time such as 90m, 2h or 7d") from None


def write_duration(value: timedelta) -> str:
    """Write a duration as Go does, with the units that it needs: `1m30s`, `500ms`, `0s`."""
    microseconds = value // timedelta(microseconds=1)
    if 0 < microseconds < 1_000_000:
        return f"{_decimal(microseconds, 3)}ms"
    minutes, rest = divmod(microseconds, 60_000_000)
    hours, minutes = divmod(minutes, 60)
    parts = [
        f"{hours}h" if hours else "",
        f"{minutes}m" if minutes else "",
        f"{_decimal(rest, 6)}s" if rest else "",
    ]
    return "".join(parts) or "0s"


def nanoseconds(value: timedelta) -> int:
    """The form in which the Engine API takes durations."""
    return value // timedelta(microseconds=1) * 1000


def _decimal(number: int, places: int) -> str:
    """A number that is given in units of its last decimal place, without zeros at the end."""
    whole, fraction = divmod(number, 10**places)
    return f"{whole}.{fraction:0{places}d}".rstrip("0").rstrip(".")
