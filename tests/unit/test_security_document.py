"""The threat model of `docs/security.md`: each row names tests, and these tests exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "security.md").read_text()
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def rows() -> list[str]:
    table = DOCUMENT.split("## Threat model")[1].split("\n## ")[0]
    return [line for line in table.splitlines() if line.startswith("| ")][2:]


def test_every_threat_names_a_test_that_exists() -> None:
    assert len(rows()) > 10
    for row in rows():
        named = TEST.findall(row)
        assert named, row
        for path, name in named:
            assert name in functions(ROOT / path), f"{path}::{name}"


def test_the_security_policy_leads_to_it() -> None:
    assert "(docs/security.md)" in (ROOT / "SECURITY.md").read_text()


def test_what_it_links_to_is_there() -> None:
    heading = re.search(
        r"^## (Rights that equal root)$", (ROOT / "docs/rules.md").read_text(), re.MULTILINE
    )

    assert heading
    assert "rules.md#rights-that-equal-root" in DOCUMENT


def functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
