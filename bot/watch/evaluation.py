"""One look with all that is known besides, put in order once, so that each judge reads from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from bot.model import Finding, Service, Shortfall, Task, TaskState
from bot.model.alert_facts import AlertKind
from bot.swarm.health import replica_counts
from bot.swarm.health.diagnosis import diagnose
from bot.watch.node_evaluation import NodeEvaluation

EXPLAINED = timedelta(seconds=60)
"""A service that falls below its count within this time after a node went Down does so because of
the node."""
RECENT = timedelta(minutes=10)
"""What failed within this time says why a service does not run now."""
FAILED = ("failed", "rejected")


@dataclass(frozen=True)
class Evaluation(NodeEvaluation):
    """What is judged of services and of where tasks lie, on top of what is judged of nodes."""

    # ---- services

    def quiet(self, service_id: str) -> bool:
        """Whether the bot changes this service itself now, or did just now."""
        return self.memory.silent_until.get(service_id, self.at) > self.at

    @cached_property
    def below(self) -> Mapping[str, Shortfall]:
        """The services (ids) that run less than they should; see `uncounted`."""
        return {
            service_id: Shortfall(self.services[service_id].name, *count)
            for service_id, count in self.counts.items()
            if count and count[0] < count[1]
        }

    def cause_of(self, service_id: str) -> Finding | None:
        """Why tasks of a service do not run: of those that should and of those that failed lately;
        else of any that failed."""
        tasks = self.tasks_of.get(service_id, ())
        ill = [task for task in tasks if self._is_ill(task)] or [
            task for task in tasks if task.error and task.state != TaskState.RUNNING
        ]
        return self.diagnosed(ill)

    def diagnosed(self, tasks: Iterable[Task]) -> Finding | None:
        """The first cause, without what differs from task to task: it has to be the same at every
        look."""
        findings = diagnose(tasks, self.nodes)
        return Finding(findings[0].cause) if findings else None

    def _is_ill(self, task: Task) -> bool:
        if task.desired in (TaskState.RUNNING, TaskState.READY) and task.state != TaskState.RUNNING:
            return True
        failed_at = task.at or task.created or self.at
        return task.state in FAILED and self.at - failed_at < RECENT

    def failed_for_good(self, service_id: str) -> bool:
        """Whether a task of it failed that Swarm does not start again."""
        completion = self.services[service_id].completion
        return completion is not None and bool(completion.failed)

    @cached_property
    def uncounted(self) -> frozenset[str]:
        """The services (ids) of which nobody can say whether they are whole."""
        return frozenset(service_id for service_id, count in self.counts.items() if count is None)

    @cached_property
    def counts(self) -> Mapping[str, tuple[int, int] | None]:
        """By service (id) how many replicas run and how many should; None where nobody can say."""
        if self.snapshot.nodes is None:
            return dict.fromkeys(self.services)
        if self.snapshot.tasks is None:
            return {
                service_id: replica_counts.as_told(service, sure=not self.away)
                for service_id, service in self.services.items()
            }
        return self.layout.counts(frozenset(self.away))

    @cached_property
    def losses(self) -> Mapping[str, tuple[Shortfall, ...]]:
        """What each node (id) that is away costs: services that ran there and are not whole yet, by
        name."""
        if not self.watched(AlertKind.NODE_DOWN):
            return {}
        return {node_id: self._lost(node_id) for node_id in self.away}

    @cached_property
    def explained(self) -> frozenset[str]:
        """The names of the services that are below their count because of a node."""
        return frozenset(shortfall.service for lost in self.losses.values() for shortfall in lost)

    def _lost(self, node_id: str) -> tuple[Shortfall, ...]:
        old = self.open(f"node:{node_id}", AlertKind.NODE_DOWN)
        if self.snapshot.tasks is None or self.snapshot.services is None:
            return old.lost if old else ()
        before = {shortfall.service for shortfall in old.lost} if old else set()
        new = old is None or self.at - old.since < EXPLAINED
        below = [
            self.below[service_id]
            for service_id in self.burdens.get(node_id, ())
            if service_id in self.below
        ]
        lost = [shortfall for shortfall in below if new or shortfall.service in before]
        return tuple(sorted(lost, key=lambda shortfall: shortfall.service))

    # ---- where tasks could go

    @cached_property
    def uneven(self) -> Sequence[Service]:
        """The services that `rebalance` would spread anew, without those that the bot changes
        itself."""
        return [
            service
            for service in self.layout.uneven
            if (service.replicas or 0) > 1 and not self.quiet(service.id)
        ]

    @property
    def used(self) -> frozenset[str]:
        """The nodes (ids) that run anything at all."""
        return self.layout.used

    @cached_property
    def loaded(self) -> frozenset[str]:
        """The nodes (ids) that run at least one task which is not there because every node runs
        it."""
        everywhere = {key for key, service in self.services.items() if service.replicas is None}
        return frozenset().union(
            *(nodes for key, nodes in self.layout.active.items() if key not in everywhere)
        )

    def idles(self, node_id: str) -> bool:
        """Whether a node runs no replica, though it may take over what others have too many of."""
        if self.snapshot.tasks is None or node_id not in self.nodes or node_id in self.loaded:
            return False
        return any(node_id in self.able(service.spec) for service in self.uneven)
