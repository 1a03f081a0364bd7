"""`python -m tests.soak`: an hour and more of a bot's life as fast as it goes, and whether what it
costs stays flat.

The bot is a process of its own with its own Redis; the Swarm is the one in memory, behind real
sockets. It writes docs/soak.svg, and the table into docs/reliability.md.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
from redis import Redis

from playground.workspace import Limits, Workspace
from tests.marked import DOCS, write_marked
from tests.memory.twin.swarm_twin import SwarmTwin
from tests.scenario.running import AS_IN_THE_IMAGE, RunningBot, bot_on
from tests.soak.engines import TwinEngines
from tests.soak.plot import plot
from tests.soak.readings import COURSES, Reading, Verdict, judge
from tests.soak.traffic import EVENTS, Traffic, invite, run_services

COMMANDS, ROLLOUTS, RECONNECTS = 50_000, 200, 50
REST_SECONDS = 30.0
"""For what is still under way at the end."""
NO_LIMITS = Limits(posts_a_minute=600_000, post_burst=10_000, updates_a_minute=600_000)
TEXT = """\
`make soak` of {date}: {commands:,} commands of {people} people, {events:,} events, {rollouts}
rollouts and {reconnects} broken connections (of Slack and of all engines, in turn) within
{minutes:.0f} minutes, by a bot with its own Redis and a Swarm in memory behind real sockets. Growth
is that of the straight line through all readings after the first tenth; flat is what grows by no
more than the noise, twice the standard deviation from that line, or by so
little that it is not worth a word ({least}). {left}

| | after the first tenth | at the end | most | growth | noise | |
| --- | --- | --- | --- | --- | --- | --- |
{rows}

![memory, descriptors, threads, and keys of Redis, over the commands](soak.svg)
"""


def main() -> int:
    """Run it; the status is 1 where something grows. `SOAK_PART` of it is a shorter run."""
    part = float(os.environ.get("SOAK_PART", "1"))
    twin = SwarmTwin(time.monotonic)
    run_services(twin)
    with tempfile.TemporaryDirectory() as folder, Workspace(limits=NO_LIMITS) as workspace:
        engines = TwinEngines(Path(folder), twin)
        people = invite(workspace)
        bot = bot_on(
            engines.urls,
            workspace,
            Path(folder) / "bot",
            operators=[person.name for person in people],
            **AS_IN_THE_IMAGE,
        )
        bot.by_itself = True
        with engines.serving():
            bot.start()
            try:
                return _soak(bot, workspace, engines, part)
            finally:
                bot.stop()


def _soak(bot: RunningBot, workspace: Workspace, engines: TwinEngines, part: float) -> int:
    assert bot.process is not None
    process, redis = psutil.Process(bot.process.pid), Redis.from_url(bot.redis_url)
    readings: list[Reading] = []

    def note(commands: int) -> None:
        readings.append(Reading.of(process, redis, commands))
        sys.stderr.write(f"{readings[-1]}\n")

    traffic = Traffic(workspace, invite(workspace), engines, note)
    begun = time.monotonic()
    traffic.flow(round(COMMANDS * part), round(ROLLOUTS * part), round(RECONNECTS * part))
    minutes = (time.monotonic() - begun) / 60
    time.sleep(REST_SECONDS)
    threads = process.num_threads()
    verdicts = [judge(course, readings) for course in COURSES]
    left = f"{threads} threads were there at the end, {readings[0].threads} after the first batch."
    left += f" The log has {_complaints(bot.log)} warnings and errors."
    text = TEXT.format(
        date=time.strftime("%Y-%m-%d"),
        commands=readings[-1].commands,
        people=len(traffic.people),
        events=readings[-1].commands * EVENTS,
        rollouts=traffic.rolled,
        reconnects=traffic.reconnected,
        minutes=minutes,
        left=left,
        least=", ".join(
            f"{course.least:g} {course.unit or course.name}"
            for course in COURSES
            if not course.passes
        ),
        rows="\n".join(verdict.row() for verdict in verdicts),
    )
    _write(readings, text)
    sys.stdout.write(text)
    return 0 if all(map(_is_flat, verdicts)) else 1


def _is_flat(verdict: Verdict) -> bool:
    return verdict.is_flat


def _complaints(log: str) -> int:
    return sum(
        any(level in line.lower() for level in ("[warning", "[error", "[critical"))
        for line in log.splitlines()
    )


def _write(readings: Sequence[Reading], text: str) -> None:
    plot(readings, DOCS / "soak.svg")
    write_marked(DOCS / "reliability.md", "make soak", text)


if __name__ == "__main__":
    sys.exit(main())
