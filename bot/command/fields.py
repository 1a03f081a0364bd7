"""Types for the fields of commands: durations, images and names as Docker writes them.

A validator raises `ValueError` with a phrase that completes "expected …"; `expected` finds one for
pydantic's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer
from pydantic_core import ErrorDetails

from bot.model import Image, secrecy
from bot.model.bounds import MOST_NAME, AboveBoundError
from bot.model.duration import read_duration, read_span, write_duration

_EXPECTED = {
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_parsing": "a number",
    "float_type": "a number",
    "finite_number": "a number",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "greater_than": "a number above {gt}",
    "greater_than_equal": "a number of at least {ge}",
    "less_than": "a number below {lt}",
    "less_than_equal": "a number of at most {le}",
    "literal_error": "one of {expected}",
    "enum": "one of {expected}",
    "string_too_long": "at most {max_length} characters",
    "string_too_short": "at least {min_length} characters",
}
_EXPECTED_OF_DURATIONS = {
    "greater_than": "a duration above {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "a duration below {lt}",
    "less_than_equal": "at most {le}",
}
MOST_TIMEOUT = timedelta(hours=24)
"""Longer nobody waits for a change, and its service stays locked for as long."""
_BOUNDS = ("gt", "ge", "lt", "le")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_PATTERN = re.compile(r"[A-Za-z0-9_.*-]{1,100}")
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")


@dataclass(frozen=True, slots=True)
class Argument:
    """Marks a field as positional.

    `metavar` is its name in the usage line; a field of several values takes all.
    """

    metavar: str


@dataclass(frozen=True, slots=True)
class Option:
    """Other spellings of a flag than its field's name gives: `Option(("--publish", "-p"))`.

    `metavar` names the value.
    """

    spellings: tuple[str, ...] = ()
    metavar: str = ""


@dataclass(frozen=True, slots=True)
class FreeText:
    """Marks the last argument where it is what people say: the rest of the line, without quotes."""


@dataclass(frozen=True, slots=True)
class Secret:
    """Marks a field whose value may hold secrets; `mask` makes the form that people read of it."""

    mask: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class OtherLine:
    """Marks a field that is a line of its own, with the secrets of its own command."""


def _masked_each(mask: Callable[[str], str]) -> Secret:
    return Secret(lambda values: tuple(map(mask, values)))


def by_line(value: object) -> object:
    """Several values typed into one field of a form, one a line."""
    return (
        [line.strip() for line in value.splitlines() if line.strip()]
        if isinstance(value, str)
        else value
    )


def expected(error: ErrorDetails) -> str:
    """What pydantic would have accepted, as a phrase that completes "expected …"."""
    limits = {key: _limit(value) for key, value in error.get("ctx", {}).items()}
    if error["type"] == "value_error":
        return limits["error"]
    context = error.get("ctx", {})
    is_duration = any(isinstance(context.get(bound), str) for bound in _BOUNDS)
    phrases = {**_EXPECTED, **_EXPECTED_OF_DURATIONS} if is_duration else _EXPECTED
    known = phrases.get(error["type"])
    if known is None:
        return error["msg"].lower()
    return known.format_map(limits).replace("at least 1 characters", "at least 1 character")


def read_image(value: str) -> str:
    """Accept an image reference as Docker's grammar has it."""
    try:
        image = Image.parse(value)
    except ValueError:
        raise ValueError("an image reference, such as shop/web:2.0") from None
    refuse_long(image.tagged)
    return value


def read_timeout(value: timedelta) -> timedelta:
    """Accept a time for which somebody would wait for a change."""
    if not timedelta() < value <= MOST_TIMEOUT:
        raise ValueError(
            f"a duration above 0s and of at most {MOST_TIMEOUT // timedelta(hours=1)}h"
        )
    return value


def read_name(value: str) -> str:
    """Accept what can be the name or the id of an object of the Swarm."""
    if not _NAME.fullmatch(value):
        raise ValueError("a name of letters, digits, `_`, `.` and `-`")
    refuse_long(value)
    return value


def refuse_long(name: str) -> None:
    """Raise ValueError for a name that is longer than any that there can be."""
    if len(name) > MOST_NAME:
        raise ValueError(f"a name of at most {MOST_NAME} characters")


def read_label(value: str) -> str:
    """Accept `key=value`; the value may be left out, or be empty."""
    key = value.partition("=")[0]
    if not key or any(char.isspace() for char in key):
        raise ValueError("a label such as zone=a")
    return value


def read_moment(value: str) -> str:
    """Accept what `moment` understands."""
    try:
        moment(value, datetime(2000, 1, 1, tzinfo=UTC))
    except AboveBoundError:
        raise
    except ValueError:
        raise ValueError(
            "a time such as 15:40 or 2026-03-04T15:40 (UTC), or a span such as 2h or 7d"
        ) from None
    return value


def moment(text: str, now: datetime, past: bool = False) -> datetime:
    """The time that is meant: a span from now, the next `15:40`, or a date.

    A date may have a time; UTC if not said. With `past` a span goes back, and a time of day is the
    last one. `ValueError` where it is none of these.
    """
    clock = _CLOCK.fullmatch(text)
    if clock:
        at = now.astimezone(UTC).replace(
            hour=int(clock[1]), minute=int(clock[2]), second=0, microsecond=0
        )
        missed = timedelta(days=1) if (at > now if past else at <= now) else timedelta()
        return at - missed if past else at + missed
    if text[:4].isdigit() and text[4:5] == "-":
        at = datetime.fromisoformat(text)
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    span = read_span(text)
    assert isinstance(span, timedelta)
    return now - span if past else now + span


def read_pattern(value: str) -> str:
    """Accept the name of a service, or a pattern in which `*` stands for anything."""
    if not _PATTERN.fullmatch(value):
        raise ValueError("a service, or a pattern such as shop_* or *")
    return value


def _limit(value: object) -> str:
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)


Duration = Annotated[timedelta, BeforeValidator(read_duration), PlainSerializer(write_duration)]
Timeout = Annotated[Duration, AfterValidator(read_timeout)]
Span = Annotated[timedelta, BeforeValidator(read_span), PlainSerializer(write_duration)]
Moment = Annotated[str, AfterValidator(read_moment)]
Pattern = Annotated[str, AfterValidator(read_pattern)]
ImageReference = Annotated[str, AfterValidator(read_image)]
Name = Annotated[str, AfterValidator(read_name)]
Label = Annotated[str, AfterValidator(read_label)]


Detach = Annotated[
    bool,
    Option(("--detach", "-d")),
    Field(description="accepted; you need not wait anyway"),
]
Quiet = Annotated[bool, Option(("--quiet", "-q")), Field(description="accepted")]
"""Flags of the CLI that change nothing here."""


SecretValues = _masked_each(secrecy.masked_value)
"""For `NAME=VALUE`, whatever the name is."""
SecretPairs = _masked_each(secrecy.masked_pair)
"""For `NAME=VALUE`, where the name looks like that of a secret."""
SecretTexts = _masked_each(secrecy.masked_text)
SecretWords = Secret(lambda words: tuple(secrecy.masked_words(words)))
SecretLine = Secret(secrecy.masked_line)


@dataclass(frozen=True, slots=True)
class Lookup:
    """Marks a field of a form whose value is looked up while it is typed.

    `kind` is `service`, `node`, `network` or `engine`.
    """

    kind: str


@dataclass(frozen=True, slots=True)
class FromLine:
    """Marks a field of a form that is not asked for: the line that opened the form gave it."""
