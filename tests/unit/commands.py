"""A table of small commands that have every kind of argument and flag, and what the tests of lines
do with it."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, TypeVar

import pytest
from pydantic import Field, model_validator

from bot.command import line
from bot.command.fields import Argument, Duration, ImageReference, Name, Option
from bot.command.model import Command, Table
from bot.errors import SwarmbotError
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


class CompositionCreate(Command):
    """Create another thing."""

    names: ClassVar = ("composition create",)
    kind: ClassVar = Kind.DANGER


TABLE = Table((Status, Help, Deploy, Scale, Create, Ls, CompositionCreate))


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
