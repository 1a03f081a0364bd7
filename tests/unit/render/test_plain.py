"""What CI reads of a message has no mark of Slack, and says the same."""

from __future__ import annotations

import pytest

from bot.model import File, Message
from bot.render import plain
from bot.render.slack.blocks import button, context, message, section
from bot.render.slack.text import code, escape, preformatted, prose


@pytest.mark.parametrize(
    "said",
    ["web", "*bold* and _it_", "a~b~c", "`x`", "<b> & <@U1>", "my_service_name", "1 < 2 > 0"],
)
def test_what_was_escaped_is_as_it_was(said: str) -> None:
    assert plain.text(escape(said)) == said


@pytest.mark.parametrize(
    ("mrkdwn", "said"),
    [
        ("*web* → _2.0_", "web → 2.0"),
        ("`docker ps`", "docker ps"),
        ("a <https://ci.example.com/418|build 418> b", "a build 418 b"),
        ("<!date^1763886600^{date_short} {time}|Nov 23, 08:30 UTC>", "Nov 23, 08:30 UTC"),
        ("<!here> look", "@here look"),
        (f"{code('a*b*c')} {prose('see `x_y`')}", "a*b*c see x_y"),
        (preformatted("a  b\n*c* <d>"), "a  b\n*c* <d>"),
    ],
)
def test_marks_are_gone(mrkdwn: str, said: str) -> None:
    assert plain.text(mrkdwn) == said


def test_buttons_are_left_out_and_files_are_there() -> None:
    shown = message(
        "web is on",
        ["line two"],
        [section("three"), button("Retry", "retry"), *context("asked by dev")],
        [File("log.txt", "four"), File("picture.png", b"\x89PNG")],
    )
    assert plain.plain(shown).split("\n") == [
        "web is on",
        "line two",
        "three",
        "asked by dev",
        "four",
    ]


def test_a_message_without_blocks_is_its_text() -> None:
    assert plain.plain(Message("a &amp; b")) == "a & b"
