"""What may have been meant where a line names no command, or a flag that its command lacks."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from bot.command.flags import QUOTED_CHARACTERS
from bot.command.model import Command, Table
from bot.command.parameters import Parameter, parameters
from bot.errors import UnknownFlagError
from bot.model import Kind


def nearest(words: Sequence[str], table: Table) -> tuple[str, ...]:
    """Names of at most three commands that look like what was typed, the likeliest first."""
    names, matches = list(table.by_name), list[str]()
    if len(words) == 1:
        matches += _family(words[0].lower(), table)
    for typed in dict.fromkeys((" ".join(words[:2]), words[0])):
        matches += difflib.get_close_matches(
            typed[:QUOTED_CHARACTERS].lower(), names, n=3, cutoff=0.6
        )
    matches += [name for name in names if name.split()[-1] == words[0].lower()]
    return tuple(dict.fromkeys(matches))[:3]


def turned_round(words: Sequence[str], table: Table) -> str:
    """`scale=5 web` the right way round, `scale web=5`, for commands that take such pairs; where
    the name is missing, a word stands in its place.

    Empty where the words are nothing of the kind.
    """
    for index, word in enumerate(words):
        name, equals, value = word.partition("=")
        match = table.find([*words[:index], name])
        if equals and match and match[1] == index + 1 and _takes_pairs(match[0]):
            service = words[index + 1] if index + 1 < len(words) else "SERVICE"
            return " ".join([*words[:index], name, f"{service}={value}"])
    return ""


def with_other_command(error: UnknownFlagError, words: Sequence[str], table: Table) -> str:
    """The flag with the command of the same verb that has it.

    `service update --autolock` means `swarm update --autolock`. Empty where no command has it.
    """
    verb = error.command.split()[-1]
    for command in table.commands:
        param = _having(command, error.flag)
        if param and command.full_name().split()[-1] == verb:
            place = _place(error.flag, words)
            if place is None:
                return ""
            count = 1 if param.switch or "=" in words[place] else 2
            return " ".join([command.full_name(), *words[place : place + count]])
    return ""


def without_verb(error: UnknownFlagError, words: Sequence[str], table: Table) -> str:
    """`node rm -rm node4` as it is right, `node rm node4`: the verb was typed as a flag too.

    Empty where the flag is another.
    """
    if error.flag.lstrip("-").lower() != error.command.split()[-1]:
        return ""
    rest = [word for word in words if word.partition("=")[0] != error.flag]
    match = table.find(rest)
    if match and match[1] == len(rest):
        rest += [param.metavar for param in parameters(match[0]) if param.required]
    return " ".join(rest)


def _family(word: str, table: Table) -> list[str]:
    """The commands of a family of which only the name was typed.

    Those that only read come first: nobody should change by a slip what they look for.
    """
    members = [command for command in table.commands if command.full_name().startswith(f"{word} ")]
    members.sort(key=lambda command: command.kind is not Kind.READ)
    return [command.full_name() for command in members]


def _takes_pairs(command: type[Command]) -> bool:
    return any("=" in param.metavar for param in parameters(command))


def _having(command: type[Command], flag: str) -> Parameter | None:
    return next((param for param in parameters(command) if flag in param.spellings), None)


def _place(flag: str, words: Sequence[str]) -> int | None:
    places = (index for index, word in enumerate(words) if word.partition("=")[0] == flag)
    return next(places, None)
