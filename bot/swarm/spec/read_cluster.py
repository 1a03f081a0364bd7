"""Turns what managers and engines say of nodes, engines and the cluster into frozen values; pure.

What an engine leaves out is empty, never an error.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from bot.model import (
    Availability,
    ManagerStatus,
    Node,
    NodeRole,
    NodeState,
    Platform,
    Reachability,
)
from bot.model.addresses import SWARM_PORT, is_specific, split_address, with_port
from bot.model.cluster import (
    ClusterInfo,
    EngineFault,
    EngineInfo,
    EngineState,
    ExternalCa,
)
from bot.swarm.engine_words import EXPIRED, LEADER, TLS
from bot.swarm.spec.raw_values import (
    Raw,
    duration_of,
    labels_of,
    text_of,
    time,
    version_of,
)

_NODE_STATES = {str(state): state for state in NodeState}


_AVAILABILITIES = {str(availability): availability for availability in Availability}


_ROLES = {str(role): role for role in NodeRole}


_REACHABILITIES = {str(reachability): reachability for reachability in Reachability}


def node(raw: Raw) -> Node:
    """A node, as the managers see it."""
    spec, status, description = (
        raw.get("Spec") or {},
        raw.get("Status") or {},
        raw.get("Description") or {},
    )
    engine, resources = description.get("Engine") or {}, description.get("Resources") or {}
    manager = _manager(raw.get("ManagerStatus"))
    address, manager = _addresses(_specific(text_of(status, "Addr")), manager)
    return Node(
        id=raw["ID"],
        name=text_of(description, "Hostname"),
        role=_ROLES.get(spec.get("Role", ""), NodeRole.UNKNOWN),
        availability=_AVAILABILITIES.get(spec.get("Availability", ""), Availability.UNKNOWN),
        state=_NODE_STATES.get(status.get("State", ""), NodeState.UNKNOWN),
        address=address,
        message=text_of(status, "Message"),
        manager=manager,
        engine=text_of(engine, "EngineVersion"),
        platform=platform(description.get("Platform") or {}),
        labels=labels_of(spec),
        engine_labels=labels_of(engine),
        nano_cpus=resources.get("NanoCPUs", 0),
        memory=resources.get("MemoryBytes", 0),
        generic=generic_resources(resources),
        version=version_of(raw),
        created=time(raw.get("CreatedAt")),
        updated=time(raw.get("UpdatedAt")),
    )


def generic_resources(resources: Raw) -> Mapping[str, int]:
    """Generic resources by kind: a number, or as many as have a name of their own."""
    counts: Counter[str] = Counter()
    for entry in resources.get("GenericResources") or ():
        counted, named = entry.get("DiscreteResourceSpec"), entry.get("NamedResourceSpec")
        if counted:
            counts[counted.get("Kind", "")] += counted.get("Value") or 0
        elif named:
            counts[named.get("Kind", "")] += 1
    return counts


def platform(raw: Raw) -> Platform:
    """A platform in Go's names: nodes say `x86_64` where manifests say `amd64`."""
    return Platform(
        raw.get("OS") or raw.get("os") or "",
        raw.get("Architecture") or raw.get("architecture") or "",
    ).normalized


def engine_fault(words: str) -> EngineFault:
    """What it means that an engine, or the transport to it, says this."""
    lowered = words.lower()
    if LEADER in lowered:
        return EngineFault.NO_LEADER
    if any(sign in lowered for sign in EXPIRED):
        return EngineFault.EXPIRED
    return EngineFault.TLS if any(sign in lowered for sign in TLS) else EngineFault.NONE


def engine_state(name: str, info: Raw) -> EngineState:
    """What `GET /info` says of the Swarm."""
    swarm = info.get("Swarm") or {}
    error = text_of(swarm, "Error")
    return EngineState(
        name=name,
        reachable=True,
        swarm=swarm.get("LocalNodeState", ""),
        manager=bool(swarm.get("ControlAvailable")),
        node_id=swarm.get("NodeID", ""),
        node_name=text_of(info, "Name"),
        error=error,
        version=text_of(info, "ServerVersion"),
        cluster_id=(swarm.get("Cluster") or {}).get("ID", ""),
        address=_specific(text_of(swarm, "NodeAddr")),
        peers=tuple(peer["Addr"] for peer in swarm.get("RemoteManagers") or ()),
        fault=engine_fault(error),
    )


def engine_info(name: str, info: Raw) -> EngineInfo:
    """The Swarm part of `GET /info`; only managers know the Swarm's configuration."""
    swarm = info.get("Swarm") or {}
    raw_cluster = swarm.get("Cluster") or {}
    return EngineInfo(
        engine_state(name, info),
        swarm.get("Managers") or 0,
        swarm.get("Nodes") or 0,
        cluster(raw_cluster) if raw_cluster.get("ID") else None,
    )


def cluster(raw: Raw) -> ClusterInfo:
    """`GET /swarm`, without its tokens."""
    spec = raw.get("Spec") or {}
    raft, ca = spec.get("Raft") or {}, spec.get("CAConfig") or {}
    return ClusterInfo(
        id=raw["ID"],
        version=version_of(raw),
        created=time(raw.get("CreatedAt")),
        updated=time(raw.get("UpdatedAt")),
        cert_expiry=duration_of(ca.get("NodeCertExpiry")),
        force_rotate=ca.get("ForceRotate", 0),
        external_cas=tuple(
            ExternalCa(
                raw_ca.get("Protocol", ""), raw_ca.get("URL", ""), raw_ca.get("Options") or {}
            )
            for raw_ca in ca.get("ExternalCAs") or ()
        ),
        root_rotation=bool(raw.get("RootRotationInProgress")),
        trust_root=(raw.get("TLSInfo") or {}).get("TrustRoot", ""),
        autolock=bool((spec.get("EncryptionConfig") or {}).get("AutoLockManagers")),
        task_history=(spec.get("Orchestration") or {}).get("TaskHistoryRetentionLimit", 0),
        dispatcher_heartbeat=duration_of((spec.get("Dispatcher") or {}).get("HeartbeatPeriod")),
        snapshot_interval=raft.get("SnapshotInterval", 0),
        keep_old_snapshots=raft.get("KeepOldSnapshots", 0),
        heartbeat_tick=raft.get("HeartbeatTick", 0),
        election_tick=raft.get("ElectionTick", 0),
        data_path_port=raw.get("DataPathPort", 0),
        address_pools=tuple(raw.get("DefaultAddrPool") or ()),
        subnet_size=raw.get("SubnetSize", 0),
        labels=labels_of(spec),
    )


def _manager(raw: Raw | None) -> ManagerStatus | None:
    if not raw:
        return None
    return ManagerStatus(
        bool(raw.get("Leader")),
        _REACHABILITIES.get(raw.get("Reachability", ""), Reachability.UNKNOWN),
        raw.get("Addr", ""),
    )


def _addresses(address: str, manager: ManagerStatus | None) -> tuple[str, ManagerStatus | None]:
    """The node's address, and its place among the managers with theirs: a leader that listens on
    every address may be told of by that, and then one of the two says the real one."""
    if manager is None or not manager.address:
        return address, manager
    try:
        host, port = split_address(manager.address)
    except ValueError:
        host, port = "", SWARM_PORT
    if is_specific(host):
        return address or host, manager
    return address, replace(manager, address=with_port(address, port) if address else "")


def _specific(host: str) -> str:
    return host if is_specific(host) else ""
