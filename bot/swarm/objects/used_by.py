"""Which services use which networks, secrets or configs, by the ids of these; pure.

Each service is looked at once, for there may be thousands of either.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Set
from typing import Any

from bot.model import Service, Spec
from bot.model.cluster import Network, Stored
from bot.model.natural import natural
from bot.model.swarm import networks_of
from bot.swarm.spec.compact import kept

Users = Mapping[str, tuple[str, ...]]
"""By id the names of services, in order."""
_INGRESS = "the routing mesh"
"""No network is called so: a name has no spaces."""


def of_networks(networks: Iterable[Network], services: Iterable[Service]) -> Users:
    """Names of the services on each of these networks.

    On the ingress network, these are the services that publish a port through it.
    """
    users = _by_reference(services, _networks)
    return {
        network.id: _sorted(
            users[_INGRESS] if network.ingress else users[network.id] | users[network.name]
        )
        for network in networks
    }


def has_networks(service: Service) -> bool:
    """Whether the service is on a network of its own choice."""
    return bool(_targets(service.spec))


def of_stored(stored: Iterable[Stored], services: Iterable[Service]) -> Users:
    """Names of the services that use each of these secrets and configs."""
    users = _by_reference(
        services, lambda service: _stored(service, "secret") | _stored(service, "config")
    )
    return {value.id: _sorted(users[value.id]) for value in stored}


def _by_reference(
    services: Iterable[Service], references: Callable[[Service], Set[str]]
) -> defaultdict[str, set[str]]:
    """The names of services by what they refer to."""
    users: defaultdict[str, set[str]] = defaultdict(set)
    for service in services:
        for reference in references(service):
            users[reference].add(service.name)
    return users


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names, key=natural))


def _networks(service: Service) -> Set[str]:
    """Ids and names of networks."""
    meshed = any(port.mode == "ingress" for port in service.ports)
    return _targets(service.spec) | ({_INGRESS} if meshed else set())


@kept
def _targets(spec: Spec) -> frozenset[str]:
    return frozenset(str(attachment.get("Target", "")) for attachment in networks_of(spec))


def _stored(service: Service, kind: str) -> set[str]:
    container: Mapping[str, Any] = (service.spec.get("TaskTemplate") or {}).get(
        "ContainerSpec"
    ) or {}
    word = kind.capitalize()
    listed = {str(reference.get(f"{word}ID", "")) for reference in container.get(f"{word}s") or ()}
    credentials = (container.get("Privileges") or {}).get("CredentialSpec") or {}
    return listed | ({str(credentials.get("Config", ""))} if kind == "config" else set())
