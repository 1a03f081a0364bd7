"""A written line is read as the same command; any line is read, or refused in words."""

from __future__ import annotations

import string
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.command import line
from bot.command.model import Command
from bot.errors import SwarmbotError
from tests.unit.commands import Create, Deploy, Help, Scale, Status, create, deploy, parse


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (Status(), "status"),
        (Status(hints=True), "status --hints=true"),
        (
            deploy(parallelism=2, delay=timedelta(seconds=2)),
            "deploy --parallelism=2 --delay=2s web shop/web:2.0",
        ),
        (deploy(reason="web is slow"), "deploy '--reason=web is slow' web shop/web:2.0"),
        (Scale(counts=("web=5", "api=2")), "service scale web=5 api=2"),
        (
            create(publish=("81:80", "82:80"), command=("sh", "-c", "echo hi")),
            "service create --name=x --publish=81:80 --publish=82:80 alpine sh -c 'echo hi'",
        ),
        (Help(command=("-x",)), "help -- -x"),
    ],
)
def test_a_command_is_written_as_it_is_typed(command: Command, text: str) -> None:
    assert line.write(command) == text
    assert parse(text) == command


TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z")) | st.sampled_from(" \n\t"),
    max_size=20,
)
NAME = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,9}", fullmatch=True)
IMAGES = st.sampled_from(["alpine", "shop/web:2.0", f"10.99.0.254:5000/web:v2@sha256:{'0' * 64}"])
COMMANDS = st.one_of(
    st.builds(
        Deploy,
        service=NAME,
        image=IMAGES,
        parallelism=st.none() | st.integers(0, 99),
        delay=st.none() | st.timedeltas(min_value=timedelta(), max_value=timedelta(days=99)),
        order=st.sampled_from([None, "stop-first", "start-first"]),
        max_failure_ratio=st.none() | st.floats(0, 1),
        force=st.booleans(),
        reason=TEXT,
    ),
    st.builds(
        Create,
        image=IMAGES,
        command=st.lists(TEXT, max_size=3).map(tuple),
        called=TEXT.filter(lambda text: text not in ("", "alpine", "shop/web:2.0")),
        publish=st.lists(TEXT, max_size=3).map(tuple),
        env=st.lists(TEXT, max_size=3).map(tuple),
        tty=st.booleans(),
    ),
    st.builds(Help, command=st.lists(TEXT, max_size=3).map(tuple)),
    st.builds(Scale, counts=st.lists(TEXT, min_size=1, max_size=3).map(tuple)),
)


@settings(max_examples=200, deadline=None)
@given(COMMANDS)
def test_what_is_written_is_read_as_the_same_command(command: Command) -> None:
    assert parse(line.write(command)) == command


OFTEN = """docker service create deploy scale help status web shop/web:2.0 alpine sh 2 2s -- - =
    -p -p=1 -p1 --publish --name --name=x --force --force=false -fq -c --parallelism -1 --delay
    --help -h --reason '' " ' “ ” ’ — –force \\"""
WORDS = st.sampled_from(OFTEN.split())
LINES = (
    st.lists(WORDS | st.text(max_size=8), max_size=8).map(" ".join)
    | st.text(max_size=60)
    | st.text(string.printable)
)


@settings(max_examples=1000, deadline=None)
@given(LINES)
def test_any_line_is_read_or_refused_in_words(text: str) -> None:
    try:
        command = parse(text)
    except SwarmbotError:
        return
    assert parse(line.write(command)) == command
