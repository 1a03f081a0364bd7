"""Which nodes may run a service, and what stands in the way before it is rolled; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from bot.model import Node, Platform, Service, Spec

_CONSTRAINT = re.compile(r"\s*(?P<key>[\w.\-]+)\s*(?P<operator>==|!=)\s*(?P<value>.+?)\s*")
_ALIASES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "armv6l": "arm", "i686": "386", "i386": "386"}


def eligible(spec: Spec, nodes: Iterable[Node]) -> tuple[Node, ...]:
    """The nodes that are ready, active, and fulfil every constraint of the specification."""
    constraints = (spec.get("TaskTemplate", {}).get("Placement") or {}).get("Constraints") or []
    return tuple(
        node
        for node in nodes
        if node.availability == "active" and node.state == "ready" and all(_fulfils(node, text) for text in constraints)
    )


def platforms(service: Service, nodes: Iterable[Node]) -> frozenset[Platform]:
    """The platforms of the nodes that may run the service, in the registry's names."""
    return frozenset(normal(node.platform) for node in eligible(service.spec, nodes))


def fits(offered: Sequence[Platform], wanted: Iterable[Platform]) -> bool:
    """Whether at least one of the wanted platforms is offered; an offer without architecture fits any."""
    return any(
        one.os in ("", need.os) and one.architecture in ("", need.architecture)
        for one in map(normal, offered)
        for need in wanted
    )


def normal(platform: Platform) -> Platform:
    """The platform with the architecture as registries name it (`amd64`), not as kernels do (`x86_64`)."""
    return Platform(platform.os.lower(), _ALIASES.get(platform.architecture.lower(), platform.architecture.lower()))


def warnings(service: Service, nodes: Sequence[Node], spec: Spec) -> tuple[str, ...]:
    """What may keep the update from ending, though it can begin."""
    able = eligible(spec, nodes)
    found = []
    if not able and nodes:
        found.append("no node may run it now: none is Ready and Active and fulfils the constraints")
    if able and _host_ports_short(service, able, spec):
        found.append(
            "every node that may run it holds its host port already: with `start-first` no task can start beside the old one"
        )
    if able and (short := _memory_short(spec, able)):
        found.append(short)
    return tuple(found)


def _host_ports_short(service: Service, able: Sequence[Node], spec: Spec) -> bool:
    if not any(port.mode == "host" for port in service.ports):
        return False
    order = (spec.get("UpdateConfig") or {}).get("Order", "stop-first")
    needed = (service.replicas or len(able)) + (1 if order == "start-first" else 0)
    return needed > len(able)


def _memory_short(spec: Spec, able: Sequence[Node]) -> str:
    reserved = ((spec.get("TaskTemplate", {}).get("Resources") or {}).get("Reservations") or {})
    memory, cpus = reserved.get("MemoryBytes") or 0, reserved.get("NanoCPUs") or 0
    if memory and all(node.memory < memory for node in able):
        largest = max(node.memory for node in able)
        return f"no node is large enough for the reservation of {memory >> 20} MB (the largest has {largest >> 20} MB)"
    if cpus and all(node.nano_cpus < cpus for node in able):
        largest = max(node.nano_cpus for node in able)
        return f"no node has the {cpus / 1e9:g} CPUs that are reserved (the most has {largest / 1e9:g})"
    return ""


def _fulfils(node: Node, constraint: str) -> bool:
    """Whether a node fulfils one constraint; one that is not understood counts as fulfilled, for Swarm decides."""
    found = _CONSTRAINT.fullmatch(constraint)
    if not found:
        return True
    value = _attribute(node, found["key"])
    if value is None:
        return True
    equal = value.lower() == found["value"].strip("'\"").lower()
    return equal if found["operator"] == "==" else not equal


def _attribute(node: Node, key: str) -> str | None:
    if key.startswith("node.labels."):
        return node.labels.get(key.removeprefix("node.labels."), "")
    if key.startswith("engine.labels."):
        return node.engine_labels.get(key.removeprefix("engine.labels."), "")
    known = {
        "node.id": node.id,
        "node.hostname": node.name,
        "node.role": node.role,
        "node.platform.os": node.platform.os,
        "node.platform.arch": node.platform.architecture,
    }
    return known.get(key)
