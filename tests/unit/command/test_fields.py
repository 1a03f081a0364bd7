"""Durations, images and names as Docker reads and writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, ValidationError

from bot.command.fields import (
    expected,
    moment,
    read_image,
    read_moment,
    read_name,
    read_pattern,
)
from bot.model.duration import nanoseconds, read_duration, read_span, write_duration

LONGEST = timedelta(hours=2_562_047)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("0s", 0),
        ("20s", 20),
        ("1m30s", 90),
        ("1.5h", 5400),
        ("720h", 2_592_000),
        ("500ms", 0.5),
        ("250us", 0.000_25),
        ("250µs", 0.000_25),
        ("250μs", 0.000_25),
        ("1000ns", 0.000_001),
        (".5s", 0.5),
        ("5.s", 5),
        ("1h1h", 7200),
        ("2562047h", LONGEST.total_seconds()),
    ],
)
def test_durations_as_go_reads_them(text: str, seconds: float) -> None:
    assert read_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "20",
        "s",
        "20 s",
        " 20s",
        "-20s",
        "1d",
        "2w",
        "20sec",
        "five",
        "1m30",
        "٣s",
        "20s\n",
        ".",
    ],
)
def test_what_is_no_duration_is_told_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"^a duration with a unit, such as 20s or 1m30s$"):
        read_duration(text)


@pytest.mark.parametrize("text", ["2562048h", "99999999999h", "9" * 20 + "s"])
def test_a_duration_longer_than_docker_can_hold(text: str) -> None:
    with pytest.raises(ValueError, match=r"^a duration of at most 2562047h$"):
        read_duration(text)


def test_what_is_a_duration_already_stays() -> None:
    assert read_duration(timedelta(seconds=3)) == timedelta(seconds=3)


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(), "0s"),
        (timedelta(seconds=20), "20s"),
        (timedelta(seconds=90), "1m30s"),
        (timedelta(minutes=10), "10m"),
        (timedelta(hours=720), "720h"),
        (timedelta(hours=1, seconds=5), "1h5s"),
        (timedelta(milliseconds=500), "500ms"),
        (timedelta(microseconds=1), "0.001ms"),
        (timedelta(seconds=59, microseconds=123_456), "59.123456s"),
        (timedelta(microseconds=123_456), "123.456ms"),
    ],
)
def test_durations_are_written_with_the_units_that_they_need(
    duration: timedelta, text: str
) -> None:
    assert write_duration(duration) == text


@given(st.timedeltas(min_value=timedelta(), max_value=LONGEST))
def test_what_is_written_is_read_as_the_same(duration: timedelta) -> None:
    assert read_duration(write_duration(duration)) == duration
    assert nanoseconds(duration) == (duration // timedelta(microseconds=1)) * 1000


@pytest.mark.parametrize(
    "text",
    [
        "web",
        "shop/web:2.0",
        "10.99.0.254:5000/web:v2",
        "registry.example.com/a/b/c:latest",
        f"web@sha256:{'a' * 64}",
        f"localhost:5000/web:v2@sha256:{'0' * 64}",
        "a__b/c--d:x",
    ],
)
def test_image_references(text: str) -> None:
    assert read_image(text) == text


@pytest.mark.parametrize(
    "text", ["", "Web", "web:", ":v2", "web v2", "web@sha256:abc", "-web", "web::2", "a/../b", "🚀"]
)
def test_what_is_no_image_reference(text: str) -> None:
    with pytest.raises(ValueError, match=r"^an image reference, such as shop/web:2\.0$"):
        read_image(text)


@pytest.mark.parametrize("text", ["web", "web_1", "shop.web-2", "4f2a91c0ffee", "a" * 200])
def test_names(text: str) -> None:
    assert read_name(text) == text


@pytest.mark.parametrize("text", ["", "-web", "a b", "web=5", "wéb", "web\n", "*", "a/b", "🚀"])
def test_what_is_no_name(text: str) -> None:
    with pytest.raises(ValueError, match=r"^a name of letters, digits"):
        read_name(text)


class Limited(BaseModel):
    expiry: timedelta = Field(timedelta(hours=2), ge=timedelta(hours=1))
    ratio: float = Field(0.5, gt=0, lt=0.75)
    name: str = Field("abc", min_length=2, max_length=1000, pattern="^[a-z]*$")


@pytest.mark.parametrize(
    ("values", "phrase"),
    [
        ({"expiry": timedelta()}, "at least 1 hour"),
        ({"ratio": 0}, "a number above 0"),
        ({"ratio": 1}, "a number below 0.75"),
        ({"name": "a"}, "at least 2 characters"),
        ({"name": "a" * 1001}, "at most 1000 characters"),
        ({"name": "{x}"}, "string should match pattern '^[a-z]*$'"),
    ],
)
def test_what_pydantic_would_have_accepted(values: dict[str, object], phrase: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Limited.model_validate(values)
    assert expected(caught.value.errors()[0]) == phrase


# ---- spans, moments, patterns

AFTERNOON = datetime(2026, 3, 4, 14, 5, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "hours"), [("7d", 168), ("2w", 336), ("90m", 1.5), ("0", 0), ("1h30m", 1.5)]
)
def test_spans_know_days_and_weeks_too(text: str, hours: float) -> None:
    assert read_span(text) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("text", "past", "meant"),
    [
        ("2h", False, AFTERNOON + timedelta(hours=2)),
        ("7d", True, AFTERNOON - timedelta(days=7)),
        ("15:40", False, datetime(2026, 3, 4, 15, 40, tzinfo=UTC)),
        ("9:00", False, datetime(2026, 3, 5, 9, tzinfo=UTC)),
        ("14:05", False, datetime(2026, 3, 5, 14, 5, tzinfo=UTC)),
        ("14:05", True, datetime(2026, 3, 4, 14, 5, tzinfo=UTC)),
        ("15:40", True, datetime(2026, 3, 3, 15, 40, tzinfo=UTC)),
        ("2026-03-01", True, datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-04T15:40", False, datetime(2026, 3, 4, 15, 40, tzinfo=UTC)),
        (
            "2026-03-04 15:40:10+01:00",
            False,
            datetime(2026, 3, 4, 15, 40, 10, tzinfo=timezone(timedelta(hours=1))),
        ),
        ("2026-03-04T15:40Z", False, datetime(2026, 3, 4, 15, 40, tzinfo=UTC)),
    ],
)
def test_the_time_that_is_meant(text: str, past: bool, meant: datetime) -> None:
    assert read_moment(text) == text
    assert moment(text, AFTERNOON, past) == meant


@pytest.mark.parametrize(
    "text", ["", "soon", "24:00", "2026-13-01", "2026-", "7", "7y", "٣d", "-2h", "15:4"]
)
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match=r"^a time such as 15:40 or"):
        read_moment(text)


def test_a_span_that_is_too_long_says_the_bound() -> None:
    with pytest.raises(ValueError, match=r"^a span of at most 9999d$"):
        read_moment("99999d")


@pytest.mark.parametrize("text", ["web", "shop_*", "*", "a.b-c"])
def test_patterns(text: str) -> None:
    assert read_pattern(text) == text


@pytest.mark.parametrize("text", ["", "we b", "web?", "[a]", "x" * 101])
def test_no_patterns(text: str) -> None:
    with pytest.raises(ValueError, match=r"^a service, or a pattern"):
        read_pattern(text)
