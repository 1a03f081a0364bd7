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

_MANY = 2


def local_volumes(spec: Spec) -> tuple[str, ...]:
    """The writable volumes on the node's disk, by name, or by target where they have no name."""
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
    """Whether the driver keeps it on the node; a volume with options is likely to be mounted from
    elsewhere."""
    driver = (mount.get("VolumeOptions") or {}).get("DriverConfig") or {}
    return driver.get("Name", "local") in ("", "local") and not driver.get("Options")
