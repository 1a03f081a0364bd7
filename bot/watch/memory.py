"""What is remembered from one look to the next besides the incidents: who was not ready since when,
which engine is where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.model import Node, Service, Task
from bot.model.cluster import EngineState
from bot.model.incident import Memory
from bot.swarm.spec.edit import fingerprint
from bot.swarm.spec.read import ENDED
from bot.watch.snapshot import Snapshot

SILENCE = timedelta(seconds=60)
"""After a change by the bot itself, nothing is said of the service for this long."""
KEPT = timedelta(minutes=5)
"""For so long it is remembered until when nothing was to be said: what failed before then is not
counted."""
_JUST = timedelta(minutes=2)


def refreshed(seen: Snapshot, memory: Memory) -> Memory:
    """The memory with all that this look adds; its incidents stay as they were."""
    memory = replace(memory, silent_until=_silences(seen, memory.silent_until))
    if seen.nodes is not None:
        memory = replace(
            memory,
            unready={
                one.id: memory.unready.get(one.id, seen.at)
                for one in seen.nodes
                if one.state != "ready"
            },
            leader=next(
                (one.id for one in seen.nodes if one.manager and one.manager.leader), memory.leader
            ),
            managers={one.id: one.name for one in seen.nodes if one.manager},
        )
    if seen.engines is not None:
        memory = replace(
            memory, engine_nodes=_engine_nodes(seen.engines, seen.nodes, memory.engine_nodes)
        )
    if seen.certificates is not None:
        memory = replace(
            memory, first_end=min((one.ends for one in seen.certificates if one.ends), default=None)
        )
    return memory if seen.services is None else _with_services(seen, seen.services, memory)


def _with_services(seen: Snapshot, services: Iterable[Service], memory: Memory) -> Memory:
    specs = {one.id: fingerprint(one.spec) for one in services}
    accounted = {
        service_id: memory.accounted[service_id]
        for service_id in specs
        if service_id in memory.accounted
    }
    for service_id, spec in specs.items():
        rollout = seen.rollouts.get(service_id)
        if rollout and rollout.spec_hash == spec:
            accounted[service_id] = rollout.id
    return replace(
        memory,
        specs=specs,
        seen_since={service_id: memory.seen_since.get(service_id, seen.at) for service_id in specs},
        accounted=accounted,
    )


def _silences(seen: Snapshot, known: Mapping[str, datetime]) -> Mapping[str, datetime]:
    """Until when to say nothing: of services that the bot changes, of those that it drives from a
    node."""
    until = {service_id: end for service_id, end in known.items() if end + KEPT > seen.at}
    changing = {
        target.removeprefix("service:") for target in seen.locks if target.startswith("service:")
    }
    closing = {target.removeprefix("node:") for target in seen.locks if target.startswith("node:")}
    changing.update(
        task.service_id
        for task in seen.tasks or ()
        if task.node_id in closing and _lives(task, seen.at)
    )
    ends = dict.fromkeys(changing, seen.at + SILENCE)
    for service_id, rollout in seen.rollouts.items():
        ends.setdefault(service_id, rollout.started + SILENCE)
    for service_id, end in ends.items():
        if end + KEPT > seen.at:
            until[service_id] = max(end, until.get(service_id, end))
    return until


def _lives(task: Task, at: datetime) -> bool:
    return task.state not in ENDED or (task.at is not None and at - task.at < _JUST)


def _engine_nodes(
    engines: Iterable[EngineState],
    nodes: Iterable[Node] | None,
    known: Mapping[str, tuple[str, str]],
) -> Mapping[str, tuple[str, str]]:
    listed = None if nodes is None else tuple(nodes)
    there = None if listed is None else {one.id for one in listed}
    found = {}
    for state in engines:
        node = known.get(state.name)
        if state.swarm == "inactive" or (node and there is not None and node[0] not in there):
            node = None
        if state.node_id:
            node = (state.node_id, state.node_name)
        elif node is None and state.swarm == "locked" and listed:
            node = _by_host(state.node_name, listed)
        if node:
            found[state.name] = node
    return found


def _by_host(name: str, nodes: Iterable[Node]) -> tuple[str, str] | None:
    """The node that a locked engine is, which does not say its id: by its host name, which two
    nodes may have."""
    named = [one for one in nodes if one.name == name and one.manager]
    away = [
        one
        for one in named
        if one.state == "down" and one.manager and one.manager.reachability != "reachable"
    ]
    sure = away if len(away) == 1 else named
    return (sure[0].id, name) if len(sure) == 1 else None
