"""What is wrong with a line is told in one clear sentence, with what would be right."""

from __future__ import annotations

import pytest

from bot.errors import (
    InvalidLineError,
    InvalidValueError,
    SecretTypedError,
    SwarmbotError,
    UnclosedQuoteError,
    UnknownCommandError,
    UnknownFlagError,
)
from tests.unit.commands import parse, refused


@pytest.mark.parametrize(
    ("text", "flag", "near"),
    [
        ("deploy web shop/web:2.0 --frce", "--frce", "--force"),
        ("deploy web shop/web:2.0 --paralelism=2", "--paralelism", "--parallelism"),
        ("deploy web shop/web:2.0 --Force", "--Force", "--force"),
        ("deploy web shop/web:2.0 -force", "-orce", "--force"),
        ("deploy web shop/web:2.0 -x", "-x", ""),
        ("deploy web shop/web:2.0 --x y", "--x", ""),
        ("deploy web -1", "-1", ""),
        ("service ls --quiet", "--quiet", ""),
    ],
)
def test_an_unknown_flag_gets_the_nearest(text: str, flag: str, near: str) -> None:
    error = refused(UnknownFlagError, text)
    assert (error.flag, (*error.near, "")[0]) == (flag, near)


@pytest.mark.parametrize(
    ("text", "problem", "usage"),
    [
        ("deploy", "SERVICE is missing", "deploy [OPTIONS] SERVICE IMAGE"),
        ("deploy web", "IMAGE is missing", "deploy [OPTIONS] SERVICE IMAGE"),
        (
            "deploy web shop/web:2.0 now",
            "`now` is one argument too many",
            "deploy [OPTIONS] SERVICE IMAGE",
        ),
        (
            "deploy web shop/web:2.0 and now",
            "`and now` are 2 arguments too many",
            "deploy [OPTIONS] SERVICE IMAGE",
        ),
        (
            "deploy web shop/web:2.0 --reason",
            "--reason needs a value",
            "deploy [OPTIONS] SERVICE IMAGE",
        ),
        ("service create --name x alpine -p", "", ""),
        (
            "service create --name x -p",
            "-p needs a value",
            "service create [OPTIONS] IMAGE [COMMAND…]",
        ),
        ("service create alpine", "--name is missing", "service create [OPTIONS] IMAGE [COMMAND…]"),
        (
            "service create --name x",
            "IMAGE is missing",
            "service create [OPTIONS] IMAGE [COMMAND…]",
        ),
        ("service scale", "SERVICE=REPLICAS is missing", "service scale SERVICE=REPLICAS…"),
        ("service ls web", "`web` is one argument too many", "service ls"),
        (
            "deploy web shop/web:2.0 --parallelism 2 --parallelism=3",
            "--parallelism is given 2 times with different values",
            "deploy [OPTIONS] SERVICE IMAGE",
        ),
        (
            "deploy web shop/web:2.0 -f --force=false",
            "--force is given 2 times with different values",
            "deploy [OPTIONS] SERVICE IMAGE",
        ),
        (
            "service create --name alpine alpine",
            "name and image have to differ",
            "service create [OPTIONS] IMAGE [COMMAND…]",
        ),
    ],
)
def test_missing_extra_and_repeated(text: str, problem: str, usage: str) -> None:
    if not problem:
        assert parse(text)
        return
    error = refused(InvalidLineError, text)
    assert (error.problem, error.usage) == (problem, usage)


def test_the_example_of_the_command_goes_along() -> None:
    assert refused(InvalidLineError, "deploy web").example == "deploy web shop/web:2.0"
    assert (
        refused(InvalidValueError, "deploy web shop/web:2.0 --delay 2").example
        == "deploy web shop/web:2.0"
    )


@pytest.mark.parametrize(
    ("flags", "field", "value", "expected"),
    [
        ("--parallelism -1", "--parallelism", "-1", "a number of at least 0"),
        ("--parallelism=-1", "--parallelism", "-1", "a number of at least 0"),
        ("--parallelism two", "--parallelism", "two", "a whole number"),
        ("--parallelism 1.5", "--parallelism", "1.5", "a whole number"),
        ("--parallelism=", "--parallelism", "", "a whole number"),
        ("--delay 20", "--delay", "20", "a duration with a unit, such as 20s or 1m30s"),
        ("--delay -2s", "--delay", "-2s", "a duration with a unit, such as 20s or 1m30s"),
        ("--delay 99999999999h", "--delay", "99999999999h", "a duration of at most 2562047h"),
        ("--order first", "--order", "first", "one of 'stop-first' or 'start-first'"),
        ("--max-failure-ratio 2", "--max-failure-ratio", "2", "a number of at most 1"),
        ("--max-failure-ratio nan", "--max-failure-ratio", "nan", "a number of at most 1"),
        ("--max-failure-ratio half", "--max-failure-ratio", "half", "a number"),
        ("--force=maybe", "--force", "maybe", "true or false"),
        ("--force=", "--force", "", "true or false"),
        (f"--reason {'x' * 201}", "--reason", "x" * 200, "at most 200 characters"),
    ],
)
def test_values_that_are_not_acceptable(flags: str, field: str, value: str, expected: str) -> None:
    error = refused(InvalidValueError, f"deploy web shop/web:2.0 {flags}")
    assert (error.field, error.value, error.expected) == (field, value, expected)


@pytest.mark.parametrize(
    ("text", "field", "value", "expected"),
    [
        ("deploy we=b shop/web", "SERVICE", "we=b", "a name of letters, digits, `_`, `.` and `-`"),
        ("deploy web Shop/Web", "IMAGE", "Shop/Web", "an image reference, such as shop/web:2.0"),
        ("deploy web '🚀'", "IMAGE", "🚀", "an image reference, such as shop/web:2.0"),
        ("service create --name= alpine", "--name", "", "at least 1 character"),
    ],
)
def test_arguments_that_are_not_acceptable(
    text: str, field: str, value: str, expected: str
) -> None:
    error = refused(InvalidValueError, text)
    assert (error.field, error.value, error.expected) == (field, value, expected)


@pytest.mark.parametrize(
    "text",
    ["deploy 'web", 'deploy "web', "deploy web it's", "deploy “web", "deploy web it’s", "'", '"'],
)
def test_what_is_never_closed(text: str) -> None:
    assert refused(UnclosedQuoteError, text).line


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("swarm join --token SWMTKN-1-0a1b-2c3d 10.0.0.1:2377", "a join token"),
        ("deploy web x --reason SWMKEY-1-abcdef", "an unlock key"),
        ("'SWMTKN-1-x", "a join token"),
    ],
)
def test_a_secret_is_refused_and_not_carried_along(text: str, secret: str) -> None:
    error = refused(SecretTypedError, text)
    assert error.secret == secret
    assert "SWM" not in repr(vars(error))


def test_a_line_of_10_kilobytes() -> None:
    error = refused(InvalidLineError, "deploy web " + "x" * 10_000)
    assert error.problem == "the line has 10011 characters, and 4000 are the most"


@pytest.mark.parametrize(
    "text", ["-" * 3999, "'" * 3999, "“‘" * 1999, "— " * 1999, "deploy a " + "a" * 3900 + "!"]
)
def test_a_long_line_is_refused_quickly(text: str) -> None:
    refused(SwarmbotError, text)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("scale=5 web", "scale web=5"),
        ("service scale=5 web api", "service scale web=5"),
        ("docker service scale=5 web", "service scale web=5"),
        ("scale=5", "scale SERVICE=5"),
        ("deploy=5 web", ""),
        ("nonsense=5 web", ""),
    ],
)
def test_a_pair_that_is_turned_round_is_turned_back(text: str, right: str) -> None:
    assert refused(UnknownCommandError, text).right == right


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("composition create --publish 80:80 x", "service create --publish 80:80"),
        ("composition create -p=80:80", "service create -p=80:80"),
        ("composition create --tty x", "service create --tty"),
        ("composition create --force x", ""),
        ("deploy web shop/web:2.0 --publish 80", ""),
    ],
)
def test_a_flag_of_another_family_s_command_gets_that_command(text: str, right: str) -> None:
    assert refused(UnknownFlagError, text).right == right
