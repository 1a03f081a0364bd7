"""What a look says of nodes, engines and managers, with what is remembered of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Self

from bot.model import Node, NodeState, Service, Spec, Task
from bot.model.addresses import split_address
from bot.model.alert_facts import AlertKind, ProblemFacts
from bot.model.cluster import EngineFault, EngineState, Quorum
from bot.model.incident import AlertRule, AlertState, Incident, Memory, Problem
from bot.model.swarm import left_over
from bot.settings import WatchSettings
from bot.swarm.health.quorum import quorum_of, reachable
from bot.swarm.scheduler.layout import NO_LAYOUT, TaskLayout
from bot.watch.memory import glanced, refreshed
from bot.watch.snapshot import Snapshot

UNSURE = timedelta(seconds=45)
"""After a change of leader every node is `unknown` for seconds, a dead one for half a minute: only
longer is it a problem."""

AT_ONCE = timedelta(seconds=1)
"""What was read so shortly before it is judged was read just now."""
_OF_NODES = (
    AlertKind.NODE_DOWN,
    AlertKind.MANAGER_UNREACHABLE,
    AlertKind.QUORUM_AT_RISK,
    AlertKind.QUORUM_LOST,
)


@dataclass(frozen=True)
class NodeEvaluation:
    """What was seen, what is remembered (`memory.incidents` as they were before this look), the
    rules, and where all tasks lie (nothing of what nobody could say)."""

    snapshot: Snapshot
    memory: Memory
    watch: WatchSettings
    layout: TaskLayout

    # ---- rules

    @cached_property
    def rules(self) -> Mapping[AlertKind, AlertRule]:
        """What holds for each kind of alert."""
        return {kind: self.watch.rule(kind) for kind in AlertKind}

    def watched(self, kind: AlertKind) -> bool:
        """Whether anybody wants to hear of it."""
        return self.rules[kind].watched

    def problem(self, facts: ProblemFacts, subject: str, name: str, **fields: Any) -> Problem:
        """A problem as the rules weigh it, noticed now."""
        values: dict[str, Any] = {
            "subject": subject,
            "severity": self.rules[facts.kind].severity,
            "name": name,
            "since": self.at,
            "facts": facts,
        }
        return Problem(**{**values, **fields})

    def lasted(self, problem: Problem) -> bool:
        """Whether a problem has been there for as long as people are not told of it. What the nodes
        show counts until they were read last: while a read of them hangs, nobody has seen it go on.
        """
        seen = self.at
        if problem.kind in _OF_NODES and self.snapshot.nodes_at:
            seen = min(seen, self.snapshot.nodes_at + AT_ONCE)
        return seen - problem.since >= self.rules[problem.kind].after

    # ---- what is there

    @classmethod
    def of(
        cls,
        snapshot: Snapshot,
        memory: Memory,
        watch: WatchSettings,
        kept: TaskLayout = NO_LAYOUT,
    ) -> Self:
        """The evaluation of a look, with what it adds to the memory.

        `kept`: the layout of the last look, which saves work where nothing has changed since.
        """
        layout = snapshot.layout(kept)
        return cls(snapshot, refreshed(snapshot, layout, memory), watch, layout)

    @classmethod
    def at_a_glance(
        cls,
        snapshot: Snapshot,
        memory: Memory,
        watch: WatchSettings,
        kept: TaskLayout = NO_LAYOUT,
    ) -> Self:
        """The same for whom the memory need not learn anything of services."""
        return cls(snapshot, glanced(snapshot, memory), watch, snapshot.layout(kept))

    @property
    def at(self) -> datetime:
        """The time of the look."""
        return self.snapshot.at

    @property
    def nodes(self) -> Mapping[str, Node]:
        """The nodes by id; none where nobody could say."""
        return self.layout.nodes

    @property
    def services(self) -> Mapping[str, Service]:
        """The services by id; none where nobody could say."""
        return self.layout.services

    @property
    def tasks_of(self) -> Mapping[str, Sequence[Task]]:
        """The tasks by service (id)."""
        return self.layout.tasks_of

    @cached_property
    def burdens(self) -> Mapping[str, frozenset[str]]:
        """By node (id) that is away the services (ids) with tasks that did not end there: they go
        on saying that they run."""
        burdens: dict[str, set[str]] = {node_id: set() for node_id in self.away}
        if not burdens:
            return {}
        for task in self.snapshot.tasks or ():
            if task.node_id in burdens and not task.state.terminal:
                burdens[task.node_id].add(task.service_id)
        return {node_id: frozenset(services) for node_id, services in burdens.items()}

    def able(self, spec: Spec) -> frozenset[str]:
        """The nodes (ids) that may run what the specification says."""
        return self.layout.eligible(spec).ids

    # ---- nodes and managers

    def open(self, subject: str, kind: AlertKind) -> Problem | None:
        """The problem as the last look left it, where it is not over."""
        incident = self.memory.incidents.get(subject)
        if incident is None:
            return None
        return next((problem for problem in standing(incident) if problem.kind is kind), None)

    @cached_property
    def away(self) -> Mapping[str, Node]:
        """The nodes that are Down, or of which the leader has not heard for so long that they are
        as good as that."""
        return {node.id: node for node in self.nodes.values() if self._has_gone(node)}

    def _has_gone(self, node: Node) -> bool:
        if node.state in (NodeState.READY, NodeState.DOWN):
            return node.state == NodeState.DOWN
        if self.open(f"node:{node.id}", AlertKind.NODE_DOWN):
            return True
        return self.at - self.memory.unready.get(node.id, self.at) > UNSURE

    @cached_property
    def left_over(self) -> frozenset[str]:
        """The entries (ids) of machines that joined anew."""
        return left_over(self.nodes.values())

    def away_since(self, node: Node) -> datetime:
        """Since when a node is away, as the watch saw it or as Swarm says, whichever is earlier."""
        times = (self.memory.unready.get(node.id), node.updated)
        return min((at for at in times if at), default=self.at)

    def certificate_ends_by(self, node: Node) -> datetime | None:
        """When at the latest the certificate of a node ends that has been away: it renewed it
        before, for as long as certificates live. None where nobody knows how long that is."""
        cluster = self.snapshot.cluster
        return self.away_since(node) + cluster.cert_expiry if cluster else None

    @cached_property
    def engines(self) -> Mapping[str, EngineState]:
        """The engines by name; none where nobody could say."""
        return {engine.name: engine for engine in self.snapshot.engines or ()}

    @cached_property
    def silent_engines(self) -> Sequence[EngineState]:
        """The engines that do not answer the bot."""
        return [engine for engine in self.engines.values() if not engine.reachable]

    @cached_property
    def locked_engines(self) -> Sequence[EngineState]:
        """The engines that say that they are locked."""
        return [engine for engine in self.engines.values() if engine.swarm == "locked"]

    @cached_property
    def expired_engines(self) -> Sequence[EngineState]:
        """The engines that say that their node certificate has expired."""
        return [
            engine
            for engine in self.engines.values()
            if engine.reachable and engine.fault is EngineFault.EXPIRED
        ]

    def is_away(self, engine: EngineState) -> bool:
        """Whether the engine's node is known to be away, which explains that it is silent.

        Of an engine that has never said which node it is, its name decides.
        """
        node_id = self.memory.engine_nodes.get(engine.name, ("", ""))[0]
        if node_id:
            return node_id in self.away
        return any(node.name == engine.name for node in self.away.values())

    @cached_property
    def engine_on(self) -> Mapping[str, EngineState]:
        """By node (id) the engine that the bot is connected to."""
        places = self.memory.engine_nodes
        return {places[name][0]: state for name, state in self.engines.items() if name in places}

    def address_of(self, engine: EngineState) -> str:
        """The address of the engine's node; empty where nobody knows it."""
        node = self.nodes.get(engine.node_id or self.memory.engine_nodes.get(engine.name, ("",))[0])
        among_managers = node.manager.address if node and node.manager else ""
        return (
            engine.address
            or self.memory.engine_addresses.get(engine.name, "")
            or (split_address(among_managers)[0] if among_managers else "")
        )

    def place_of(self, engine: EngineState) -> tuple[str, str]:
        """Subject and name of what a problem of an engine belongs to: its node, else itself."""
        node_id, host = self.memory.engine_nodes.get(engine.name, ("", ""))
        if not node_id:
            return f"engine:{engine.name}", engine.node_name or engine.name
        known = self.nodes.get(node_id)
        return f"node:{node_id}", known.name if known else host or engine.name

    @cached_property
    def locked(self) -> frozenset[str]:
        """The nodes (ids) whose engines say that they are locked, or have to be taken for
        locked."""
        said = {node_id for node_id, state in self.engine_on.items() if state.swarm == "locked"}
        return frozenset(said | {node.id for node in self.perhaps_locked})

    @cached_property
    def perhaps_locked(self) -> Sequence[Node]:
        """Managers that look dead though their hosts answer, where autolock is on and nobody can
        ask their engines."""
        if not (self.snapshot.cluster and self.snapshot.cluster.autolock):
            return ()
        return [
            node
            for node in self.nodes.values()
            if node.state == NodeState.DOWN
            and node.id in self.snapshot.answering_hosts
            and node.id not in self.engine_on
            and node.manager
            and not reachable(node)
        ]

    @cached_property
    def missing_managers(self) -> Sequence[Node]:
        """The managers that do not take part now."""
        return [
            node
            for node in self.nodes.values()
            if node.manager
            and (not reachable(node) or node.id in self.away or node.id in self.locked)
        ]

    @cached_property
    def cut_off_managers(self) -> Sequence[Node]:
        """The managers that the others do not reach, though they are neither away nor locked."""
        return [
            node
            for node in self.missing_managers
            if node.id not in self.away and node.id not in self.locked
        ]

    @cached_property
    def quorum(self) -> Quorum:
        """What the managers can bear; all zero where nobody knows them."""
        managers = sum(node.manager is not None for node in self.nodes.values())
        return quorum_of(managers, managers - len(self.missing_managers))

    def fault_tolerance_without(self, node_id: str) -> int | None:
        """How many more managers may fail now that this node takes no part, below zero how many are
        missing; None where it is no manager, or the only one."""
        node = self.nodes.get(node_id)
        if node is None or node.manager is None or self.quorum.managers < 2:
            return None
        return self.quorum.reachable - self.quorum.needed


def standing(incident: Incident) -> tuple[Problem, ...]:
    """What is wrong with its subject now, whether or not people were told."""
    if incident.state is AlertState.RESOLVED:
        return incident.returning
    return (*incident.problems, *incident.returning)
