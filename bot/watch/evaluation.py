"""One look with all that is known besides, put in order once, so that each judge reads from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from bot.model import Node, Service, Shortfall, Spec, Task
from bot.model.cluster import EngineState, Quorum
from bot.model.incident import AlertKind, AlertRule, AlertState, Incident, Memory, Problem
from bot.settings import WatchSettings
from bot.swarm.scheduler import balance, constraints
from bot.swarm.spec.read import ENDED
from bot.watch import replica_counts
from bot.watch.snapshot import Snapshot

UNSURE = timedelta(seconds=45)
"""After a change of leader every node is `unknown` for seconds, a dead one for half a minute: only
longer is it trouble."""
EXPLAINED = timedelta(seconds=60)
"""A service that falls below its count within this time after a node went Down does so because of
the node."""


@dataclass(frozen=True)
class Evaluation:
    """What was seen, what is remembered (`memory.incidents` as they were before this look), and the
    rules."""

    seen: Snapshot
    memory: Memory
    watch: WatchSettings

    # ---- rules

    @cached_property
    def rules(self) -> Mapping[AlertKind, AlertRule]:
        """What holds for each kind of trouble."""
        return {trouble: self.watch.rule(trouble) for trouble in AlertKind}

    def watched(self, trouble: AlertKind) -> bool:
        """Whether anybody wants to hear of it."""
        return self.rules[trouble].watched

    def problem(self, trouble: AlertKind, subject: str, name: str, **fields: Any) -> Problem:
        """A problem as the rules weigh it, noticed now."""
        severity = self.rules[trouble].severity
        values: dict[str, Any] = {
            "subject": subject,
            "severity": severity,
            "name": name,
            "since": self.at,
        }
        return Problem(trouble=trouble, **{**values, **fields})

    # ---- what is there

    @property
    def at(self) -> datetime:
        """The time of the look."""
        return self.seen.at

    @cached_property
    def nodes(self) -> Mapping[str, Node]:
        """The nodes by id; none where nobody could say."""
        return {one.id: one for one in self.seen.nodes or ()}

    @cached_property
    def services(self) -> Mapping[str, Service]:
        """The services by id; none where nobody could say."""
        return {one.id: one for one in self.seen.services or ()}

    @cached_property
    def tasks_of(self) -> Mapping[str, Sequence[Task]]:
        """The tasks by service (id)."""
        found: defaultdict[str, list[Task]] = defaultdict(list)
        for task in self.seen.tasks or ():
            found[task.service_id].append(task)
        return found

    @cached_property
    def burdens(self) -> Mapping[str, frozenset[str]]:
        """By node (id) the services (ids) with tasks that did not end there: those of a dead node
        go on saying that they run."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for task in self.seen.tasks or ():
            if task.node_id and task.state not in ENDED:
                found[task.node_id].add(task.service_id)
        return {node_id: frozenset(services) for node_id, services in found.items()}

    def able(self, spec: Spec) -> frozenset[str]:
        """The nodes (ids) that may run what the specification says."""
        wanted = constraints.demands(spec)
        if wanted not in self._able:
            self._able[wanted] = frozenset(
                node.id for node in constraints.able(spec, self.nodes.values())
            )
        return self._able[wanted]

    @cached_property
    def _able(self) -> dict[constraints.Demands, frozenset[str]]:
        return {}

    # ---- nodes and managers

    def open(self, subject: str, trouble: AlertKind) -> Problem | None:
        """The problem as the last look left it, where it is not over."""
        incident = self.memory.incidents.get(subject)
        if incident is None:
            return None
        return next((one for one in _standing(incident) if one.trouble is trouble), None)

    @cached_property
    def away(self) -> Mapping[str, Node]:
        """The nodes that are Down, or of which the leader has not heard for so long that they are
        as good as that."""
        return {one.id: one for one in self.nodes.values() if self._is_away(one)}

    def _is_away(self, node: Node) -> bool:
        if node.state in ("ready", "down"):
            return node.state == "down"
        if self.open(f"node:{node.id}", AlertKind.NODE_DOWN):
            return True
        return self.at - self.memory.unready.get(node.id, self.at) > UNSURE

    @cached_property
    def engines(self) -> Mapping[str, EngineState]:
        """The engines by name; none where nobody could say."""
        return {one.name: one for one in self.seen.engines or ()}

    @cached_property
    def engine_on(self) -> Mapping[str, EngineState]:
        """By node (id) the engine that the bot is connected to."""
        places = self.memory.engine_nodes
        return {places[name][0]: state for name, state in self.engines.items() if name in places}

    def place_of(self, engine: EngineState) -> tuple[str, str]:
        """Subject and name of what an engine's trouble belongs to: its node, else itself."""
        node_id, host = self.memory.engine_nodes.get(engine.name, ("", ""))
        if not node_id:
            return f"engine:{engine.name}", engine.node_name or engine.name
        return f"node:{node_id}", self.nodes[
            node_id
        ].name if node_id in self.nodes else host or engine.name

    @cached_property
    def locked(self) -> frozenset[str]:
        """The nodes (ids) whose engines say that they are locked, or have to be taken for
        locked."""
        said = {node_id for node_id, state in self.engine_on.items() if state.swarm == "locked"}
        return frozenset(said | {one.id for one in self.perhaps_locked})

    @cached_property
    def perhaps_locked(self) -> Sequence[Node]:
        """Managers that look dead though their hosts answer, where autolock is on and nobody can
        ask their engines."""
        if not (self.seen.cluster and self.seen.cluster.autolock):
            return ()
        return [
            one
            for one in self.nodes.values()
            if one.state == "down"
            and one.id in self.seen.answering_hosts
            and one.id not in self.engine_on
            if one.manager and one.manager.reachability != "reachable"
        ]

    @cached_property
    def missing_managers(self) -> Sequence[Node]:
        """The managers that do not take part now."""
        return [
            one
            for one in self.nodes.values()
            if one.manager
            if one.manager.reachability != "reachable"
            or one.id in self.away
            or one.id in self.locked
        ]

    @cached_property
    def bearing(self) -> Quorum:
        """What the managers can bear; all zero where nobody knows them."""
        managers = sum(one.manager is not None for one in self.nodes.values())
        present, needed = managers - len(self.missing_managers), managers // 2 + 1
        return Quorum(managers, present, needed, max(0, present - needed))

    # ---- services

    def quiet(self, service_id: str) -> bool:
        """Whether the bot changes this service itself now, or did just now."""
        return self.memory.silent_until.get(service_id, self.at) > self.at

    @cached_property
    def below(self) -> Mapping[str, Shortfall]:
        """The services (ids) that run less than they should; see `uncounted`."""
        found = {}
        for service_id, count in self._counts.items():
            if count and count[0] < count[1]:
                found[service_id] = Shortfall(self.services[service_id].name, *count)
        return found

    @cached_property
    def uncounted(self) -> frozenset[str]:
        """The services (ids) of which nobody can say whether they are whole."""
        return frozenset(service_id for service_id, count in self._counts.items() if count is None)

    @cached_property
    def _counts(self) -> Mapping[str, tuple[int, int] | None]:
        if self.seen.nodes is None:
            return dict.fromkeys(self.services)
        if self.seen.tasks is None:
            return {
                key: replica_counts.as_told(one, sure=not self.away)
                for key, one in self.services.items()
            }
        alive = self.nodes.keys() - self.away.keys()
        return {
            key: replica_counts.counted(one, self.tasks_of.get(key, ()), alive, self.able)
            for key, one in self.services.items()
        }

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
        return frozenset(one.service for lost in self.losses.values() for one in lost)

    def _lost(self, node_id: str) -> tuple[Shortfall, ...]:
        old = self.open(f"node:{node_id}", AlertKind.NODE_DOWN)
        if self.seen.tasks is None or self.seen.services is None:
            return old.lost if old else ()
        before = {one.service for one in old.lost} if old else set()
        new = old is None or self.at - old.since < EXPLAINED
        lost = [self.below[each] for each in self.burdens.get(node_id, ()) if each in self.below]
        return tuple(
            sorted(
                (one for one in lost if new or one.service in before), key=lambda one: one.service
            )
        )

    # ---- where tasks could go

    @cached_property
    def uneven(self) -> Sequence[Service]:
        """The services that `rebalance` would spread anew, without those that the bot changes
        itself."""
        found = balance.uneven(
            self.services.values(), tuple(self.nodes.values()), self.seen.tasks or ()
        )
        return [one for one in found if (one.replicas or 0) > 1 and not self.quiet(one.id)]

    @cached_property
    def used(self) -> frozenset[str]:
        """The nodes (ids) that run anything at all."""
        tasks = self.seen.tasks or ()
        return frozenset(
            one.node_id for one in tasks if one.desired == "running" and one.state not in ENDED
        )

    @cached_property
    def loaded(self) -> frozenset[str]:
        """The nodes (ids) that run at least one task which is not there because every node runs
        it."""
        bound = {key for key, one in self.services.items() if one.replicas is None}
        tasks = self.seen.tasks or ()
        return frozenset(
            one.node_id
            for one in tasks
            if one.desired == "running" and one.state not in ENDED and one.service_id not in bound
        )

    def idles(self, node_id: str) -> bool:
        """Whether a node runs no replica, though it may take over what others have too many of."""
        if self.seen.tasks is None or node_id not in self.nodes or node_id in self.loaded:
            return False
        return any(node_id in self.able(service.spec) for service in self.uneven)


def _standing(incident: Incident) -> tuple[Problem, ...]:
    return incident.returning if incident.state is AlertState.RESOLVED else incident.problems
