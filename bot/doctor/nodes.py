"""What the doctor says of the nodes: those that are away or closed, entries left over, versions,
clocks, room; pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from bot.doctor.grouped import grouped
from bot.doctor.probes import Probes
from bot.model import Node, Service, Task
from bot.model.cluster import Clock, EngineState
from bot.model.english import listed, rounded
from bot.model.incident import Advice, Severity
from bot.swarm.scheduler import balance, constraints
from bot.swarm.scheduler.load import Load
from bot.watch.snapshot import Snapshot

LONG_DOWN = timedelta(days=1)
CLOCK_OFF = timedelta(seconds=2)
"""Less is of no consequence for a Swarm, and can hardly be told from a busy engine."""
_LOST = 5
"""So many nodes, those with most reservations, are thought away to see whether the others could
take over."""


def examine(seen: Snapshot, probes: Probes) -> Iterator[Advice]:
    """The nodes as the managers see them, and the clocks of the engines."""
    yield from _clocks(probes.clocks)
    if seen.nodes is None:
        return
    nodes = seen.nodes
    stale = _left_over(nodes)
    yield from _stale(stale)
    yield from _down([node for node in nodes if node not in stale], seen.engines or (), seen.at)
    yield from _closed(nodes)
    yield from _versions(nodes)
    if seen.services is not None and seen.tasks is not None:
        yield from _full(nodes, seen.services, seen.tasks)
        yield from _skewed(nodes, seen.services, seen.tasks)


# ---- away


def _left_over(nodes: Sequence[Node]) -> tuple[Node, ...]:
    """Entries of machines that joined anew: down, while another of the same name is ready."""
    ready = {node.name for node in nodes if node.state == "ready"}
    return tuple(node for node in nodes if node.state == "down" and node.name in ready)


def _stale(nodes: Sequence[Node]) -> Iterator[Advice]:
    for node in nodes:
        yield Advice(
            severity=Severity.WARNING,
            name="left-over",
            text=(
                f"{node.name} is listed twice: {node.id[:12]} is Down, left over from before it "
                "joined anew"
            ),
            fix=f"`/swarm node rm {node.id[:12]}`",
        )


def _down(nodes: Sequence[Node], engines: Sequence[EngineState], now: datetime) -> Iterator[Advice]:
    locked = {
        name for one in engines if one.swarm == "locked" for name in (one.name, one.node_name)
    }
    for node in nodes:
        # After an election every node is unknown for a while: that alone is no trouble.
        if node.state not in ("down", "disconnected") or node.name in locked:
            continue
        since = (
            f" for {rounded(now - node.updated)}"
            if node.updated and now - node.updated >= LONG_DOWN
            else ""
        )
        gone = f"`/swarm node rm {node.name}`"
        back = (
            "Bring it back (there: `sudo systemctl start docker`), or where it is gone for "
            f"good: {gone}"
        )
        yield Advice(
            severity=Severity.CRITICAL,
            name="node-down",
            text=f"{node.name} is {node.state.capitalize()}{since}"
            + (", and is a manager" if node.manager else ""),
            fix=back,
        )


# ---- closed


def _closed(nodes: Sequence[Node]) -> Iterator[Advice]:
    """Nodes that take no tasks. Managers that all do without are so on purpose, where others do the
    work."""
    ready = [node for node in nodes if node.state == "ready"]
    open_ones = [node for node in ready if node.availability == "active"]
    if ready and not open_ones:
        fix = f"`/swarm node update --availability active {ready[0].name}`"
        text = "no node takes tasks: every one that is Ready is drained or paused"
        yield Advice(severity=Severity.CRITICAL, name="no-node-active", text=text, fix=fix)
        return
    drained = [node for node in ready if node.availability == "drain" and node.manager]
    dedicated = all(node.availability != "active" for node in ready if node.manager)
    for node in () if dedicated else drained:
        yield Advice(
            severity=Severity.WARNING,
            name="manager-drained",
            text=(
                f"{node.name} is a manager and drained: it has its vote, and runs nothing, while "
                "other managers run tasks"
            ),
            fix=f"`/swarm node update --availability active {node.name}`",
        )
    names = [
        node.name
        for node in ready
        if node.availability != "active" and (not node.manager or node not in drained)
    ]
    yield from grouped(
        names,
        "takes no new tasks: it is drained or paused",
        Advice(
            severity=Severity.NOTE,
            name="node-closed",
            text="nodes take no new tasks: they are drained or paused",
            fix=(
                "When the work there is done: `/swarm node update --availability active "
                f"{listed(names[:1])}`"
            ),
        ),
    )


# ---- versions, clocks


def _versions(nodes: Sequence[Node]) -> Iterator[Advice]:
    found: dict[str, list[str]] = defaultdict(list)
    for node in nodes:
        if node.engine and node.state == "ready":
            found[node.engine].append(node.name)
    if len(found) < 2:
        return
    common = max(found, key=lambda version: (len(found[version]), version))
    others = "; ".join(
        f"{version} on {listed(names)}"
        for version, names in sorted(found.items())
        if version != common
    )
    apart = len({version.partition(".")[0] for version in found}) > 1
    yield Advice(
        severity=Severity.WARNING if apart else Severity.NOTE,
        name="versions",
        text=f"engines of different versions: {common} on most, {others}",
        fix="One node after the other: `/swarm node update --availability drain "
        f"{_first(found, common)}`, upgrade Docker "
        "there, then `--availability active`",
    )


def _first(found: dict[str, list[str]], common: str) -> str:
    return next(names[0] for version, names in sorted(found.items()) if version != common)


def _clocks(clocks: Sequence[Clock]) -> Iterator[Advice]:
    off = [clock for clock in clocks if abs(clock.ahead) - clock.within > CLOCK_OFF]
    if not off:
        return
    spread = max(clock.ahead for clock in clocks) - min(clock.ahead for clock in clocks)
    if len(clocks) > 1 and len(off) == len(clocks) and spread <= CLOCK_OFF:
        text = f"the bot's own clock is {_off(-off[0].ahead)} of all engines"
        fix = "Where the bot runs: `sudo timedatectl set-ntp true`"
        yield Advice(severity=Severity.WARNING, name="clock", text=text, fix=fix)
        return
    for clock in off:
        yield Advice(
            severity=Severity.WARNING,
            name="clock",
            text=(
                f"the clock of {clock.engine} is {_off(clock.ahead)} of the bot's: certificates, "
                "logs and events go by it"
            ),
            fix=f"On {clock.engine}: `sudo timedatectl set-ntp true`",
        )


def _off(ahead: timedelta) -> str:
    return f"{rounded(abs(ahead))} {'ahead' if ahead > timedelta() else 'behind'}"


# ---- room


def _full(
    nodes: Sequence[Node], services: Sequence[Service], tasks: Sequence[Task]
) -> Iterator[Advice]:
    """Reservations above what a node has, and those that would find no room were a node lost."""
    known = {
        service.id: service for service in services if any(constraints.reservation(service.spec))
    }
    lying = [
        task
        for task in tasks
        if task.service_id in known and task.state == task.desired == "running" and task.node_id
    ]
    able = [node for node in nodes if node.state == "ready" and node.availability == "active"]
    load = Load.of(able, lying, known)
    over = [node.name for node in able if load.memory[node.id] < 0 or load.cpus[node.id] < 0]
    yield from grouped(
        over,
        "has less memory or CPUs than its tasks reserve",
        Advice(
            severity=Severity.WARNING,
            name="over-reserved",
            text="nodes have less memory or CPUs than their tasks reserve",
            fix=(
                f"`/swarm node inspect {listed(over[:1])}` shows both; lower `--reserve-memory` "
                "or `--reserve-cpu`"
            ),
        ),
    )
    for node in sorted(able, key=lambda node: load.memory[node.id] - node.memory)[:_LOST]:
        short = () if over or len(able) < 2 else _homeless(node, able, lying, known)
        if short:
            yield Advice(
                severity=Severity.WARNING,
                name="no-spare-room",
                text=f"were {node.name} lost, the other nodes would have no room for what "
                f"{listed(short)} "
                f"{'reserves' if len(short) == 1 else 'reserve'}",
                fix=(
                    "Add a node (`/swarm swarm join-token worker`), or lower `--reserve-memory` "
                    "or `--reserve-cpu`"
                ),
            )
            return


def _homeless(
    lost: Node, able: Sequence[Node], tasks: Sequence[Task], services: Mapping[str, Service]
) -> tuple[str, ...]:
    """Names of the services whose tasks on the lost node would find no reservation on the others
    that may run them."""
    others = [node for node in able if node is not lost]
    load = Load.of(others, [task for task in tasks if task.node_id != lost.id], services)
    moving = [services[task.service_id] for task in tasks if task.node_id == lost.id]
    names = (
        service.name
        for service in moving
        if service.replicas is not None
        and (places := constraints.eligible(service.spec, others))
        and not load.take(service, places)
    )
    return tuple(dict.fromkeys(names))


# ---- spread


def _skewed(
    nodes: Sequence[Node], services: Sequence[Service], tasks: Sequence[Task]
) -> Iterator[Advice]:
    """Swarm moves nothing that runs, so a node that came back stays empty."""
    empty = balance.unused(nodes, tasks)
    names = [
        spread.service.name
        for spread in balance.spreads(services, nodes, tasks)
        if spread.uneven or (spread.movable and empty)
    ]
    idle = (
        f", and {listed(empty[:3])} {'runs' if len(empty) == 1 else 'run'} nothing" if empty else ""
    )
    yield from grouped(
        names,
        f"does not lie evenly on its nodes{idle}",
        Advice(
            severity=Severity.NOTE,
            name="skewed",
            text=f"services do not lie evenly on their nodes{idle}",
            fix=f"`/swarm rebalance {listed(names[:1])}` restarts its tasks, one after the other"
            if names
            else "",
        ),
    )
