"""A line as typed becomes a command, and a command becomes the line that would be typed.

Slack, phones and people's habits are met here: curly quotes, long dashes, a leading `docker`, a
join token where it does not belong.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import replace

from bot.command import elsewhere, free_text
from bot.command.flags import HELP_FLAGS, QUOTED_CHARACTERS, HelpRequestedError, build
from bot.command.model import Command, Table
from bot.command.parameters import parameters
from bot.command.suggestions import nearest, turned_round, with_other_command, without_verb
from bot.errors import (
    ElsewhereError,
    InvalidLineError,
    SecretTypedError,
    SwarmbotError,
    UnclosedQuoteError,
    UnknownCommandError,
    UnknownFlagError,
)

_TYPED = re.compile(
    r"""(?P<kept>\\[^\r\n]|'[^']*'|"(?:\\.|[^"\\])*")
    | [“”„‟«»](?P<double>[^“”„‟«»"]*)[“”„‟«»] | [‘’‚‛](?P<single>[^‘’‚‛']*)[‘’‚‛]
    | (?P<left_double>[“”„‟«»]) | (?P<left_single>[‘’‚‛])
    | (?P<hyphen>[‐‑−]|(?<!\S)[–—](?=[A-Za-z](?![A-Za-z])))
    | (?P<dash>(?<!\S)[–—](?=\w|\s|\Z))
    | (?P<space>\\(?:\r?\n|\Z)|[^\S\n\t\ ])""",
    re.VERBOSE | re.DOTALL,
)
"""What phones make of quotes and dashes, outside of straight quotes; lines that go on; spaces of
all widths."""
_LINE_CHARACTERS = 4000
_SECRET = re.compile(r"SWM(TKN|KEY)-\d+-")


def parse(line: str, table: Table) -> Command:
    """Read a line. Raises the classes of `bot.errors.input`, and nothing else.

    Nothing at all asks for the status with a hint what to type; `--help` behind a command asks for
    its help.
    """
    refuse_secrets(line)
    spoken = _spoken(line, table)
    if spoken:
        return _built(*spoken, table)
    words = split(line) or ["status", "--hints"]
    if words[0] in HELP_FLAGS:
        words[0] = "help"
    match = table.find(words)
    if match is None:
        _refuse_dockers_own(words)
        typed = " ".join(words[:2])[:QUOTED_CHARACTERS]
        raise UnknownCommandError(typed, nearest(words, table), turned_round(words, table))
    command, count = match
    try:
        return _built(command, words[count:], table)
    except (InvalidLineError, ElsewhereError):
        # `docker ps -a` lists containers, where `ps SERVICE` lists tasks.
        _refuse_dockers_own(words[:count])
        raise
    except UnknownFlagError as error:
        right = with_other_command(error, words, table) or without_verb(error, words, table)
        raise replace(error, right=right) from None


def bare(line: str, table: Table) -> tuple[type[Command], list[str]] | None:
    """The command that a line names, and the words behind its name; None where there is none."""
    try:
        words = split(line)
    except SwarmbotError:
        return None
    match = table.find(words)
    return (match[0], words[match[1] :]) if match else None


def write(command: Command) -> str:
    """The line that `parse` reads as this command: for buttons, the audit, and people to copy."""
    words = command.full_name().split()
    arguments: list[str] = []
    given = command.model_dump(mode="json", exclude_defaults=True)
    for param in parameters(type(command)):
        for text in _texts(given.get(param.field)):
            if param.spellings:
                words.append(f"{param.spellings[0]}={text}")
            else:
                arguments.append(text)
    judged = arguments[:1] if command.flags_first else arguments
    ended = ["--"] if any(argument.startswith("-") for argument in judged) else []
    return shlex.join([*words, *ended, *arguments])


def split(line: str) -> list[str]:
    """Split as a shell does, after undoing what phones make of quotes and dashes.

    A leading `docker` is dropped. Raises InvalidLineError where it is too long, and
    UnclosedQuoteError.
    """
    cleaned = _TYPED.sub(_straight, _readable(line))
    try:
        words = shlex.split(cleaned)
    except ValueError:
        raise UnclosedQuoteError(cleaned) from None
    return _without_docker(words)


def has_secret(line: str) -> bool:
    """Whether a join token or an unlock key stands in the line."""
    return _SECRET.search(line) is not None


def refuse_secrets(line: str) -> None:
    """Raise SecretTypedError where a join token or an unlock key stands in the line.

    What it was is not carried along.
    """
    match = _SECRET.search(line)
    if match:
        raise SecretTypedError("a join token" if match[1] == "TKN" else "an unlock key")


def _refuse_dockers_own(words: list[str]) -> None:
    """Raise ElsewhereError for a command of Docker's that the bot has not."""
    docker = elsewhere.named(words)
    if docker:
        name, reason = docker
        raise ElsewhereError("", name, reason.why, reason.right)


def _spoken(line: str, table: Table) -> tuple[type[Command], list[str]] | None:
    """The command whose last argument is free text, and its words; None where it is another."""
    words = _without_docker(free_text.tokens(_readable(line)))
    match = table.find(words)
    if match is None or not free_text.has_free_text(match[0]):
        return None
    return match[0], free_text.words(match[0], words[match[1] :])


def _built(command: type[Command], words: list[str], table: Table) -> Command:
    try:
        return build(command, words)
    except HelpRequestedError:
        return build(table.by_name["help"], command.full_name().split())


def _readable(line: str) -> str:
    """The line without characters that nobody sees. Raises InvalidLineError where it is too
    long."""
    if len(line) > _LINE_CHARACTERS:
        problem = f"the line has {len(line)} characters, and {_LINE_CHARACTERS} are the most"
        raise InvalidLineError("", problem, "")
    return "".join(c for c in line if c.isprintable() or c.isspace())


def _without_docker(words: list[str]) -> list[str]:
    return words[1:] if words and words[0].lower() == "docker" else words


def _straight(match: re.Match[str]) -> str:
    quoted = {name: match[name] for name in ("double", "single") if match[name] is not None}
    if quoted:
        return shlex.quote(*quoted.values())
    return {"left_double": '"', "left_single": "'", "dash": "--", "hyphen": "-", "space": " "}.get(
        str(match.lastgroup), match[0]
    )


def _texts(value: object) -> list[str]:
    """The values of one field as they are typed."""
    if value is None:
        return []
    values = value if isinstance(value, list) else [value]
    return [str(value).lower() if isinstance(value, bool) else str(value) for value in values]
