"""What the doctor says of the nodes: those that are away or closed, entries left over, versions,
clocks, room; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from bot.doctor.probes import Probes
from bot.model import Availability, Node, NodeState
from bot.model.advice import Advice
from bot.model.advice_facts import (
    AllAlike,
    ClockOff,
    LeftOver,
    ManagerDrained,
    NodeAway,
    NoNodeActive,
    NoSpareRoom,
    Skewed,
    VersionsDiffer,
)
from bot.model.advice_kind import AdviceKind
from bot.model.cluster import Clock
from bot.model.incident import Severity
from bot.model.placement import ShortageKind
from bot.swarm.health import engine_versions
from bot.swarm.scheduler import balance, moves, spare_room
from bot.swarm.scheduler.layout import TaskLayout, kept_with_layout
from bot.watch.evaluation import Evaluation

LONG_DOWN = timedelta(days=1)
CLOCK_OFF = timedelta(seconds=2)
"""Less is of no consequence for a Swarm, and can hardly be told from a busy engine."""
_LOST = 5
"""So many nodes, those with most reservations, are thought away to see whether the others could
take over."""


def examine(evaluation: Evaluation, probes: Probes) -> Iterator[Advice]:
    """The nodes as the managers see them, and the clocks of the engines."""
    yield from _clocks(probes.clocks)
    snapshot = evaluation.snapshot
    if snapshot.nodes is None:
        return
    for node in snapshot.nodes:
        if node.id in evaluation.left_over:
            facts = LeftOver(node=node.name, node_id=node.id, manager=node.manager is not None)
            yield Advice(Severity.WARNING, facts)
    for node in evaluation.away.values():
        if node.id not in evaluation.left_over and node.id not in evaluation.locked:
            yield _away(node, evaluation)
    yield from _closed(snapshot.nodes)
    yield from _versions(snapshot.nodes)
    if snapshot.services is not None and snapshot.tasks is not None:
        yield from full(evaluation.layout)
        yield from _skewed(evaluation)


# ---- away


def _away(node: Node, evaluation: Evaluation) -> Advice:
    lasted = evaluation.at - evaluation.away_since(node)
    long = lasted >= LONG_DOWN
    facts = NodeAway(
        node=node.name,
        node_id=node.id,
        state=node.state,
        manager=node.manager is not None,
        lasted=lasted if long else None,
        certificate_ends=evaluation.certificate_ends_by(node) if long else None,
    )
    return Advice(Severity.CRITICAL, facts)


# ---- closed


def _closed(nodes: Sequence[Node]) -> Iterator[Advice]:
    """Nodes that take no tasks. Managers that all do without are so on purpose, where others do the
    work."""
    ready = [node for node in nodes if node.state == NodeState.READY]
    if ready and not any(node.availability == Availability.ACTIVE for node in ready):
        yield Advice(Severity.CRITICAL, NoNodeActive(node=ready[0].name))
        return
    drained = [node for node in ready if node.availability == Availability.DRAIN and node.manager]
    dedicated = all(node.availability != Availability.ACTIVE for node in ready if node.manager)
    for node in () if dedicated else drained:
        yield Advice(Severity.WARNING, ManagerDrained(node=node.name))
    names = tuple(
        node.name
        for node in ready
        if node.availability != Availability.ACTIVE and (not node.manager or node not in drained)
    )
    if names:
        yield Advice(Severity.NOTE, AllAlike(AdviceKind.NODE_CLOSED, names))


# ---- versions, clocks


def _versions(nodes: Sequence[Node]) -> Iterator[Advice]:
    versions = engine_versions.in_use(nodes)
    if len(versions) > 1:
        severity = Severity.WARNING if engine_versions.differ(versions) else Severity.NOTE
        loses = engine_versions.managers_differ(versions)
        yield Advice(severity, VersionsDiffer(versions=versions, loses=loses))


def _clocks(clocks: Sequence[Clock]) -> Iterator[Advice]:
    off = [clock for clock in clocks if abs(clock.ahead) - clock.within > CLOCK_OFF]
    if not off:
        return
    spread = max(clock.ahead for clock in clocks) - min(clock.ahead for clock in clocks)
    if len(clocks) > 1 and len(off) == len(clocks) and spread <= CLOCK_OFF:
        yield Advice(Severity.WARNING, ClockOff(ahead=-off[0].ahead))
        return
    for clock in off:
        yield Advice(Severity.WARNING, ClockOff(ahead=clock.ahead, engine=clock.engine))


# ---- room


@kept_with_layout
def full(layout: TaskLayout) -> tuple[Advice, ...]:
    """Reservations above what a node has, and those that would find no room were a node lost."""
    able = [node for node in layout.listed_nodes if node.takes_tasks]
    capacity = layout.capacity
    left = {node.id: capacity.left(node.id) for node in able}
    over = [node.name for node in able if left[node.id].memory < 0 or left[node.id].nano_cpus < 0]
    if over:
        return (Advice(Severity.WARNING, AllAlike(AdviceKind.OVER_RESERVED, tuple(over))),)
    if len(able) < 2:
        return ()
    replicated = {
        key: service for key, service in layout.services.items() if not service.mode.is_global
    }
    fullest = sorted(able, key=lambda node: left[node.id].memory - node.memory)[:_LOST]
    for node in fullest:
        leaving = {
            key: count
            for key, counts in layout.active.items()
            if key in replicated and (count := counts.get(node.id, 0))
        }
        others = [other for other in able if other is not node]
        if spare_room.surely_fit(leaving, replicated, others, capacity):
            continue
        if short := _homeless(node, layout):
            return (Advice(Severity.WARNING, NoSpareRoom(node=node.name, services=short)),)
    return ()


def _homeless(lost: Node, layout: TaskLayout) -> tuple[str, ...]:
    """Names of the services whose tasks on the lost node would find no reservation on the others
    that may run them."""
    others = [node for node in layout.listed_nodes if node is not lost]
    leaving = moves.moves(layout.listed_nodes, others, layout.tasks, layout.listed_services)
    return tuple(move.service.name for move in leaving if move.shortage is ShortageKind.RESERVATION)


# ---- spread


def _skewed(evaluation: Evaluation) -> Iterator[Advice]:
    """Swarm moves nothing that runs, so a node that came back stays empty."""
    layout = evaluation.layout
    empty = balance.unused(layout)
    uneven = {service.id for service in evaluation.uneven}
    services = evaluation.services.values()
    movable = balance.movable(layout) if empty else frozenset()
    names = tuple(service.name for service in services if service.id in uneven | movable)
    if names:
        yield Advice(Severity.NOTE, Skewed(names=names, empty=empty))
