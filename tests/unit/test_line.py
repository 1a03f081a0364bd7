"""Lines as people type them, read by the rules of Docker's own command line (pflag)."""

from __future__ import annotations

import string
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field, model_validator

from bot import line
from bot.command import Command, Table
from bot.errors import InvalidLine, InvalidValue, SwarmbotError, UnclosedQuote, UnknownCommand, UnknownFlag
from bot.fields import Argument, Duration, ImageReference, Name, Option
from bot.model import Kind


class Status(Command):
    """Show the health."""

    names: ClassVar = ("status",)
    kind: ClassVar = Kind.READ

    hints: bool = False


class Help(Command):
    """Show help."""

    names: ClassVar = ("help",)
    kind: ClassVar = Kind.READ

    command: Annotated[tuple[str, ...], Argument("COMMAND")] = ()


class Deploy(Command):
    """Roll a service."""

    names: ClassVar = ("deploy",)
    kind: ClassVar = Kind.CHANGE
    examples: ClassVar = ("deploy web shop/web:2.0",)

    service: Annotated[Name, Argument("SERVICE")]
    image: Annotated[ImageReference, Argument("IMAGE")]
    parallelism: int | None = Field(None, ge=0)
    delay: Duration | None = None
    order: Literal["stop-first", "start-first"] | None = None
    max_failure_ratio: float | None = Field(None, ge=0, le=1)
    force: Annotated[bool, Option(("--force", "-f"))] = False
    quiet: Annotated[bool, Option(("--quiet", "-q"))] = False
    reason: str = Field("", max_length=200)


class Scale(Command):
    """Set counts."""

    names: ClassVar = ("service scale", "scale")
    kind: ClassVar = Kind.CHANGE

    counts: Annotated[tuple[str, ...], Argument("SERVICE=REPLICAS")]


class Create(Command):
    """Create a service."""

    names: ClassVar = ("service create",)
    kind: ClassVar = Kind.CHANGE
    flags_first: ClassVar = True

    image: Annotated[ImageReference, Argument("IMAGE")]
    command: Annotated[tuple[str, ...], Argument("COMMAND")] = ()
    called: Annotated[str, Field(min_length=1), Option(("--name",))]
    publish: Annotated[tuple[str, ...], Option(("--publish", "-p"))] = ()
    env: Annotated[tuple[str, ...], Option(("--env", "-e"))] = ()
    tty: Annotated[bool, Option(("--tty", "-t"))] = False

    @model_validator(mode="after")
    def _not_the_same(self) -> Create:
        if self.called == self.image:
            raise ValueError("name and image have to differ")
        return self


class Ls(Command):
    """List services."""

    names: ClassVar = ("service ls", "services")
    kind: ClassVar = Kind.READ


TABLE = Table((Status, Help, Deploy, Scale, Create, Ls))


def parse(text: str) -> Command:
    return line.parse(text, TABLE)


def deploy(**fields: Any) -> Deploy:
    return Deploy(**{"service": "web", "image": "shop/web:2.0", **fields})


def create(**fields: Any) -> Create:
    return Create(**{"called": "x", "image": "alpine", **fields})


E = TypeVar("E", bound=SwarmbotError)


def refused(error: type[E], text: str) -> E:
    with pytest.raises(error) as caught:
        parse(text)
    return caught.value


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
        ("service", "services"),
    ],
)
def test_an_unknown_command_gets_the_nearest(text: str, near: str) -> None:
    error = refused(UnknownCommand, text)
    assert (error.typed, error.near[0]) == (" ".join(text.split()[:2]), near)


@pytest.mark.parametrize("text", ["xyzzy", "''", "🚀 🚀", "שלום עולם", "--frce", "-", "="])
def test_a_word_that_is_like_nothing(text: str) -> None:
    assert len(refused(UnknownCommand, text).near) <= 3


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
    assert "argument" in refused(InvalidLine, "deploy web shop/web:2.0 --force false").problem


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
def test_where_flags_end_at_the_image_the_rest_belongs_to_the_container(text: str, fields: dict[str, Any]) -> None:
    assert parse(f"service create --name x {text}") == create(**fields)


def test_after_two_dashes_all_is_argument() -> None:
    assert parse("help -- --force") == Help(command=("--force",))
    assert parse("deploy --force -- web shop/web:2.0") == deploy(force=True)


# ---- what is wrong is one clear sentence


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
    error = refused(UnknownFlag, text)
    assert (error.flag, (*error.near, "")[0]) == (flag, near)


@pytest.mark.parametrize(
    ("text", "problem", "usage"),
    [
        ("deploy", "SERVICE is missing", "deploy [OPTIONS] SERVICE IMAGE"),
        ("deploy web", "IMAGE is missing", "deploy [OPTIONS] SERVICE IMAGE"),
        ("deploy web shop/web:2.0 now", "`now` is one argument too many", "deploy [OPTIONS] SERVICE IMAGE"),
        ("deploy web shop/web:2.0 and now", "`and now` are 2 arguments too many", "deploy [OPTIONS] SERVICE IMAGE"),
        ("deploy web shop/web:2.0 --reason", "--reason needs a value", "deploy [OPTIONS] SERVICE IMAGE"),
        ("service create --name x alpine -p", "", ""),
        ("service create --name x -p", "-p needs a value", "service create [OPTIONS] IMAGE [COMMAND…]"),
        ("service create alpine", "--name is missing", "service create [OPTIONS] IMAGE [COMMAND…]"),
        ("service create --name x", "IMAGE is missing", "service create [OPTIONS] IMAGE [COMMAND…]"),
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
    error = refused(InvalidLine, text)
    assert (error.problem, error.usage) == (problem, usage)


def test_the_example_of_the_command_goes_along() -> None:
    assert refused(InvalidLine, "deploy web").example == "deploy web shop/web:2.0"
    assert refused(InvalidValue, "deploy web shop/web:2.0 --delay 2").example == "deploy web shop/web:2.0"


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
    error = refused(InvalidValue, f"deploy web shop/web:2.0 {flags}")
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
def test_arguments_that_are_not_acceptable(text: str, field: str, value: str, expected: str) -> None:
    error = refused(InvalidValue, text)
    assert (error.field, error.value, error.expected) == (field, value, expected)


@pytest.mark.parametrize(
    "text",
    ["deploy 'web", 'deploy "web', "deploy web it's", "deploy “web", "deploy web it’s", "'", '"'],
)
def test_what_is_never_closed(text: str) -> None:
    assert refused(UnclosedQuote, text).line


def test_a_line_of_10_kilobytes() -> None:
    error = refused(InvalidLine, "deploy web " + "x" * 10_000)
    assert error.problem == "the line has 10011 characters, and 4000 are the most"


@pytest.mark.parametrize("text", ["-" * 3999, "'" * 3999, "“‘" * 1999, "— " * 1999, "deploy a " + "a" * 3900 + "!"])
def test_a_long_line_is_refused_quickly(text: str) -> None:
    refused(SwarmbotError, text)  # type: ignore[type-abstract]


# ---- and back


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (Status(), "status"),
        (Status(hints=True), "status --hints=true"),
        (deploy(parallelism=2, delay=timedelta(seconds=2)), "deploy --parallelism=2 --delay=2s web shop/web:2.0"),
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


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")) | st.sampled_from(" \n\t"), max_size=20)
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


@settings(max_examples=500, deadline=None)
@given(COMMANDS)
def test_what_is_written_is_read_as_the_same_command(command: Command) -> None:
    assert parse(line.write(command)) == command


WORDS = st.sampled_from(
    [
        "docker",
        "service",
        "create",
        "deploy",
        "scale",
        "help",
        "status",
        "web",
        "shop/web:2.0",
        "alpine",
        "sh",
        "2",
        "2s",
    ]
    + ["--", "-", "=", "-p", "-p=1", "-p1", "--publish", "--name", "--name=x", "--force", "--force=false", "-fq", "-c"]
    + [
        "--parallelism",
        "-1",
        "--delay",
        "--help",
        "-h",
        "--reason",
        "''",
        '"',
        "'",
        "“",
        "”",
        "’",
        "—",
        "–force",
        "\\",
        "\n",
    ]
)
LINES = (
    st.lists(WORDS | st.text(max_size=8), max_size=8).map(" ".join) | st.text(max_size=60) | st.text(string.printable)
)


@settings(max_examples=2000, deadline=None)
@given(LINES)
def test_any_line_is_read_or_refused_in_words(text: str) -> None:
    try:
        command = parse(text)
    except SwarmbotError:
        return
    assert parse(line.write(command)) == command
