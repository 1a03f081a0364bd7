"""The fields of a command as people type them: arguments and flags.

Whoever reads a line, writes one or explains one asks here, so that all three agree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args, get_origin

from pydantic.fields import FieldInfo

from bot.command.fields import Argument, Option
from bot.command.model import Command


@dataclass(frozen=True, slots=True)
class Parameter:
    """One field of a command.

    `spellings` are those of a flag, the first one counts; an argument has none. `metavar` names the
    value in the usage line. `many`: it takes several values. `switch`: it is true or false, and
    takes a value only after `=`.
    """

    field: str
    spellings: tuple[str, ...]
    metavar: str
    text: str
    required: bool
    many: bool
    switch: bool


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


def _parameter(name: str, info: FieldInfo) -> Parameter:
    argument = next((mark for mark in info.metadata if isinstance(mark, Argument)), None)
    option = next((mark for mark in info.metadata if isinstance(mark, Option)), Option())
    types = list(_types(info.annotation))
    switch = bool in types and argument is None
    flag_metavar = "" if switch else option.metavar or "VALUE"
    return Parameter(
        field=name,
        spellings=() if argument else option.spellings or ("--" + name.replace("_", "-"),),
        metavar=argument.metavar if argument else flag_metavar,
        text=info.description or "",
        required=info.is_required(),
        many=tuple in types,
        switch=switch,
    )


def _types(annotation: Any) -> Iterator[Any]:
    """The types that a value may have; of a tuple only that it is one."""
    origin = get_origin(annotation)
    if isinstance(origin, type) and issubclass(origin, tuple):
        yield tuple
        return
    parts = get_args(annotation)
    if parts:
        for part in parts:
            yield from _types(part)
    else:
        yield annotation
