"""The last argument of some commands is what people say: no quote, no dash, no mark means anything
there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.command import line
from bot.command.model import Command
from bot.errors import InvalidLineError, InvalidValueError, UnknownFlagError
from handlers.approvals import Reject
from handlers.commands import TABLE
from handlers.help import Help
from handlers.holds import Freeze, HoldServices


def parse(text: str) -> Command:
    return line.parse(text, TABLE)


def reason(text: str) -> str:
    command = parse(text)
    assert isinstance(command, HoldServices | Freeze | Reject)
    return " ".join(command.reason)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hold web don't touch", "don't touch"),
        ("hold web don’t touch, it can’t roll", "don’t touch, it can’t roll"),
        ("docker hold web don't", "don't"),
        ("hold web 'tis broken, isn't it", "'tis broken, isn't it"),
        ('hold web 5" disk is full', '5" disk is full'),
        ("hold web “see #ops”", "“see #ops”"),
        ('hold web "incident 42"', "incident 42"),
        ("hold web 'incident 42'", "incident 42"),
        ("hold web down – again — and again", "down – again — and again"),
        ("hold web rollback with --force broke it", "rollback with --force broke it"),
        ("hold web -1 node", "-1 node"),
        ("hold web a \\ b", "a \\ b"),
        ("hold web `date` *now*", "`date` *now*"),
        ("hold web until we roll back with --force", "until we roll back with --force"),
        ("freeze it's Black Friday", "it's Black Friday"),
        ("reject 4f2a91c0 don't, it's Friday", "don't, it's Friday"),
        ("hold web -- --for ever", "--for ever"),
    ],
)
def test_the_rest_of_the_line_is_taken_as_it_is(text: str, said: str) -> None:
    assert reason(text) == said


@pytest.mark.parametrize(
    "text",
    [
        "hold web don't touch --for 2h",
        "hold --for 2h web don't touch",
        "hold web --for=2h don't touch",
        "hold web don't touch —for 2h",
        "hold web don't touch ‑‑for 2h",
        "hold web don't --for '2h' touch",
        'hold web --for="2h" don\'t touch',
    ],
)
def test_flags_of_the_command_stay_flags(text: str) -> None:
    assert parse(text) == HoldServices(
        service="web", reason=("don't", "touch"), span=timedelta(hours=2)
    )


def test_a_flag_that_is_nearly_one_is_a_slip_and_no_text() -> None:
    with pytest.raises(UnknownFlagError):
        parse("hold web don't touch --fro 2h")
    with pytest.raises(UnknownFlagError):
        parse("hold --xyz web don't touch")
    with pytest.raises(InvalidValueError):
        parse("hold web don't touch --for ever")
    with pytest.raises(InvalidLineError):
        parse("hold web")


def test_help_is_help() -> None:
    assert parse("hold --help") == parse("hold web -h") == Help(command=("hold",))


SAID = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=30)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(SAID, min_size=1, max_size=4).map(tuple),
    st.none() | st.timedeltas(timedelta(1), timedelta(999)),
)
def test_what_is_written_is_read_as_the_same(said: tuple[str, ...], span: timedelta | None) -> None:
    command = HoldServices(service="web", reason=said, span=span, take_over=span is None)
    assert parse(line.write(command)) == command


@settings(max_examples=300, deadline=None)
@given(st.lists(SAID.filter(lambda text: "-" not in text), min_size=1).map(" ".join))
def test_whatever_is_said_is_kept(said: str) -> None:
    words = said.replace("'", "’").replace('"', "”").split()
    if words and not words[0].startswith(("–", "—", "‐", "‑", "−")):
        assert reason(f"hold web {' '.join(words)}").split() == words
