"""Which nodes may run a service, and what stands in the way before it is rolled; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from ipaddress import ip_address, ip_network
from typing import Any

from bot.model import Node, Platform, Service, Spec

_CONSTRAINT = re.compile(r"\A(?P<key>[\w.\-]+)\s*(?P<operator>==|!=)\s*(?P<value>.+)")
Demands = tuple[tuple[str, ...], tuple[tuple[str, str], ...]]
"""Constraints, and the platforms of the image."""
_ALIASES = {
    "x86_64": "amd64",
    "aarch64": "arm64",
    "armv7l": "arm",
    "armv6l": "arm",
    "i686": "386",
    "i386": "386",
}


def eligible(spec: Spec, nodes: Iterable[Node]) -> tuple[Node, ...]:
    """The nodes that are ready, active, and fulfil every constraint of the specification."""
    return tuple(
        node
        for node in nodes
        if node.availability == "active" and node.state == "ready" and fulfils(spec, node)
    )


def demands(spec: Spec) -> Demands:
    """What the specification demands of a node; services that demand the same may run on the same
    nodes."""
    return tuple(_placement(spec).get("Constraints") or ()), tuple(
        (one.os, one.architecture) for one in _listed(spec)
    )


def able(spec: Spec, nodes: Iterable[Node]) -> tuple[Node, ...]:
    """The nodes that may run it now, by their platform too: Swarm heeds those that the
    specification lists."""
    offered = _listed(spec)
    found = eligible(spec, nodes)
    return tuple(node for node in found if not offered or fits(offered, (normal(node.platform),)))


def fulfils(spec: Spec, node: Node) -> bool:
    """Whether a node fulfils every constraint of the specification; a task stays only where that is
    so."""
    return all(_fulfils(node, text) for text in _placement(spec).get("Constraints") or [])


def reservation(spec: Spec) -> tuple[int, int]:
    """What one task reserves: memory in bytes, nano CPUs."""
    reserved: Any = (spec.get("TaskTemplate", {}).get("Resources") or {}).get("Reservations") or {}
    return reserved.get("MemoryBytes") or 0, reserved.get("NanoCPUs") or 0


def most_per_node(spec: Spec) -> int:
    """How many tasks of the service one node may run; 0 for any number."""
    return int(_placement(spec).get("MaxReplicas") or 0)


def platforms(service: Service, nodes: Iterable[Node]) -> frozenset[Platform]:
    """The platforms of the nodes that may run the service, in the registry's names."""
    return frozenset(normal(node.platform) for node in eligible(service.spec, nodes))


def fits(offered: Sequence[Platform], wanted: Iterable[Platform]) -> bool:
    """Whether at least one of the wanted platforms is offered; an offer without architecture fits
    any."""
    return any(
        one.os in ("", need.os) and one.architecture in ("", need.architecture)
        for one in map(normal, offered)
        for need in wanted
    )


def normal(platform: Platform) -> Platform:
    """The platform with the architecture as registries name it (`amd64`), not as kernels do
    (`x86_64`)."""
    return Platform(
        platform.os.lower(),
        _ALIASES.get(platform.architecture.lower(), platform.architecture.lower()),
    )


def value(node: Node, key: str) -> str:
    """What a node answers to under the key of a label, as spread preferences name it; empty where
    it has none."""
    found = _values(node, key)
    return found[0] if found else ""


def warnings(service: Service, nodes: Sequence[Node], spec: Spec) -> tuple[str, ...]:
    """What may keep the update from ending, though it can begin."""
    able = eligible(spec, nodes)
    if not able:
        return (
            ("no node may run it now: none is Ready and Active and fulfils the constraints",)
            if nodes
            else ()
        )
    found = (
        _host_ports_short(service, able, spec),
        _too_many(service, able, spec),
        _too_small(spec, able),
    )
    return tuple(text for text in found if text)


def _placement(spec: Spec) -> Spec:
    return spec.get("TaskTemplate", {}).get("Placement") or {}


def _listed(spec: Spec) -> tuple[Platform, ...]:
    return tuple(
        Platform(one.get("OS", ""), one.get("Architecture", ""))
        for one in _placement(spec).get("Platforms") or ()
    )


def _host_ports_short(service: Service, able: Sequence[Node], spec: Spec) -> str:
    if not any(port.mode == "host" for port in service.ports):
        return ""
    tasks = len(able) if service.replicas is None else service.replicas
    if tasks > len(able):
        return (
            f"{tasks} replicas need as many nodes for their host port, and {len(able)} may run them"
        )
    if tasks == len(able) and (spec.get("UpdateConfig") or {}).get("Order") == "start-first":
        return (
            "every node that may run it holds its host port: with `start-first` no task can start "
            "beside the old one"
        )
    return ""


def _too_many(service: Service, able: Sequence[Node], spec: Spec) -> str:
    most = most_per_node(spec)
    room = most * len(able)
    if not most or service.replicas is None or service.replicas <= room:
        return ""
    return (
        f"`--replicas-max-per-node {most}` allows {room} of {service.replicas} replicas on the "
        "nodes that can run it"
    )


def _too_small(spec: Spec, able: Sequence[Node]) -> str:
    memory, cpus = reservation(spec)
    if (largest := max(node.memory for node in able)) < memory:
        return (
            f"no node is large enough for the reservation of {memory >> 20} MB (the largest has "
            f"{largest >> 20} MB)"
        )
    if (most := max(node.nano_cpus for node in able)) < cpus:
        return (
            f"no node has the {cpus / 1e9:g} CPUs that are reserved (the most has {most / 1e9:g})"
        )
    return ""


def _fulfils(node: Node, constraint: str) -> bool:
    """Whether a node fulfils one constraint as Swarm compares: without case; a key that it does not
    know fits none."""
    found = _CONSTRAINT.fullmatch(constraint.strip())
    if not found:
        return False
    key, value, wanted = found["key"], found["value"], found["operator"] == "=="
    if key.lower() == "node.ip":
        inside = _inside(node.address, value)
        return inside is not None and inside == wanted
    values = _values(node, key)
    return values is not None and (value.lower() in (each.lower() for each in values)) == wanted


def _inside(address: str, network: str) -> bool | None:
    """Whether an address lies in a network (or is the address); None where either is none."""
    try:
        return ip_address(address) in ip_network(network, strict=False)
    except ValueError:
        return None


def _values(node: Node, key: str) -> tuple[str, ...] | None:
    """What a node answers to under a key; None for an unknown key. Keys have no case, the names of
    labels do."""
    lowered = key.lower()
    if lowered.startswith("node.labels."):
        return (node.labels.get(key[len("node.labels.") :], ""),)
    if lowered.startswith("engine.labels."):
        return (node.engine_labels.get(key[len("engine.labels.") :], ""),)
    known = {
        "node.id": (node.id,),
        "node.hostname": (node.name,),
        "node.role": (node.role,),
        "node.platform.os": (node.platform.os,),
        "node.platform.arch": _kernel_names(normal(node.platform).architecture),
    }
    return known.get(lowered)


def _kernel_names(architecture: str) -> tuple[str, ...]:
    """Nodes call their architecture as the kernel does, so `node.platform.arch==amd64` fits
    none."""
    return tuple(kernel for kernel, name in _ALIASES.items() if name == architecture) or (
        architecture,
    )
