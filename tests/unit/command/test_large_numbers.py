"""A number of any length that is too large is refused with the bound, and not as no number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from bot.command.fields import expected
from bot.command.model import Command
from handlers.commands import TABLE

SHAPES = (
    "{}",
    "{}s",
    "{}d",
    "{}w",
    "{}G",
    "{}.5",
    "GPU={}",
    "nofile=1:{}",
    "nofile={}",
    "web={}",
    "80:{}",
    "{}:80",
    "{}-{}:80-90",
    "published={},target=80",
    "published=80,target={}",
    "type=tmpfs,target=/x,tmpfs-size={}",
    "type=tmpfs,target=/x,tmpfs-mode={}",
    "source=key,target=/key,mode={}",
    "source=key,target=/key,uid={}",
    "10.0.0.1:{}",
    "eth0:{}",
)
"""How flags write numbers."""
SMALL = ("1", "2", "80", "0400", "2000")
HUGE = ("7" * 20, "7" * 400, "0" * 30 + "7" * 30)


def refusal(command: type[Command], name: str, text: str) -> str | None:
    """What was expected in its place; None where it is taken."""
    many = "tuple" in str(command.model_fields[name].annotation)
    try:
        command.model_validate({name: (text,) if many else text})
    except ValidationError as error:
        return next((expected(e) for e in error.errors() if e["loc"][:1] == (name,)), None)
    return None


def numeric() -> Iterator[Any]:
    """Every flag with the shapes in which it takes a number, and not any text."""
    for command in TABLE.commands:
        for name, field in command.model_fields.items():
            if field.annotation in (bool, bool | None):
                continue
            for shape in SHAPES:
                takes = any(
                    refusal(command, name, shape.format(*[s] * shape.count("{}"))) is None
                    for s in SMALL
                )
                if takes and refusal(command, name, shape.format(*["x"] * shape.count("{}"))):
                    yield pytest.param(
                        command, name, shape, id=f"{command.names[0]} {name} {shape}"
                    )


@pytest.mark.parametrize(("command", "name", "shape"), tuple(numeric()))
@pytest.mark.parametrize("number", HUGE, ids=["20 digits", "400 digits", "with zeros"])
def test_the_bound_is_said(command: type[Command], name: str, shape: str, number: str) -> None:
    why = refusal(command, name, shape.format(*[number] * shape.count("{}")))

    assert why is not None
    assert "at most" in why or "at least" in why
