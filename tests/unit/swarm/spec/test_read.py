"""What engines send, and what it becomes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.model import Image, ManagerStatus, Mode, Platform, Port, Reachability, UpdateStatus
from bot.model.cluster import EngineFault, ExternalCa
from bot.swarm.spec import raw_values, read, read_cluster

MORNING = datetime(2026, 11, 23, 7, 32, 47, 877773, UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-23T07:32:47.877773077Z", MORNING),
        ("2026-11-23T07:32:47.877773Z", MORNING),
        ("2026-11-23T08:32:47.877773077+01:00", MORNING),
        ("2026-11-23T07:32:47Z", MORNING.replace(microsecond=0)),
        ("2026-11-23T07:32:47.5Z", MORNING.replace(microsecond=500_000)),
        ("0001-01-01T00:00:00Z", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_times_are_aware_and_the_zero_time_is_none(
    text: str | None, moment: datetime | None
) -> None:
    assert raw_values.time(text) == moment


@pytest.mark.parametrize(
    ("raw", "mode", "replicas"),
    [
        ({"Replicated": {"Replicas": 3}}, Mode.REPLICATED, 3),
        ({"Replicated": {"Replicas": 0}}, Mode.REPLICATED, 0),
        ({"Replicated": {}}, Mode.REPLICATED, 1),
        ({"Global": {}}, Mode.GLOBAL, None),
        ({"ReplicatedJob": {"MaxConcurrent": 2, "TotalCompletions": 7}}, Mode.REPLICATED_JOB, 7),
        ({"GlobalJob": {}}, Mode.GLOBAL_JOB, None),
        ({}, Mode.REPLICATED, 1),
        (None, Mode.REPLICATED, 1),
    ],
)
def test_modes_and_counts(raw: Any, mode: Mode, replicas: int | None) -> None:
    service = read.service({"ID": "s1", "Spec": {"Name": "web", "Mode": raw}})
    assert (service.mode, service.replicas) == (mode, replicas)


def test_a_service_with_everything() -> None:
    spec = {
        "Name": "shop_web",
        "Labels": {"com.docker.stack.namespace": "shop"},
        "TaskTemplate": {"ContainerSpec": {"Image": "reg:5000/web:v1@sha256:" + "a1" * 32}},
        "Mode": {"Replicated": {"Replicas": 3}},
    }
    service = read.service(
        {
            "ID": "s1",
            "Version": {"Index": 47},
            "CreatedAt": "2026-11-23T07:32:47.877773077Z",
            "UpdatedAt": "2026-11-23T07:32:47.877773077Z",
            "Spec": spec,
            "PreviousSpec": {"Name": "shop_web"},
            "Endpoint": {
                "Ports": [
                    {
                        "Protocol": "udp",
                        "TargetPort": 53,
                        "PublishedPort": 30000,
                        "PublishMode": "host",
                    }
                ]
            },
            "UpdateStatus": {
                "State": "paused",
                "StartedAt": "2026-11-23T07:32:47.877773077Z",
                "Message": "update paused",
            },
            "ServiceStatus": {"RunningTasks": 2, "DesiredTasks": 3, "CompletedTasks": 0},
            "JobStatus": {"JobIteration": {"Index": 9}},
        }
    )
    assert (service.id, service.name, service.version, service.stack) == (
        "s1",
        "shop_web",
        47,
        "shop",
    )
    assert service.image == Image("reg:5000/web", "v1", "sha256:" + "a1" * 32)
    assert (service.running, service.desired, service.replicas) == (2, 3, 3)
    assert service.ports == (Port(53, 30000, "udp", "host"),)
    assert service.update == UpdateStatus("paused", "update paused", MORNING, None)
    assert service.spec is spec
    assert (service.previous, service.job_iteration) == ({"Name": "shop_web"}, 9)
    assert (service.created, service.updated) == (MORNING, MORNING)


def test_a_service_with_next_to_nothing() -> None:
    service = read.service({"ID": "s1", "Spec": {"Name": "web"}, "UpdateStatus": {}})
    assert (service.image, service.update, service.previous, service.job_iteration) == (
        Image(""),
        None,
        None,
        None,
    )
    assert (service.running, service.desired, service.ports, service.stack) == (None, None, (), "")


@pytest.mark.parametrize(
    ("state", "container", "exit_code"),
    [
        ("failed", {"ContainerID": "c1", "ExitCode": 3}, 3),
        ("complete", {"ContainerID": "c1", "ExitCode": 0}, 0),
        ("shutdown", {"ContainerID": "c1"}, 0),
        ("running", {"ContainerID": "c1", "ExitCode": 0}, None),
        ("rejected", {"ContainerID": "", "ExitCode": 0}, None),
        ("pending", None, None),
    ],
)
def test_only_a_container_that_ended_has_an_exit_code(
    state: str, container: Any, exit_code: int | None
) -> None:
    task = read.task({"ID": "t1", "Status": {"State": state, "ContainerStatus": container}})
    assert (task.state, task.exit_code) == (state, exit_code)


def test_a_task() -> None:
    task = read.task(
        {
            "ID": "t1",
            "CreatedAt": "2026-11-23T07:32:47.877773077Z",
            "Spec": {"ContainerSpec": {"Image": "web:v1"}},
            "ServiceID": "s1",
            "Slot": 2,
            "NodeID": "n1",
            "Status": {
                "Timestamp": "2026-11-23T07:32:47.877773077Z",
                "State": "failed",
                "Message": "started",
                "Err": "task: non-zero exit (3)",
                "ContainerStatus": {"ContainerID": "c1", "PID": 0, "ExitCode": 3},
            },
            "DesiredState": "shutdown",
            "JobIteration": {"Index": 9},
        },
        up_to_date=False,
    )
    assert (task.service_id, task.slot, task.node_id, task.container_id) == ("s1", 2, "n1", "c1")
    assert (task.state, task.desired, task.message, task.error) == (
        "failed",
        "shutdown",
        "started",
        "task: non-zero exit (3)",
    )
    assert (task.image, task.at, task.created) == (Image("web", "v1"), MORNING, MORNING)
    assert (task.up_to_date, task.job_iteration, task.exit_code) == (False, 9, 3)


def test_a_manager() -> None:
    node = read_cluster.node(
        {
            "ID": "n1",
            "Version": {"Index": 43},
            "Spec": {"Labels": {"zone": "a"}, "Role": "manager", "Availability": "drain"},
            "Description": {
                "Hostname": "node1",
                "Platform": {"Architecture": "x86_64", "OS": "linux"},
                "Resources": {"NanoCPUs": 2_000_000_000, "MemoryBytes": 1024},
                "Engine": {"EngineVersion": "20.10.24", "Labels": {"disk": "ssd"}},
            },
            "Status": {"State": "down", "Message": "heartbeat failure", "Addr": "10.97.0.1"},
            "ManagerStatus": {
                "Leader": True,
                "Reachability": "reachable",
                "Addr": "10.97.0.1:2377",
            },
        }
    )
    assert (node.name, node.role, node.availability, node.state) == (
        "node1",
        "manager",
        "drain",
        "down",
    )
    assert node.manager == ManagerStatus(True, Reachability.REACHABLE, "10.97.0.1:2377")
    assert (node.platform, node.engine, node.nano_cpus, node.memory) == (
        Platform("linux", "amd64"),
        "20.10.24",
        2_000_000_000,
        1024,
    )
    assert (node.labels, node.engine_labels, node.version) == ({"zone": "a"}, {"disk": "ssd"}, 43)


@pytest.mark.parametrize(
    ("told", "among_managers", "address", "manager_address"),
    [
        ("10.97.0.1", "10.97.0.1:2377", "10.97.0.1", "10.97.0.1:2377"),
        ("0.0.0.0", "10.97.0.1:2377", "10.97.0.1", "10.97.0.1:2377"),
        ("10.97.0.1", "0.0.0.0:2377", "10.97.0.1", "10.97.0.1:2377"),
        ("0.0.0.0", "0.0.0.0:2377", "", ""),
        ("::", "[fd00::1]:2377", "fd00::1", "[fd00::1]:2377"),
        ("fd00::1", "[::]:2377", "fd00::1", "[fd00::1]:2377"),
        ("", "", "", ""),
        ("10.97.0.1", "", "10.97.0.1", ""),
    ],
)
def test_an_address_that_names_no_machine_is_none(
    told: str, among_managers: str, address: str, manager_address: str
) -> None:
    node = read_cluster.node(
        {
            "ID": "n1",
            "Status": {"State": "ready", "Addr": told},
            "ManagerStatus": {"Leader": True, "Addr": among_managers},
        }
    )
    assert node.manager
    assert (node.address, node.manager.address) == (address, manager_address)
    engine = {"Swarm": {"NodeAddr": told}}
    own = read_cluster.engine_state("one", engine).address
    assert own == (told if told not in ("0.0.0.0", "::") else "")


def test_a_worker_that_has_yet_to_describe_itself() -> None:
    node = read_cluster.node(
        {"ID": "n1", "Spec": {"Role": "worker"}, "Status": {"State": "unknown"}}
    )
    assert (node.name, node.manager, node.platform) == ("", None, Platform("", ""))


@pytest.mark.parametrize(
    ("raw", "platform"),
    [
        ({"Architecture": "aarch64", "OS": "linux"}, Platform("linux", "arm64")),
        ({"Architecture": "armv7l", "OS": "linux"}, Platform("linux", "arm")),
        ({"architecture": "s390x", "os": "linux"}, Platform("linux", "s390x")),
        ({"Architecture": "x86_64", "OS": "Windows"}, Platform("windows", "amd64")),
    ],
)
def test_platforms_have_the_names_of_go(raw: dict[str, str], platform: Platform) -> None:
    assert read_cluster.platform(raw) == platform


def test_the_swarm_without_its_tokens() -> None:
    cluster = read_cluster.cluster(
        {
            "ID": "c1",
            "Version": {"Index": 10},
            "CreatedAt": "2026-11-23T07:32:47.877773077Z",
            "Spec": {
                "Orchestration": {"TaskHistoryRetentionLimit": 5},
                "Raft": {
                    "SnapshotInterval": 10000,
                    "KeepOldSnapshots": 0,
                    "ElectionTick": 10,
                    "HeartbeatTick": 1,
                },
                "Dispatcher": {"HeartbeatPeriod": 5_000_000_000},
                "CAConfig": {
                    "NodeCertExpiry": 7_776_000_000_000_000,
                    "ForceRotate": 2,
                    "ExternalCAs": [{"Protocol": "cfssl", "URL": "https://ca.example"}],
                },
                "EncryptionConfig": {"AutoLockManagers": True},
            },
            "TLSInfo": {"TrustRoot": "-----BEGIN CERTIFICATE-----"},
            "RootRotationInProgress": True,
            "JoinTokens": {"Worker": "SWMTKN-1-worker", "Manager": "SWMTKN-1-manager"},
            "DataPathPort": 4789,
            "DefaultAddrPool": ["10.0.0.0/8"],
            "SubnetSize": 24,
        }
    )
    assert (cluster.id, cluster.version, cluster.created) == ("c1", 10, MORNING)
    assert (cluster.cert_expiry, cluster.dispatcher_heartbeat) == (
        timedelta(days=90),
        timedelta(seconds=5),
    )
    assert (
        cluster.force_rotate,
        cluster.root_rotation,
        cluster.autolock,
        cluster.task_history,
    ) == (2, True, True, 5)
    assert cluster.external_cas == (ExternalCa("cfssl", "https://ca.example"),)
    assert (cluster.address_pools, cluster.subnet_size, cluster.data_path_port) == (
        ("10.0.0.0/8",),
        24,
        4789,
    )
    assert "SWMTKN" not in repr(cluster)


@pytest.mark.parametrize(
    ("swarm", "state", "manager", "error"),
    [
        (
            {"LocalNodeState": "active", "ControlAvailable": True, "NodeID": "n1"},
            "active",
            True,
            "",
        ),
        (
            {"LocalNodeState": "active", "ControlAvailable": False, "NodeID": "n1"},
            "active",
            False,
            "",
        ),
        ({"LocalNodeState": "locked", "NodeID": ""}, "locked", False, ""),
        ({"LocalNodeState": "inactive"}, "inactive", False, ""),
        (
            {
                "LocalNodeState": "active",
                "ControlAvailable": True,
                "Error": "no leader",
                "RemoteManagers": None,
            },
            "active",
            True,
            "no leader",
        ),
    ],
)
def test_an_engine_of_itself(swarm: dict[str, Any], state: str, manager: bool, error: str) -> None:
    engine = read_cluster.engine_state(
        "one", {"Name": "host", "ServerVersion": "20.10.24", "Swarm": swarm}
    )
    assert (engine.swarm, engine.manager, engine.error, engine.version) == (
        state,
        manager,
        error,
        "20.10.24",
    )


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("", EngineFault.NONE),
        ("connection refused", EngineFault.NONE),
        ("rpc error: The swarm does not have a leader.", EngineFault.NO_LEADER),
        ("remote error: tls: bad certificate", EngineFault.TLS),
        ("x509: certificate signed by unknown authority", EngineFault.TLS),
        ("x509: certificate has expired or is not yet valid", EngineFault.EXPIRED),
        ("certificate (1 - n1) not valid after Mon, 02 Mar 2026", EngineFault.EXPIRED),
    ],
)
def test_what_an_engines_words_mean(words: str, fault: EngineFault) -> None:
    assert read_cluster.engine_fault(words) is fault
    assert read_cluster.engine_state("one", {"Swarm": {"Error": words}}).fault is fault


def test_a_network_and_a_secret() -> None:
    network = read.network(
        {
            "Id": "net1",
            "Name": "uber-net",
            "Driver": "overlay",
            "Scope": "swarm",
            "Attachable": True,
            "Options": {"encrypted": "", "com.docker.network.driver.overlay.vxlanid_list": "4097"},
            "IPAM": {"Config": [{"Subnet": "10.0.1.0/24", "Gateway": "10.0.1.1"}]},
            "Labels": None,
        }
    )
    assert (network.name, network.attachable, network.encrypted, network.subnets) == (
        "uber-net",
        True,
        True,
        ("10.0.1.0/24",),
    )
    secret = read.stored("secret", {"ID": "x1", "Spec": {"Name": "key", "Labels": {"a": "b"}}})
    assert (secret.kind, secret.name, secret.labels) == ("secret", "key", {"a": "b"})


@pytest.mark.parametrize(
    ("desired", "state", "at", "past"),
    [
        ("shutdown", "shutdown", "2026-03-04T13:00:00Z", True),
        ("shutdown", "complete", "2026-03-04T13:00:00Z", True),
        ("remove", "shutdown", "2026-03-04T13:00:00.5Z", True),
        ("shutdown", "shutdown", "2026-03-04T14:00:01Z", False),
        ("shutdown", "failed", "2026-03-04T13:00:00Z", False),
        ("shutdown", "running", "2026-03-04T13:00:00Z", False),
        ("complete", "complete", "2026-03-04T13:00:00Z", False),
        ("running", "running", "2026-03-04T13:00:00Z", False),
        ("shutdown", "shutdown", "", False),
    ],
)
def test_what_was_stopped_in_good_order_long_ago_is_past(
    desired: str, state: str, at: str, past: bool
) -> None:
    raw = {"DesiredState": desired, "Status": {"State": state, "Timestamp": at}}
    assert read.is_past(raw, datetime(2026, 3, 4, 14, tzinfo=UTC)) is past
    assert not read.is_past({}, datetime(2026, 3, 4, 14, tzinfo=UTC))
