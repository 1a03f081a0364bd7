"""Services are created and updated in one place, so that none is without its credentials."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[4]
POSTS = {"create_service", "update_service"}
LOOKS = {"distribution"}


def callers(names: set[str]) -> set[str]:
    """Files in which something of one of these names is called."""
    return {
        str(path.relative_to(ROOT))
        for room in ("bot", "handlers", "jobs")
        for path in (ROOT / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in names
    }


def test_what_starts_tasks_is_posted_where_the_credentials_are() -> None:
    assert callers(POSTS) == {"bot/swarm/objects/services.py"}


def test_registries_are_asked_where_the_credentials_are() -> None:
    assert callers(LOOKS) == {"bot/swarm/objects/images.py"}
