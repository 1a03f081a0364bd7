"""Nothing of Docker's own `--help` is unknown: it is understood, or answered with a reason.

`docker_help/` holds what `docker … --help` says of the families that the bot has, as recorded from
the real command lines of 20.10.24 and 28.5.2.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from bot.command import elsewhere, line
from bot.command.flags import HELP_FLAGS
from bot.command.model import Command
from bot.command.parameters import parameters
from bot.errors import ElsewhereError, SwarmbotError, UnknownCommandError, UnknownFlagError
from handlers.commands import TABLE

FOLDER = Path(__file__).parent / "docker_help"
VERSIONS = ("20.10", "28.5")
_COMMAND = re.compile(r"\$ docker (?:(?P<name>.*) )?--help")
_FLAG = re.compile(r"\s{2,6}(?:(?P<short>-\w), )?(?P<long>--[\w-]+)")
_ENTRY = re.compile(r"  (?P<name>[a-z]+)\*?  ")
FAMILIES = ("service", "node", "stack", "swarm", "secret", "config", "network", "image", "system")


def _recorded() -> dict[str, dict[str, set[str]]]:
    """The spellings of each flag of each command; of the whole CLI only its commands."""
    commands: dict[str, dict[str, set[str]]] = {}
    flags: dict[str, set[str]] = {}
    is_overview = False
    for version in VERSIONS:
        for text in (FOLDER / f"{version}.txt").read_text().splitlines():
            if began := _COMMAND.match(text):
                is_overview = not began["name"]
                flags = commands.setdefault(began["name"], {}) if began["name"] else {}
            elif is_overview and (entry := _ENTRY.match(text)):
                commands.setdefault(entry["name"], {})
            elif not is_overview and (flag := _FLAG.match(text)):
                flags.setdefault(flag["long"], set()).update(filter(None, flag.groups()))
    return commands


RECORDED = _recorded()
FLAGS = [
    (command, spelling)
    for command, flags in RECORDED.items()
    for spellings in flags.values()
    for spelling in sorted(spellings)
]


def _found(name: str) -> type[Command] | None:
    match = TABLE.find(name.split())
    return match[0] if match and match[1] == len(name.split()) else None


def _said(text: str) -> SwarmbotError | None:
    try:
        line.parse(text, TABLE)
    except SwarmbotError as error:
        return error
    return None


def test_what_was_recorded() -> None:
    assert len(RECORDED) > 90
    assert len(FLAGS) > 400


@pytest.mark.parametrize("name", [name for name in RECORDED if name not in FAMILIES])
def test_every_command_is_known(name: str) -> None:
    assert _found(name) or elsewhere.named(name.split()) or _has_near(name), name


def _has_near(name: str) -> bool:
    """Whether a word that several families have, such as `rm`, gets their lines."""
    error = _said(name)
    return isinstance(error, UnknownCommandError) and bool(error.near)


@pytest.mark.parametrize(("name", "spelling"), FLAGS)
def test_every_flag_is_understood_or_answered_with_a_reason(name: str, spelling: str) -> None:
    command = _found(name)
    if command is None:
        assert isinstance(_said(f"docker {name} {spelling}"), ElsewhereError)
        return
    if spelling in HELP_FLAGS or any(spelling in param.spellings for param in parameters(command)):
        assert not isinstance(_said(f"{name} {spelling}"), UnknownFlagError)
        return
    error = _said(f"docker {name} {spelling}")
    assert isinstance(error, ElsewhereError), (name, spelling, error)
    assert error.typed in (spelling, name)


def test_most_flags_are_understood() -> None:
    counts: Counter[str] = Counter()
    for name, spelling in FLAGS:
        command = _found(name)
        if command is not None:
            params = parameters(command)
            is_known = any(spelling in param.spellings for param in params)
            counts["understood" if is_known else "answered"] += 1
    assert counts["understood"] > 300
    assert counts["answered"] < 40


def test_no_reason_is_left_over() -> None:
    """A flag that has become understood needs no reason any more, and no command either."""
    for command in TABLE.commands:
        taken = {spelling for param in parameters(command) for spelling in param.spellings}
        assert not taken & set(command.elsewhere), command
    assert [name for name in elsewhere.COMMANDS if _found(name)] == ["ps"]
