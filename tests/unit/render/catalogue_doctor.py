"""What the doctor finds, and the daily digest, by the name of their golden files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.doctor.examine import NOTHING, examine
from bot.doctor.probes import Probes
from bot.model import Actor, Message, Shortfall, Status
from bot.model.advice import Advice
from bot.model.advice_facts import VersionsDiffer
from bot.model.alert_facts import AlertKind, CertificateEnding
from bot.model.cluster import Clock, EngineState, RegistryAnswer
from bot.model.hold import Hold
from bot.model.incident import Entry, Happened, Memory, Problem, Severity
from bot.model.version_in_use import VersionInUse
from bot.render import digest
from bot.render.audit_list import Audited
from bot.render.doctor import doctor_message
from bot.render.doctor.advice_text import AdviceText
from bot.settings import WatchSettings
from bot.watch.evaluation import Evaluation
from bot.watch.snapshot import Snapshot
from tests.unit.render import values as v
from tests.unit.render.catalogue_swarm import CLUSTER
from tests.unit.render.written import written_ending

NODES = (v.NODES["n1"], replace(v.NODES["n2"]), v.NODES["n3"], v.NODES["n4"])
ILL = Snapshot(
    at=v.NOW,
    engines=(
        EngineState("node1", True, "active", True, "n1"),
        EngineState("node2", True, "active", True, "n2"),
    ),
    nodes=NODES,
    services=(v.WEB, v.API),
    tasks=(*v.TASKS, replace(v.TASKS[0], id="t9", service_id="s2", slot=1, node_id="n4")),
    cluster=replace(CLUSTER, autolock=False),
)
PROBES = Probes(
    clocks=(Clock("node2", timedelta(minutes=3), timedelta()),),
    registry={str(v.NEW): RegistryAnswer.MISSING},
)
LEADERLESS = Snapshot(
    at=v.NOW,
    engines=(
        EngineState("node1", True, "active", True, "n1", "node1", "no leader", address="10.0.0.1"),
        EngineState("node2", False, error="connection refused"),
        EngineState("node3", True, "locked", node_name="node3"),
    ),
    leaderless="the swarm does not have a leader",
)
HEALTH = Status(
    swarm="",
    managers=3,
    fault_tolerance=1,
    quorum=True,
    nodes={"ready": 4},
    services=12,
    rollouts=(),
    locks=(),
    holds=1,
)


def entry(number: int, happened: Happened, kind: AlertKind, name: str, **fields: Any) -> Entry:
    values: dict[str, Any] = {
        "at": v.NOW - timedelta(hours=number),
        "severity": Severity.WARNING,
        **fields,
    }
    return Entry(id=f"i{number}", happened=happened, kind=kind, name=name, **values)


def changed(number: int, result: str = "done", actor: str = "dev") -> Audited:
    at = v.NOW - timedelta(hours=number)
    return Audited(
        at=at, actor=actor, title=f"deploy web shop/web:{number}.0", source="C1", result=result
    )


ENTRIES = (
    entry(9, Happened.OPENED, AlertKind.NODE_DOWN, "node4", severity=Severity.CRITICAL),
    entry(
        9,
        Happened.RESOLVED,
        AlertKind.NODE_DOWN,
        "node4",
        lasted=timedelta(seconds=192),
        severity=Severity.CRITICAL,
    ),
    entry(2, Happened.OPENED, AlertKind.SERVICE_BELOW, "web"),
    entry(5, Happened.NOTED, AlertKind.CHANGED_OUTSIDE, "api"),
    entry(6, Happened.NOTED, AlertKind.CHANGED_OUTSIDE, "api"),
    entry(7, Happened.NOTED, AlertKind.LEADER_MOVED, "node2"),
)
BUSY = digest.Day(
    health=replace(HEALTH, below=(Shortfall("web", 3, 4),), warnings=1),
    entries=ENTRIES,
    changes=(changed(1), changed(2, "rolled back", "lead"), changed(3), changed(4)),
    endings=(
        Hold(
            pattern="web",
            owner=Actor("U1", "lead"),
            reason="incident 42",
            since=v.NOW,
            until=v.NOW + timedelta(hours=2),
        ),
        Problem(
            subject="certificate:node:n2",
            severity=Severity.WARNING,
            name="node2",
            since=v.NOW,
            facts=CertificateEnding(certificate="node", ends=datetime(2026, 3, 9, 10, tzinfo=UTC)),
        ),
    ),
)
MIXED = (
    VersionInUse("28.5.2", ("node1", "node2"), ("node1", "node2")),
    VersionInUse("20.10.24", ("node3", "node4", *(f"worker{n}" for n in range(9))), ("node3",)),
)
FLOOD = digest.Day(
    health=HEALTH,
    entries=[
        *(entry(n, Happened.OPENED, AlertKind.SERVICE_CRASHING, f"web{n}") for n in range(30)),
        *(
            entry(n, Happened.NOTED, AlertKind.CHANGED_OUTSIDE, v.HOSTILE + str(n))
            for n in range(9)
        ),
    ],
    changes=[
        replace(changed(n, "failed · " + v.HOSTILE, v.HOSTILE + str(n % 7)), title=v.LONG)
        for n in range(200)
    ],
    endings=[written_ending(v.HOSTILE, v.NOW)] * 9,
    unknown=("certificates",),
)


def examined(snapshot: Snapshot, probes: Probes = NOTHING) -> Message:
    evaluation = Evaluation.of(snapshot, Memory(), WatchSettings())
    return doctor_message.advised(examine(evaluation, probes))


def many() -> Message:
    names = tuple(f"shop_web{n}" for n in range(40))
    fix = "`/swarm service update --health-cmd COMMAND shop_web0`"
    down = AdviceText("node4 is Down", "`/swarm node rm node4`")
    hints = [replace(down, text=f"hint {n}: {v.HOSTILE}") for n in range(30)]
    return doctor_message.laid_out(
        [
            (Severity.CRITICAL, down),
            (Severity.WARNING, AdviceText("have no check", fix, "40 services", names)),
            *((Severity.NOTE, hint) for hint in hints),
        ]
    )


def messages() -> dict[str, Callable[[], Message]]:
    hint = AdviceText("autolock is off", "`/swarm swarm update --autolock=true`")
    return {
        "doctor-well": lambda: doctor_message.advised(()),
        "doctor-hint": lambda: doctor_message.laid_out([(Severity.NOTE, hint)]),
        "doctor-unseen": lambda: doctor_message.advised(
            (), ("certificates", "3 images in their registries")
        ),
        "doctor": lambda: examined(ILL, PROBES),
        "doctor-versions": lambda: doctor_message.advised(
            [Advice(Severity.WARNING, VersionsDiffer(versions=MIXED, loses=True))]
        ),
        "doctor-many": many,
        "doctor-no-leader": lambda: examined(LEADERLESS),
        "digest-quiet": lambda: digest.digest(digest.Day(health=HEALTH)),
        "digest": lambda: digest.digest(BUSY),
        "digest-flood": lambda: digest.digest(FLOOD),
        "digest-blind": lambda: digest.digest(digest.Day(health=None, unknown=("certificates",))),
    }
