"""`python -m tests.bench`: measures on a Swarm of its own, prints the table and writes it to
docs/benchmarks.md."""

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
from tests.bench.large import SIZES, LargeFindings, measure, table_of
from tests.bench.samples import Finding, table
from tests.bench.watching import watch
from tests.scenario.ci import lets_ci_in
from tests.scenario.running import AS_IN_THE_IMAGE, bot_for
from tests.soak.traffic import invite

NUMBER = int(os.environ.get("PLAYGROUND_NUMBER", "97"))
PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
NO_LIMITS = Limits(posts_a_minute=6000, post_burst=1000, updates_a_minute=6000)

TEXT = """\
# What the bot costs

`make bench` measured this: the bot as a process of its own with its own Redis, on the playground's
Swarm (three managers, one worker, on one machine) and the playground's Slack workspace. Times of
the bot run from the moment the envelope goes onto the socket to the moment the message is at
Slack's side; those of the Docker CLI are the wall time of the same command, in turn with the bot,
against the same manager. `send` is measured as the CLI is: from the start of its process to its
end. A start is compared with a Python that imports slack_bolt, docker, redis and pydantic, and
ends.

A deploy ends when Swarm itself calls the update completed, the CLI five seconds after all tasks
run. Where the service has an update delay, that is one delay later.

A start is the loading of modules. Of 0.74 s of a processor (2026-11-27, quiet moments of a busy
machine) 0.19 s go to the four libraries that it is compared with, 0.19 s to making the bot's 430
dataclasses, 0.11 s to making pydantic's models of commands and settings, and the rest to reading
470 modules of the bot and what other libraries it needs. Of 102 MB of an idle bot 50 MB are Python
with those four libraries, 6 MB uvicorn, Starlette, APScheduler and the metrics, 35 MB the bot's own
modules, with cryptography and pydantic-settings, and 10 MB what 47 threads keep while they wait.

{table}

{missed}

Machine: {machine}.

## Large Swarms

The same bot, with its watch on, on a simulated engine (`tests/bench/simulation`: real HTTP on a
unix socket, JSON as large as an engine's, two services for each node and 25 tasks for each
service). The Docker CLI asks the same engine in turn with the bot; beside `status` it lists nodes
and services one after the other. An hour of watch and commands is compressed: each half-minute's
look at everything, and a command with it, without the waits in between.

{large}

From 100 nodes and 100 services on, lists answer from what the watch saw last, and say how old that
is; of a smaller Swarm everything is read anew, so the goals of lists hold at 1,000 nodes. What
misses, and why:

- `service ps` and `service inspect`: of their 7 to 11 ms, 3 to 4 ms are what any answer takes that
  asks no engine (the row of `locks`: the envelope, a call of Redis, the post); each of their two or
  three calls of an engine takes 0.3 to 1 ms with the change of threads, and reading and laying out
  the answer 1 to 2 ms of a processor (`service inspect` alone: 0.75 ms). The CLI takes 12 to 24 ms
  for one service, much of it the start of its process, whatever the Swarm's size.
- `doctor`: at 1,000 nodes it reads nodes, services and tasks no more, but judges 2,000 services and
  50,000 tasks (0.4 s of a processor: what is left of each node two fifths, addresses of networks a
  seventh, why services do not run a tenth). Its goal is a ratio to `status`, which takes 11 ms
  instead of 146 ms since. What registries say is awaited in the same answer, for nine seconds at
  most: after a slash command Slack lets nobody replace a private answer, so it cannot follow later
  in the same message.

How it became so, at 1,000 nodes, 2,000 services and 50,000 tasks (100 MB of JSON, 27 November
2026):

| what | before | after |
| --- | --- | --- |
| peak memory after the start, with the watch looking at everything | 2,037 MB | 183 MB |
| a node that goes Down → posted, while all is read, the slowest | 43 s, at a load of 30 | 0.8 s |
| processor to decode all tasks | 3.6 s (`json.loads`) | 0.5 s |
| processor to read all tasks into values | 4.0 s | 0.9 s |
| processor of one judgement of the watch | 0.39 s | 0.17 s |
| processor of the doctor's judgement | 22.3 s | 0.5 s |
| lists, `status`, doctor: what is read | all of it | nothing that the watch has just seen |
| processor to lay out a list of 1,000 nodes | 16 ms | 8 ms |
| `service ps`, `service inspect`: nodes that are read | 1,000 | none, or those of the tasks |
| engine calls of a start, for the revisions of 2,000 services | 2,000 | none |

Of the 183 MB 102 MB are the idle bot, 30 MB the tasks and 12 MB the services that the watch keeps:
what has not changed from one look to the next is kept once, and specifications as JSON.
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
    PAGE.write_text(
        TEXT.format(
            table=table(findings),
            missed=_missed(missed),
            machine=_machine(engine),
            large=table_of(large_swarms),
        )
    )
    sys.stdout.write(PAGE.read_text())
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
