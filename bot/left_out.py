"""Keeps libraries from loading others that are installed by chance, and that nobody needs here."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def left_out(module: str) -> Iterator[None]:
    """Whoever tries to import it meanwhile finds that it is not installed; nothing changes where it
    is loaded already."""
    modules: dict[str, Any] = sys.modules
    if module in modules:
        yield
        return
    modules[module] = None  # Python's own way to say that there is no such module.
    try:
        yield
    finally:
        del modules[module]
