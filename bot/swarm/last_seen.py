"""What the last look at the whole of a large Swarm said, for lists that may be some seconds old.

Where tens of thousands of tasks have to be read to count them, a list of the nodes would take
seconds; the watch has counted them half a minute ago.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.model import Task

MANY_TASKS = 5_000
"""With fewer they are read anew each time."""
MANY_NODES = 100
FRESH_SECONDS = 60.0


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

    @property
    def has_many_nodes(self) -> bool:
        """Whether to read all nodes costs more than to read a few by their ids afterwards."""
        return self.nodes > MANY_NODES

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
