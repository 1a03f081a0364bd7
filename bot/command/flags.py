"""Words become a command: click reads them by Docker's rules, pydantic judges the values.

As pflag has it: `--force=false`, `-p81:80`, repeated flags, flags that end at the image.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import click
from click.exceptions import BadOptionUsage, MissingParameter, NoSuchOption, UsageError
from pydantic import ValidationError

from bot.command.fields import expected
from bot.command.model import Command
from bot.command.parameters import Parameter, parameters, usage
from bot.errors import (
    ElsewhereError,
    InvalidLineError,
    InvalidValueError,
    SwarmbotError,
    UnknownFlagError,
)

HELP_FLAGS = ("--help", "-h")
QUOTED_CHARACTERS = 200
"""So much of what was typed is told again where it is wrong."""


class HelpRequestedError(Exception):
    """The words ask for the help of their command."""


def build(command: type[Command], words: Sequence[str]) -> Command:
    """Make the command from the words behind its name.

    Raises InvalidLineError, InvalidValueError, UnknownFlagError or ElsewhereError, and
    HelpRequestedError where `--help` is among them.
    """
    params = parameters(command)
    values = _read(command, _as_pflag_reads(words, params, command.flags_first))
    try:
        return command.model_validate(values)
    except ValidationError as error:
        raise _explained(error, command, {param.field: param for param in params}) from None


# ---- as pflag reads


def _as_pflag_reads(
    words: Sequence[str], params: Sequence[Parameter], flags_first: bool
) -> list[str]:
    """The words in a form that pflag and click read alike, up to where flags end.

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
    """The name of a flag, what follows it in the same word, and whether after an equals sign."""
    end = len(word.partition("=")[0]) if word.startswith("--") else 2
    return word[:end], word[end:].removeprefix("="), word[end : end + 1] == "="


# ---- as click reads


def _read(command: type[Command], words: Sequence[str]) -> Mapping[str, Any]:
    try:
        with _parser(command).make_context(command.full_name(), list(words)) as context:
            if context.args:
                raise UsageError(_too_many(context.args))
            return {
                name: value for name, value in context.params.items() if value not in (None, ())
            }
    except NoSuchOption as error:
        raise _refused_flag(command, error.option_name, words) from None
    except UsageError as error:
        raise _invalid(command, _problem(error)) from None


@cache
def _parser(command: type[Command]) -> click.Command:
    free = (spelling for spelling in HELP_FLAGS if spelling not in _spellings(command))
    help_flag = click.Option(
        [*free, "help_wanted"], is_flag=True, is_eager=True, expose_value=False, callback=_help
    )
    return click.Command(
        command.full_name(),
        params=[help_flag, *(_click(param) for param in parameters(command))],
        add_help_option=False,
        context_settings={
            "allow_interspersed_args": not command.flags_first,
            "allow_extra_args": True,
        },
    )


def _spellings(command: type[Command]) -> set[str]:
    return {spelling for param in parameters(command) for spelling in param.spellings}


def _help(_: click.Context, __: click.Parameter, wanted: bool) -> None:
    if wanted:
        raise HelpRequestedError


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


# ---- what is wrong


def _refused_flag(
    command: type[Command], option: str, words: Sequence[str]
) -> UnknownFlagError | ElsewhereError:
    """Names the flag as it was typed, of which click tells only a part, as `-x` of `-xy`."""
    taken = _spellings(command)
    typed = (word.partition("=")[0] for word in words if word.startswith(option))
    flag = next((name for name in typed if name not in taken), option)
    if flag in command.elsewhere:
        return ElsewhereError(command.full_name(), flag, command.elsewhere[flag])
    near = near_flags(flag, parameters(command))
    return UnknownFlagError(command.full_name(), flag[:QUOTED_CHARACTERS], near)


def near_flags(flag: str, params: Sequence[Parameter]) -> tuple[str, ...]:
    """Flags of these that look like what was typed, at most three."""
    known = {spelling.lstrip("-"): spelling for param in params for spelling in param.spellings}
    typed = flag.lstrip("-").lower()[:QUOTED_CHARACTERS]
    near = difflib.get_close_matches(typed, known, n=3, cutoff=0.6)
    return tuple(known[name] for name in near)


def _problem(error: UsageError) -> str:
    if isinstance(error, MissingParameter) and error.param is not None:
        return f"{error.param.metavar} is missing"
    if isinstance(error, BadOptionUsage):
        return f"{error.option_name} needs a value"
    return error.format_message().rstrip(".")


def _too_many(words: Sequence[str]) -> str:
    count = "is one argument" if len(words) == 1 else f"are {len(words)} arguments"
    return f"`{' '.join(words)[:QUOTED_CHARACTERS]}` {count} too many"


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
    value = str(first["input"])[:QUOTED_CHARACTERS]
    return InvalidValueError(name, value, expected(first), _example(command))
