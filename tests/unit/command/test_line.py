"""Lines as people type them, read by the rules of Docker's own command line (pflag)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.command.model import Command, Table
from bot.errors import InvalidLineError, UnknownCommandError
from tests.unit.commands import Deploy, Help, Ls, Scale, Status, create, deploy, parse, refused

# ---- which command


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("", Status(hints=True)),
        (" \t\n ", Status(hints=True)),
        ("docker", Status(hints=True)),
        ("status", Status()),
        ("status --hints", Status(hints=True)),
        ("service ls", Ls()),
        ("services", Ls()),
        ("docker service ls", Ls()),
        ("Docker service ls", Ls()),
        ("SERVICE LS", Ls()),
        ("  service   ls  ", Ls()),
        ("service\u00a0ls", Ls()),
        ("service\u2009ls", Ls()),
        ("service \\\n  ls", Ls()),
        ("service ls \\", Ls()),
        ("help", Help()),
        ("help service create", Help(command=("service", "create"))),
        ("--help", Help()),
        ("-h", Help()),
        ("service create --help", Help(command=("service", "create"))),
        ("service create --name x --help", Help(command=("service", "create"))),
        ("service create --name x -h IMAGE", Help(command=("service", "create"))),
        ("deploy web --help", Help(command=("deploy",))),
        ("deploy web shop/web:2.0 --force -h", Help(command=("deploy",))),
        ("scale -h", Help(command=("service", "scale"))),
    ],
)
def test_which_command(text: str, command: Command) -> None:
    assert parse(text) == command


def test_help_is_not_what_a_flag_or_the_container_takes() -> None:
    assert parse("deploy web shop/web:2.0 --reason --help") == deploy(reason="--help")
    assert parse("service create --name x alpine sh --help") == create(command=("sh", "--help"))
    assert parse("service create --name -h alpine") == create(called="-h")


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("deplpy web shop/web:2.0", "deploy"),
        ("Deplou", "deploy"),
        ("servce ls", "service ls"),
        ("service lss", "service ls"),
        ("ls", "service ls"),
        ("create", "service create"),
        ("service", "service ls"),
    ],
)
def test_an_unknown_command_gets_the_nearest(text: str, near: str) -> None:
    error = refused(UnknownCommandError, text)
    assert (error.typed, error.near[0]) == (" ".join(text.split()[:2]), near)


@pytest.mark.parametrize("text", ["xyzzy", "''", "🚀 🚀", "שלום עולם", "--frce", "-", "="])
def test_a_word_that_is_like_nothing(text: str) -> None:
    assert len(refused(UnknownCommandError, text).near) <= 3


def test_the_longest_name_that_the_words_begin_with_is_found() -> None:
    table = Table((Ls, Scale, Deploy))
    assert table.find(["service", "ls", "web"]) == (Ls, 2)
    assert table.find(["Scale", "web=5"]) == (Scale, 1)
    assert table.find(["service"]) is None
    assert table.find([]) is None


# ---- flags as pflag reads them


@pytest.mark.parametrize(
    ("flags", "fields"),
    [
        ("--force", {"force": True}),
        ("--force=true", {"force": True}),
        ("--force=false", {}),
        ("--force=1", {"force": True}),
        ("--force --force", {"force": True}),
        ("-f", {"force": True}),
        ("-f=false", {}),
        ("-fq", {"force": True, "quiet": True}),
        ("-qf=false", {"quiet": True}),
        ("--parallelism 2", {"parallelism": 2}),
        ("--parallelism=2", {"parallelism": 2}),
        ("--parallelism 0", {"parallelism": 0}),
        ("--parallelism 2 --parallelism 2", {"parallelism": 2}),
        ("--delay 1m30s", {"delay": timedelta(seconds=90)}),
        ("--delay 0", {"delay": timedelta()}),
        ("--order start-first", {"order": "start-first"}),
        ("--max-failure-ratio .5", {"max_failure_ratio": 0.5}),
        ("--reason 'web is slow'", {"reason": "web is slow"}),
        ('--reason "it\'s slow"', {"reason": "it's slow"}),
        ("--reason=a=b", {"reason": "a=b"}),
        ("--reason --force", {"reason": "--force"}),
        ("--reason -1", {"reason": "-1"}),
        ("--reason=", {}),
        ("--reason '🚀 שלום'", {"reason": "🚀 שלום"}),
        ("—force", {"force": True}),
        ("–force –parallelism 2", {"force": True, "parallelism": 2}),
        ("--reason “web is slow”", {"reason": "web is slow"}),
        ("--reason „web is slow“", {"reason": "web is slow"}),
        ("--reason=‘web is slow’", {"reason": "web is slow"}),
        ("--reason “it’s slow”", {"reason": "it’s slow"}),
        ("--reason 'it’s slow — very'", {"reason": "it’s slow — very"}),
        ("--reason “slow —force”", {"reason": "slow —force"}),
        ("--reason a—b", {"reason": "a—b"}),
        ("--reason a\x00\x1b\u202eb\u200b", {"reason": "ab"}),
    ],
)
def test_flags_anywhere_in_the_line(flags: str, fields: dict[str, Any]) -> None:
    assert parse(f"deploy web shop/web:2.0 {flags}") == deploy(**fields)
    assert parse(f"deploy {flags} web shop/web:2.0") == deploy(**fields)
    assert parse(f"deploy web {flags} shop/web:2.0") == deploy(**fields)


def test_a_switch_takes_no_value_but_after_an_equals_sign() -> None:
    assert "argument" in refused(InvalidLineError, "deploy web shop/web:2.0 --force false").problem


@pytest.mark.parametrize(
    ("flags", "fields"),
    [
        ("-p81:80", {"publish": ("81:80",)}),
        ("-p 81:80", {"publish": ("81:80",)}),
        ("-p=81:80", {"publish": ("81:80",)}),
        ("--publish 81:80", {"publish": ("81:80",)}),
        ("--publish=81:80", {"publish": ("81:80",)}),
        ("-p 81:80 -p82:80 --publish=83:80", {"publish": ("81:80", "82:80", "83:80")}),
        ("-p 81:80 -p 81:80", {"publish": ("81:80", "81:80")}),
        ("-tp81:80", {"tty": True, "publish": ("81:80",)}),
        ("-e A=1 -e B=-x --env=C==", {"env": ("A=1", "B=-x", "C==")}),
        ("-e --tty", {"env": ("--tty",)}),
    ],
)
def test_repeated_and_short_flags(flags: str, fields: dict[str, Any]) -> None:
    assert parse(f"service create --name x {flags} alpine") == create(**fields)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ('alpine sh -c "echo hi"', {"command": ("sh", "-c", "echo hi")}),
        ("-t alpine sh -t", {"tty": True, "command": ("sh", "-t")}),
        ("alpine sh -p81:80 --tty --unknown", {"command": ("sh", "-p81:80", "--tty", "--unknown")}),
        ("alpine -- sh", {"command": ("--", "sh")}),
        ("-- alpine -t", {"command": ("-t",)}),
        ("alpine sh -f=x -p=y", {"command": ("sh", "-f=x", "-p=y")}),
    ],
)
def test_where_flags_end_at_the_image_the_rest_belongs_to_the_container(
    text: str, fields: dict[str, Any]
) -> None:
    assert parse(f"service create --name x {text}") == create(**fields)


def test_after_two_dashes_all_is_argument() -> None:
    assert parse("help -- --force") == Help(command=("--force",))
    assert parse("deploy --force -- web shop/web:2.0") == deploy(force=True)
