"""What is wrong with what was typed, or with the image that it names."""

from __future__ import annotations

from dataclasses import dataclass

from bot.errors.base import SwarmbotError
from bot.model.images import Image, Platform, SignatureFault
from bot.model.registry_login import LoginSource


@dataclass(eq=False)
class UnclosedQuoteError(SwarmbotError):
    """A quote in the line is never closed."""

    line: str


@dataclass(eq=False)
class UnknownCommandError(SwarmbotError):
    """No command has this name.

    `near` holds full names, the likeliest first; `right` a whole line, where one is known.
    """

    typed: str
    near: tuple[str, ...] = ()
    right: str = ""


@dataclass(eq=False)
class UnknownFlagError(SwarmbotError):
    """The command has no such flag.

    `right` is a whole line that would be right, where one is known.
    """

    command: str
    flag: str
    near: tuple[str, ...] = ()
    right: str = ""


@dataclass(eq=False)
class ElsewhereError(SwarmbotError):
    """Docker's own command line has it, and the bot does not take it.

    `typed` is the flag of `command`, or the command of Docker's where `command` is empty; `why`
    completes "`docker run` …" or "`service create` takes no `--env-file`: …"; `right` is a line to
    send instead, where there is one.
    """

    command: str
    typed: str
    why: str
    right: str = ""


@dataclass(eq=False)
class InvalidLineError(SwarmbotError):
    """Arguments are missing, too many or repeated.

    `problem` names which, `usage` is the form of the command.
    """

    command: str
    problem: str
    usage: str
    example: str = ""


@dataclass(eq=False)
class InvalidValueError(SwarmbotError):
    """The value of one field is not acceptable. `expected` completes "expected …"."""

    field: str
    value: str
    expected: str
    example: str = ""


@dataclass(eq=False)
class EditedLineError(SwarmbotError):
    """Somebody changed a message that mentions the bot; what stands there now was not run."""


@dataclass(eq=False)
class SecretTypedError(SwarmbotError):
    """A join token or an unlock key stood in the line; nothing ran.

    `secret` names which of them; the value is not carried along.
    """

    secret: str


@dataclass(eq=False)
class UnknownNameError(SwarmbotError):
    """No object of this kind (`service`, `node`, …) has this name.

    `right` is the line with the nearest name.
    """

    kind: str
    name: str
    near: tuple[str, ...] = ()


@dataclass(eq=False)
class AmbiguousNameError(SwarmbotError):
    """Several objects fit the name: `matches` holds `name (id)` of each."""

    kind: str
    name: str
    matches: tuple[str, ...]


@dataclass(eq=False)
class ImageNotFoundError(SwarmbotError):
    """The registry answers, and has no such tag or digest."""

    image: Image


@dataclass(eq=False)
class RegistryUnavailableError(SwarmbotError):
    """The registry cannot be asked: `reason` is the engine's own word."""

    image: Image
    reason: str


@dataclass(eq=False)
class RegistryBusyError(SwarmbotError):
    """Too many people ask registries already; nobody was asked about this image."""

    image: Image


@dataclass(eq=False)
class PrivateRegistryError(SwarmbotError):
    """The image's registry is on a private network, and nothing names it as a registry."""

    image: Image


@dataclass(eq=False)
class RegistryDeniedError(SwarmbotError):
    """The registry wants other credentials than it got; `source` is where the bot looked."""

    image: Image
    source: LoginSource


@dataclass(eq=False)
class UnsignedImageError(SwarmbotError):
    """The registry's images have to be signed, and this one is not as far as is known."""

    image: Image
    fault: SignatureFault


@dataclass(eq=False)
class ImageOnlyOnNodeError(SwarmbotError):
    """The image lies on an engine, and no registry has it under this name.

    The name itself names no registry.
    """

    image: Image


@dataclass(eq=False)
class NoPlatformError(SwarmbotError):
    """The image has no build for the nodes that may run the service."""

    image: Image
    offered: tuple[Platform, ...]
    wanted: tuple[Platform, ...]
