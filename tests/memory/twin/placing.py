"""Where a task may run: the scheduler of the Swarm in memory, with the words of the real one."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.memory.twin.cluster import ENDED, Cluster, Json

_CPUS = {"x86_64": "amd64", "aarch64": "arm64"}


def place(cluster: Cluster, task: Json) -> None:
    """Give a task a node, or say in its status why there is none."""
    fits = [(reason, test) for reason, test in _filters(cluster, task)]
    refused: dict[str, int] = {}
    able = []
    for node in cluster.nodes.values():
        reason = next((reason for reason, test in fits if not test(node)), "")
        if reason:
            refused[reason] = refused.get(reason, 0) + 1
        elif task.get("NodeID") in (None, "", node["ID"]):
            able.append(node)
    if not able:
        task["Status"] |= {
            "State": "pending",
            "Message": "pending task scheduling",
            "Err": f"no suitable node ({_words(refused)})",
        }
        return
    task["NodeID"] = min(able, key=lambda node: _load(cluster, node, task))["ID"]
    task["Status"] = {
        "Timestamp": cluster.time(),
        "State": "assigned",
        "Message": "scheduler assigned task to node",
    }


def is_eligible(cluster: Cluster, service: Json, node: Json) -> bool:
    """Whether a global service is to have a task there."""
    placement = service["Spec"]["TaskTemplate"].get("Placement") or {}
    return _is_active(node) and _meets(placement.get("Constraints") or (), node)


def _filters(cluster: Cluster, task: Json) -> list[tuple[str, Callable[[Json], bool]]]:
    placement = task["Spec"].get("Placement") or {}
    platforms = [p.get("Architecture") for p in placement.get("Platforms") or ()]
    return [
        ("not available for new tasks", _is_active),
        ("unsupported platform", lambda node: not platforms or _cpu(node) in platforms),
        (
            "scheduling constraints not satisfied",
            lambda node: _meets(placement.get("Constraints") or (), node),
        ),
        ("insufficient resources", lambda node: _has_room(cluster, node, task)),
        (
            "host-mode port already in use",
            lambda node: not (_host_ports(cluster, task) & _taken(cluster, node, task)),
        ),
        (
            "max replicas per node limit exceed",
            lambda node: (
                not placement.get("MaxReplicas")
                or _load(cluster, node, task)[0] < placement["MaxReplicas"]
            ),
        ),
    ]


def _words(refused: dict[str, int]) -> str:
    parts = []
    for reason, nodes in refused.items():
        plural = "node" if nodes == 1 else "nodes"
        if reason.startswith("not available"):
            parts.append(f"{nodes} {plural} {reason}")
        else:
            parts.append(f"{reason} on {nodes} {plural}")
    return "; ".join(parts)


def _is_active(node: Json) -> bool:
    return (node["Status"]["State"], node["Spec"]["Availability"]) == ("ready", "active")


def _cpu(node: Json) -> str:
    cpu = str(node["Description"]["Platform"]["Architecture"])
    return _CPUS.get(cpu, cpu)


def _meets(constraints: list[str] | tuple[str, ...], node: Json) -> bool:
    return all(_holds(constraint, node) for constraint in constraints)


def _holds(constraint: str, node: Json) -> bool:
    match = re.fullmatch(r"\s*([\w.-]+)\s*(==|!=)\s*(.+?)\s*", constraint)
    assert match, constraint
    values = {
        "node.id": node["ID"],
        "node.hostname": node["Description"]["Hostname"],
        "node.role": node["Spec"]["Role"],
        "node.platform.os": "linux",
        "node.platform.arch": node["Description"]["Platform"]["Architecture"],
    }
    label = match[1].removeprefix("node.labels.")
    value = str(values.get(match[1], node["Spec"]["Labels"].get(label, "")))
    return (value.lower() == match[3].lower()) == (match[2] == "==")


def _runs_there(cluster: Cluster, node: Json) -> list[Json]:
    return [
        task
        for task in cluster.tasks.values()
        if task.get("NodeID") == node["ID"] and task["Status"]["State"] not in ENDED
    ]


def _load(cluster: Cluster, node: Json, task: Json) -> tuple[int, int, str]:
    there = _runs_there(cluster, node)
    own = [placed for placed in there if placed["ServiceID"] == task["ServiceID"]]
    wanted = [placed for placed in own if placed["DesiredState"] in ("ready", "running")]
    return len(wanted), len(there), node["Description"]["Hostname"]


def _has_room(cluster: Cluster, node: Json, task: Json) -> bool:
    resources = node["Description"]["Resources"]
    for name in ("MemoryBytes", "NanoCPUs"):
        used = sum(_reserved(placed, name) for placed in _runs_there(cluster, node))
        if used + _reserved(task, name) > resources[name]:
            return False
    return True


def _reserved(task: Json, name: str) -> int:
    reservations = (task["Spec"].get("Resources") or {}).get("Reservations") or {}
    return int(reservations.get(name) or 0)


def _host_ports(cluster: Cluster, task: Json) -> set[int]:
    service = cluster.services.get(task["ServiceID"]) or {"Spec": {}}
    ports = (service["Spec"].get("EndpointSpec") or {}).get("Ports") or ()
    return {port["PublishedPort"] for port in ports if port.get("PublishMode") == "host"}


def _taken(cluster: Cluster, node: Json, task: Json) -> set[int]:
    others = (placed for placed in _runs_there(cluster, node) if placed["ID"] != task["ID"])
    return {port for placed in others for port in _host_ports(cluster, placed)}
