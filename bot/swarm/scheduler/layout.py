"""Where the tasks of all services lie, worked out once for all who judge the same look; pure.

What is worked out here depends on the nodes, services and tasks alone, neither on the clock nor on
what is remembered: so it holds for as long as these are the very same. Of a large Swarm that is
most of the work of a judgement.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property, wraps
from typing import Any, TypeVar

from bot.model import Mode, Node, Service, Spec, Task
from bot.swarm.health import replica_counts
from bot.swarm.scheduler import constraints, evenness
from bot.swarm.scheduler.capacity import Capacity, Need
from bot.swarm.scheduler.evenness import Candidate
from bot.swarm.scheduler.obstacles import EligibleNodes

Value = TypeVar("Value")
Counts = Mapping[str, tuple[int, int]]
"""By service (id) how many replicas run, and how many should."""


@dataclass(frozen=True)
class TaskLayout:
    """Nodes, services and tasks put in order. `tasks`: at least all that are meant to run.

    It is shared by threads: nobody changes what it hands out.
    """

    listed_nodes: tuple[Node, ...] = ()
    listed_services: tuple[Service, ...] = ()
    tasks: tuple[Task, ...] = ()
    _able: dict[constraints.Demands, EligibleNodes] = field(default_factory=dict)
    _counts: dict[frozenset[str], Counts] = field(default_factory=dict)
    _derived: dict[Callable[[TaskLayout], Any], Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls, services: Iterable[Service], nodes: Iterable[Node], tasks: Iterable[Task]
    ) -> TaskLayout:
        """The layout of these."""
        return cls(tuple(nodes), tuple(services), tuple(tasks))

    def renewed(
        self, nodes: tuple[Node, ...], services: tuple[Service, ...], tasks: tuple[Task, ...]
    ) -> TaskLayout:
        """The layout of these: this one where it is that of the very same lists, for equal ones
        would take long to compare."""
        is_same = (
            self.listed_nodes is nodes and self.listed_services is services and self.tasks is tasks
        )
        return self if is_same else TaskLayout(nodes, services, tasks)

    def derived(self, derive: Callable[[TaskLayout], Value]) -> Value:
        """What this function makes of the layout, which never changes: made once."""
        if derive not in self._derived:
            self._derived[derive] = derive(self)
        value: Value = self._derived[derive]
        return value

    # ---- by id

    @cached_property
    def nodes(self) -> Mapping[str, Node]:
        """The nodes by id."""
        return {node.id: node for node in self.listed_nodes}

    @cached_property
    def services(self) -> Mapping[str, Service]:
        """The services by id."""
        return {service.id: service for service in self.listed_services}

    @cached_property
    def tasks_of(self) -> Mapping[str, Sequence[Task]]:
        """All tasks by service (id)."""
        tasks: defaultdict[str, list[Task]] = defaultdict(list)
        for task in self.tasks:
            tasks[task.service_id].append(task)
        return dict(tasks)

    # ---- where tasks lie

    @cached_property
    def active(self) -> Mapping[str, Mapping[str, int]]:
        """By service (id) how many tasks take room on each node; under the empty id those that have
        none yet."""
        return {
            service_id: Counter(task.node_id for task in tasks if task.active)
            for service_id, tasks in self.tasks_of.items()
        }

    @cached_property
    def used(self) -> frozenset[str]:
        """The nodes (ids) that run anything at all."""
        return frozenset().union(*self.active.values())

    @cached_property
    def capacity(self) -> Capacity:
        """What is left on each node; to be read only. Tasks of services that are not among these
        count for nothing."""
        known = {key: counts for key, counts in self.active.items() if key in self.services}
        return Capacity.filled(self.listed_nodes, known, self.services)

    def eligible(self, spec: Spec) -> EligibleNodes:
        """The nodes that may run what the specification says; looked for once for all that demand
        the same."""
        wanted = constraints.demands(spec)
        if wanted not in self._able:
            self._able[wanted] = EligibleNodes(constraints.eligible(spec, self.listed_nodes))
        return self._able[wanted]

    def counts(self, away: frozenset[str]) -> Counts:
        """How many replicas of each service run, and how many should, while these nodes (ids) are
        away."""
        counts = self._counts.get(away)
        if counts is None:
            counts = self._counted(self.nodes.keys() - away)
            # Only the last is asked for again.
            self._counts.clear()
            self._counts[away] = counts
        return counts

    def _counted(self, alive: Set[str]) -> Counts:
        return {
            service_id: replica_counts.counted(
                service,
                self.tasks_of.get(service_id, ()),
                alive,
                lambda spec: self.eligible(spec).ids,
            )
            for service_id, service in self.services.items()
        }

    # ---- evenness

    @cached_property
    def uneven(self) -> tuple[Service, ...]:
        """The replicated services that do not lie as evenly as they could."""
        return tuple(service for service in self.replicated if self.is_uneven(service))

    @property
    def replicated(self) -> Iterator[Service]:
        """The services with a number of tasks that run for good."""
        return (service for service in self.services.values() if service.mode is Mode.REPLICATED)

    def is_uneven(self, service: Service) -> bool:
        """Whether a node that could take one more task runs at least two fewer than another."""
        own = self.capacity.own(service.id)
        if not own:
            return False
        if constraints.has_preferences(service.spec):
            return evenness.is_uneven(self.places(service), 0)
        # Most services have no two tasks on one node, whichever may run them.
        if max(own.values()) < 2:
            return False
        # The same as with preferences, without a place for each of a thousand nodes.
        able, need = self.eligible(service.spec).nodes, Need.of(service)
        fewer = max((own[node.id] for node in able), default=0) - 1
        return fewer > 0 and any(
            own[node.id] < fewer and self.capacity.has_room(need, node.id) for node in able
        )

    def is_movable(self, service: Service) -> bool:
        """Whether it is not uneven, but a task that is placed anew would go to another node."""
        return not self.is_uneven(service) and evenness.is_movable(self.places(service))

    def places(self, service: Service) -> list[Candidate]:
        """The nodes that may run the service, with what they run of it."""
        own, need = self.capacity.own(service.id), Need.of(service)
        return [
            Candidate(
                node,
                own[node.id],
                need,
                self.capacity,
                constraints.branches(service.spec, node),
            )
            for node in self.eligible(service.spec).nodes
        ]


def kept_with_layout(derive: Callable[[TaskLayout], Value]) -> Callable[[TaskLayout], Value]:
    """A function of a layout alone, whose values nobody changes: what it makes is kept for as long
    as the layout is."""

    @wraps(derive)
    def looked_up(layout: TaskLayout) -> Value:
        return layout.derived(derive)

    return looked_up


NO_LAYOUT = TaskLayout()
"""That of no node, service and task."""
