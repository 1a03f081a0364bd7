"""Every regular expression of the bot takes time in proportion to the text, whatever the text is.

What Docker, a registry, Slack or a person sends is matched against them: an expression that goes
back and forth over a text of some thousand characters stops a thread for seconds.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
import time
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

import bot
import handlers
import jobs

LENGTH = 9_000
"""Characters; linear matching takes milliseconds for so many, and quadratic one second."""
SECONDS = 0.4
ROOT = Path(__file__).parents[2]
OWN = ("bot", "handlers", "jobs")


@pytest.fixture(scope="module")
def expressions() -> dict[str, re.Pattern[str]]:
    """Every expression that is compiled while the bot's modules are loaded, by place.

    They are loaded anew for that, which is dear: only the process that needs them does it.
    """
    by_place: dict[str, re.Pattern[str]] = {}
    own = {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] in OWN}
    original: Callable[..., Any] = re.compile

    def recording(pattern: Any, flags: Any = 0) -> Any:
        compiled = original(pattern, flags)
        frame = sys._getframe(1)
        module = str(frame.f_globals.get("__name__", ""))
        if module.split(".", maxsplit=1)[0] in OWN and isinstance(compiled.pattern, str):
            by_place[f"{module}:{frame.f_lineno}"] = compiled
        return compiled

    re.compile = recording
    try:
        for package in (bot, handlers, jobs):
            for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
                if not module.name.endswith("__main__") and not module.name.endswith(".draw"):
                    importlib.import_module(module.name)
    finally:
        re.compile = original
        for name in [name for name in sys.modules if name.split(".")[0] in OWN]:
            del sys.modules[name]
        sys.modules.update(own)
    return by_place


def pieces(pattern: str) -> list[str]:
    """Texts that the expression speaks of, and characters of the classes in it."""
    literals = re.findall(r"[A-Za-z ':,-]{3,}", pattern)
    characters = {char for char in pattern if not char.isalnum()} | set("a0. -_:\"'`*<|/=é\n")
    return [*literals, *sorted(characters)]


def attacks(pattern: str) -> Iterator[str]:
    """Long texts that match again and again, and fail in the end."""
    parts = pieces(pattern)
    starts = ["", *[part for part in parts if len(part) > 2][:4]]
    for start, part in product(starts, parts):
        yield start + part * (LENGTH // len(part)) + "\0"
    for first, second in product(parts[:6], parts):
        yield (first + second) * (LENGTH // len(first + second)) + "\0"


def test_every_expression_is_compiled_where_its_module_is_loaded() -> None:
    inside = re.compile(r"\bre\.(?:match|search|fullmatch|sub|split|findall|finditer)\(")
    for package in OWN:
        for path in (ROOT / package).rglob("*.py"):
            assert not inside.search(path.read_text()), path


def test_matching_takes_time_in_proportion_to_the_text(
    expressions: dict[str, re.Pattern[str]],
) -> None:
    assert len(expressions) > 50
    slow = [text for place in sorted(expressions) for text in slow_matches(place, expressions)]
    assert not slow, "\n".join(slow)


def slow_matches(place: str, expressions: dict[str, re.Pattern[str]]) -> Iterator[str]:
    """What an expression is slow at; the first such text alone, for the others take as long."""
    expression = expressions[place]
    for text in attacks(expression.pattern):
        begun = time.process_time()
        expression.search(text)
        expression.fullmatch(text)
        took = time.process_time() - begun
        if took >= SECONDS:
            yield f"{place} {expression.pattern!r}: {took:.1f} s for {text[:40]!r}…"
            return
