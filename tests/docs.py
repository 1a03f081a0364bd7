"""What stands in README.md and docs/ that people copy, type or click."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = tuple(
    str(path.relative_to(ROOT))
    for path in (
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
        *sorted((ROOT / "docs").rglob("*.md")),
    )
)
PLACEHOLDERS = {"N": "2", "D": "1h", "KEY": "node:n1", "ID": "1f2e3d4c", "IMAGE": "shop/web:2"}
"""Words in capitals that stand for something else than a name, each with one that could stand
there."""
_FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
_SLASH = re.compile(r"(?<!`)`/swarm( [^`]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|srcset)=\"([^\"]+)\"")
_HERE = re.compile(r"(?ms) <<'?(\w+)'?$.*?^\1$")
"""A document in the shell, which is no command."""
_BETWEEN = frozenset({"|", "||", "&&", ";", "&", "(", ")"})


@dataclass(frozen=True)
class Fence:
    """A block of code and its language, which is empty where nothing is said."""

    language: str
    text: str


def text_of(page: str) -> str:
    return (ROOT / page).read_text()


def fences(page: str) -> list[Fence]:
    """The blocks of code."""
    found = _FENCE.findall(text_of(page))
    return [Fence(language, re.sub(r"(?m)^ +(?=\S)", "", text)) for language, text in found]


def lines_for_slack(page: str) -> list[str]:
    """What people are told to type behind `/swarm`."""
    inline = _SLASH.findall(_FENCE.sub("", text_of(page)))
    shown = [line for fence in fences(page) for line in fence.text.splitlines()]
    typed = [line.removeprefix("/swarm ") for line in shown if line.startswith("/swarm ")]
    return [_filled(line.strip()) for line in (*inline, *typed)]


def _filled(line: str) -> str:
    line = re.sub(r"\[[^\]]*\]| …|…", "", line)
    return re.sub(r"\b[A-Z]+\b", lambda match: PLACEHOLDERS.get(match[0], match[0]), line)


def shell_commands(page: str) -> list[list[str]]:
    """The simple commands of the page's shell, as words, without the variables before them."""
    commands = []
    for fence in fences(page):
        if fence.language in ("sh", "bash", "shell", "console"):
            for line in _logical_lines(fence):
                commands += _simple_commands(line)
    return commands


def _logical_lines(fence: Fence) -> list[str]:
    joined = _HERE.sub("", fence.text.replace("\\\n", " ")).splitlines()
    if fence.language == "console":
        return [line.removeprefix("$ ") for line in joined if line.startswith("$ ")]
    return [line for line in joined if line.strip()]


def _simple_commands(line: str) -> list[list[str]]:
    line = re.sub(r" (?:2>&1|>\S+)", "", line)
    inner = re.findall(r"\$\(([^()]*)\)", line)
    outer = re.sub(r"\$\([^()]*\)", "VALUE", line)
    words = shlex.shlex(outer, posix=True, punctuation_chars="|&;()")
    words.whitespace_split = True
    commands: list[list[str]] = [[]]
    for word in words:
        if word in _BETWEEN:
            commands.append([])
        elif commands[-1] or not re.match(r"[A-Za-z_]+=", word):
            commands[-1].append(word)
    found = [command for command in commands if command]
    return [*found, *(command for part in inner for command in _simple_commands(part))]


def links(page: str) -> list[str]:
    """Where the page leads to within the repository, as it is written."""
    text = _FENCE.sub("", text_of(page))
    targets = [first or second for first, second in _LINK.findall(text)]
    return [target for target in targets if "://" not in target]


def anchors(page: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", text_of(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
