"""Answers as the Docker CLI prints them, by the name of their golden files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.model import Message
from bot.render.cli import listing, objects
from bot.render.objects import logs, task_sheet
from tests.unit.render import values as v

ODD = replace(v.WEB, name=v.LONG, stack=v.HOSTILE)
MANY = [replace(v.WEB, id=f"s{number}", name=f"shop_web{number}") for number in range(300)]
LINE = replace(v.LOG.lines[0], details="env=prod,zone=a")


def messages() -> Mapping[str, Callable[[], Message]]:
    """Every kind of answer in the words of the CLI."""
    name, hostile = "service ls", objects.services([ODD])
    return {
        "logs-details": lambda: logs.logs(
            v.WEB,
            replace(v.LOG, lines=(LINE,)),
            v.NODES,
            logs.LogView(v.NODES, raw=True, timestamps=True, details=True),
        ),
        "task-sheet": lambda: task_sheet.inspected(v.TASKS[0], v.WEB, v.NODES),
        "task-sheet-hostile": lambda: task_sheet.inspected(
            replace(v.TASKS[0], error=v.HOSTILE, exit_code=3), ODD, {}
        ),
        "printed-table": lambda: listing.printed(objects.services([v.WEB, v.API]), name, "table"),
        "printed-hostile": lambda: listing.printed(hostile, name, "{{.Name}} " + v.HOSTILE),
        "printed-json": lambda: listing.printed(hostile, name, "json"),
        "printed-none": lambda: listing.printed(objects.services([]), name, "{{.Name}}"),
        "printed-many": lambda: listing.printed(objects.services(MANY), name, "", quiet=True),
        "filtered-none": lambda: listing.none_fits("service", ("name=web", v.HOSTILE)),
    }
