"""Alerts through their life, their lists, and certificates, by the name of their golden files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from bot.model import Actor, Message, Shortfall, Status, alert_facts
from bot.model.alert_facts import (
    Aftermath,
    AlertKind,
    ChangedOutside,
    ProblemFacts,
    ServiceChanges,
    SpecChange,
)
from bot.model.certificate_limits import CertificateLimits
from bot.model.cluster import Certificate
from bot.model.incident import AlertState, Incident, Note, Problem, Severity, Silence
from bot.render import status
from bot.render.alerts import alert_lists, alert_message, alert_notes
from bot.render.objects import certificates
from tests.unit.render import values as v
from tests.unit.render.written import WrittenAftermath, written, written_note

LIMITS = CertificateLimits()

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
OPS = Actor("U0OPS1", "ops")
SINCE = datetime.fromtimestamp(v.NOW.timestamp() - 200, v.NOW.tzinfo)
RTL = "שלום-עולם"
EVIL = f"{v.HOSTILE} {RTL}\u202e{v.LONG}"[:250]


def problem(
    facts: ProblemFacts,
    subject: str,
    name: str,
    severity: Severity = Severity.WARNING,
    *,
    detail: str = "",
    fix: str = "",
    **fields: Any,
) -> Problem:
    return Problem(
        subject=subject,
        severity=severity,
        name=name,
        since=SINCE,
        facts=written(facts, detail, fix),
        **fields,
    )


def reworded(problem: Problem, detail: str, fix: str | None = None, **fields: Any) -> Problem:
    """The same problem in other words."""
    told = problem.facts.fix if fix is None else fix  # type: ignore[union-attr]
    return replace(problem, facts=replace(problem.facts, cause=detail, fix=told), **fields)  # type: ignore[call-arg, arg-type]


def incident(*problems: Problem, **fields: Any) -> Incident:
    values: dict[str, Any] = {
        "id": "i1",
        "subject": problems[0].subject,
        "name": problems[0].name,
        "state": AlertState.FIRING,
        "problems": problems,
        "since": SINCE,
        "opened": SINCE,
        "changed": v.NOW,
    }
    return Incident(**{**values, **fields})


DOWN_NOW = problem(
    alert_facts.NodeDown(),
    "node:n4",
    "node4",
    Severity.CRITICAL,
    detail="its heartbeat stopped: heartbeat failure. Its tasks are being placed elsewhere",
    fix=(
        "Look at the machine and its Docker daemon; if it is gone for good, remove it: `/swarm "
        "node rm --force node4`"
    ),
    lost=(Shortfall("web", 3, 4), Shortfall("api", 1, 2)),
)
WHOLE = reworded(
    DOWN_NOW, "its heartbeat stopped. All services run their full count elsewhere", lost=()
)
DOWN = incident(DOWN_NOW, changes=("web was deployed at 14:01 by dev",))
LOCKED = incident(
    problem(
        alert_facts.ManagerLocked(),
        "node:n3",
        "node3",
        Severity.CRITICAL,
        detail=(
            "it restarted and needs the unlock key before it can rejoin. 1 more manager may fail"
        ),
        engine="node3",
    )
)
MAY_BE_LOCKED = incident(
    problem(
        alert_facts.ManagerLocked(suspected=True),
        "node:n3",
        "node3",
        Severity.CRITICAL,
        detail=(
            "it is Down and Unreachable, its host answers, and autolock is on: no further "
            "manager may fail"
        ),
        fix=(
            "Name it under `[[engines]]`, so that swarmbot can ask it; on its host: `docker "
            "swarm unlock`"
        ),
    )
)
AT_RISK = incident(
    problem(
        alert_facts.QuorumAtRisk(),
        "quorum",
        "quorum",
        detail="2 of 3 managers are reachable: no further manager may fail",
        fix="Bring node3 back, or demote it and promote another node",
    )
)
NO_QUORUM = incident(
    problem(
        alert_facts.QuorumLost(),
        "quorum",
        "quorum",
        Severity.CRITICAL,
        detail=(
            "1 of 3 managers is reachable, 2 are needed. Services go on running; nothing can "
            "be changed"
        ),
        fix="Bring node2 or node3 back",
    )
)
REFUSED = incident(
    problem(
        alert_facts.EngineUnreachable(),
        "node:n2",
        "node2",
        detail="it refuses the connection: tlsv13 alert certificate required",
        fix="Check the certificates that `tls` of `[[engines]]` names",
        engine="node2",
    )
)
CERTIFICATE = incident(
    problem(
        alert_facts.CertificateEnding(certificate="node", ends=v.NOW),
        "certificate:node:n2",
        "node2",
        detail="it ends on 2026-03-20; 17 % of its life is left, so its renewal fails",
        fix="Does node2 reach a manager? `/swarm swarm ca --rotate` renews all",
    )
)
EXPIRED = incident(
    problem(
        alert_facts.CertificateEnding(certificate="endpoint", ends=v.NOW),
        "certificate:endpoint:registry.example.com:443",
        "registry.example.com:443",
        Severity.CRITICAL,
        detail="it ended on 2026-03-03",
        fix="Put a new one in place",
    )
)
ENDS = "ends on 2026-03-20 at 14:00 UTC."
ROOT = incident(
    problem(
        alert_facts.CertificateEnding(certificate="root", ends=v.NOW),
        "certificate:root:root",
        "root",
        detail=f"Its root certificate {ENDS}",
        fix=(
            "`/swarm swarm ca --rotate` gives the Swarm a new root and every node a new "
            "certificate."
        ),
    )
)
ENGINE_TLS = incident(
    problem(
        alert_facts.CertificateEnding(certificate="engine", ends=v.NOW),
        "certificate:engine:node1/client",
        "node1/client",
        detail=f"Its TLS certificate of the engine {ENDS}",
    )
)
ENGINES = incident(
    problem(
        alert_facts.EngineUnreachable(engines=3),
        "engines",
        "node1, node2 and node3",
        detail="None of 3 engines answers the bot: timed out.",
        fix="Look whether Docker runs there, and at the network between it and the bot.",
    )
)


def expiring(down_for: int, left: int) -> Incident:
    """A node that has been Down for so many days, and whose certificate ends in so many."""
    facts = alert_facts.ExpiringNode(
        node_id="n4", ends=SINCE + timedelta(days=left), ended=left < 0
    )
    began = SINCE - timedelta(days=down_for)
    told = problem(facts, "certificate:node:n4", "node4")
    return incident(replace(told, facts=facts, since=began), since=began)


EXPIRING, EXPIRED_AWAY = expiring(73, 17), expiring(91, -1)
ROTATION = incident(
    problem(
        alert_facts.RootRotationStalled(),
        "rotation",
        "root certificate",
        detail="2 of 4 nodes have it. node4 is Down and holds it up",
        fix="Bring node4 back, or remove it: `/swarm node rm --force node4`",
    )
)
BELOW = incident(
    problem(
        alert_facts.ServiceBelow(),
        "service:s1",
        "web",
        detail="the reservations of 3 nodes are full",
        fix="Lower `--reserve-memory`, or add a node",
        lost=(Shortfall("web", 3, 4),),
    )
)
CRASHING = incident(
    problem(
        alert_facts.ServiceCrashing(),
        "service:s1",
        "web",
        detail=(
            "5 tasks ended within 10 minutes: exit code 3 on node2: `FATAL: cannot read "
            "/etc/shop.conf`"
        ),
        fix="Its logs say why",
    )
)
PAUSED = incident(
    problem(
        alert_facts.RolloutPaused(image=v.NEW),
        "service:s1",
        "web",
        detail=(
            "an update that was not made with swarmbot is paused: 2 of 4 tasks run the new "
            "specification"
        ),
        fix="`/swarm rollback web`, or update it again",
    )
)
BACK_BY_ITSELF = incident(
    problem(
        alert_facts.RolloutRolledBack(image=v.OLD),
        "service:s1",
        "web",
        detail="Swarm itself took an update back",
    )
)
PLACEMENT = incident(
    problem(
        alert_facts.UnevenPlacement(),
        "swarm:placement",
        "placement",
        Severity.NOTE,
        detail="node4 runs no replicas; web is spread unevenly.",
        fix="`/swarm service update --force web` places its tasks anew, one after the other.",
    )
)
REDIS = incident(
    problem(
        alert_facts.RedisAway(),
        "bot:redis",
        "redis",
        detail="connection refused. Reading works; changes are refused until it is back",
    )
)
SLACK = incident(
    problem(
        alert_facts.SlackAway(), "bot:slack", "slack", detail="messages were held back meanwhile"
    )
)
REGISTRY = incident(
    problem(
        alert_facts.RegistryAway(),
        "registry:registry.internal:5000",
        "registry.internal:5000",
        detail="no connection",
    )
)
JOB = incident(
    problem(
        alert_facts.JobHangs(),
        "bot:job-rollouts",
        "rollouts",
        detail="it has not ended for 5 m",
        fix="Restart the bot",
    )
)
MANAGER = incident(
    problem(
        alert_facts.ManagerUnreachable(),
        "node:n2",
        "node2",
        detail="the other managers do not reach it, no further manager may fail",
        fix="Check 2377/tcp between the managers",
    )
)
MANY = tuple(Shortfall(f"shop_web{n:03}", n % 3, 3) for n in range(200))
STORM = incident(replace(DOWN_NOW, lost=MANY))
TWO = incident(
    DOWN_NOW,
    problem(
        alert_facts.EngineUnreachable(), "node:n4", "node4", detail="timed out", engine="node4"
    ),
)
HOSTILE = incident(
    reworded(
        DOWN_NOW,
        v.HOSTILE,
        v.HOSTILE,
        subject="node:x4",
        name=EVIL,
        lost=(Shortfall(EVIL, 0, 1), Shortfall(v.LONG, 1, 2)),
    ),
    changes=(v.HOSTILE,),
    acknowledged_by=Actor("U0EVIL", v.HOSTILE),
    acknowledged=v.NOW,
)
HOSTILE_SERVICE = incident(reworded(CRASHING.problems[0], EVIL, subject="service:x1", name=EVIL))
SILENCE = Silence(pattern="node4", by=OPS, since=v.NOW, until=v.NOW + HOUR)
ENDLESS = Silence(pattern="shop_*", by=Actor("U1", v.HOSTILE), since=v.NOW)
FOR_LONG = replace(DOWN, since=SINCE - 2 * HOUR)


def changed(name: str, rest: str) -> Any:
    return written_note(AlertKind.CHANGED_OUTSIDE, f"{name} was changed outside swarmbot", rest)


LEADER = Note(
    id="l1",
    name="node2",
    facts=written_note(AlertKind.LEADER_MOVED, "node2 leads the Swarm, not node1 any more"),
    at=v.NOW,
)
OUTSIDE = Note(
    id="o1",
    name="web",
    facts=changed("web", "image `shop/web:2.0` → `shop/web:1.1`, replicas 4 → 2"),
    at=v.NOW,
    service_id="s1",
)


OFTEN = ChangedOutside(
    services=(
        ServiceChanges(
            service="web",
            changes=(SpecChange(replicas=(2, 3)),),
            times=10,
            since=v.NOW - timedelta(minutes=10),
        ),
    )
)


STACK = replace(
    OUTSIDE,
    name="shop",
    facts=changed(
        "shop",
        "3 services of this stack, shop_api (image `shop/api:1.0` → `shop/api:1.1`), "
        "shop_db (Env) and shop_web (replicas 4 → 2)",
    ),
    service_id="",
    stack="shop",
)
STATUS = Status(
    swarm="prod",
    managers=3,
    fault_tolerance=1,
    quorum=True,
    nodes={"ready": 4},
    services=12,
    rollouts=(),
    locks=(),
)


def acked(incident: Incident, **fields: Any) -> Incident:
    return replace(incident, acknowledged_by=OPS, acknowledged=SINCE + MINUTE, **fields)


def over(incident: Incident, **fields: Any) -> Incident:
    return replace(
        incident, state=AlertState.RESOLVED, resolved=SINCE + timedelta(seconds=192), **fields
    )


def shown(incident: Incident, silence: Silence | None = None) -> Callable[[], Message]:
    return lambda: alert_message.alert(incident, silence, v.NOW)


def step(before: Incident | None, after: Incident) -> Callable[[], Message]:
    def said() -> Message:
        history = alert_message.history(before, after, v.NOW)
        assert history
        return history

    return said


def lives() -> Mapping[str, Callable[[], Message]]:
    """Alerts in all their states."""
    again = replace(DOWN, times=4)
    return {
        "alert-node-down": shown(DOWN),
        "alert-node-down-acknowledged": shown(acked(DOWN)),
        "alert-node-down-whole": shown(acked(incident(WHOLE))),
        "alert-node-down-silenced": shown(DOWN, SILENCE),
        "alert-node-down-silenced-till-over": shown(acked(DOWN), ENDLESS),
        "alert-node-down-for-long": shown(FOR_LONG),
        "alert-node-down-and-engine": shown(TWO),
        "alert-node-down-warning": shown(incident(replace(DOWN_NOW, severity=Severity.WARNING))),
        "alert-node-back": shown(over(DOWN)),
        "alert-node-back-idle": shown(over(acked(DOWN), aftermath=Aftermath.IDLE)),
        "alert-node-back-idle-long": shown(
            over(
                DOWN,
                aftermath=WrittenAftermath(
                    Aftermath.IDLE,
                    "it runs nothing yet: Swarm moves nothing that runs. `/swarm rebalance` does",
                ),
            )
        ),
        "alert-node-gone": shown(over(DOWN, aftermath=Aftermath.GONE)),
        "alert-node-back-global": shown(over(DOWN, aftermath=Aftermath.ONLY_GLOBAL)),
        "alert-flapping": shown(again),
        "alert-flapping-over": shown(over(again)),
        "alert-storm": shown(STORM),
        "alert-hostile": shown(HOSTILE),
        "alert-hostile-over": shown(
            over(HOSTILE, aftermath=WrittenAftermath(Aftermath.NOTHING, v.HOSTILE))
        ),
        "alert-hostile-service": shown(HOSTILE_SERVICE),
        "alert-locked": shown(LOCKED),
        "alert-locked-and-down": shown(
            replace(
                LOCKED,
                problems=(
                    *LOCKED.problems,
                    reworded(DOWN_NOW, "What ran there is being placed elsewhere."),
                ),
            )
        ),
        "alert-locked-acknowledged": shown(acked(LOCKED)),
        "alert-locked-over": shown(over(LOCKED)),
        "alert-may-be-locked": shown(MAY_BE_LOCKED),
        "alert-manager-unreachable": shown(MANAGER),
        "alert-quorum-at-risk": shown(AT_RISK),
        "alert-quorum-lost": shown(NO_QUORUM),
        "alert-quorum-over": shown(over(NO_QUORUM)),
        "alert-engine-refused": shown(REFUSED),
        "alert-engines": shown(ENGINES),
        "alert-engines-over": shown(over(ENGINES)),
        "alert-engine-over": shown(over(REFUSED)),
        "alert-certificate": shown(CERTIFICATE),
        "alert-certificate-ended": shown(EXPIRED),
        "alert-certificate-root": shown(ROOT),
        "alert-certificate-engine": shown(ENGINE_TLS),
        "alert-certificate-over": shown(over(CERTIFICATE)),
        "alert-expiring": shown(EXPIRING),
        "alert-expiring-ended": shown(EXPIRED_AWAY),
        "alert-expiring-over": shown(over(EXPIRING)),
        "alert-expiring-removed": shown(over(EXPIRING, aftermath=Aftermath.GONE)),
        "alert-certificate-removed": shown(over(CERTIFICATE, aftermath=Aftermath.GONE)),
        "alert-rotation": shown(ROTATION),
        "alert-service-below": shown(BELOW),
        "alert-service-below-over": shown(over(BELOW)),
        "alert-crashing": shown(CRASHING),
        "alert-crashing-acknowledged": shown(acked(CRASHING)),
        "alert-paused-outside": shown(PAUSED),
        "alert-rolled-back": shown(BACK_BY_ITSELF),
        "alert-rolled-back-over": shown(over(BACK_BY_ITSELF)),
        "alert-placement": shown(PLACEMENT),
        "alert-redis": shown(REDIS),
        "alert-slack": shown(over(SLACK)),
        "alert-job": shown(JOB),
        "alert-registry": shown(REGISTRY),
    }


def steps() -> Mapping[str, Callable[[], Message]]:
    """What stands in the threads, and notes."""
    warning = incident(replace(DOWN_NOW, severity=Severity.WARNING))
    without = incident(replace(DOWN_NOW, lost=()))
    return {
        "alert-step-fired": step(None, DOWN),
        "alert-step-fired-storm": step(replace(STORM, state=AlertState.PENDING), STORM),
        "alert-step-fired-again": step(over(DOWN), replace(DOWN, times=3)),
        "alert-step-worse": step(warning, DOWN),
        "alert-step-unsilenced": lambda: alert_message.unsilenced(DOWN, v.NOW),
        "alert-moved": lambda: alert_message.moved(DOWN, "C0OPS00001"),
        "alert-left": lambda: alert_message.left(DOWN),
        "alert-left-hostile": lambda: alert_message.left(HOSTILE),
        "alert-moved-hostile": lambda: alert_message.moved(HOSTILE, "C0OPS00001"),
        "alert-step-other": step(
            AT_RISK,
            replace(
                NO_QUORUM, problems=(replace(NO_QUORUM.problems[0], severity=Severity.WARNING),)
            ),
        ),
        "alert-step-acknowledged": step(DOWN, acked(DOWN)),
        "alert-step-lost": step(without, DOWN),
        "alert-step-whole": step(DOWN, incident(WHOLE)),
        "alert-step-resolved": step(DOWN, over(DOWN, aftermath=Aftermath.IDLE)),
        "alert-step-hostile": step(None, HOSTILE),
        "alert-note-leader": lambda: alert_notes.note(LEADER),
        "alert-note-outside": lambda: alert_notes.note(OUTSIDE),
        "alert-note-outside-often": lambda: alert_notes.note(replace(OUTSIDE, facts=OFTEN)),
        "alert-note-stack": lambda: alert_notes.note(STACK),
        "alert-note-plain": lambda: alert_notes.note(
            replace(OUTSIDE, facts=written_note(AlertKind.CHANGED_OUTSIDE, rest="image v1 → v2"))
        ),
        "alert-note-hostile": lambda: alert_notes.note(
            replace(
                OUTSIDE,
                name=EVIL,
                facts=written_note(AlertKind.CHANGED_OUTSIDE, rest=v.HOSTILE),
            )
        ),
    }


def certificate(kind: str, name: str, left: float, life: float = 90, **fields: Any) -> Certificate:
    ends = v.NOW + left * DAY
    return Certificate(kind=kind, name=name, begins=ends - life * DAY, ends=ends, **fields)


def lists() -> Mapping[str, Callable[[], Message]]:
    """What the commands answer."""
    web = replace(BELOW, id="i2", since=SINCE - HOUR)
    ended = [over(replace(CRASHING, id="i3")), over(replace(AT_RISK, id="i4"))]
    many = [
        replace(
            acked(incident) if n % 3 else incident,
            id=f"m{n}",
            name=f"shop_web{n}",
            subject=f"service:m{n}",
        )
        for n, incident in enumerate([BELOW, CRASHING] * 20)
    ]
    well = [
        certificate("node", "node1", 71),
        certificate("node", "node2", 61, source="handshake"),
        certificate("root", "swarm-ca", 7000, 7300),
        certificate("engine", "node1", 300, 365),
        certificate("endpoint", "registry.example.com:443", 40),
    ]
    away = Certificate(
        kind="node", name="node4", error="it is a worker, and `certificate_agent` names no image"
    )
    odd = Certificate(kind="node", name=v.HOSTILE, error=v.HOSTILE)
    failing = certificate("node", "node3", 12)
    dead = certificate("node", "node5", -2)
    soon = certificate("endpoint", "shop.example.com:443", 5)
    return {
        "alerts": lambda: alert_lists.alerts([web, acked(LOCKED), DOWN, *ended], [], v.NOW),
        "alerts-silenced": lambda: alert_lists.alerts([DOWN, web], [SILENCE, ENDLESS], v.NOW),
        "alerts-none": lambda: alert_lists.alerts(ended, [SILENCE], v.NOW),
        "alerts-never": lambda: alert_lists.alerts(
            [replace(DOWN, state=AlertState.PENDING)], [], v.NOW
        ),
        "alerts-40": lambda: alert_lists.alerts([DOWN, *many], [], v.NOW),
        "alerts-hostile": lambda: alert_lists.alerts([HOSTILE, over(HOSTILE)], [ENDLESS], v.NOW),
        "alert-calls": lambda: alert_message.alert(DOWN, None, v.NOW, ("U0TOLD", "S0TOLD")),
        "alert-acknowledged": lambda: alert_lists.acknowledged([acked(DOWN)], OPS),
        "alert-acknowledged-two": lambda: alert_lists.acknowledged(
            [acked(DOWN), acked(BELOW), HOSTILE], OPS
        ),
        "alert-acknowledged-late": lambda: alert_lists.acknowledged([HOSTILE], OPS),
        "alert-acknowledged-over": lambda: alert_lists.acknowledged([], OPS),
        "alert-silenced": lambda: alert_lists.silenced(SILENCE, [DOWN]),
        "alert-silenced-nothing": lambda: alert_lists.silenced(
            replace(SILENCE, pattern="shop_*"), []
        ),
        "alert-silenced-till-over": lambda: alert_lists.silenced(ENDLESS, [BELOW, HOSTILE]),
        "alert-unsilenced": lambda: alert_lists.unsilenced(SILENCE),
        "status-alerts": lambda: status.health(replace(STATUS, critical=1, warnings=2)),
        "status-alert": lambda: status.health(replace(STATUS, warnings=1)),
        "certificates": lambda: certificates.certs(
            well, v.NOW, LIMITS, "workers: `/swarm certs --workers`"
        ),
        "certificates-unread": lambda: certificates.certs([*well, away, odd], v.NOW, LIMITS),
        "certificates-trouble": lambda: certificates.certs(
            [*well, away, soon, failing, dead], v.NOW, LIMITS
        ),
        "certificates-root": lambda: certificates.certs(
            [certificate("root", "swarm-ca", 3, 7300)], v.NOW, LIMITS
        ),
        "certificates-none": partial(certificates.certs, [], v.NOW, LIMITS),
        "certificates-none-read": lambda: certificates.certs([away], v.NOW, LIMITS),
    }


def messages() -> Mapping[str, Callable[[], Message]]:
    """All of them by name."""
    return {**lives(), **steps(), **lists()}
