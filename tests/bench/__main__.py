"""`python -m tests.bench`: measures on a Swarm of its own, prints the tables and writes them into
docs/benchmarks.md, between its marks."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from itertools import cycle
from pathlib import Path

import psutil

from playground.cluster import Cluster
from playground.workspace import Limits, Workspace
from tests.bench.cases import CASES, Bench
from tests.bench.large import SIZES, measure
from tests.bench.large_findings import LargeFindings, table_of
from tests.bench.samples import Finding, table
from tests.bench.watching import watch
from tests.marked import DOCS, write_marked
from tests.scenario.ci import lets_ci_in
from tests.scenario.running import AS_IN_THE_IMAGE, bot_for
from tests.soak.traffic import invite

NUMBER = int(os.environ.get("PLAYGROUND_NUMBER", "97"))
PAGE = DOCS / "benchmarks.md"
NO_LIMITS = Limits(posts_a_minute=6000, post_burst=1000, updates_a_minute=6000)

TEXT = """\
{table}

{missed}

Machine: {machine}.
"""


def main() -> int:
    """Measure everything; the status is 1 where a goal is missed."""
    cluster = Cluster(NUMBER)
    try:
        cluster.up()
        cluster.reset()
        findings = _measure(cluster)
        engine = cluster.docker(
            "version", "--format", "{{.Server.Version}} (CLI {{.Client.Version}})"
        ).strip()
    finally:
        cluster.down()
    large_swarms = _measure_large()
    missed = [finding for finding in findings if not finding.met]
    text = TEXT.format(table=table(findings), missed=_missed(missed), machine=_machine(engine))
    write_marked(PAGE, "make bench", text)
    write_marked(PAGE, "make bench, large Swarms", table_of(large_swarms))
    sys.stdout.write(f"{text}\n{table_of(large_swarms)}\n")
    return 1 if missed or not all(size.met for size in large_swarms) else 0


def _measure(cluster: Cluster) -> list[Finding]:
    findings = []
    with tempfile.TemporaryDirectory() as folder, Workspace(limits=NO_LIMITS) as workspace:
        # As installed: what was compiled once is not compiled at every start.
        people = invite(workspace)
        bot = bot_for(
            cluster,
            workspace,
            Path(folder),
            operators=[person.name for person in people],
            **AS_IN_THE_IMAGE,
        )
        bot.by_itself = True
        lets_ci_in(bot, "sent").start()
        try:
            for case in CASES:
                for finding in case(Bench(cluster, workspace, bot, cycle(people))):
                    sys.stderr.write(f"{table([finding]).splitlines()[-1]}\n")
                    findings.append(finding)
        finally:
            bot.stop()
    with tempfile.TemporaryDirectory() as folder, Workspace(limits=NO_LIMITS) as workspace:
        cluster.reset()
        for finding in watch(cluster, workspace, Path(folder)):
            sys.stderr.write(f"{table([finding]).splitlines()[-1]}\n")
            findings.append(finding)
    return findings


def _measure_large() -> tuple[LargeFindings, ...]:
    with tempfile.TemporaryDirectory() as folder, Workspace(limits=NO_LIMITS) as workspace:
        return tuple(measure(Path(folder), workspace, SIZES))


def _missed(missed: list[Finding]) -> str:
    if not missed:
        return "Every goal is met."
    return f"Missed: {', '.join(finding.subject for finding in missed)}."


def _machine(engine: str) -> str:
    memory = psutil.virtual_memory().total / 2**30
    system = platform.freedesktop_os_release()["PRETTY_NAME"]
    return (
        f"{os.cpu_count()} cores ({_processor()}), {memory:.0f} GB, {system}, Linux "
        f"{platform.release()}, "
        f"Docker {engine}, Python {platform.python_version()}; load {os.getloadavg()[2]:.1f} "
        "in the 15 minutes before the end"
    )


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")),
        platform.machine(),
    )


if __name__ == "__main__":
    sys.exit(main())
