"""One advice on several names."""

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
