"""Turns the Engine API's JSON into frozen values; pure.

What an engine leaves out is empty, never an error.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from bot.model import (
    Availability,
    Image,
    ManagerStatus,
    Mode,
    Node,
    NodeRole,
    NodeState,
    Platform,
    Port,
    Reachability,
    Resources,
    Service,
    Task,
    TaskState,
    UpdateStatus,
)
from bot.model.bounds import MOST_SAID, bounded
from bot.model.cluster import (
    ClusterInfo,
    EngineFault,
    EngineInfo,
    EngineState,
    ExternalCa,
    Network,
    Stored,
)
from bot.model.secrecy import masked_text

Raw = Mapping[str, Any]

STACK_NAMESPACE = "com.docker.stack.namespace"
# A newer engine may say a word that none of these has: it is read as unknown.
_TASK_STATES = {str(state): state for state in TaskState}
_NODE_STATES = {str(state): state for state in NodeState}
_AVAILABILITIES = {str(availability): availability for availability in Availability}
_ROLES = {str(role): role for role in NodeRole}
_REACHABILITIES = {str(reachability): reachability for reachability in Reachability}
_SERVICE_MODES = {
    "Replicated": Mode.REPLICATED,
    "Global": Mode.GLOBAL,
    "ReplicatedJob": Mode.REPLICATED_JOB,
    "GlobalJob": Mode.GLOBAL_JOB,
}
_TLS = ("tls", "ssl", "certificate", "x509")


def time(text: str | None) -> datetime | None:
    """An RFC 3339 time in UTC, cut to microseconds.

    None for no text and for Go's zero time (the year 1).
    """
    if not text or text.startswith("0001-"):
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


@lru_cache(1024)
def image(text: str) -> Image:
    """An image reference; a text that is not one (a plugin's) becomes the name as a whole.

    Cached: thousands of tasks share a few images.
    """
    try:
        return Image.parse(text)
    except ValueError:
        return Image(bounded(text))


def service(raw: Raw) -> Service:
    """A service, with its counts of tasks where it was listed with `status=true`."""
    spec = raw["Spec"]
    status = raw.get("ServiceStatus") or {}
    labels = _labels(spec)
    return Service(
        id=raw["ID"],
        name=spec.get("Name", ""),
        version=_version(raw),
        mode=mode(spec),
        image=image(_container(spec).get("Image", "")),
        spec=spec,
        replicas=replicas(spec),
        running=status.get("RunningTasks"),
        desired=status.get("DesiredTasks"),
        stack=labels.get(STACK_NAMESPACE, ""),
        ports=_ports(raw),
        labels=labels,
        update=_update_status(raw.get("UpdateStatus")),
        previous=raw.get("PreviousSpec") or None,
        job_iteration=_iteration(raw.get("JobStatus")),
        created=time(raw.get("CreatedAt")),
        updated=time(raw.get("UpdatedAt")),
    )


def mode(spec: Raw) -> Mode:
    """How the specification places tasks; replicated where it says nothing."""
    return next(
        (_SERVICE_MODES[name] for name in spec.get("Mode") or {} if name in _SERVICE_MODES),
        Mode.REPLICATED,
    )


def replicas(spec: Raw) -> int | None:
    """The desired replicas, or completions of a job (1 where unset); None for global modes."""
    modes = spec.get("Mode") or {}
    match mode(spec):
        case Mode.REPLICATED:
            return int((modes.get("Replicated") or {}).get("Replicas", 1))
        case Mode.REPLICATED_JOB:
            return int((modes.get("ReplicatedJob") or {}).get("TotalCompletions", 1))
        case _:
            return None


def task(raw: Raw, *, up_to_date: bool = True) -> Task:
    """A task. The engine does not say whether it is up to date: who asked with its filter knows."""
    status = raw.get("Status") or {}
    container = status.get("ContainerStatus") or {}
    state = task_state(status.get("State"))
    return Task(
        id=raw["ID"],
        service_id=raw.get("ServiceID", ""),
        slot=raw.get("Slot") or 0,
        node_id=raw.get("NodeID", ""),
        state=state,
        desired=task_state(raw.get("DesiredState")),
        image=image(_container({"TaskTemplate": raw.get("Spec") or {}}).get("Image", "")),
        message=_said(status, "Message"),
        error=_said(status, "Err"),
        # The engine says 0 as well for a container that still runs or never was.
        exit_code=container.get("ExitCode", 0)
        if state.terminal and container.get("ContainerID")
        else None,
        container_id=container.get("ContainerID", ""),
        at=time(status.get("Timestamp")),
        created=time(raw.get("CreatedAt")),
        up_to_date=up_to_date,
        job_iteration=_iteration(raw),
    )


def task_state(text: str | None) -> TaskState:
    """A state of a task as the engine writes it."""
    return _TASK_STATES.get(text or "", TaskState.UNKNOWN)


_ENDED_WELL = (TaskState.SHUTDOWN, TaskState.COMPLETE, TaskState.REMOVE)


def is_past(raw: Raw, since: datetime) -> bool:
    """Whether a task was stopped in good order before `since`, or never ran."""
    status = raw.get("Status") or {}
    wanted = raw.get("DesiredState") not in (TaskState.SHUTDOWN, TaskState.REMOVE)
    if wanted or status.get("State") not in _ENDED_WELL:
        return False
    at = time(status.get("Timestamp"))
    return at is not None and at < since


def node(raw: Raw) -> Node:
    """A node, as the managers see it."""
    spec, status, description = (
        raw.get("Spec") or {},
        raw.get("Status") or {},
        raw.get("Description") or {},
    )
    engine, resources = description.get("Engine") or {}, description.get("Resources") or {}
    return Node(
        id=raw["ID"],
        name=_text(description, "Hostname"),
        role=_ROLES.get(spec.get("Role", ""), NodeRole.UNKNOWN),
        availability=_AVAILABILITIES.get(spec.get("Availability", ""), Availability.UNKNOWN),
        state=_NODE_STATES.get(status.get("State", ""), NodeState.UNKNOWN),
        address=_text(status, "Addr"),
        message=_text(status, "Message"),
        manager=_manager(raw.get("ManagerStatus")),
        engine=_text(engine, "EngineVersion"),
        platform=platform(description.get("Platform") or {}),
        labels=_labels(spec),
        engine_labels=_labels(engine),
        nano_cpus=resources.get("NanoCPUs", 0),
        memory=resources.get("MemoryBytes", 0),
        generic=generic_resources(resources),
        version=_version(raw),
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


def reserved(spec: Raw) -> Resources:
    """What one task of a service reserves."""
    reservations = ((spec.get("TaskTemplate") or {}).get("Resources") or {}).get(
        "Reservations"
    ) or {}
    return Resources(
        reservations.get("MemoryBytes") or 0,
        reservations.get("NanoCPUs") or 0,
        generic_resources(reservations),
    )


def platform(raw: Raw) -> Platform:
    """A platform in Go's names: nodes say `x86_64` where manifests say `amd64`."""
    return Platform(
        raw.get("OS") or raw.get("os") or "",
        raw.get("Architecture") or raw.get("architecture") or "",
    ).normalized


def network(raw: Raw) -> Network:
    """A network."""
    pools = (raw.get("IPAM") or {}).get("Config") or ()
    return Network(
        id=raw["Id"],
        name=raw.get("Name", ""),
        driver=raw.get("Driver", ""),
        scope=raw.get("Scope", ""),
        attachable=bool(raw.get("Attachable")),
        ingress=bool(raw.get("Ingress")),
        internal=bool(raw.get("Internal")),
        encrypted="encrypted" in (raw.get("Options") or {}),
        subnets=tuple(pool["Subnet"] for pool in pools if pool.get("Subnet")),
        labels=_labels(raw),
        created=time(raw.get("Created")),
        ipv6=bool(raw.get("EnableIPv6")),
        gateways=tuple(pool["Gateway"] for pool in pools if pool.get("Gateway")),
        options=_labels(raw, "Options"),
    )


def stored(kind: str, raw: Raw) -> Stored:
    """A secret or a config, without its content."""
    spec = raw.get("Spec") or {}
    created, updated = time(raw.get("CreatedAt")), time(raw.get("UpdatedAt"))
    return Stored(kind, raw["ID"], spec.get("Name", ""), _labels(spec), created, updated)


def engine_fault(words: str) -> EngineFault:
    """What it means that an engine, or the transport to it, says this."""
    lowered = words.lower()
    if "leader" in lowered:
        return EngineFault.NO_LEADER
    return EngineFault.TLS if any(sign in lowered for sign in _TLS) else EngineFault.NONE


def engine_state(name: str, info: Raw) -> EngineState:
    """What `GET /info` says of the Swarm."""
    swarm = info.get("Swarm") or {}
    error = _text(swarm, "Error")
    return EngineState(
        name=name,
        reachable=True,
        swarm=swarm.get("LocalNodeState", ""),
        manager=bool(swarm.get("ControlAvailable")),
        node_id=swarm.get("NodeID", ""),
        node_name=_text(info, "Name"),
        error=error,
        version=_text(info, "ServerVersion"),
        cluster_id=(swarm.get("Cluster") or {}).get("ID", ""),
        address=swarm.get("NodeAddr", ""),
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
        version=_version(raw),
        created=time(raw.get("CreatedAt")),
        updated=time(raw.get("UpdatedAt")),
        cert_expiry=_nanoseconds(ca.get("NodeCertExpiry")),
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
        dispatcher_heartbeat=_nanoseconds((spec.get("Dispatcher") or {}).get("HeartbeatPeriod")),
        snapshot_interval=raft.get("SnapshotInterval", 0),
        keep_old_snapshots=raft.get("KeepOldSnapshots", 0),
        heartbeat_tick=raft.get("HeartbeatTick", 0),
        election_tick=raft.get("ElectionTick", 0),
        data_path_port=raw.get("DataPathPort", 0),
        address_pools=tuple(raw.get("DefaultAddrPool") or ()),
        subnet_size=raw.get("SubnetSize", 0),
        labels=_labels(spec),
    )


def _text(raw: Raw, key: str) -> str:
    """A text that a program, a host or an operator chose, cut to a length."""
    return bounded(str(raw.get(key) or ""))


def _said(raw: Raw, key: str) -> str:
    """A text in which a program or the engine may have quoted a secret; it is cut to a length."""
    return bounded(masked_text(str(raw.get(key) or "")[:MOST_SAID]))


def _labels(raw: Raw, key: str = "Labels") -> Mapping[str, str]:
    """Labels for judging and showing; a specification is posted back from its raw form."""
    labels = raw.get(key) or {}
    return {bounded(name): bounded(str(value)) for name, value in labels.items()}


def _container(spec: Raw) -> Raw:
    return (spec.get("TaskTemplate") or {}).get("ContainerSpec") or {}


def _version(raw: Raw) -> int:
    return int((raw.get("Version") or {}).get("Index", 0))


def _iteration(raw: Raw | None) -> int | None:
    iteration = (raw or {}).get("JobIteration")
    return None if iteration is None else int(iteration.get("Index", 0))


def _nanoseconds(count: int | None) -> timedelta:
    return timedelta(microseconds=(count or 0) / 1000)


def _manager(raw: Raw | None) -> ManagerStatus | None:
    if not raw:
        return None
    return ManagerStatus(
        bool(raw.get("Leader")),
        _REACHABILITIES.get(raw.get("Reachability", ""), Reachability.UNKNOWN),
        raw.get("Addr", ""),
    )


def _ports(raw: Raw) -> tuple[Port, ...]:
    ports = (
        (raw.get("Endpoint") or {}).get("Ports")
        or (raw["Spec"].get("EndpointSpec") or {}).get("Ports")
        or ()
    )
    return tuple(
        Port(
            target=port.get("TargetPort", 0),
            published=port.get("PublishedPort", 0),
            protocol=port.get("Protocol", "tcp"),
            mode=port.get("PublishMode", "ingress"),
        )
        for port in ports
    )


def _update_status(raw: Raw | None) -> UpdateStatus | None:
    if not raw or not raw.get("State"):
        return None
    return UpdateStatus(
        raw["State"],
        _said(raw, "Message"),
        time(raw.get("StartedAt")),
        time(raw.get("CompletedAt")),
    )
