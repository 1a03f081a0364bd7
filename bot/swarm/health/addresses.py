"""How many addresses a network has, and what takes them; pure.

Swarm gives one to each task, one to each service with a virtual address, and one to each node that
runs a task of the network. Where none is left, tasks wait in New without a word.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv4Network, ip_network

from bot.model import Service, Task
from bot.model.addresses import AddressUse
from bot.model.cluster import Network
from bot.swarm.objects import used_by

_NOT_FOR_TASKS = 3
"""Of each subnet: the network itself, the gateway, and the broadcast address."""


def address_uses(
    networks: Iterable[Network], services: Sequence[Service], tasks: Iterable[Task]
) -> tuple[AddressUse, ...]:
    """The use of each overlay network that services are on; without the ingress network."""
    by_service: dict[str, list[Task]] = {}
    for task in tasks:
        by_service.setdefault(task.service_id, []).append(task)
    overlay = [network for network in networks if network.scope == "swarm" and not network.ingress]
    users, by_name = (
        used_by.of_networks(overlay, services),
        {service.name: service for service in services},
    )
    return tuple(
        _use(network, [by_name[name] for name in users[network.id]], by_service)
        for network in overlay
    )


def _use(
    network: Network, its: Sequence[Service], tasks: Mapping[str, Sequence[Task]]
) -> AddressUse:
    """`its`: the services that are on it."""
    active = [task for service in its for task in tasks.get(service.id, ()) if task.active]
    return AddressUse(
        network=network.name,
        addresses=sum(map(_usable, network.subnets)) if network.subnets else None,
        tasks=sum(_wanted(service, tasks.get(service.id, ())) for service in its),
        virtual=sum(_has_virtual_address(service) for service in its),
        nodes=len({task.node_id for task in active if task.node_id}),
        services=tuple(service.name for service in its),
    )


def _wanted(service: Service, tasks: Sequence[Task]) -> int:
    """How many tasks need an address: as many as it should have, or has now."""
    running = sum(task.active for task in tasks)
    return running if service.mode.is_job else max(service.replicas or 0, running)


def _has_virtual_address(service: Service) -> bool:
    return str((service.spec.get("EndpointSpec") or {}).get("Mode")) != "dnsrr"


def _usable(subnet: str) -> int:
    try:
        parsed = ip_network(subnet, strict=False)
    except ValueError:
        return 0
    if not isinstance(parsed, IPv4Network):
        return 0
    return max(0, parsed.num_addresses - _NOT_FOR_TASKS)
