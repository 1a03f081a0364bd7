"""Sentences about one or several, for the judges that speak of names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.model.incident import Advice


def grouped(names: Sequence[str], one: str, many: Advice) -> tuple[Advice, ...]:
    """One advice on all the names: `web has no health check`, `3 services have no health check`;
    none on nobody.

    `one` is what is said of a single one; the text of `many` comes after the number of them.
    """
    if not names:
        return ()
    if len(names) == 1:
        return (replace(many, text=f"{names[0]} {one}"),)
    return (replace(many, text=f"{len(names)} {many.text}", names=tuple(names)),)


def listed(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)
