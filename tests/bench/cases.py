"""What is measured, each case with the goal that it has to meet."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psutil

from playground.cluster import Cluster
from playground.workspace import Message, Workspace
from playground.workspace.person import Person
from tests.bench.samples import Finding, Sample
from tests.ci_docs import ROOT
from tests.scenario.ci import token_of
from tests.scenario.running import RunningBot
from tests.scenario.swarm import Site

ANSWERS = 60
PAIRS = 8
ROLLOUTS = 10
ACKS = 200
STARTS = 10
IDLE_SECONDS = 10.0
QUIET_SECONDS = 120.0
BARE = "import slack_bolt, docker, redis, pydantic"
WARM_UP = 3
MEGABYTE = 1_000_000
SEND = ROOT / "bot" / "send.py"
SLOTS = ("--replicas", "4", "--update-parallelism", "2")


@dataclass(frozen=True)
class Bench:
    """The cluster, the workspace and the bot that everything is measured on, and the operators who
    ask it in turn: a person who sends so many lines alone is refused."""

    cluster: Cluster
    workspace: Workspace
    bot: RunningBot
    people: Iterator[Person]

    @property
    def site(self) -> Site:
        return Site(self.cluster)

    def asks(self, line: str, answer: str, timeout: float = 10.0) -> float:
        """Seconds from the envelope on the socket to the last edit of the message that has `answer`
        in it."""
        message = self._typed(line, answer, timeout)
        return message.history[-1].at - self.workspace.deliveries[-1].at

    def acked(self, line: str, answer: str) -> float:
        """Seconds from the envelope to its ack."""
        self._typed(line, answer, 30)
        took = self.workspace.deliveries[-1].took
        assert took is not None
        return took

    def cli(self, *arguments: str) -> float:
        """Seconds of wall time of the Docker CLI."""
        environment = {**os.environ, "DOCKER_HOST": self.cluster.nodes["node1"].url}
        begun = time.perf_counter()
        subprocess.run(
            ["docker", *arguments], env=environment, check=True, stdout=subprocess.DEVNULL
        )
        return time.perf_counter() - begun

    def sent(self, token: str, *words: str) -> float:
        """Seconds of wall time of `send.py`, as a build machine runs it."""
        url = f"http://127.0.0.1:{self.bot.port}"
        environment = {**os.environ, "SWARMBOT_URL": url, "SWARMBOT_TOKEN": token}
        begun = time.perf_counter()
        subprocess.run(
            [sys.executable, str(SEND), *words],
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        return time.perf_counter() - begun

    def _typed(self, line: str, answer: str, timeout: float) -> Message:
        person = next(self.people)
        moment = person.types(line)
        return person.sees(answer, timeout, after=moment)


def answers(bench: Bench) -> Iterator[Finding]:
    """Two reads, in turn with the same commands of the Docker CLI."""
    bench.site.runs("web", "web:v1", *SLOTS, health_checked=True)
    cases = (
        ("service ps", ("service", "ps", "web"), "/swarm service ps web", "web.4"),
        ("node ls", ("node", "ls"), "/swarm node ls", "node4"),
    )
    for name, command, line, answer in cases:
        mine, its = _in_turn(
            lambda line=line, answer=answer: bench.asks(line, answer),  # type: ignore[misc]
            lambda command=command: bench.cli(*command),  # type: ignore[misc]
        )
        ratio = mine.median / its.median
        yield Finding(f"`{name}`: answer", "ms", mine, "at most 0.5 of the CLI", ratio, 0.5, its)


def deploys(bench: Bench) -> Iterator[Finding]:
    """A deploy and `docker service update`, in alternating pairs, from v1 to v2 and back."""
    bench.site.runs("rolled", "web:v1", *SLOTS, health_checked=True)
    mine, its = [], []
    for turn in range(PAIRS * 2):
        image = bench.site.image("web:v2" if turn % 2 == 0 else "web:v1")
        # Each of the two goes there as often as back.
        if (turn % 2 == 0) == (turn // 2 % 2 == 0):
            mine.append(bench.asks(f"/swarm deploy rolled {image}", "✅ rolled is on", 120))
        else:
            its.append(bench.cli("service", "update", "--quiet", "--image", image, "rolled"))
    ratio = Sample.of(mine).over(Sample.of(its)).median
    goal = "at most 1.02 of the CLI, median of pairs"
    yield Finding("deploy, 4 tasks", "s", Sample.of(mine), goal, ratio, 1.02, Sample.of(its))


def sends(bench: Bench) -> Iterator[Finding]:
    """`swarmbot send`, from the start of its process to the end, and `docker service update`, in
    alternating pairs as above."""
    bench.site.runs("sent", "web:v1", *SLOTS, health_checked=True)
    token = token_of(bench.bot, "bench", "sent")
    mine, its = [], []
    for turn in range(PAIRS * 2):
        image = bench.site.image("web:v2" if turn % 2 == 0 else "web:v1")
        if (turn % 2 == 0) == (turn // 2 % 2 == 0):
            mine.append(bench.sent(token, "service", "update", "--image", image, "sent"))
        else:
            its.append(bench.cli("service", "update", "--quiet", "--image", image, "sent"))
    ratio = Sample.of(mine).over(Sample.of(its)).median
    goal = "at most 1.05 of the CLI, median of pairs"
    yield Finding("`send`, 4 tasks", "s", Sample.of(mine), goal, ratio, 1.05, Sample.of(its))


def acks(bench: Bench) -> Iterator[Finding]:
    """Acks while ten rollouts run."""
    for number in range(ROLLOUTS):
        bench.site.runs(f"busy{number}", "web:v1", "--detach", "--replicas", "3")
    for number in range(ROLLOUTS):
        next(bench.people).types(
            f"/swarm deploy busy{number} {bench.site.image('web:v2')} --parallelism 1 --delay 20s"
        )
    for number in range(ROLLOUTS):
        next(bench.people).sees(f"🔵 busy{number} →", 60)
    sample = Sample.of(bench.acked("/swarm node ls", "node4") for _ in range(ACKS))
    bench.asks("/swarm status", f"{ROLLOUTS} rollouts")
    yield Finding(
        "ack with ten rollouts",
        "ms",
        sample,
        "99th percentile below 250 ms",
        sample.percentile(99),
        0.25,
    )


def memory(bench: Bench) -> Iterator[Finding]:
    """Resident memory and processor of the bot itself when nothing is asked of it."""
    bench.bot.stop()
    bench.bot.start()
    bench.asks("/swarm status", "managers")
    time.sleep(IDLE_SECONDS)
    assert bench.bot.process is not None
    process = psutil.Process(bench.bot.process.pid)
    used = process.memory_info().rss / MEGABYTE
    yield Finding("memory when idle", "MB", Sample.of([used]), "at most 75 MB", used, 75)
    begun = _worked(process)
    time.sleep(QUIET_SECONDS)
    share = (_worked(process) - begun) / QUIET_SECONDS * 100
    goal = "at most 2 % of a core"
    yield Finding("processor, quiet Swarm", "%", Sample.of([share]), goal, share, 2)


def starts(bench: Bench) -> Iterator[Finding]:
    """From the start of the process to a `/readyz` that says ready, Redis of its own included; in
    turn with a Python that imports the four largest libraries and ends."""

    def start() -> float:
        bench.bot.stop()
        return bench.bot.start().started_in

    pairs = [(start(), _bare()) for _ in range(STARTS)]
    mine, bare = Sample.of(mine for mine, _ in pairs), Sample.of(bare for _, bare in pairs)
    ratio = mine.over(bare).median
    goal = "at most 1.5 of a Python that only imports four libraries, median of pairs"
    yield Finding("start to ready", "s", mine, goal, ratio, 1.5, bare)


CASES: tuple[Callable[[Bench], Iterator[Finding]], ...] = (
    answers,
    deploys,
    sends,
    starts,
    memory,
    acks,
)
"""The ten rollouts come last: they go on after their case, and a bot that starts would take them
up."""


def _bare() -> float:
    """Seconds of a Python that imports what no bot of this kind can do without."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", BARE], check=True)
    return time.perf_counter() - begun


def _worked(process: psutil.Process) -> float:
    """Seconds of a processor that it has used."""
    times = process.cpu_times()
    return float(times.user + times.system)


def _in_turn(mine: Callable[[], float], its: Callable[[], float]) -> tuple[Sample, Sample]:
    pairs = [(mine(), its()) for _ in range(WARM_UP + ANSWERS)][WARM_UP:]
    return Sample.of(pair[0] for pair in pairs), Sample.of(pair[1] for pair in pairs)
