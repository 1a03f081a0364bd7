"""Rules of the house that no linter knows: short files, no class name twice, no import aliases."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("bot", "handlers", "jobs", "playground")
MOST_LINES = 350
LONGER = {"bot/send.py": 440}
"""Build machines copy and run it as one file, without the bot."""


WALL_CLOCK = {
    "time": {"time", "time_ns", "localtime", "gmtime"},
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
}
DATES_THINGS = {
    "bot/app.py": "hands it to the parts",
    "bot/command/model.py": "hands it to the parts",
    "bot/composition.py": "hands it to the parts",
    "bot/token_commands.py": "dates the tokens that an operator creates",
    "bot/swarm/engine/clocks.py": "measures how far an engine's clock is off",
    "bot/swarm/engine/transport.py": "an answer without a date gets one",
    "handlers/slack/socket.py": "Slack's library logs how long an answer took",
    "jobs/observer.py": "leaves out what an engine dates long ago",
}
"""Who may ask `bot.clock.utc_now` for the date, and what for. Others are handed a clock, and what
is waited for is measured by `boot_seconds`, or by `store.ages` where bots share it."""


PLAIN_POOLS = {
    "handlers/http/door.py": "reads whose a token is",
    "handlers/http/feed.py": "looks for many callers at once",
    "handlers/slack/socket.py": "each envelope begins something",
    "jobs/scheduler.py": "each run begins something",
}
"""Where threads go on with nothing of who hands them work."""


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
    longest = {name: LONGER.get(name, MOST_LINES) for name in lines}
    assert {name: count for name, count in lines.items() if count > longest[name]} == {}


def test_pools_hand_on_what_a_request_is_followed_by() -> None:
    """What a plain pool does has neither the ids of its request in the log nor a place in its
    trace."""
    plain = {
        place(path)
        for path in files("bot", "handlers", "jobs")
        for node in nodes(path)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "ThreadPoolExecutor"
    }

    assert plain == set(PLAIN_POOLS)


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


def test_the_wall_clock_is_read_in_one_place_and_only_dates_things() -> None:
    readers, users = set(), set()
    for path in files("bot", "handlers", "jobs"):
        for node in nodes(path):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                is_read = node.attr in WALL_CLOCK.get(node.value.id, ())
                readers |= {place(path)} if is_read else set()
            elif isinstance(node, ast.ImportFrom):
                is_used = any(name.name == "utc_now" for name in node.names)
                users |= {place(path)} if is_used else set()

    assert readers == {"bot/clock.py"}
    assert users == set(DATES_THINGS)


def test_no_text_names_the_slash_command_literally() -> None:
    """What it is called is the operator's choice: texts carry `bot.model.slash.SLASH`."""
    literal = re.compile(r"/swarm(?= [a-z])")
    shown = (path for path in files("bot/render", "bot/swarm/spec", "handlers"))
    texts = {
        f"{place(path)}:{node.lineno}": node.value
        for path in shown
        for node in nodes(path)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert [where for where, text in texts.items() if literal.search(text)] == []
