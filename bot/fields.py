"""Types for the fields of commands: durations, sizes, images and names as Docker writes them.

A validator raises `ValueError` with a phrase that completes "expected …"; `bot.line` makes the sentence of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, PlainSerializer

from bot.model import Image

_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")
_DURATION = re.compile(rf"(?:{_DURATION_PART.pattern})+")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class Argument:
    """Marks a field as positional; `metavar` is its name in the usage line; a field of several values takes all."""

    metavar: str


@dataclass(frozen=True, slots=True)
class Option:
    """Other spellings of a field's flag than its name gives: `Option(("--publish", "-p"))`; `metavar` names the value."""

    spellings: tuple[str, ...] = ()
    metavar: str = ""


def read_duration(value: object) -> object:
    """Read `20s`, `1m30s`, `1.5h` (units ns, us, ms, s, m, h) as Go's durations; `0` needs no unit."""
    if not isinstance(value, str):
        return value
    if value == "0":
        return timedelta()
    if not _DURATION.fullmatch(value):
        raise ValueError("a duration with a unit, such as 20s or 1m30s")
    seconds = sum(float(number) * _UNITS[unit] for number, unit in _DURATION_PART.findall(value))
    try:
        return timedelta(seconds=seconds)
    except OverflowError:
        raise ValueError("a duration below 10000h") from None


def write_duration(value: timedelta) -> str:
    """Write a duration as Go does, with the units that it needs: `1m30s`, `500ms`, `0s`."""
    seconds = value.total_seconds()
    if seconds and seconds < 1:
        return f"{seconds * 1000:g}ms"
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    parts = [f"{hours}h" if hours else "", f"{minutes}m" if minutes else "", f"{rest:g}s" if rest else ""]
    return "".join(parts) or "0s"


def nanoseconds(value: timedelta) -> int:
    """The form in which the Engine API takes durations."""
    return round(value.total_seconds() * 1e6) * 1000


def read_image(value: str) -> str:
    """Accept an image reference as Docker's grammar has it."""
    try:
        Image.parse(value)
    except ValueError:
        raise ValueError("an image reference, such as shop/web:2.0") from None
    return value


def read_name(value: str) -> str:
    """Accept what can be the name or the id of an object of the Swarm."""
    if not _NAME.fullmatch(value):
        raise ValueError("a name of letters, digits, `_`, `.` and `-`")
    return value


Duration = Annotated[timedelta, BeforeValidator(read_duration), PlainSerializer(write_duration)]
ImageReference = Annotated[str, AfterValidator(read_image)]
Name = Annotated[str, AfterValidator(read_name)]
