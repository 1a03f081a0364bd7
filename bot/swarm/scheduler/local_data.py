"""Data that services keep on the disks of their nodes, and which changes leave it behind; pure.

A volume of the driver `local` without options lies on the node. Swarm does not know of it: a task
that starts on another node begins with an empty volume of the same name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bot.model import Node, Service, Spec
from bot.swarm.scheduler import constraints
from bot.swarm.spec import read
from bot.swarm.spec.compact import kept

_MANY = 2
VOLUME_LABEL = "swarmbot.volume"
PER_NODE = "per-node"
"""The label of a volume, and its value where each node is meant to have its own: a cache, a note of
what this node has done. Nothing is lost where a task begins with another one."""


@kept
def local_volumes(spec: Spec) -> tuple[str, ...]:
    """The writable volumes on the node's disk, by name, or by target where they have no name; those
    that are labelled as each node's own left out."""
    container = (spec.get("TaskTemplate") or {}).get("ContainerSpec") or {}
    return tuple(
        str(mount.get("Source") or mount.get("Target"))
        for mount in container.get("Mounts") or ()
        if mount.get("Type") == "volume" and not mount.get("ReadOnly") and _on_disk(mount)
    )


def may_start_empty(service: Service, nodes: Iterable[Node], changed: Spec) -> tuple[str, ...]:
    """The local volumes which new tasks of a service may not see, because Swarm may start them on
    another node; none where the change starts no task."""
    starts = changed.get("TaskTemplate") != service.spec.get("TaskTemplate") or _grows(
        service.spec, changed
    )
    if service.mode.is_global or not starts:
        return ()
    if len(constraints.open_to(changed, nodes)) < _MANY:
        return ()
    return local_volumes(service.spec)


def _grows(before: Spec, after: Spec) -> bool:
    return (read.replicas(after) or 0) > (read.replicas(before) or 0)


def _on_disk(mount: Mapping[str, Any]) -> bool:
    """Whether the driver keeps data on the node that has to be found again; a volume with options
    is likely to be mounted from elsewhere."""
    options = mount.get("VolumeOptions") or {}
    if (options.get("Labels") or {}).get(VOLUME_LABEL) == PER_NODE:
        return False
    driver = options.get("DriverConfig") or {}
    return driver.get("Name", "local") in ("", "local") and not driver.get("Options")
