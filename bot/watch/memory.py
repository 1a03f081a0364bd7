"""What is remembered from one look to the next besides the incidents: who was not ready since when,
which engine is where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.model import Node, NodeState, Service, Task
from bot.model.cluster import EngineState
from bot.model.incident import Memory
from bot.swarm.health.quorum import reachable
from bot.swarm.scheduler.layout import TaskLayout
from bot.swarm.spec.edit import fingerprint
from bot.watch import restarts
from bot.watch.snapshot import Snapshot

SILENCE = timedelta(seconds=60)
"""After a change by the bot itself, nothing is said of the service for this long."""
KEPT = timedelta(minutes=5)
"""For so long it is remembered until when nothing was to be said: what failed before then is not
counted."""
_JUST = timedelta(minutes=2)


def refreshed(snapshot: Snapshot, layout: TaskLayout, memory: Memory) -> Memory:
    """The memory with all that this look adds; its incidents stay as they were."""
    memory = glanced(snapshot, memory)
    if snapshot.services is None:
        return memory
    if snapshot.tasks is not None:
        known = restarts.remembered(layout, memory.restarts, snapshot.at)
        memory = replace(memory, restarts=known)
    return _with_services(snapshot, snapshot.services, memory)


def glanced(snapshot: Snapshot, memory: Memory) -> Memory:
    """The same without what is remembered of services, which costs most of it: for whom nothing
    has to be remembered."""
    memory = replace(memory, silent_until=_silences(snapshot, memory.silent_until))
    if snapshot.nodes is not None:
        memory = replace(
            memory,
            unready={
                node.id: memory.unready.get(node.id, snapshot.at)
                for node in snapshot.nodes
                if node.state != NodeState.READY
            },
            leader=next(
                (node.id for node in snapshot.nodes if node.manager and node.manager.leader),
                memory.leader,
            ),
            managers={node.id: node.name for node in snapshot.nodes if node.manager},
        )
    if snapshot.engines is not None:
        memory = replace(
            memory,
            engine_nodes=_engine_nodes(snapshot.engines, snapshot.nodes, memory.engine_nodes),
            engine_addresses=_engine_addresses(snapshot.engines, memory.engine_addresses),
        )
    if snapshot.certificates is not None:
        ends = (certificate.ends for certificate in snapshot.certificates if certificate.ends)
        memory = replace(memory, first_end=min(ends, default=None))
    return memory


def _with_services(snapshot: Snapshot, services: Iterable[Service], memory: Memory) -> Memory:
    specs = {service.id: fingerprint(service.spec) for service in services}
    accounted = {
        service_id: memory.accounted[service_id]
        for service_id in specs
        if service_id in memory.accounted
    }
    for service_id, spec in specs.items():
        rollout = snapshot.rollouts.get(service_id)
        if rollout and rollout.spec_hash == spec:
            accounted[service_id] = rollout.id
    return replace(
        memory,
        specs=specs,
        seen_since={
            service_id: memory.seen_since.get(service_id, snapshot.at) for service_id in specs
        },
        accounted=accounted,
    )


def _silences(snapshot: Snapshot, known: Mapping[str, datetime]) -> Mapping[str, datetime]:
    """Until when to say nothing: of services that the bot changes, of those that it drives from a
    node."""
    until = {service_id: end for service_id, end in known.items() if end + KEPT > snapshot.at}
    changing, closing = _locked(snapshot, "service:"), _locked(snapshot, "node:")
    changing.update(
        task.service_id
        for task in (snapshot.tasks or () if closing else ())
        if task.node_id in closing and _lives(task, snapshot.at)
    )
    ends = dict.fromkeys(changing, snapshot.at + SILENCE)
    for service_id, rollout in snapshot.rollouts.items():
        # Who began it may have another clock: what is dated later than now says nothing.
        if rollout.started <= snapshot.at:
            ends.setdefault(service_id, rollout.started + SILENCE)
    for service_id, end in ends.items():
        if end + KEPT > snapshot.at:
            until[service_id] = max(end, until.get(service_id, end))
    return until


def _locked(snapshot: Snapshot, prefix: str) -> set[str]:
    """Ids of what the bot is changing now, of one kind of target."""
    return {target.removeprefix(prefix) for target in snapshot.locks if target.startswith(prefix)}


def _lives(task: Task, at: datetime) -> bool:
    return not task.state.terminal or (task.at is not None and at - task.at < _JUST)


def _engine_nodes(
    engines: Iterable[EngineState],
    nodes: Iterable[Node] | None,
    known: Mapping[str, tuple[str, str]],
) -> Mapping[str, tuple[str, str]]:
    listed = None if nodes is None else tuple(nodes)
    there = None if listed is None else {node.id for node in listed}
    places = {}
    for state in engines:
        node = known.get(state.name)
        if state.swarm == "inactive" or (node and there is not None and node[0] not in there):
            node = None
        if state.node_id:
            node = (state.node_id, state.node_name)
        elif node is None and state.swarm == "locked" and listed:
            node = _by_host(state.node_name, listed)
        if node:
            places[state.name] = node
    return places


def _engine_addresses(
    engines: Iterable[EngineState], known: Mapping[str, str]
) -> Mapping[str, str]:
    addresses = {state.name: state.address or known.get(state.name, "") for state in engines}
    return {name: address for name, address in addresses.items() if address}


def _by_host(name: str, nodes: Iterable[Node]) -> tuple[str, str] | None:
    """The node that a locked engine is, which does not say its id: by its host name, which two
    nodes may have."""
    named = [node for node in nodes if node.name == name and node.manager]
    away = [node for node in named if node.state == NodeState.DOWN and not reachable(node)]
    sure = away if len(away) == 1 else named
    return (sure[0].id, name) if len(sure) == 1 else None
