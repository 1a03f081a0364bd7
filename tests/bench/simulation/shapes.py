"""The JSON of single objects, as large as an engine writes them: what makes a thousand nodes heavy.

Everything follows from a number, so that two runs see the same Swarm.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from tests.engine_defaults import swarm_spec

Json = dict[str, Any]

ENGINE = "28.5.2"
API = "1.51"
CREATED = "2026-03-01T09:00:00.123456789Z"
CHANGED = "2026-03-02T09:00:00.123456789Z"
IMAGES = 100
STACKS = 40
_ID_LENGTH = 25
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_ROOT = (
    "-----BEGIN CERTIFICATE-----\n" + "MIIBajCCARCgAwIBAgIU" * 30 + "\n-----END CERTIFICATE-----\n"
)
_PLUGINS = [
    {"Type": kind, "Name": name}
    for kind, names in {
        "Log": "awslogs fluentd gcplogs gelf journald json-file local splunk syslog",
        "Network": "bridge host ipvlan macvlan null overlay",
        "Volume": "local",
    }.items()
    for name in names.split()
]


def object_id(kind: str, number: int) -> str:
    """An id as Swarm makes them: 25 digits and letters."""
    value = int.from_bytes(blake2b(f"{kind}{number}".encode(), digest_size=16).digest())
    digits = []
    for _ in range(_ID_LENGTH):
        value, digit = divmod(value, len(_DIGITS))
        digits.append(_DIGITS[digit])
    return "".join(digits)


def digest(kind: str, number: int) -> str:
    """64 hexadecimal digits."""
    return blake2b(f"{kind}{number}".encode(), digest_size=32).hexdigest()


def encoded(value: Any) -> bytes:
    """JSON without spaces, as Go writes it."""
    return json.dumps(value, separators=(",", ":")).encode()


def image_of(number: int, tag: str = "2.0") -> str:
    """The pinned image of a service."""
    image = number % IMAGES
    return f"registry.example.com/team{image % 10}/app{image:02}:{tag}@sha256:{digest(tag, image)}"


def node(number: int, managers: int, state: str = "ready") -> Json:
    """A node; the first ones are managers, the very first leads."""
    # Of this machine, where nobody listens: who looks for its certificate is refused at once.
    address = f"127.1.{number // 250}.{number % 250 + 1}"
    raw: Json = {
        "ID": object_id("node", number),
        "Version": {"Index": 1000 + number},
        "CreatedAt": CREATED,
        "UpdatedAt": CHANGED,
        "Spec": {
            "Labels": {"zone": f"zone{number % 3}", "rack": f"rack{number % 40:02}"},
            "Role": "manager" if number < managers else "worker",
            "Availability": "active",
        },
        "Description": {
            "Hostname": host_name(number),
            "Platform": {"Architecture": "x86_64", "OS": "linux"},
            "Resources": {"NanoCPUs": 32_000_000_000, "MemoryBytes": 135_000_000_000},
            "Engine": {
                "EngineVersion": ENGINE,
                "Labels": {"provider": "example", "generation": f"g{number % 4}"},
                "Plugins": _PLUGINS,
            },
            "TLSInfo": {
                "TrustRoot": _ROOT,
                "CertIssuerSubject": "MBMxETAPBgNVBAMTCHN3YXJtLWNh",
                "CertIssuerPublicKey": "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE" + "A" * 88,
            },
        },
        "Status": {"State": state, "Addr": address},
    }
    if state == "down":
        raw["Status"]["Message"] = "heartbeat failure"
    if number < managers:
        reachable = "reachable" if state == "ready" else "unreachable"
        raw["ManagerStatus"] = {"Reachability": reachable, "Addr": f"{address}:2377"}
        if number == 0:
            raw["ManagerStatus"]["Leader"] = True
    return raw


def host_name(number: int) -> str:
    """The host name of a node."""
    return f"node{number:04}"


def service_name(number: int) -> str:
    """The name of a service, of its stack first."""
    return f"stack{number % STACKS:02}_service{number:04}"


def service(number: int, replicas: int) -> Json:
    """A service that runs as many replicas as it should."""
    ports = (
        [
            {
                "Protocol": "tcp",
                "TargetPort": 8080,
                "PublishedPort": 10_000 + number,
                "PublishMode": "ingress",
            }
        ]
        if number % 4 == 0
        else []
    )
    endpoint = {"Mode": "vip", "Ports": ports}
    return {
        "ID": object_id("service", number),
        "Version": {"Index": 500_000 + number},
        "CreatedAt": CREATED,
        "UpdatedAt": CHANGED,
        "Spec": _service_spec(number, replicas, "2.0", endpoint),
        "PreviousSpec": _service_spec(number, replicas, "1.0", endpoint),
        "Endpoint": {
            "Spec": endpoint,
            "Ports": ports,
            "VirtualIPs": [
                {"NetworkID": object_id("network", 0), "Addr": f"10.8.{number // 250}.2/16"},
                {"NetworkID": object_id("network", 1 + number % STACKS), "Addr": "10.9.0.2/24"},
            ],
        },
        "UpdateStatus": {
            "State": "completed",
            "StartedAt": CHANGED,
            "CompletedAt": CHANGED,
            "Message": "update completed",
        },
    }


def _service_spec(number: int, replicas: int, tag: str, endpoint: Json) -> Json:
    stack = f"stack{number % STACKS:02}"
    return {
        "Name": service_name(number),
        "Labels": {
            "com.docker.stack.namespace": stack,
            "com.docker.stack.image": image_of(number, tag).partition("@")[0],
            "team": f"team{number % 10}",
        },
        "TaskTemplate": _task_spec(number, tag),
        "Mode": {"Replicated": {"Replicas": replicas}},
        "UpdateConfig": _update_config("rollback"),
        "RollbackConfig": _update_config("pause"),
        "EndpointSpec": endpoint,
    }


def _update_config(action: str) -> Json:
    return {
        "Parallelism": 1,
        "Delay": 10_000_000_000,
        "FailureAction": action,
        "Monitor": 5_000_000_000,
        "MaxFailureRatio": 0,
        "Order": "start-first",
    }


def _task_spec(number: int, tag: str) -> Json:
    return {
        "ContainerSpec": {
            "Image": image_of(number, tag),
            "Labels": {"com.docker.stack.namespace": f"stack{number % STACKS:02}"},
            "Env": [
                "LOG_LEVEL=info",
                f"SERVICE_NAME=service{number:04}",
                "DATABASE_HOST=postgres.internal.example.com",
                "JAVA_OPTS=-Xms256m -Xmx512m -XX:+UseG1GC",
            ],
            "Privileges": {"CredentialSpec": None, "SELinuxContext": None},
            "StopGracePeriod": 10_000_000_000,
            "Healthcheck": {
                "Test": ["CMD-SHELL", "wget -q -O - http://127.0.0.1:8080/health || exit 1"],
                "Interval": 10_000_000_000,
                "Retries": 3,
            },
            "DNSConfig": {},
            "Isolation": "default",
        },
        "Resources": {
            "Limits": {"MemoryBytes": 1_073_741_824},
            "Reservations": {"NanoCPUs": 100_000_000, "MemoryBytes": 268_435_456},
        },
        "RestartPolicy": {"Condition": "any", "Delay": 5_000_000_000, "MaxAttempts": 0},
        "Placement": {"Platforms": [{"Architecture": "amd64", "OS": "linux"}]},
        "Networks": [{"Target": object_id("network", 1 + number % STACKS), "Aliases": ["app"]}],
        "ForceUpdate": 0,
        "Runtime": "container",
    }


def task_halves(number: int, tag: str, state: str, desired: str) -> tuple[bytes, bytes, bytes]:
    """The JSON of all tasks of a service that are in the same state, cut where they differ: behind
    the id, and before slot and node; `task` puts one together."""
    status: Json = {"Timestamp": CHANGED, "State": state, "Message": _MESSAGES[state]}
    if state == "failed":
        status["Err"] = "task: non-zero exit (1)"
    head = {
        "Version": {"Index": 700_000 + number},
        "CreatedAt": CREATED,
        "UpdatedAt": CHANGED,
        "Labels": {},
        "Spec": _task_spec(number, tag),
        "ServiceID": object_id("service", number),
    }
    tail = {"DesiredState": desired, "NetworksAttachments": [_attachment(number)]}
    return encoded(head)[1:-1], encoded(status)[1:-1], encoded(tail)[1:-1]


def task(task_id: str, container: str, slot: int, node_id: str, halves: tuple[bytes, ...]) -> bytes:
    """One task."""
    head, status, tail = halves
    return (
        b'{"ID":"%s",%s,"Slot":%d,"NodeID":"%s","Status":{%s,"ContainerStatus":{"ContainerID":"%s",'
        b'"PID":%d,"ExitCode":0},"PortStatus":{}},%s}'
        % (task_id.encode(), head, slot, node_id.encode(), status, container.encode(), slot, tail)
    )


_MESSAGES = {"running": "started", "shutdown": "shutdown", "failed": "started"}


def _attachment(number: int) -> Json:
    network = 1 + number % STACKS
    return {
        "Network": {
            "ID": object_id("network", network),
            "Version": {"Index": 40 + network},
            "CreatedAt": CREATED,
            "UpdatedAt": CREATED,
            "Spec": {
                "Name": f"stack{number % STACKS:02}_default",
                "Labels": {"com.docker.stack.namespace": f"stack{number % STACKS:02}"},
                "DriverConfiguration": {"Name": "overlay"},
                "Scope": "swarm",
            },
            "DriverState": {
                "Name": "overlay",
                "Options": {"com.docker.network.driver.overlay.vxlanid_list": str(4096 + network)},
            },
            "IPAMOptions": {
                "Driver": {"Name": "default"},
                "Configs": [{"Subnet": f"10.9.{network}.0/24", "Gateway": f"10.9.{network}.1"}],
            },
        },
        "Addresses": [f"10.9.{network}.{number % 250 + 2}/24"],
    }


def network(number: int) -> Json:
    """The ingress network (0), or the default network of a stack."""
    stack = number - 1
    labels: Mapping[str, str] = {"com.docker.stack.namespace": f"stack{stack:02}"} if number else {}
    return {
        "Name": f"stack{stack:02}_default" if number else "ingress",
        "Id": object_id("network", number),
        "Created": CREATED,
        "Scope": "swarm",
        "Driver": "overlay",
        "EnableIPv6": False,
        "IPAM": {
            "Driver": "default",
            "Options": None,
            "Config": [{"Subnet": f"10.9.{number}.0/24", "Gateway": f"10.9.{number}.1"}],
        },
        "Internal": False,
        "Attachable": False,
        "Ingress": number == 0,
        "Options": {"com.docker.network.driver.overlay.vxlanid_list": str(4096 + number)},
        "Labels": dict(labels),
    }


def cluster() -> Json:
    """`GET /swarm`, with the engine's defaults."""
    return {
        "ID": object_id("cluster", 0),
        "Version": {"Index": 11},
        "CreatedAt": CREATED,
        "UpdatedAt": CHANGED,
        "Spec": swarm_spec(),
        "TLSInfo": {"TrustRoot": "", "CertIssuerSubject": "", "CertIssuerPublicKey": ""},
        "RootRotationInProgress": False,
        "DefaultAddrPool": ["10.0.0.0/8"],
        "SubnetSize": 24,
        "DataPathPort": 4789,
        "JoinTokens": {"Worker": "SWMTKN-1-worker", "Manager": "SWMTKN-1-manager"},
    }
