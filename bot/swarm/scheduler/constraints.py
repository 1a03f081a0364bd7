"""Which nodes may run a service, whatever they run already; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import ip_address, ip_network

from bot.model import Node, Platform, Service, Spec
from bot.model.images import KERNEL_NAMES
from bot.swarm.spec.compact import kept

_CONSTRAINT = re.compile(r"\A(?P<key>[\w.\-]+)\s*(?P<operator>==|!=)\s*(?P<value>.+)")
Demands = tuple[tuple[str, ...], tuple[Platform, ...]]
"""Constraints, and the platforms of the image."""


def eligible(spec: Spec, nodes: Iterable[Node]) -> tuple[Node, ...]:
    """The nodes that may run it now: they are Ready and Active, fulfil every constraint, and have
    one of the platforms that the specification lists, if it lists any."""
    offered = listed_platforms(spec)
    return tuple(node for node in open_to(spec, nodes) if _offers(offered, node.platform))


def open_to(spec: Spec, nodes: Iterable[Node]) -> tuple[Node, ...]:
    """The same whatever the platforms of the present image are, for one that is to be replaced."""
    texts = tuple(_placement(spec).get("Constraints") or ())
    return tuple(
        node for node in nodes if node.takes_tasks and all(_fulfils(node, text) for text in texts)
    )


def suits(spec: Spec, node: Node) -> bool:
    """Whether the node may run it whenever it is Ready and Active."""
    return fulfils(spec, node) and _offers(listed_platforms(spec), node.platform)


@kept
def demands(spec: Spec) -> Demands:
    """What the specification demands of a node; services that demand the same may run on the same
    nodes."""
    return tuple(_placement(spec).get("Constraints") or ()), listed_platforms(spec)


@kept
def listed_platforms(spec: Spec) -> tuple[Platform, ...]:
    """The platforms of the image that the specification lists; none where any will do."""
    return tuple(
        Platform(platform.get("OS", ""), platform.get("Architecture", ""))
        for platform in _placement(spec).get("Platforms") or ()
    )


def fulfils(spec: Spec, node: Node) -> bool:
    """Whether a node fulfils every constraint of the specification; a task stays only where that is
    so."""
    return all(_fulfils(node, text) for text in _placement(spec).get("Constraints") or [])


@kept
def most_per_node(spec: Spec) -> int:
    """How many tasks of the service one node may run; 0 for any number."""
    return int(_placement(spec).get("MaxReplicas") or 0)


def platforms(service: Service, nodes: Iterable[Node]) -> frozenset[Platform]:
    """The platforms of the nodes that may run the service, in the registry's names."""
    return frozenset(node.platform.normalized for node in open_to(service.spec, nodes))


def fits(offered: Iterable[Platform], wanted: Iterable[Platform]) -> bool:
    """Whether at least one of the wanted platforms is offered; an offer without architecture fits
    any."""
    known = [platform.normalized for platform in offered]
    return any(
        platform.os in ("", need.os) and platform.architecture in ("", need.architecture)
        for need in wanted
        for platform in known
    )


def has_preferences(spec: Spec) -> bool:
    """Whether its tasks are to be spread over something else than nodes first."""
    return bool(_preferences(spec))


def branches(spec: Spec, node: Node) -> tuple[str, ...]:
    """The branch in which a node lies under each spread preference, the outermost first: the value
    of a label, empty where it has none."""
    preferences = _preferences(spec)
    if not preferences:
        return ()
    keys = (
        (preference.get("Spread") or {}).get("SpreadDescriptor", "") for preference in preferences
    )
    return tuple((_values(node, key) or ("",))[0] for key in keys)


@kept
def _preferences(spec: Spec) -> Sequence[Spec]:
    return _placement(spec).get("Preferences") or ()


def _placement(spec: Spec) -> Spec:
    return spec.get("TaskTemplate", {}).get("Placement") or {}


@lru_cache(1024)
def _offers(offered: tuple[Platform, ...], platform: Platform) -> bool:
    """Whether an image of these platforms, or of any where none is listed, runs on this one.

    Cached: a thousand nodes have a few platforms.
    """
    return not offered or fits(offered, (platform.normalized,))


def _fulfils(node: Node, constraint: str) -> bool:
    """Whether a node fulfils one constraint as Swarm compares: without case; a key that it does not
    know fits none."""
    parts = _CONSTRAINT.fullmatch(constraint.strip())
    if not parts:
        return False
    key, value, wanted = parts["key"], parts["value"], parts["operator"] == "=="
    if key.lower() == "node.ip":
        inside = _inside(node.address, value)
        return inside is not None and inside == wanted
    values = _values(node, key)
    return values is not None and (value.lower() in (known.lower() for known in values)) == wanted


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
        "node.platform.arch": _kernel_names(node.platform.normalized.architecture),
    }
    return known.get(lowered)


def _kernel_names(architecture: str) -> tuple[str, ...]:
    """Nodes call their architecture as the kernel does, so `node.platform.arch==amd64` fits
    none."""
    return tuple(kernel for kernel, name in KERNEL_NAMES.items() if name == architecture) or (
        architecture,
    )
