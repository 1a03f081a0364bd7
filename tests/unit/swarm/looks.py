"""Looks at one rollout from 1.1 to 2.0, for the tests of its progress."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from bot.model import Node, Phase, Progress, Service, Task
from bot.swarm.health.progress import Expected, Followed, RolloutSnapshot, advance
from bot.swarm.spec.edit import fingerprint
from tests.unit.swarm.values import FOUR, NOW, V1, V2, spec, task

MONITOR = timedelta(seconds=5)
EXPECTED = Expected(
    spec_hash=fingerprint(spec(V2)),
    before_hash=fingerprint(spec(V1)),
    monitor=MONITOR,
    deadline=NOW + timedelta(minutes=10),
)
FOUR_NEW = tuple(task(slot, f"node{slot}") for slot in range(1, 5))
ON_EVERY_NODE = tuple(task(0, f"node{number}") for number in range(1, 5))
BACK = spec(V1)


def look(
    this: Service | None,
    tasks: tuple[Task, ...] = (),
    at: float = 0,
    among: Mapping[str, Node] = FOUR,
) -> RolloutSnapshot:
    return RolloutSnapshot(this, tasks, among, NOW + timedelta(seconds=at))


def seen(*looks: RolloutSnapshot, expected: Expected = EXPECTED) -> Progress:
    followed: Followed | None = None
    for look in looks:
        followed = advance(followed, look, expected)
    assert followed
    return followed.progress


def after_monitor(
    this: Service,
    tasks: tuple[Task, ...],
    among: Mapping[str, Node] = FOUR,
    expected: Expected = EXPECTED,
) -> Progress:
    """What is said when nothing moved for as long as the tasks are watched."""
    return seen(look(this, tasks, 0, among), look(this, tasks, 5, among), expected=expected)


def counted(progress: Progress) -> tuple[Phase, int, int]:
    return progress.phase, progress.done, progress.total
