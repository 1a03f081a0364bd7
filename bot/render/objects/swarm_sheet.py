"""The Swarm itself for people: what an engine knows of it, its root certificate, and a change to
another one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.model import File, Message, NodeState
from bot.model.cluster import ClusterInfo, EngineInfo, EngineState, RootCertificate, RootRotation
from bot.model.duration import write_duration
from bot.model.english import and_more, plural, seconds
from bot.render.objects.nodes import state_word
from bot.render.slack.blocks import Block, Row, aligned, bar, context, message, section, table, when
from bot.render.slack.text import code, escape, preformatted, prose

_ENGINES = ("ENGINE", "SWARM", "ROLE", "NODE", "ID", "ADDRESS")
_WIDE = 100
_NAMED = 5


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
    said = [prose(state.error)] if state.error else []
    return message(
        f"{mark} {escape(state.name)} · {_summary(state)}",
        [*said, *_hint(state)],
        [
            *parts,
            *context(f"engine {escape(state.version)}" if state.version else "", _host(state)),
        ],
    )


def overview(
    cluster: ClusterInfo | None, engines: Sequence[EngineState], managers: int, nodes: int
) -> Message:
    """The Swarm, and what each engine says of itself."""
    trouble = [one for one in engines if one.swarm != "active" or one.error]
    ordered = [*trouble, *(one for one in engines if one not in trouble)]
    blocks, files = table(_ENGINES, [_engine(one) for one in ordered], len(trouble), "engines.txt")
    said = [f"{escape(one.name)}: {prose(one.error)}" for one in trouble if one.error][:_NAMED]
    if cluster is None:
        return message(f"🟠 {_no_swarm(engines)}", said, blocks, files)
    looks = f" · {plural(len(trouble), 'engine')} to look at" if trouble else ""
    head = (
        f"{'🟠' if trouble else '🟢'} Swarm of {plural(nodes, 'node')}, "
        f"{plural(managers, 'manager')}{looks}"
    )
    return message(head, said, [*blocks, *_configuration(cluster)], files)


# ---- the root certificate


def authority(
    cluster: ClusterInfo, root: RootCertificate | None, rotation: RootRotation, now: datetime
) -> Message:
    """The root certificate as facts, with the PEM as a file."""
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
    """How far the nodes have come with the new root."""
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
        f"{_some(names)} {_are(names)} not Ready and {'hold' if several else 'holds'} it up: "
        f"bring {'them' if several else 'it'} back, or remove by `/swarm node rm {names[0]}`"
    )


def _slow(rotation: RootRotation) -> str:
    names = [name for name, state in rotation.waiting if state == NodeState.READY]
    if not names:
        return ""
    have = "have" if len(names) > 1 else "has"
    return f"{_some(names)} {_are(names)} Ready and {have} no new certificate yet"


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
        ("root rotation", "in progress" if cluster.root_rotation else "none in progress"),
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
        return [("external CAs", "none: the managers sign")]
    return [("external CA", f"{one.protocol} {one.url}") for one in cluster.external_cas]


def _rows(rows: Iterable[Row]) -> Block:
    return section(preformatted(aligned((), [row for row in rows if row[1]], most=_WIDE)))


def _engine(state: EngineState) -> Row:
    away = (
        "away"
        if not state.reachable
        else "no answer"
        if not state.swarm
        else state_word(state.swarm)
    )
    return (state.name, away, _role(state), state.node_name, state.node_id[:12], state.address)


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
                    f"{code(f'/swarm swarm unlock --on {name}')}"
                )
            ]
        case "inactive":
            joining = code(f"/swarm swarm join HOST:PORT --on {name}")
            return [
                (
                    f"Found one with {code(f'/swarm swarm init --on {name}')}, or let it "
                    f"join: {joining}"
                )
            ]
        case _:
            return []


def _host(state: EngineState) -> str:
    return f"host {escape(state.node_name)}" if state.node_name else ""


def _no_swarm(engines: Sequence[EngineState]) -> str:
    locked = [one.name for one in engines if one.swarm == "locked"]
    if locked:
        return f"No manager answers · {_some(locked)} {_are(locked)} locked"
    if all(one.swarm == "inactive" for one in engines):
        return "There is no Swarm yet"
    return "No manager answers"


def _some(names: Sequence[str]) -> str:
    left = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + and_more(left)


def _are(names: Sequence[str]) -> str:
    return "are" if len(names) > 1 else "is"
