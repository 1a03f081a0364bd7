"""What commands and jobs report alike.

The health of everything, and what the audit says of a change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.errors import NoLeaderError, NotAManagerError, StoreUnavailableError
from bot.model import Node, NodeState, Service, Shortfall, Status
from bot.model.audit import AuditEntry
from bot.model.cluster import EngineState
from bot.model.incident import AlertState, Severity
from bot.model.swarm import left_over
from bot.render.audit_list import Audited
from bot.render.errors.reasons import reason
from bot.render.home import Home
from bot.store.store import Store
from bot.swarm.health import engine_versions
from bot.swarm.health.quorum import holds, quorum
from bot.swarm.swarm import Swarm
from bot.workers import Workers


def health(swarm: Swarm, store: Store, now: datetime) -> Status:
    """Two calls to a manager, one to each engine, and what Redis knows.

    What does not answer is named. Of many nodes and services, the watch may have seen them just
    now.
    """
    return everything(swarm, store, now).status


def everything(swarm: Swarm, store: Store, now: datetime) -> Home:
    """The same at the same price, with the nodes, rollouts, requests and alerts themselves."""
    with Workers(1) as side:
        engines = side.submit(swarm.engines.states)
        seen = _swarm(swarm)
        return _with_store(store, _knowing(seen, engines_away=_away(engines.result())), now)


def change(entry: AuditEntry) -> Audited:
    """An entry of the audit as people read it."""
    outcome = entry.outcome or {}
    parts = (str(outcome.get("ending") or ""), reason(str(outcome.get("why") or "")))
    return Audited(
        at=entry.at,
        actor=entry.actor.name,
        title=str(entry.plan.get("title") or _typed(entry.command)),
        source=entry.source,
        approved_by=entry.approved_by,
        result=" · ".join(part for part in parts if part),
        took=entry.seconds,
    )


def _typed(command: Mapping[str, Any]) -> str:
    """A command without a plan, such as a step on a request: its name and what was typed behind."""
    values = dict(command.get("flags") or {}).values()
    words = (
        " ".join(map(str, value)) if isinstance(value, list) else str(value) for value in values
    )
    return " ".join((str(command.get("command") or ""), *words))


def _knowing(seen: Home, **more: Any) -> Home:
    return replace(seen, status=replace(seen.status, **more))


def _swarm(swarm: Swarm) -> Home:
    """What the managers say; without a leader they say nothing, and that is the news."""
    try:
        seen_nodes, seen_services = swarm.nodes.lately(), swarm.services.overview_lately()
    except (NoLeaderError, NotAManagerError):
        return Home(
            status=Status(
                swarm="", managers=0, fault_tolerance=0, quorum=False, nodes={}, services=0
            )
        )
    nodes, services = seen_nodes.value, seen_services.value
    state, versions = quorum(nodes), engine_versions.in_use(nodes)
    status = Status(
        swarm="",
        managers=state.managers,
        fault_tolerance=state.fault_tolerance,
        quorum=holds(state),
        nodes=Counter(node.state for node in nodes),
        services=len(services),
        nodes_away=_away_by_name(nodes),
        versions=versions if engine_versions.differ(versions) else (),
        below=tuple(_shortfall(service) for service in services if service.below),
        seen_ago=max(seen_nodes.ago, seen_services.ago),
    )
    return Home(status=status, nodes=nodes)


def _away_by_name(nodes: Sequence[Node]) -> tuple[str, ...]:
    old = left_over(nodes)
    return tuple(
        f"an old entry of {node.name}" if node.id in old else node.name
        for node in nodes
        if node.state != NodeState.READY
    )


def _shortfall(service: Service) -> Shortfall:
    return Shortfall(service.name, service.running or 0, service.desired or 0, service.id)


def _away(engines: tuple[EngineState, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((engine.name, engine.error) for engine in engines if not engine.reachable)


def _with_store(store: Store, seen: Home, now: datetime) -> Home:
    try:
        rollouts, waiting = store.rollouts.running(), store.approvals.open()
        memory = store.alerts.memory()
        incidents = tuple(
            incident
            for incident in memory.incidents.values()
            if incident.state is AlertState.FIRING
        )
        alerts = Counter(incident.severity for incident in incidents)
        known = _knowing(
            seen,
            rollouts=tuple(rollout.service for rollout in rollouts),
            locks=store.locks.all(),
            holds=len(store.holds.all(now)),
            approvals=len(waiting),
            critical=alerts[Severity.CRITICAL],
            warnings=alerts[Severity.WARNING],
            certificate_left=memory.first_end - now if memory.first_end else None,
        )
        return replace(known, rollouts=rollouts, approvals=waiting, incidents=incidents)
    except StoreUnavailableError as away:
        return _knowing(seen, redis=away.reason)
