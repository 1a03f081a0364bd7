"""How many addresses a network has, and what takes them; pure.

Swarm gives one to each task, one to each service with a virtual address, and one to each node that
runs a task of the network. Where none is left, tasks wait in New without a word.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv4Network, ip_network

from bot.model import Service, Spec
from bot.model.addresses import AddressUse
from bot.model.cluster import Network
from bot.swarm.objects import used_by
from bot.swarm.scheduler.layout import TaskLayout
from bot.swarm.spec.compact import kept

_NOT_FOR_TASKS = 3
"""Of each subnet: the network itself, the gateway, and the broadcast address."""


def address_uses(networks: Iterable[Network], layout: TaskLayout) -> tuple[AddressUse, ...]:
    """The use of each overlay network that services are on; without the ingress network."""
    overlay = [network for network in networks if network.scope == "swarm" and not network.ingress]
    services = layout.services.values()
    users, by_name = (
        used_by.of_networks(overlay, services),
        {service.name: service for service in services},
    )
    return tuple(
        _use(network, [by_name[name] for name in users[network.id]], layout.active)
        for network in overlay
    )


def _use(
    network: Network, its: Sequence[Service], active: Mapping[str, Mapping[str, int]]
) -> AddressUse:
    """`its`: the services that are on it. `active`: by service (id) its tasks on each node (id)."""
    nodes: set[str] = set().union(*(active.get(service.id, ()) for service in its))
    return AddressUse(
        network=network.name,
        addresses=sum(map(_usable, network.subnets)) if network.subnets else None,
        tasks=sum(_wanted(service, sum(active.get(service.id, {}).values())) for service in its),
        virtual=sum(_has_virtual_address(service.spec) for service in its),
        nodes=len(nodes - {""}),
        services=tuple(service.name for service in its),
    )


def _wanted(service: Service, running: int) -> int:
    """How many tasks need an address: as many as it should have, or has now."""
    return running if service.mode.is_job else max(service.replicas or 0, running)


@kept
def _has_virtual_address(spec: Spec) -> bool:
    return str((spec.get("EndpointSpec") or {}).get("Mode")) != "dnsrr"


def _usable(subnet: str) -> int:
    try:
        parsed = ip_network(subnet, strict=False)
    except ValueError:
        return 0
    if not isinstance(parsed, IPv4Network):
        return 0
    return max(0, parsed.num_addresses - _NOT_FOR_TASKS)
