"""A line as typed becomes a command: click reads it by Docker's rules, with options made from the model's fields,
and pydantic judges the values. Measured against pflag: `--force=false`, `-p81:80`, repeated flags, flags that end at the image.
"""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args, get_origin

import click
from click.exceptions import NoSuchOption, UsageError
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from bot.command import Command, Table
from bot.errors import InvalidLine, InvalidValue, UnclosedQuote, UnknownCommand, UnknownFlag
from bot.fields import Argument, Option

_TYPOGRAPHY = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "—": "--", "\u00a0": " "})
_DASH = re.compile(r"(?<=\s)–(?=\w)")
_LONGEST = 4000


@dataclass(frozen=True, slots=True)
class Parameter:
    """One field as a person types it. `spellings` is empty for an argument; `switch`: takes no value unless after `=`."""

    field: str
    spellings: tuple[str, ...]
    metavar: str
    text: str
    required: bool
    many: bool
    switch: bool


def parse(line: str, table: Table) -> Command:
    """Read a line. Raises the classes of `bot.errors` under "what was typed"; never anything else.

    Nothing at all asks for the status with a hint what to type; `--help` behind a command asks for its help.
    """
    words = split(line) or ["status", "--hints"]
    found = table.find(words)
    if found is None:
        raise UnknownCommand(" ".join(words[:2]), nearest(words, table))
    command, count = found
    if _wants_help(words[count:], command):
        return build(table.by_name["help"], command.name().split())
    return build(command, words[count:])


def write(command: Command) -> str:
    """The line that `parse` reads as this command: for buttons, for the audit, for people to copy."""
    words = command.name().split()
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
    return shlex.join([*words, *arguments])


def split(line: str) -> list[str]:
    """Split as a shell does, after undoing what phones make of quotes and dashes; a leading `docker` is dropped."""
    cleaned = _DASH.sub("--", "".join(c for c in line.translate(_TYPOGRAPHY) if c.isprintable() or c.isspace()))
    if len(cleaned) > _LONGEST:
        raise InvalidLine("", f"the line has {len(cleaned)} characters, and {_LONGEST} are the most", "")
    try:
        words = shlex.split(cleaned)
    except ValueError:
        raise UnclosedQuote(cleaned) from None
    return words[1:] if words[:1] == ["docker"] else words


def nearest(words: Sequence[str], table: Table) -> tuple[str, ...]:
    """Names of commands that look like what was typed, the likeliest first."""
    names = list(table.by_name)
    found: list[str] = []
    for typed in (" ".join(words[:2]), words[0]):
        found += difflib.get_close_matches(typed.lower(), names, n=3, cutoff=0.6)
    found += [name for name in names if name.split()[-1] == words[0].lower()]
    return tuple(dict.fromkeys(found))[:3]


def build(command: type[Command], words: Sequence[str]) -> Command:
    """Make the command from its words, or say which flag or value is wrong."""
    params = parameters(command)
    values = _read(command, params, _as_pflag_reads(words, params, command.flags_first))
    try:
        return command.model_validate(values)
    except ValidationError as error:
        raise _explained(error, command, {param.field: param for param in params}) from None


def parameters(command: type[Command]) -> tuple[Parameter, ...]:
    """The fields of a command as arguments and flags, in the order of the model."""
    return tuple(_parameter(name, info) for name, info in command.model_fields.items())


def usage(command: type[Command]) -> str:
    """The form of a command in one line: `service scale SERVICE=REPLICAS…`."""
    params = parameters(command)
    arguments = [
        (p.metavar + "…" if p.many else p.metavar) if p.required else f"[{p.metavar}]"
        for p in params
        if not p.spellings
    ]
    flags = ["[OPTIONS]"] if any(p.spellings for p in params) else []
    return " ".join([command.name(), *flags, *arguments])


def _parameter(name: str, info: FieldInfo) -> Parameter:
    argument = next((mark for mark in info.metadata if isinstance(mark, Argument)), None)
    option = next((mark for mark in info.metadata if isinstance(mark, Option)), Option())
    kinds = list(_kinds(info.annotation))
    many = tuple in kinds
    switch = bool in kinds
    if argument:
        return Parameter(name, (), argument.metavar, info.description or "", info.is_required(), many, False)
    spellings = option.spellings or ("--" + name.replace("_", "-"),)
    metavar = "" if switch else option.metavar or "VALUE"
    return Parameter(name, spellings, metavar, info.description or "", info.is_required(), many, switch)


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


def _as_pflag_reads(words: Sequence[str], params: Sequence[Parameter], flags_first: bool) -> list[str]:
    """Write what pflag and click read differently in a form that both read alike, up to where flags end.

    A switch takes a value only after `=`: `--force` becomes `--force=true`. `-p=80` becomes `--publish=80`.
    """
    by_spelling = {spelling: param for param in params for spelling in param.spellings}
    out: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--" or (flags_first and not word.startswith("-")):
            return [*out, word, *rest]
        param = by_spelling.get(word)
        short = by_spelling.get(word[:2]) if word[2:3] == "=" else None
        if param and param.switch:
            out.append(f"{param.spellings[0]}=true")
        elif param:
            out += [word, *rest[:1]]
            rest = rest[1:]
        else:
            out.append(f"{short.spellings[0]}={word[3:]}" if short else word)
    return out


def _read(command: type[Command], params: Sequence[Parameter], words: Sequence[str]) -> Mapping[str, Any]:
    parser = click.Command(
        command.name(),
        params=[_click(param) for param in params],
        add_help_option=False,
        context_settings={"allow_interspersed_args": not command.flags_first},
    )
    try:
        with parser.make_context(command.name(), list(words)) as context:
            return {name: value for name, value in context.params.items() if value not in (None, ())}
    except NoSuchOption as error:
        raise UnknownFlag(command.name(), error.option_name, _near_flags(error.option_name, params)) from None
    except UsageError as error:
        raise InvalidLine(command.name(), _problem(error), usage(command), _example(command)) from None


def _click(param: Parameter) -> click.Parameter:
    if not param.spellings:
        return click.Argument([param.field], type=str, required=param.required, nargs=-1 if param.many else 1)
    return click.Option(
        [*param.spellings, param.field], type=str, multiple=True, callback=None if param.many else _once
    )


def _once(_: click.Context, option: click.Parameter, values: tuple[str, ...]) -> str | None:
    if len(set(values)) > 1:
        raise UsageError(f"{option.opts[0]} is given {len(values)} times with different values")
    return values[-1] if values else None


def _near_flags(flag: str, params: Sequence[Parameter]) -> tuple[str, ...]:
    known = [spelling for param in params for spelling in param.spellings]
    return tuple(difflib.get_close_matches(flag, known, n=3, cutoff=0.5))


def _problem(error: UsageError) -> str:
    if isinstance(error, click.MissingParameter) and error.param is not None:
        return f"{error.param.name} is missing".replace("_", " ")
    return error.format_message().rstrip(".").removeprefix("Got ").replace("unexpected extra", "there is an unexpected")


def _example(command: type[Command]) -> str:
    return command.examples[0] if command.examples else ""


def _explained(error: ValidationError, command: type[Command], params: Mapping[str, Parameter]) -> InvalidValue:
    first = error.errors()[0]
    param = params.get(str(first["loc"][0])) if first["loc"] else None
    name = (param.spellings[0] if param.spellings else param.metavar) if param else command.name()
    return InvalidValue(name, str(first["input"])[:200], _expected(first), _example(command))


def _expected(error: Any) -> str:
    limits = error.get("ctx", {})
    match error["type"]:
        case "value_error":
            return str(limits["error"])
        case "int_parsing" | "int_type" | "int_from_float":
            return "a whole number"
        case "float_parsing" | "float_type":
            return "a number"
        case "bool_parsing" | "bool_type":
            return "true or false"
        case "greater_than_equal":
            return f"a number of at least {limits['ge']}"
        case "less_than_equal":
            return f"a number of at most {limits['le']}"
        case "literal_error" | "enum":
            return f"one of {limits['expected']}"
        case _:
            return str(error["msg"]).lower()


def _wants_help(words: Sequence[str], command: type[Command]) -> bool:
    for word in words:
        if word in ("--help", "-h"):
            return True
        if command.flags_first and not word.startswith("-"):
            return False
    return False
