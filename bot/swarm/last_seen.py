"""What the last look at the whole of a large Swarm said, for answers that may be some seconds old.

To read a thousand nodes, or tens of thousands of tasks, takes a second or more; the watch has read
them just now. Of a small Swarm everything is read anew, for that takes a moment. And what has not
changed since is not kept twice.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import is_
from typing import Generic, TypeVar

from bot.model import Node, Service, Task
from bot.swarm.scheduler.layout import NO_LAYOUT, TaskLayout

MANY_NODES, MANY_SERVICES, MANY_TASKS = 100, 100, 1_000
"""Of fewer, everything is read anew each time."""
NODES_SECONDS = 10.0
"""The watch looks at the nodes every five seconds, and at each of their events."""
WHOLE_SECONDS = 60.0
"""It looks at services and tasks every half a minute, and at each event of a service."""

Value = TypeVar("Value")
Listed = TypeVar("Listed", Node, Service, Task)


@dataclass(frozen=True, slots=True)
class Observed(Generic[Value]):
    """What was seen; `at`: when the read of it began, in monotonic seconds."""

    value: Value
    at: float

    @property
    def ago(self) -> float:
        """Seconds since then."""
        return time.monotonic() - self.at


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


def unchanged(
    before: Observed[tuple[Listed, ...]] | None, now: tuple[Listed, ...]
) -> tuple[Listed, ...]:
    """These objects; where they are the very same in the same order as before, the very list of
    then, by which others tell that nothing has changed."""
    if before and len(before.value) == len(now) and all(map(is_, before.value, now)):
        return before.value
    return now


@dataclass(slots=True)
class LastSeen:
    """Shared by all threads of a process; each field is replaced as a whole.

    `tasks` are without those that were stopped long ago; `running` is how many run, by node (id).
    `changed_at`: when this process last changed the Swarm, in monotonic seconds: what was read
    before is not told any more. `layout`: where everything lay when the watch judged last.
    """

    nodes: Observed[tuple[Node, ...]] | None = None
    services: Observed[tuple[Service, ...]] | None = None
    tasks: Observed[tuple[Task, ...]] | None = None
    running: Observed[Mapping[str, int]] | None = None
    known_nodes: LastList[Node] = field(default_factory=LastList)
    known_services: LastList[Service] = field(default_factory=LastList)
    known_tasks: LastList[Task] = field(default_factory=LastList)
    changed_at: float = -math.inf
    layout: TaskLayout = NO_LAYOUT

    @property
    def has_few_nodes(self) -> bool:
        """Whether to read all nodes, which are known from then on, costs no more than to read some
        by their ids."""
        return self.nodes is not None and len(self.nodes.value) < MANY_NODES

    def forget(self) -> None:
        """Nothing of this may be told any more."""
        self.nodes = self.services = self.tasks = self.running = None

    def forget_lists(self) -> None:
        """Nobody looks at the whole any more."""
        self.services = self.tasks = self.running = None
        self.layout = NO_LAYOUT
        self.known_services.replace(())
        self.known_tasks.replace(())

    def changed(self) -> None:
        """This process has just changed something."""
        self.changed_at = time.monotonic()

    def counted(self, tasks: Iterable[Task], at: float) -> Observed[Mapping[str, int]]:
        """Take in all tasks that run."""
        self.running = Observed(Counter(task.node_id for task in tasks if task.runs), at)
        return self.running

    def recent_nodes(self) -> Observed[tuple[Node, ...]] | None:
        """All nodes by name, where they are many and were read just now."""
        nodes = self._fresh(self.nodes, NODES_SECONDS)
        return nodes if nodes and len(nodes.value) >= MANY_NODES else None

    def nodes_of(self, ids: Collection[str]) -> tuple[Node, ...] | None:
        """The nodes with these ids, by name, where all of them were read just now."""
        seen = self._fresh(self.nodes, NODES_SECONDS)
        named = tuple(node for node in (seen.value if seen else ()) if node.id in ids)
        return named if len(named) == len(ids) else None

    def recent_services(self) -> Observed[tuple[Service, ...]] | None:
        """The same of all services."""
        services = self._fresh(self.services, WHOLE_SECONDS)
        return services if services and len(services.value) >= MANY_SERVICES else None

    def recent_tasks(self) -> Observed[tuple[Task, ...]] | None:
        """The same of all tasks by service, slot and age."""
        tasks = self._fresh(self.tasks, WHOLE_SECONDS)
        return tasks if tasks and len(tasks.value) >= MANY_TASKS else None

    def recent_running(self) -> Observed[Mapping[str, int]] | None:
        """The last count of the tasks that run, where they are many."""
        running = self._fresh(self.running, WHOLE_SECONDS)
        return running if running and sum(running.value.values()) >= MANY_TASKS else None

    def _fresh(self, seen: Observed[Value] | None, seconds: float) -> Observed[Value] | None:
        if seen is None or seen.ago > seconds or seen.at <= self.changed_at:
            return None
        return seen
