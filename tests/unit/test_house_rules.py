"""Rules of the house that no linter knows: short files, no class name twice, no import aliases."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("bot", "handlers", "jobs", "playground")
MOST_LINES = 350


def files(*rooms: str) -> Iterator[Path]:
    for room in rooms:
        yield from sorted((ROOT / room).rglob("*.py"))


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text()))


def place(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_a_file_is_short_enough_to_be_read_at_once() -> None:
    lines = {place(path): len(path.read_text().splitlines()) for path in files(*ROOMS)}

    assert lines, "no file was found"
    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}


def test_a_class_name_means_one_class() -> None:
    """The playground plays Slack and has words of its own."""
    places = defaultdict(list)
    for path in files("bot", "handlers", "jobs"):
        for node in nodes(path):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(place(path))

    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def test_what_is_imported_keeps_its_name() -> None:
    renamed = [
        f"{place(path)}:{node.lineno} {name.name} as {name.asname}"
        for path in files(*ROOMS)
        for node in nodes(path)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
        if name.asname
    ]

    assert renamed == []
