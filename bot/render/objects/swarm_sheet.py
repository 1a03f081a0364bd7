"""The Swarm itself: what an engine knows of it, its root certificate, and a change of that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.model import File, Message, NodeState
from bot.model.cluster import ClusterInfo, EngineInfo, EngineState, RootCertificate, RootRotation
from bot.model.duration import write_duration
from bot.model.english import agree, plural, seconds, shortlist
from bot.model.slash import SLASH
from bot.render.objects.nodes import state_word
from bot.render.slack.blocks import Block, bar, context, message, when
from bot.render.slack.details_table import part
from bot.render.slack.fence import Row
from bot.render.slack.tables import Column, table
from bot.render.slack.text import code, escape, prose

_ENGINES = (
    Column("ENGINE"),
    Column("SWARM"),
    Column("ROLE"),
    Column("NODE"),
    Column("ADDRESS"),
    Column("ID"),
)
_MOST_NAMES = 5


def info(engine: EngineInfo) -> Message:
    """The Swarm part of one engine's `docker system info`."""
    state = engine.state
    mark = (
        "🟢"
        if state.swarm == "active" and not state.error
        else "🔒"
        if state.swarm == "locked"
        else "🟠"
    )
    rows: list[Row] = [
        ("swarm", state_word(state.swarm)),
        ("role", _role(state)),
        ("node id", state.node_id),
        ("node address", state.address),
        ("managers", str(engine.managers or "")),
        ("nodes", str(engine.nodes or "")),
        *_peers(state),
    ]
    parts = [_rows(rows), *(_configuration(engine.cluster) if engine.cluster else [])]
    errors = [prose(state.error)] if state.error else []
    return message(
        f"{mark} {escape(state.name)} · {_summary(state)}",
        [*errors, *_hint(state)],
        [
            *parts,
            *context(f"engine {escape(state.version)}" if state.version else "", _host(state)),
        ],
    )


def overview(
    cluster: ClusterInfo | None, engines: Sequence[EngineState], managers: int, nodes: int
) -> Message:
    """The Swarm, and the state of each engine."""
    trouble = [engine for engine in engines if engine.swarm != "active" or engine.error]
    ordered = [*trouble, *(engine for engine in engines if engine not in trouble)]
    blocks, files = table(_ENGINES, [_engine(engine) for engine in ordered], "engines.txt")
    errors = [
        f"{escape(engine.name)}: {prose(engine.error)}" for engine in trouble if engine.error
    ][:_MOST_NAMES]
    if cluster is None:
        return message(f"🟠 {_no_swarm(engines)}", errors, blocks, files)
    count = f" · {plural(len(trouble), 'engine')} to look at" if trouble else ""
    head = (
        f"{'🟠' if trouble else '🟢'} Swarm of {plural(nodes, 'node')}, "
        f"{plural(managers, 'manager')}{count}"
    )
    return message(head, errors, [*blocks, *_configuration(cluster)], files)


# ---- the root certificate


def authority(
    cluster: ClusterInfo, root: RootCertificate | None, rotation: RootRotation, now: datetime
) -> Message:
    """The root certificate, with its PEM as a file."""
    pem = (
        (File("swarm-root-ca.pem", cluster.trust_root, "Root certificate of the Swarm"),)
        if cluster.trust_root
        else ()
    )
    if root is None:
        return message(
            "🟠 The Swarm's root certificate cannot be read", (), _configuration(cluster), pem
        )
    left = seconds((root.ends - now).total_seconds())
    state = (
        f"🔵 Root certificate changes · {_count(rotation)}"
        if rotation.running
        else f"🟢 Root certificate · {left} left"
    )
    facts: list[Row] = [
        ("subject", root.subject),
        ("serial", root.serial),
        ("SHA-256", root.fingerprint),
        ("valid from", f"{root.begins:%Y-%m-%d %H:%M} UTC"),
        ("valid until", f"{root.ends:%Y-%m-%d %H:%M} UTC"),
        *_authorities(cluster),
        ("nodes renew", f"every certificate lives {write_duration(cluster.cert_expiry)}"),
        (
            "rotated",
            f"{plural(cluster.force_rotate, 'time')} by force"
            if cluster.force_rotate
            else "never by force",
        ),
    ]
    return message(state, _waiting(rotation) if rotation.running else [], [_rows(facts)], pem)


def rotating(rotation: RootRotation, took: float) -> Message:
    """How many nodes have a certificate of the new root; `took` is in seconds."""
    head = f"🔵 Root certificate changes · {_count(rotation)} · {seconds(took)}"
    return message(head, [bar(rotation.renewed, rotation.total), *_waiting(rotation)])


def held_up(rotation: RootRotation) -> tuple[str, ...]:
    """What to say of the nodes that hold up a change of the root, and what to do.

    Nothing where none does.
    """
    return tuple(part for part in (_away(rotation), _slow(rotation)) if part)


def _away(rotation: RootRotation) -> str:
    names = [name for name, state in rotation.waiting if state != NodeState.READY]
    if not names:
        return ""
    several = len(names) > 1
    return (
        f"{_subject(names)} not Ready and {'hold' if several else 'holds'} it up: "
        f"bring {'them' if several else 'it'} back, or remove by `{SLASH} node rm {names[0]}`"
    )


def _slow(rotation: RootRotation) -> str:
    names = [name for name, state in rotation.waiting if state == NodeState.READY]
    if not names:
        return ""
    have = "have" if len(names) > 1 else "has"
    return f"{_subject(names)} Ready and {have} no new certificate yet"


def _count(rotation: RootRotation) -> str:
    return f"{rotation.renewed}/{rotation.total} nodes"


def _waiting(rotation: RootRotation) -> list[str]:
    away = _away(rotation)
    return [f"⚠ {prose(away)}"] if away else []


# ---- parts


def _configuration(cluster: ClusterInfo) -> list[Block]:
    rows: list[Row] = [
        ("cluster id", cluster.id),
        ("autolock", "on" if cluster.autolock else "off"),
        ("cert-expiry", write_duration(cluster.cert_expiry)),
        *_authorities(cluster),
        ("force rotate", str(cluster.force_rotate)),
        ("root rotation", "in progress" if cluster.root_rotation else "not now"),
        ("task-history-limit", str(cluster.task_history)),
        ("dispatcher-heartbeat", write_duration(cluster.dispatcher_heartbeat)),
        ("snapshot-interval", str(cluster.snapshot_interval)),
        ("max-snapshots", str(cluster.keep_old_snapshots)),
        ("heartbeat tick", str(cluster.heartbeat_tick)),
        ("election tick", str(cluster.election_tick)),
        ("data-path-port", str(cluster.data_path_port or "")),
        ("default-addr-pool", ", ".join(cluster.address_pools)),
        ("subnet size", str(cluster.subnet_size or "")),
        ("labels", ", ".join(f"{key}={value}" for key, value in sorted(cluster.labels.items()))),
    ]
    times = context(
        f"created {when(cluster.created)}" if cluster.created else "",
        f"changed {when(cluster.updated)}" if cluster.updated else "",
    )
    return [_rows(rows), *times]


def _authorities(cluster: ClusterInfo) -> list[Row]:
    if not cluster.external_cas:
        return [("external CAs", "none")]
    return [
        ("external CA", f"{authority.protocol} {authority.url}")
        for authority in cluster.external_cas
    ]


def _rows(rows: Iterable[Row]) -> Block:
    return part("", [row for row in rows if row[1]])


def _engine(state: EngineState) -> Row:
    away = (
        "away"
        if not state.reachable
        else "no answer"
        if not state.swarm
        else state_word(state.swarm)
    )
    return (state.name, away, _role(state), state.node_name, state.address, state.node_id[:12])


def _role(state: EngineState) -> str:
    if state.swarm != "active":
        return ""
    return "manager" if state.manager else "worker"


def _peers(state: EngineState) -> list[Row]:
    return [
        ("manager addresses" if index == 0 else " ", peer)
        for index, peer in enumerate(sorted(state.peers))
    ]


def _summary(state: EngineState) -> str:
    if state.swarm == "active":
        return f"{_role(state)} of a Swarm"
    return {"locked": "a locked manager", "inactive": "in no Swarm"}.get(
        state.swarm, state_word(state.swarm)
    )


def _hint(state: EngineState) -> list[str]:
    name = state.name
    match state.swarm:
        case "locked":
            return [
                (
                    "It needs the unlock key before it can rejoin: "
                    f"{code(f'{SLASH} swarm unlock --on {name}')}"
                )
            ]
        case "inactive":
            joining = code(f"{SLASH} swarm join HOST:PORT --on {name}")
            return [
                (
                    f"Found one with {code(f'{SLASH} swarm init --on {name}')}, or let it "
                    f"join: {joining}"
                )
            ]
        case _:
            return []


def _host(state: EngineState) -> str:
    return f"host {escape(state.node_name)}" if state.node_name else ""


def _no_swarm(engines: Sequence[EngineState]) -> str:
    locked = [engine.name for engine in engines if engine.swarm == "locked"]
    if locked:
        return f"No manager answers · {_subject(locked)} locked"
    if all(engine.swarm == "inactive" for engine in engines):
        return "There is no Swarm yet"
    return "No manager answers"


def _subject(names: Sequence[str]) -> str:
    """The beginning of a sentence: `node1 is`, `node1, node2 are`."""
    return f"{shortlist(names, _MOST_NAMES)} {agree(len(names), 'is', 'are')}"
