"""What the tests of operations share: a service to work on, one with everything set, and
patience."""

import subprocess
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from bot.model import Task
from bot.model.cluster import EngineAddress
from bot.swarm.engine.pool import FailoverPool
from bot.swarm.swarm import Swarm
from playground import processes
from playground.cluster import Cluster
from tests.fence import OPEN
from tests.swarm.ground import UNASKED

DEAF_SECONDS = 8.0
MANAGERS = ("node1", "node2", "node3")

T = TypeVar("T")


def swarm_over(cluster: Cluster, *names: str) -> Swarm:
    """The Swarm as the bot reaches it when exactly these engines are configured."""
    engines = FailoverPool(EngineAddress(name, cluster.nodes[name].url) for name in names)
    return Swarm(engines).fenced_by(OPEN)


def eventually(look: Callable[[], T], seconds: float = 30.0) -> T:
    """What `look` returns as soon as that is something."""
    seen = processes.looked_for(look, seconds, every=0.2)
    assert seen, "waited in vain"
    return seen


def web(cluster: Cluster, name: str = "web", replicas: int = 2, **more: Any) -> dict[str, Any]:
    container = {
        "Image": cluster.image("web:v1"),
        "StopGracePeriod": 1_000_000_000,
        "Healthcheck": UNASKED,
    }
    return {
        "Name": name,
        "TaskTemplate": {"ContainerSpec": container, **more.pop("TaskTemplate", {})},
        "Mode": {"Replicated": {"Replicas": replicas}},
        **more,
    }


def running(swarm: Swarm, service_id: str, count: int) -> tuple[Task, ...]:
    """The tasks of a service as soon as this many run."""

    def look() -> tuple[Task, ...]:
        tasks = [
            task
            for task in swarm.services.tasks(service_id, running=True)
            if task.state == "running"
        ]
        return tuple(tasks) if len(tasks) == count else ()

    return eventually(look)


def heard_everywhere(swarm: Swarm, cluster: Cluster, service_id: str) -> None:
    """Wait until Swarm brings the log of a global service from every node.

    A node that came back before its old connection was over is lost to Swarm's log broker when that
    ends (swarmkit's `nodeDisconnected` forgets the node, whichever connection ended): it is called
    unavailable, though all runs there, until it connects anew. The engine of such a node is started
    anew.
    """
    nodes = {node.id: node.name for node in swarm.nodes.list()}

    def heard() -> set[str]:
        return {line.node_id for line in swarm.logs.service_log(service_id, 10).lines}

    with suppress(AssertionError):
        eventually(lambda: heard() == nodes.keys(), DEAF_SECONDS)
        return
    for node_id in nodes.keys() - heard():
        cluster.nodes[nodes[node_id]].stop()
        cluster.nodes[nodes[node_id]].start()
    eventually(lambda: heard() == nodes.keys())


def store(cluster: Cluster, kind: str, name: str) -> str:
    """Create a secret or a config with the content `geheim`; returns its id."""
    command = ["docker", "-H", cluster.manager.url, kind, "create", name, "-"]
    return subprocess.run(
        command, input="geheim", text=True, check=True, stdout=subprocess.PIPE
    ).stdout.strip()


def everything_set(image: str, network: str, secret: str, config: str) -> dict[str, Any]:
    file = {"UID": "0", "GID": "0", "Mode": 292}
    container = {
        "Image": image,
        "Labels": {"inner": "1"},
        "Hostname": "web-{{.Task.Slot}}",
        "Env": ["A=1", "B=two words"],
        "Dir": "/tmp",
        "User": "0",
        "StopSignal": "SIGTERM",
        "StopGracePeriod": 2_000_000_000,
        "Healthcheck": {
            "Test": ["CMD-SHELL", "true"],
            "Interval": 2_000_000_000,
            "Timeout": 1_000_000_000,
            "Retries": 4,
        },
        "Hosts": ["10.1.1.1 other"],
        "DNSConfig": {
            "Nameservers": ["10.1.1.2"],
            "Search": ["example.org"],
            "Options": ["timeout:2"],
        },
        "Mounts": [{"Type": "tmpfs", "Target": "/cache", "TmpfsOptions": {"SizeBytes": 1048576}}],
        "Secrets": [
            {"SecretID": secret, "SecretName": "secret-1", "File": {"Name": "key", **file}}
        ],
        "Configs": [
            {
                "ConfigID": config,
                "ConfigName": "config-1",
                "File": {"Name": "/etc/web.conf", **file},
            }
        ],
        "Init": True,
        "Sysctls": {"net.ipv4.ip_unprivileged_port_start": "80"},
        "CapabilityAdd": ["CAP_NET_ADMIN"],
        "Ulimits": [{"Name": "nofile", "Soft": 1000, "Hard": 2000}],
    }
    strategy = {
        "Parallelism": 2,
        "Delay": 1_000_000_000,
        "Monitor": 2_000_000_000,
        "MaxFailureRatio": 0.25,
    }
    return {
        "Name": "web",
        "Labels": {"team": "shop", "com.docker.stack.namespace": "shop"},
        "TaskTemplate": {
            "ContainerSpec": container,
            "Resources": {
                "Limits": {"NanoCPUs": 500_000_000, "MemoryBytes": 67108864, "Pids": 100},
                "Reservations": {"NanoCPUs": 10_000_000, "MemoryBytes": 4194304},
            },
            "RestartPolicy": {
                "Condition": "on-failure",
                "Delay": 1_000_000_000,
                "MaxAttempts": 3,
                "Window": 9_000_000_000,
            },
            "Placement": {
                "Constraints": ["node.platform.os==linux"],
                "Preferences": [{"Spread": {"SpreadDescriptor": "node.labels.zone"}}],
                "MaxReplicas": 4,
                "Platforms": [{"Architecture": "amd64", "OS": "linux"}],
            },
            "Networks": [{"Target": network, "Aliases": ["front"]}],
            "LogDriver": {"Name": "json-file", "Options": {"max-size": "1m"}},
            "ForceUpdate": 7,
        },
        "Mode": {"Replicated": {"Replicas": 2}},
        "UpdateConfig": {**strategy, "FailureAction": "rollback", "Order": "start-first"},
        "RollbackConfig": {**strategy, "FailureAction": "continue", "Order": "stop-first"},
        "EndpointSpec": {
            "Mode": "vip",
            "Ports": [
                {
                    "Protocol": "tcp",
                    "TargetPort": 8080,
                    "PublishedPort": 8081,
                    "PublishMode": "ingress",
                }
            ],
        },
    }
