"""What large Swarms cost, on a simulated engine: the bot's answers beside those of the Docker CLI,
which asks the same engine, with the engine calls of each; the bot's memory; and how soon a node
that goes Down is told of."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import psutil

from playground.workspace import Message, Workspace
from playground.workspace.person import Person
from tests.bench.large_findings import QUESTIONS, SERVICE, LargeFindings, Measured, table_of
from tests.bench.samples import Sample
from tests.bench.simulation import shapes
from tests.scenario.running import AS_IN_THE_IMAGE, RunningBot, bot_on, eventually
from tests.soak.traffic import invite

MEGABYTE = 1_000_000
LOOKS_AN_HOUR = 120
DOWNS = 5
EVENTS = 1_000_000
SETTLE_SECONDS = 10.0
SIZES = (10, 100, 1000)


@dataclass
class Simulation:
    """A simulated engine in a process of its own."""

    path: Path
    nodes: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """As `DOCKER_HOST` has it."""
        return f"unix://{self.path}"

    def start(self) -> None:
        """Return when it answers."""
        command = [sys.executable, "-m", "tests.bench.simulation", "--nodes", str(self.nodes)]
        self.process = subprocess.Popen([*command, str(self.path)])
        eventually(self.path.exists, 60)

    def stop(self) -> None:
        """End the process."""
        assert self.process is not None
        self.process.terminate()
        self.process.wait(10)

    def asked(self, method: str, path: str) -> Any:
        """One request, its answer read."""
        connection = http.client.HTTPConnection("simulation")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(str(self.path))
        try:
            connection.request(method, path)
            return json.load(connection.getresponse())
        finally:
            connection.close()

    def calls(self) -> dict[str, int]:
        """How often each path was asked since this was asked last."""
        return dict(self.asked("GET", "/simulation/calls"))

    def await_calls(self, *paths: str) -> None:
        """Return when each of these was asked."""
        missing = set(paths)

        def all_were_asked() -> bool:
            missing.difference_update(self.calls())
            return not missing

        eventually(all_were_asked, 60)


@dataclass
class LargeBench:
    """A bot on a simulated Swarm, and people who ask it in turn."""

    simulation: Simulation
    workspace: Workspace
    bot: RunningBot
    people: Iterator[Person]

    def asks(self, line: str, answer: str) -> float:
        """Seconds from the envelope on the socket to the message that has `answer` in it."""
        return self.typed(line, answer).history[-1].at - self.workspace.deliveries[-1].at

    def typed(self, line: str, answer: str) -> Message:
        """The message that a line brings about."""
        person = next(self.people)
        moment = person.types(line)
        return person.sees(answer, 60, after=moment)

    def cli(self, commands: Sequence[Sequence[str]]) -> float:
        """Seconds of wall time of commands of the Docker CLI, one after the other."""
        environment = {**os.environ, "DOCKER_HOST": self.simulation.url}
        begun = time.perf_counter()
        for command in commands:
            subprocess.run(
                ["docker", *command], env=environment, check=True, stdout=subprocess.DEVNULL
            )
        return time.perf_counter() - begun

    @property
    def memory(self) -> psutil.Process:
        assert self.bot.process is not None
        return psutil.Process(self.bot.process.pid)

    def resident(self) -> float:
        """Megabytes that the bot has now."""
        return float(self.memory.memory_info().rss) / MEGABYTE

    def peak(self) -> float:
        """Megabytes that the bot had at most since `forget_peak`."""
        status = Path(f"/proc/{self.memory.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / MEGABYTE

    def forget_peak(self) -> None:
        Path(f"/proc/{self.memory.pid}/clear_refs").write_text("5")


@contextmanager
def large(nodes: int, folder: Path, workspace: Workspace) -> Iterator[LargeBench]:
    """A bot that watches a simulated Swarm of this size."""
    folder.mkdir(parents=True, exist_ok=True)
    simulation = Simulation(folder / "engine.sock", nodes)
    simulation.start()
    bot = bot_on({"simulated": simulation.url}, workspace, folder / "bot", **AS_IN_THE_IMAGE)
    bot.by_itself = True
    bot.start()
    try:
        people = invite(workspace)
        bench = LargeBench(simulation, workspace, bot, cycle(people))
        for _ in people:
            # Slack is asked once who somebody is.
            bench.asks("/swarm locks", "othing")
        yield bench
    finally:
        bot.stop()
        simulation.stop()


def answers(bench: LargeBench) -> Iterator[Measured]:
    """Each question in turn with the same of the CLI."""
    for question in QUESTIONS:
        mine, its, calls = [], [], []
        for _ in range(question.times):
            bench.simulation.calls()
            mine.append(bench.asks(question.line, question.answer))
            calls.append(bench.simulation.calls())
            if question.instead:
                its.append(bench.cli(question.instead))
        yield Measured(
            question,
            bench.simulation.nodes,
            Sample.of(mine),
            Sample.of(its) if its else None,
            # The watch may have asked in between: the fewest are the question's own.
            min(calls, key=lambda counted: sum(counted.values())),
        )


def suggested(bench: LargeBench) -> Iterator[float]:
    """Seconds for the names of services that are offered with each letter in a form; of the first
    letter the bot knows none yet."""
    dev = bench.workspace.person("dev")
    moment = dev.types("/swarm scale")
    form = dev.sees_modal("Scale a service", after=moment)
    for letters in range(len(SERVICE) + 1):
        begun = time.perf_counter()
        names = dev.suggestions("Service", SERVICE[:letters], on=form)
        yield time.perf_counter() - begun
        if letters == len(SERVICE):
            assert SERVICE in names
    dev.closes_modal()


def told_of_nodes(bench: LargeBench) -> Iterator[float]:
    """Seconds from the event of a node that goes Down to the post, while everything is being read
    because a stream of events has begun anew."""
    dev = bench.workspace.person("dev")
    for number in range(bench.simulation.nodes - DOWNS, bench.simulation.nodes):
        bench.simulation.calls()
        bench.simulation.asked("POST", "/simulation/cut")
        bench.simulation.await_calls("/events", "/tasks")
        at = bench.simulation.asked("POST", f"/simulation/nodes/{number}/down")["at"]
        name = shapes.host_name(number)
        yield dev.sees(f"🔴 {name}", 60, channel="alerts").history[0].at - at
        bench.simulation.asked("POST", f"/simulation/nodes/{number}/ready")
        dev.sees(f"🟢 {name}", 60, channel="alerts")


def an_hour(bench: LargeBench, looks: int = LOOKS_AN_HOUR) -> float:
    """Megabytes at most in an hour of watch and commands, without the waits in between: each
    half-minute the watch compares everything and somebody asks something."""
    bench.forget_peak()
    for look in range(looks):
        bench.simulation.asked("POST", "/simulation/cut")
        question = QUESTIONS[look % len(QUESTIONS)]
        bench.asks(question.line, question.answer)
        time.sleep(0.3)
    return bench.peak()


def a_million_events(bench: LargeBench) -> tuple[float, float]:
    """Seconds until people are told of a node that goes Down behind a million events about what is
    not there, and megabytes that the bot had at most meanwhile."""
    bench.forget_peak()
    begun = time.time()
    bench.simulation.asked("POST", f"/simulation/flood/{EVENTS}")
    # Of those behind it people were told before.
    number = bench.simulation.nodes - DOWNS - 1
    bench.simulation.asked("POST", f"/simulation/nodes/{number}/down")
    told = bench.workspace.person("dev").sees(
        f"🔴 {shapes.host_name(number)}", 600, channel="alerts"
    )
    took, peak = told.history[0].at - begun, bench.peak()
    bench.simulation.asked("POST", f"/simulation/nodes/{number}/ready")
    return took, peak


def measure(folder: Path, workspace: Workspace, sizes: Sequence[int]) -> Iterator[LargeFindings]:
    """Each size with a bot of its own."""
    for nodes in sizes:
        with large(nodes, folder / str(nodes), workspace) as bench:
            time.sleep(SETTLE_SECONDS)
            offered = Sample.of(suggested(bench))
            measured = tuple(answers(bench))
            told = Sample.of(told_of_nodes(bench))
            hour, flooded = an_hour(bench), a_million_events(bench)
            yield LargeFindings(nodes, measured, offered, told, hour, flooded)


def main() -> None:
    """Measure one size, for whoever works on it."""
    import argparse
    import tempfile

    from playground.workspace import Limits

    parser = argparse.ArgumentParser(prog="python -m tests.bench.large")
    parser.add_argument("--nodes", type=int, default=1000)
    wanted = parser.parse_args()
    limits = Limits(posts_a_minute=6000, post_burst=1000, updates_a_minute=6000)
    with tempfile.TemporaryDirectory() as folder, Workspace(limits=limits) as workspace:
        findings = tuple(measure(Path(folder), workspace, [wanted.nodes]))
    sys.stdout.write(table_of(findings) + "\n")


if __name__ == "__main__":
    main()
