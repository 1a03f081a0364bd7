"""The buttons under an alert: the likely one first, of many the later ones in a menu; what is
dangerous asks once more."""

from __future__ import annotations

import re
import shlex
from datetime import datetime, timedelta

from bot.model.alert_facts import (
    Aftermath,
    AlertKind,
    CertificateEnding,
    ExpiringNode,
    ManagerLocked,
    NodeDown,
    RolloutPaused,
    UnevenPlacement,
)
from bot.model.incident import AlertState, Incident, Silence
from bot.render.alerts.alert_reasons import RENEW
from bot.render.slack.blocks import Block, button
from bot.render.slack.text import shortened

GONE = timedelta(hours=1)
"""A node that was Down for so long may be gone for good."""
_LABEL = 30
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,99}")
_PATTERN = re.compile(r"[A-Za-z0-9_.*:/-]{1,100}")
_SERVICE = (
    AlertKind.SERVICE_BELOW,
    AlertKind.SERVICE_CRASHING,
    AlertKind.ROLLOUT_PAUSED,
    AlertKind.ROLLOUT_ROLLED_BACK,
)
_QUORUM = (AlertKind.QUORUM_AT_RISK, AlertKind.QUORUM_LOST, AlertKind.MANAGER_UNREACHABLE)
_IDLE = (Aftermath.IDLE, Aftermath.ONLY_GLOBAL)
_RENEWED_BY_SWARM = ("node", "root")
"""The kinds of certificates that the Swarm itself can give anew."""


def buttons(incident: Incident, silence: Silence | None, now: datetime) -> list[Block]:
    """What can be done next. None while Redis is away: nothing that is clicked could be written
    down."""
    if incident.state is AlertState.RESOLVED:
        return [_rebalance()] if incident.aftermath in _IDLE else []
    if incident.kind is AlertKind.REDIS_AWAY:
        return []
    first, later = _doing(incident, now)
    acknowledge = [] if incident.acknowledged_by else [acknowledging(incident)]
    quiet = unsilencing(silence) if silence else silencing_button(incident)
    return [*first, *acknowledge, *later, quiet]


def acknowledging(incident: Incident) -> Block:
    """Somebody takes care of it."""
    return button("Acknowledge", f"ack {_subject(incident)}")


def silencing_button(incident: Incident) -> Block:
    """Nobody is told of it for an hour."""
    return button("Silence 1 h", f"silence {_subject(incident)} --for 1h")


def unsilencing(silence: Silence, named: bool = False) -> Block:
    """People are told again; `named`: the button says of what."""
    of = f" of {silence.shown[:_LABEL]}" if named and _PATTERN.fullmatch(silence.shown) else ""
    return button(f"End silence{of}", f"unsilence {shlex.quote(silence.pattern)}")


def _subject(incident: Incident) -> str:
    """What means this incident alone: its subject, for nodes and services may share a name."""
    return shlex.quote(incident.subject)


def _doing(incident: Incident, now: datetime) -> tuple[list[Block], list[Block]]:
    """What helps more than an acknowledgement, and what helps after it."""
    worst = incident.problems[0]
    if worst.kind in _SERVICE:
        logs = button("Logs", f"service logs {_target(incident)}")
        tasks = button("Tasks", f"service ps {_target(incident)}")
        if worst.kind is AlertKind.ROLLOUT_ROLLED_BACK:
            return [logs], [tasks]
        return [_roll_back(incident)], [logs, tasks]
    if isinstance(worst.facts, NodeDown) and worst.facts.left_over:
        return [_remove(incident)], []
    if isinstance(worst.facts, NodeDown):
        return [], _without_node(incident, worst.facts, now)
    if isinstance(worst.facts, ExpiringNode):
        return [], [_remove(incident), button("Details", f"node inspect {_target(incident)}")]
    doctor = [button("Doctor", "doctor")] if worst.kind in _QUORUM else []
    return _mending(incident), doctor


def _without_node(incident: Incident, node: NodeDown, now: datetime) -> list[Block]:
    """What helps while a node is away; after a while it may be gone for good."""
    tasks = button("Tasks", f"node ps {_target(incident)}")
    if now - incident.since > GONE:
        return [_remove(incident), tasks]
    return [tasks] if node.drained else [_drain(incident), tasks]


def _mending(incident: Incident) -> list[Block]:
    """What ends it at once, where one click does."""
    worst = incident.problems[0]
    match worst.facts:
        case ManagerLocked(suspected=False):
            return [_unlock(worst.engine)]
        case CertificateEnding(certificate=kind) if kind in _RENEWED_BY_SWARM:
            return [_renew()]
        case UnevenPlacement():
            return [_rebalance()]
        case _:
            return []


def _drain(incident: Incident) -> Block:
    return button(
        f"Drain {_label(incident)}",
        f"node update --availability drain {_target(incident)}",
        confirm="It gets no tasks any more, also when it is back, until it is Active again.",
    )


def _remove(incident: Incident) -> Block:
    return button(
        f"Remove {_label(incident)}",
        f"node rm --force {_target(incident)}",
        "danger",
        "It leaves the Swarm for good. If the machine comes back, it has to join anew.",
    )


def _unlock(engine: str) -> Block:
    return button(
        "Unlock",
        f"swarm unlock --on {shlex.quote(engine)}",
        "primary",
        "It is unlocked with the key of a healthy manager, and rejoins.",
    )


def _renew() -> Block:
    return button(
        "Renew",
        RENEW,
        "danger",
        "Every node gets a new certificate from a new root. Nodes that are away hold it up.",
    )


def _roll_back(incident: Incident) -> Block:
    """It goes back from what ran when the message said so, and asks where that has changed."""
    facts = incident.problems[0].facts
    finishes = isinstance(facts, RolloutPaused) and facts.rollback
    line = f"rollback {_target(incident)} --seen {int(incident.since.timestamp())}"
    if finishes:
        asks = f"Swarm goes on with the rollback of {_label(incident)} where it paused."
        return button("Finish rollback", line, "danger", asks)
    asks = f"{_label(incident)} goes back to the revision before. Its replica count stays."
    return button("Roll back", line, "danger", asks)


def _rebalance() -> Block:
    return button(
        "Rebalance",
        "rebalance",
        confirm=(
            "Services that lie unevenly restart task by task, at the pace of their update settings."
        ),
    )


def _target(incident: Incident) -> str:
    """The node or service in a line: its id, for a name may be another's, or mean another node."""
    return shlex.quote(incident.subject.rpartition(":")[2])


def _label(incident: Incident) -> str:
    """Buttons are plain text, in which only a plain name is sure to stay one."""
    return (
        shortened(incident.name, _LABEL)
        if _PLAIN.fullmatch(incident.name)
        else incident.subject.rpartition(":")[0].rpartition(":")[2]
    )
