"""What is wrong with what was typed, or with the image that it names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.errors.base import SwarmbotError

if TYPE_CHECKING:
    from bot.model import Image, Platform


@dataclass(eq=False)
class UnclosedQuote(SwarmbotError):
    """A quote in the line is never closed."""

    line: str


@dataclass(eq=False)
class UnknownCommand(SwarmbotError):
    """No command has this name. `near` holds full names, the likeliest first; `right` a whole line, where one is known."""

    typed: str
    near: tuple[str, ...] = ()
    right: str = ""


@dataclass(eq=False)
class UnknownFlag(SwarmbotError):
    """The command has no such flag. `right` is a whole line that would be right, where one is known."""

    command: str
    flag: str
    near: tuple[str, ...] = ()
    right: str = ""


@dataclass(eq=False)
class InvalidLine(SwarmbotError):
    """Arguments are missing, too many or repeated: `problem` names which, `usage` is the form of the command."""

    command: str
    problem: str
    usage: str
    example: str = ""


@dataclass(eq=False)
class InvalidValue(SwarmbotError):
    """The value of one field is not acceptable. `expected` completes "expected …"."""

    field: str
    value: str
    expected: str
    example: str = ""


@dataclass(eq=False)
class SecretTyped(SwarmbotError):
    """A join token or an unlock key (`what`) stood in the line: nothing ran, and the value is not carried along."""

    what: str


@dataclass(eq=False)
class UnknownName(SwarmbotError):
    """No object of this kind (`service`, `node`, …) has this name. `right` is the line with the nearest name."""

    kind: str
    name: str
    near: tuple[str, ...] = ()


@dataclass(eq=False)
class AmbiguousName(SwarmbotError):
    """Several objects fit the name: `matches` holds `name (id)` of each."""

    kind: str
    name: str
    matches: tuple[str, ...]


@dataclass(eq=False)
class ImageNotFound(SwarmbotError):
    """The registry answers, and has no such tag or digest."""

    image: Image


@dataclass(eq=False)
class RegistryAway(SwarmbotError):
    """The registry cannot be asked: `reason` is the engine's own word."""

    image: Image
    reason: str


@dataclass(eq=False)
class RegistryDenied(SwarmbotError):
    """The registry wants credentials that the engine does not have."""

    image: Image


@dataclass(eq=False)
class OnlyOnNode(SwarmbotError):
    """The image lies on an engine, and no registry has it under this name, which itself names none."""

    image: Image


@dataclass(eq=False)
class NoPlatform(SwarmbotError):
    """The image has no build for the nodes that may run the service."""

    image: Image
    offered: tuple[Platform, ...]
    wanted: tuple[Platform, ...]
