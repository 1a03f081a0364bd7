"""What README.md and docs/ tell people to type, to run and to open is there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath

import click
import pytest

from bot import send
from bot.__main__ import main
from bot.command import line
from handlers.commands import TABLE
from tests import docs
from tests.docs import PAGES, ROOT

RUN_BY_ANOTHER_TEST = {"docs/ci/shell.md", "docs/api.md", "docs/install.md"}
"""`test_ci_docs.py`, `test_api_document.py` and `tests/swarm/test_packaging.py` run their shell."""
TOOLS = frozenset(
    {".", "cat", "curl", "echo", "grep", "head", "mkdir", "openssl", "printf", "rm", "ssh", "stat"}
)
"""Programs that are no part of swarmbot or Docker."""
DOCKER: Mapping[str, frozenset[str]] = {
    "build": frozenset({"--tag", "-t"}),
    "buildx build": frozenset({"--platform", "--push", "-t"}),
    "compose run": frozenset({"--rm"}),
    "compose up": frozenset({"-d", "--detach"}),
    "exec": frozenset(),
    "node update": frozenset({"--label-add"}),
    "ps": frozenset({"--quiet", "--filter"}),
    "push": frozenset(),
    "run": frozenset({"--rm", "--volume", "-e"}),
    "service create": frozenset({"--name", "--publish"}),
    "service logs": frozenset({"--raw", "--tail"}),
    "service ls": frozenset(),
    "service ps": frozenset({"--no-trunc"}),
    "service scale": frozenset(),
    "service update": frozenset({"--label-add"}),
    "stack deploy": frozenset({"-c"}),
    "swarm init": frozenset({"--force-new-cluster", "--advertise-addr"}),
}
"""What the pages ask of Docker's CLI (20.10 and newer have all of it)."""
MESSAGES = "docs/troubleshooting.md"


@pytest.mark.parametrize("page", PAGES)
def test_each_line_for_slack_is_understood(page: str) -> None:
    for typed in docs.lines_for_slack(page):
        assert line.parse(typed, TABLE), typed


def test_lines_are_found_at_all() -> None:
    lines = docs.lines_for_slack("docs/operate.md")
    assert "swarm unlock --on node2" in lines
    assert "freeze the audit was cut" in lines


@pytest.mark.parametrize("page", [page for page in PAGES if page not in RUN_BY_ANOTHER_TEST])
def test_each_shell_command_is_one(page: str) -> None:
    for words in docs.shell_commands(page):
        _checked(words)


def _checked(words: Sequence[str]) -> None:
    """Fails where the program, its command or its options are not there."""
    check = CHECKS.get(words[0])
    if check:
        check(words[1:])
    else:
        assert words[0] in TOOLS, words


def _make(arguments: Sequence[str]) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    goals = [word for word in arguments if "=" not in word]
    assert set(goals) <= set(targets), arguments


def _sh(arguments: Sequence[str]) -> None:
    assert (ROOT / arguments[0]).is_file(), arguments


def _python(arguments: Sequence[str]) -> None:
    if arguments[:2] == ["-m", "bot"]:
        _swarmbot(arguments[2:])
    elif PurePosixPath(arguments[0]).name == "send.py":
        send._parser().parse_args(list(arguments[1:]))
    else:
        assert arguments[:2] == ["-m", "playground"], arguments


def _swarmbot(arguments: Sequence[str]) -> None:
    command: click.Command = main
    words = list(arguments)
    while isinstance(command, click.Group):
        name = words.pop(0)
        found = command.commands.get(name)
        assert found, arguments
        command = found
    command.make_context(command.name, words)


def _docker(arguments: Sequence[str]) -> None:
    words = list(arguments)
    name = next(
        (known for known in (" ".join(words[:2]), words[0]) if known in DOCKER), " ".join(words[:2])
    )
    assert name in DOCKER, arguments
    rest = words[len(name.split()) :]
    if name == "exec":
        _checked(rest[1:])
        return
    options: list[str] = []
    for word in rest:
        if name == "run" and not word.startswith("-") and options[-1] == "--rm":
            break
        options += [word.partition("=")[0]] if word.startswith("-") else []
        if name in ("run", "compose run") and word in ("bot", "busybox"):
            break
    assert set(options) <= DOCKER[name], arguments


CHECKS: Mapping[str, Callable[[Sequence[str]], None]] = {
    "docker": _docker,
    "make": _make,
    "python3": _python,
    "sh": _sh,
    "swarmbot": _swarmbot,
}


@pytest.mark.parametrize("page", PAGES)
def test_each_link_leads_somewhere(page: str) -> None:
    for link in docs.links(page):
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.exists(), link
        if anchor:
            assert anchor in docs.anchors(str(target.resolve().relative_to(ROOT))), link


def test_what_troubleshooting_quotes_is_what_the_bot_says() -> None:
    said = "\n".join(
        path.read_text()
        for folder in ("tests/golden", "bot", "playground/workspace")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".txt", ".py")
    )
    for quote in _quotes():
        for part in re.split(r"…|`|: ", quote.strip("✋❌🔴🔒↩️ ")):
            words = part.strip(" ,.:")
            assert len(words) < 3 or words in said, quote


def _quotes() -> list[str]:
    """The first cells of the tables of what the bot says."""
    quoted = []
    for part in re.split(r"(?m)^## ", docs.text_of(MESSAGES)):
        if re.search(r"(?m)^\| (message|answer|line) \|", part):
            quoted += re.findall(r"(?m)^\| ([^|]+) \|", part)
    return [quote for quote in quoted if quote not in ("---", "message", "answer", "line")]


@pytest.mark.parametrize(
    "page", ["docs/architecture.md", "docs/architecture.svg", "CONTRIBUTING.md"]
)
def test_each_room_that_is_shown_is_there(page: str) -> None:
    rooms = re.findall(r"\b(?:bot|handlers|jobs|tests|playground)/[\w/.]*", docs.text_of(page))
    assert rooms
    for room in rooms:
        assert (ROOT / room.rstrip(".")).exists(), room


def test_the_walkthroughs_are_those_that_are_told_on_real_engines() -> None:
    told = docs.text_of("tests/scenario/test_from_bare_engines.py") + docs.text_of(
        "docs/ci/jenkins.md"
    )
    lines = docs.lines_for_slack("docs/zh/README.md")
    assert len(lines) > 10
    own = re.compile(
        r"10\.0\.0\.1|registry\.example\.com|^reborn_8|^\d+$|^\d+:8080$|^(service|status|ls)$"
    )
    for word in {word for typed in lines for word in typed.split()}:
        assert word in told or own.search(word), word
