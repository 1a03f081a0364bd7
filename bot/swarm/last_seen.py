"""What the last look at the whole of a large Swarm said, for lists that may be some seconds old.

Where tens of thousands of tasks have to be read to count them, a list of the nodes would take
seconds; the watch has counted them half a minute ago. And what has not changed since is not kept
twice.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from bot.model import Service, Task

MANY_TASKS = 5_000
"""With fewer they are read anew each time."""
MANY_NODES = 100
FRESH_SECONDS = 60.0


Listed = TypeVar("Listed", Service, Task)


class LastList(Generic[Listed]):
    """All objects of one kind as they were listed last, by id."""

    def __init__(self) -> None:
        self._known: Mapping[str, Listed] = {}

    def shared(self, listed: Iterable[Listed]) -> Iterator[Listed]:
        """These objects; of one that has not changed since, the very object of then, so that the
        next look takes no more memory than the last."""
        known = self._known
        for value in listed:
            before = known.get(value.id)
            yield before if before == value else value

    def replace(self, listed: Iterable[Listed]) -> None:
        """Take these for all that there are."""
        self._known = {value.id: value for value in listed}


@dataclass(frozen=True, slots=True)
class RunningTasks:
    """How many tasks run, by node (id); `at`: when they were read, in monotonic seconds."""

    by_node: Mapping[str, int]
    at: float

    @property
    def ago(self) -> float:
        """Seconds since they were read."""
        return time.monotonic() - self.at


@dataclass(slots=True)
class LastSeen:
    """Shared by all threads of a process; each field is replaced as a whole."""

    nodes: int = 0
    running: RunningTasks | None = None
    services: LastList[Service] = field(default_factory=LastList)
    tasks: LastList[Task] = field(default_factory=LastList)

    @property
    def has_many_nodes(self) -> bool:
        """Whether to read all nodes costs more than to read a few by their ids afterwards."""
        return self.nodes > MANY_NODES

    def forget_lists(self) -> None:
        """Nobody looks at the whole any more."""
        self.services.replace(())
        self.tasks.replace(())

    def counted(self, tasks: Iterable[Task], at: float) -> RunningTasks:
        """Take in all tasks that run."""
        self.running = RunningTasks(Counter(task.node_id for task in tasks if task.runs), at)
        return self.running

    def recent(self) -> RunningTasks | None:
        """The last count, where it is fresh and of so many that it saves seconds."""
        running = self.running
        if running is None or running.ago > FRESH_SECONDS:
            return None
        return running if sum(running.by_node.values()) >= MANY_TASKS else None
