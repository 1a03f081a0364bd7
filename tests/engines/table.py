"""The table of docs/engines.md: a row for each Docker and the stories that were told on it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import parse

HEADER = ("| engine | stories | told | passed | failures |", "| --- | --- | --- | --- | --- |")


@dataclass(frozen=True)
class Run:
    """What became of `stories` (words for the table) on an `engine`: how many were told, and the
    ids of those that failed."""

    engine: str
    stories: str
    told: int
    failed: tuple[str, ...] = ()

    @property
    def row(self) -> str:
        """The line of the table."""
        failures = f"{len(self.failed)}: {', '.join(f'`{name}`' for name in self.failed)}"
        passed = self.told - len(self.failed)
        return (
            f"| {self.engine} | {self.stories} | {self.told} | {passed} | "
            f"{failures if self.failed else 'none'} |"
        )


def read(engine: str, stories: str, report: Path) -> Run:
    """The run that pytest's report in JUnit's form tells of.

    What was skipped was not told; what has no name is no story, but that the run was ended.
    """
    told: dict[str, bool] = {}
    for case in parse(report).getroot().iter("testcase"):
        if case.get("name") and case.find("skipped") is None:
            name = f"{case.get('classname', '').rpartition('.')[2]}::{case.get('name')}"
            failed = case.find("failure") is not None or case.find("error") is not None
            told[name] = told.get(name, False) or failed
    return Run(engine, stories, len(told), tuple(name for name in told if told[name]))


def written(page: str, run: Run) -> str:
    """The page with the row of this run, in place of an older one of the same engine and
    stories."""
    lines = page.split("\n")
    first = lines.index(HEADER[0]) + len(HEADER)
    end = next((n for n in range(first, len(lines)) if not lines[n].startswith("|")), len(lines))
    beginning = f"| {run.engine} | {run.stories} |"
    rows = [line for line in lines[first:end] if not line.startswith(beginning)]
    return "\n".join([*lines[:first], *sorted([*rows, run.row]), *lines[end:]])
