"""What keeps tasks of a service from a place on a node, in words."""

from __future__ import annotations

from collections.abc import Iterable

from bot.model import Platform, Resources
from bot.model.english import listed
from bot.model.obstacles import (
    HostPortShort,
    HostPortStartFirst,
    MostPerNodeShort,
    NoNodeOfPlatform,
    NoNodeOpen,
    Obstacle,
    ReservationTooLarge,
    Reserved,
    StartFirstShort,
)
from bot.model.placement import HostPort, Shortage, ShortageKind

_NONE_OPEN = "is Ready and Active and fulfils the constraints"


def obstacles_in_words(obstacles: Iterable[Obstacle]) -> tuple[str, ...]:
    """A sentence for each."""
    return tuple(map(obstacle_in_words, obstacles))


def obstacle_in_words(obstacle: Obstacle) -> str:
    """What may keep a service from its count, or its next update from ending."""
    match obstacle:
        case NoNodeOpen():
            return f"no node may run it now: none {_NONE_OPEN}"
        case NoNodeOfPlatform(platforms):
            return f"no node may run it now: {no_platform(platforms)}"
        case HostPortShort(tasks, nodes):
            return (
                f"{tasks} replicas need as many nodes for their host port, and {nodes} may run them"
            )
        case HostPortStartFirst() | StartFirstShort():
            return _none_beside(obstacle)
        case MostPerNodeShort(most, allowed, replicas):
            return (
                f"`--replicas-max-per-node {most}` allows {allowed} of {replicas} replicas on the "
                "nodes that can run it"
            )
        case ReservationTooLarge():
            return _too_large(obstacle)


def _none_beside(obstacle: HostPortStartFirst | StartFirstShort) -> str:
    why = (
        f"the nodes that can run it have room for {obstacle.replicas} tasks and not one more"
        if isinstance(obstacle, StartFirstShort)
        else "every node that may run it holds its host port"
    )
    return f"{why}: with `start-first` no task can start beside the old one"


def shortage_in_words(shortage: Shortage) -> str:
    """Why the rest of the tasks find no place."""
    match shortage.kind:
        case ShortageKind.NO_NODE:
            return f"no node {_NONE_OPEN}"
        case ShortageKind.PLATFORM:
            return no_platform(shortage.platforms)
        case ShortageKind.MOST_PER_NODE:
            return f"every node that may run it takes {shortage.most_per_node} at most"
        case ShortageKind.HOST_PORT:
            return f"{ports_are(shortage.host_ports)} taken on every node that may run it"
        case ShortageKind.RESERVATION:
            return f"each reserves {_resources(shortage.resources)}, and no node has that much left"


def no_platform(platforms: Iterable[Platform]) -> str:
    """Why no node that is open to a service may run it."""
    built_for = " or ".join(sorted(map(str, platforms)))
    return f"the image is for {built_for}, and no node that fulfils the constraints is"


def ports_are(host_ports: Iterable[HostPort]) -> str:
    """`port 8080 is`, `ports 53/udp and 8080 are`: the ports on the nodes that a task needs."""
    ports = [
        str(port) if protocol == "tcp" else f"{port}/{protocol}"
        for port, protocol in sorted(host_ports)
    ]
    return f"port {ports[0]} is" if len(ports) == 1 else f"ports {' and '.join(ports)} are"


def _too_large(obstacle: ReservationTooLarge) -> str:
    needed, largest = obstacle.needed, obstacle.largest
    match obstacle.resource:
        case Reserved.MEMORY:
            return (
                f"no node is large enough for the reservation of {needed >> 20} MB (the largest "
                f"has {largest >> 20} MB)"
            )
        case Reserved.CPU:
            return (
                f"no node has the {needed / 1e9:g} CPUs that are reserved (the most has "
                f"{largest / 1e9:g})"
            )
        case Reserved.GENERIC:
            return (
                f"no node has the {needed} {obstacle.name} that are reserved (the most has "
                f"{largest})"
            )


def _resources(resources: Resources) -> str:
    """`300 MB and 1.5 CPUs`: those of which there are any."""
    parts = [f"{resources.memory >> 20} MB"] if resources.memory else []
    parts += [f"{resources.nano_cpus / 1e9:g} CPUs"] if resources.nano_cpus else []
    parts += [f"{count} {kind}" for kind, count in sorted(resources.generic.items())]
    return listed(parts)
