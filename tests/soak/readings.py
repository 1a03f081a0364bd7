"""What a long run costs while it lasts, and whether that stays flat."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psutil
from redis import Redis

MEGABYTE = 1_000_000
WARM = 0.1
"""The part of the run that counts as warming up."""


@dataclass(frozen=True)
class Reading:
    """The bot after so many commands."""

    commands: int
    memory: float
    descriptors: int
    threads: int
    keys: int
    passing_keys: int
    redis_memory: float

    @classmethod
    def of(cls, process: psutil.Process, redis: Redis, commands: int) -> Reading:
        """As it is now; memory in megabytes. Passing keys are those with a time to live."""
        keyspace = redis.info("keyspace").get("db0", {"keys": 0, "expires": 0})
        return cls(
            commands,
            process.memory_info().rss / MEGABYTE,
            process.num_fds(),
            process.num_threads(),
            int(keyspace["keys"]) - int(keyspace["expires"]),
            int(keyspace["expires"]),
            float(redis.info("memory")["used_memory"]) / MEGABYTE,
        )


@dataclass(frozen=True)
class Course:
    """One number over the run: `least` is the growth that is not worth a word. What passes grows
    for as long as it lives, which may be longer than the run, and is not judged."""

    name: str
    unit: str
    value: Callable[[Reading], float]
    least: float
    passes: bool = False


COURSES = (
    Course("memory", "MB", lambda reading: reading.memory, 2.0),
    Course("descriptors", "", lambda reading: reading.descriptors, 5.0),
    Course("threads", "", lambda reading: reading.threads, 5.0),
    Course("keys that stay", "", lambda reading: reading.keys, 20.0),
    Course("keys that pass", "", lambda reading: reading.passing_keys, 0.0, passes=True),
    Course("memory of Redis", "MB", lambda reading: reading.redis_memory, 0.0, passes=True),
)


@dataclass(frozen=True)
class Verdict:
    """Where a number begins and ends after the warming up, and how much it grows by the straight
    line through it; `noise` is twice the standard deviation from that line."""

    course: Course
    first: float
    last: float
    most: float
    growth: float
    noise: float

    @property
    def is_flat(self) -> bool:
        """Whether the growth is within the noise."""
        return self.course.passes or self.growth <= max(self.noise, self.course.least)

    def row(self) -> str:
        """As a row of Markdown."""
        numbers = (self.first, self.last, self.most, self.growth, self.noise)
        unit = f" {self.course.unit}" if self.course.unit else ""
        cells = " | ".join(f"{number:.1f}{unit}" for number in numbers)
        verdict = "passes" if self.course.passes else "flat" if self.is_flat else "**grows**"
        return f"| {self.course.name} | {cells} | {verdict} |"


def warmed_up(readings: Sequence[Reading]) -> Sequence[Reading]:
    """Those after the first tenth of the commands."""
    begin = readings[-1].commands * WARM
    return [reading for reading in readings if reading.commands >= begin]


def judge(course: Course, readings: Sequence[Reading]) -> Verdict:
    """How one number went. Pure."""
    counted = warmed_up(readings)
    commands = [reading.commands for reading in counted]
    values = [float(course.value(reading)) for reading in counted]
    slope, begin = statistics.linear_regression(commands, values)
    apart = [value - (begin + slope * at) for at, value in zip(commands, values, strict=True)]
    growth = slope * (commands[-1] - commands[0])
    return Verdict(course, values[0], values[-1], max(values), growth, 2 * statistics.pstdev(apart))
