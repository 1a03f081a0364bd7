"""`make test-engines`: tells all stories on other versions of Docker, one after the other, and
writes the table of docs/engines.md. `python -m tests.engines 28 tests/swarm/test_events.py` tells
some on one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from playground import engines
from tests.engines import table

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "engines.md"
REPORTS = ROOT / ".dev" / "engines"
ALL = ("tests/store", "tests/swarm", "tests/scenario", "tests/engines")
PROCESSES = os.environ.get("ENGINES_PROCESSES", "4")


def main(arguments: Sequence[str]) -> int:
    """Tell the stories; the status is 1 where one failed."""
    chosen = [word for word in arguments if word in engines.CHOICES] or list(engines.CHOICES)
    stories = [word for word in arguments if word not in engines.CHOICES]
    failed = 0
    for engine in chosen:
        run = _told(engine, stories)
        print(run.row, flush=True)
        PAGE.write_text(table.written(PAGE.read_text(), run))
        failed += len(run.failed)
    return 1 if failed else 0


def _told(engine: str, stories: Sequence[str]) -> table.Run:
    REPORTS.mkdir(parents=True, exist_ok=True)
    report = REPORTS / f"{engine}.xml"
    report.unlink(missing_ok=True)
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            *(stories or ALL),
            *("-n", PROCESSES, "--dist", "loadscope", "--no-loadscope-reorder"),
            *("--junitxml", str(report)),
        ],
        cwd=ROOT,
        env=os.environ | {"PLAYGROUND_ENGINE": engine},
        check=False,
    )
    return table.read(engine, " ".join(stories) or "all", report)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
