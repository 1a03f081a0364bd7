"""A line as typed becomes a command: click reads it by Docker's rules, with options made from the
model's fields, and pydantic judges the values. As pflag has it: `--force=false`, `-p81:80`,
repeated flags, flags that end at the image.
"""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, get_args, get_origin

import click
from click.exceptions import BadOptionUsage, MissingParameter, NoSuchOption, UsageError
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from bot.command.fields import Argument, Option, expected
from bot.command.model import Command, Table
from bot.errors import (
    InvalidLineError,
    InvalidValueError,
    SecretTypedError,
    SwarmbotError,
    UnclosedQuoteError,
    UnknownCommandError,
    UnknownFlagError,
)
from bot.model import Kind

_TYPED = re.compile(
    r"""(?P<kept>\\[^\r\n]|'[^']*'|"(?:\\.|[^"\\])*")
    | [“”„](?P<double>[^“”„"]*)[“”„] | [‘’‚](?P<single>[^‘’‚']*)[‘’‚]
    | (?P<left_double>[“”„]) | (?P<left_single>[‘’‚])
    | (?P<dash>(?<!\S)[–—](?=\w))
    | (?P<space>\\(?:\r?\n|\Z)|[^\S\n\t\ ])""",
    re.VERBOSE | re.DOTALL,
)
"""What phones make of quotes and dashes, outside of straight quotes; lines that go on; spaces of
all widths."""
_LONGEST = 4000
_SECRET = re.compile(r"SWM(TKN|KEY)-\d+-")
_SHOWN = 200
_HELP = ("--help", "-h")


class _HelpRequestedError(Exception):
    """The line asks for the help of its command."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One field as a person types it. `spellings` is empty for an argument; `switch`: takes a value
    only after `=`."""

    field: str
    spellings: tuple[str, ...]
    metavar: str
    text: str
    required: bool
    many: bool
    switch: bool


def parse(line: str, table: Table) -> Command:
    """Read a line. Raises the classes of `bot.errors` under "what was typed"; never anything else.

    Nothing at all asks for the status with a hint what to type; `--help` behind a command asks for
    its help.
    """
    refuse_secrets(line)
    words = split(line) or ["status", "--hints"]
    if words[0] in _HELP:
        words[0] = "help"
    found = table.find(words)
    if found is None:
        raise UnknownCommandError(
            " ".join(words[:2])[:_SHOWN], nearest(words, table), _turned_round(words, table)
        )
    command, count = found
    try:
        return build(command, words[count:])
    except _HelpRequestedError:
        return build(table.by_name["help"], command.full_name().split())
    except UnknownFlagError as error:
        raise replace(error, right=_elsewhere(error, words, table)) from None


def bare(line: str, table: Table) -> tuple[type[Command], list[str]] | None:
    """The command that a line names, and the words behind its name; None where there is none."""
    try:
        words = split(line)
    except SwarmbotError:
        return None
    found = table.find(words)
    return (found[0], words[found[1] :]) if found else None


def has_secret(line: str) -> bool:
    """Whether a join token or an unlock key stands in the line."""
    return _SECRET.search(line) is not None


def refuse_secrets(line: str) -> None:
    """Raise SecretTypedError where a join token or an unlock key stands in the line; what it was is
    not carried along."""
    found = _SECRET.search(line)
    if found:
        raise SecretTypedError("a join token" if found[1] == "TKN" else "an unlock key")


def write(command: Command) -> str:
    """The line that `parse` reads as this command: for buttons, for the audit, for people to
    copy."""
    words = command.full_name().split()
    arguments: list[str] = []
    given = command.model_dump(mode="json", exclude_defaults=True)
    for param in parameters(type(command)):
        values = given.get(param.field)
        for value in values if isinstance(values, list) else [] if values is None else [values]:
            text = str(value).lower() if isinstance(value, bool) else str(value)
            if param.spellings:
                words.append(f"{param.spellings[0]}={text}")
            else:
                arguments.append(text)
    judged = arguments[:1] if command.flags_first else arguments
    ended = ["--"] if any(argument.startswith("-") for argument in judged) else []
    return shlex.join([*words, *ended, *arguments])


def split(line: str) -> list[str]:
    """Split as a shell does, after undoing what phones make of quotes and dashes; a leading
    `docker` is dropped."""
    if len(line) > _LONGEST:
        raise InvalidLineError(
            "", f"the line has {len(line)} characters, and {_LONGEST} are the most", ""
        )
    cleaned = _TYPED.sub(_straight, "".join(c for c in line if c.isprintable() or c.isspace()))
    try:
        words = shlex.split(cleaned)
    except ValueError:
        raise UnclosedQuoteError(cleaned) from None
    return words[1:] if words and words[0].lower() == "docker" else words


def nearest(words: Sequence[str], table: Table) -> tuple[str, ...]:
    """Names of commands that look like what was typed, the likeliest first."""
    family = _family(words[0].lower(), table) if len(words) == 1 else []
    names, found = list(table.by_name), family
    for typed in (" ".join(words[:2]), words[0]):
        found += difflib.get_close_matches(typed[:_SHOWN].lower(), names, n=3, cutoff=0.6)
    found += [name for name in names if name.split()[-1] == words[0].lower()]
    return tuple(dict.fromkeys(found))[:3]


def _family(word: str, table: Table) -> list[str]:
    """The commands of a family of which only the name was typed; nobody should change by a slip
    what they look for."""
    members = [command for command in table.commands if command.full_name().startswith(f"{word} ")]
    return [
        command.full_name()
        for command in sorted(members, key=lambda each: each.kind is not Kind.READ)
    ]


def _turned_round(words: Sequence[str], table: Table) -> str:
    """`scale=5 web` the right way round, `scale web=5`, for commands that take such pairs."""
    for index, word in enumerate(words[:-1]):
        name, equals, value = word.partition("=")
        found = table.find([*words[:index], name])
        if (
            equals
            and found
            and found[1] == index + 1
            and any("=" in param.metavar for param in parameters(found[0]))
        ):
            return " ".join([*words[:index], name, f"{words[index + 1]}={value}"])
    return ""


def _elsewhere(error: UnknownFlagError, words: Sequence[str], table: Table) -> str:
    """The flag with the command of the same verb that has it: `service update --autolock` means
    `swarm update`."""
    verb = error.command.split()[-1]
    for command in table.commands:
        param = next(
            (param for param in parameters(command) if error.flag in param.spellings), None
        )
        if param and command.full_name().split()[-1] == verb:
            place = next(
                (index for index, word in enumerate(words) if word.partition("=")[0] == error.flag),
                None,
            )
            if place is None:
                return ""
            follows = 1 if param.switch or "=" in words[place] else 2
            return " ".join([command.full_name(), *words[place : place + follows]])
    return ""


def build(command: type[Command], words: Sequence[str]) -> Command:
    """Make the command from its words, or say which flag or value is wrong."""
    params = parameters(command)
    values = _read(command, params, _as_pflag_reads(words, params, command.flags_first))
    try:
        return command.model_validate(values)
    except ValidationError as error:
        raise _explained(error, command, {param.field: param for param in params}) from None


@cache
def parameters(command: type[Command]) -> tuple[Parameter, ...]:
    """The fields of a command as arguments and flags, in the order of the model."""
    return tuple(_parameter(name, info) for name, info in command.model_fields.items())


def usage(command: type[Command]) -> str:
    """The form of a command in one line: `service scale SERVICE=REPLICAS…`."""
    params = parameters(command)
    flags = ["[OPTIONS]"] if any(param.spellings for param in params) else []
    return " ".join(
        [command.full_name(), *flags, *(_form(param) for param in params if not param.spellings)]
    )


def _form(argument: Parameter) -> str:
    form = argument.metavar + ("…" if argument.many else "")
    return form if argument.required else f"[{form}]"


def _straight(found: re.Match[str]) -> str:
    quoted = {name: found[name] for name in ("double", "single") if found[name] is not None}
    if quoted:
        return shlex.quote(*quoted.values())
    return {"left_double": '"', "left_single": "'", "dash": "--", "space": " "}.get(
        str(found.lastgroup), found[0]
    )


def _parameter(name: str, info: FieldInfo) -> Parameter:
    argument = next((mark for mark in info.metadata if isinstance(mark, Argument)), None)
    option = next((mark for mark in info.metadata if isinstance(mark, Option)), Option())
    kinds = list(_kinds(info.annotation))
    many = tuple in kinds
    switch = bool in kinds
    if argument:
        return Parameter(
            name, (), argument.metavar, info.description or "", info.is_required(), many, False
        )
    spellings = option.spellings or ("--" + name.replace("_", "-"),)
    metavar = "" if switch else option.metavar or "VALUE"
    return Parameter(
        name, spellings, metavar, info.description or "", info.is_required(), many, switch
    )


def _kinds(annotation: Any) -> Iterator[Any]:
    origin = get_origin(annotation)
    if origin is not None and isinstance(origin, type) and issubclass(origin, tuple):
        yield tuple
        return
    parts = get_args(annotation)
    if parts:
        for part in parts:
            yield from _kinds(part)
    else:
        yield annotation


def _as_pflag_reads(
    words: Sequence[str], params: Sequence[Parameter], flags_first: bool
) -> list[str]:
    """Write what pflag and click read differently in a form that both read alike, up to where flags
    end.

    A switch takes a value only after `=`: `--force` becomes `--force=true`. `-p=80` becomes
    `--publish=80`.
    """
    by_spelling = {spelling: param for param in params for spelling in param.spellings}
    out: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--" or (flags_first and _is_argument(word)):
            return [*out, word, *rest]
        name, value, equals = _flag(word)
        param = by_spelling.get(name)
        if param is None or _is_argument(word):
            out.append(word)
        elif equals or (value and not param.switch):
            out.append(f"{param.spellings[0]}={value}")
        elif param.switch:
            out.append(f"{param.spellings[0]}=true")
            rest[:0] = [f"-{value}"] if value else []
        else:
            out.append(f"{param.spellings[0]}={rest.pop(0)}" if rest else word)
    return out


def _is_argument(word: str) -> bool:
    return word == "-" or not word.startswith("-")


def _flag(word: str) -> tuple[str, str, bool]:
    """The name of a flag, what stands behind it in the same word, and whether an equals sign is
    between them."""
    end = len(word.partition("=")[0]) if word.startswith("--") else 2
    return word[:end], word[end:].removeprefix("="), word[end : end + 1] == "="


def _read(
    command: type[Command], params: Sequence[Parameter], words: Sequence[str]
) -> Mapping[str, Any]:
    taken = {spelling for param in params for spelling in param.spellings}
    spellings = [*(spelling for spelling in _HELP if spelling not in taken), "help_wanted"]
    help_flag = click.Option(
        spellings, is_flag=True, is_eager=True, expose_value=False, callback=_help
    )
    parser = click.Command(
        command.full_name(),
        params=[help_flag, *(_click(param) for param in params)],
        add_help_option=False,
        context_settings={
            "allow_interspersed_args": not command.flags_first,
            "allow_extra_args": True,
        },
    )
    try:
        with parser.make_context(command.full_name(), list(words)) as context:
            if context.args:
                raise UsageError(_too_many(context.args))
            return {
                name: value for name, value in context.params.items() if value not in (None, ())
            }
    except NoSuchOption as error:
        typed = (word.partition("=")[0] for word in words if word.startswith(error.option_name))
        flag = next((name for name in typed if name not in taken), error.option_name)
        raise UnknownFlagError(
            command.full_name(), flag[:_SHOWN], _near_flags(flag, params)
        ) from None
    except UsageError as error:
        raise _invalid(command, _problem(error)) from None


def _help(_: click.Context, __: click.Parameter, wanted: bool) -> None:
    if wanted:
        raise _HelpRequestedError


def _click(param: Parameter) -> click.Parameter:
    if not param.spellings:
        nargs = -1 if param.many else 1
        return click.Argument(
            [param.field], type=str, required=param.required, nargs=nargs, metavar=param.metavar
        )
    return click.Option(
        [*param.spellings, param.field],
        type=str,
        multiple=True,
        callback=None if param.many else _once,
    )


def _once(_: click.Context, option: click.Parameter, values: tuple[str, ...]) -> str | None:
    if len(set(values)) > 1:
        raise UsageError(f"{option.opts[0]} is given {len(values)} times with different values")
    return values[-1] if values else None


def _near_flags(flag: str, params: Sequence[Parameter]) -> tuple[str, ...]:
    known = {spelling.lstrip("-"): spelling for param in params for spelling in param.spellings}
    near = difflib.get_close_matches(flag.lstrip("-").lower()[:_SHOWN], known, n=3, cutoff=0.6)
    return tuple(known[name] for name in near)


def _problem(error: UsageError) -> str:
    if isinstance(error, MissingParameter) and error.param is not None:
        return f"{error.param.metavar} is missing"
    if isinstance(error, BadOptionUsage):
        return f"{error.option_name} needs a value"
    return error.format_message().rstrip(".")


def _too_many(words: Sequence[str]) -> str:
    count = "is one argument" if len(words) == 1 else f"are {len(words)} arguments"
    return f"`{' '.join(words)[:_SHOWN]}` {count} too many"


def _invalid(command: type[Command], problem: str) -> InvalidLineError:
    return InvalidLineError(command.full_name(), problem, usage(command), _example(command))


def _example(command: type[Command]) -> str:
    return command.examples[0] if command.examples else ""


def _explained(
    error: ValidationError, command: type[Command], params: Mapping[str, Parameter]
) -> SwarmbotError:
    first = error.errors()[0]
    param = params.get(str(first["loc"][0])) if first["loc"] else None
    if param is None:
        return _invalid(command, expected(first))
    name = param.spellings[0] if param.spellings else param.metavar
    if first["type"] == "missing":
        return _invalid(command, f"{name} is missing")
    return InvalidValueError(name, str(first["input"])[:_SHOWN], expected(first), _example(command))
