"""Which services use a network, a secret or a config; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bot.model import Service
from bot.model.cluster import Network, Stored
from bot.model.swarm import networks_of


def of_network(network: Network, services: Iterable[Service]) -> tuple[str, ...]:
    """Names of the services on this network.

    On the ingress network, these are the services that publish a port through it.
    """
    if network.ingress:
        return _names(
            service for service in services if any(port.mode == "ingress" for port in service.ports)
        )
    return _names(
        service for service in services if _networks(service) & {network.id, network.name}
    )


def has_networks(service: Service) -> bool:
    """Whether the service is on a network of its own choice."""
    return bool(_networks(service))


def of_stored(stored: Stored, services: Iterable[Service]) -> tuple[str, ...]:
    """Names of the services that use this secret or config."""
    return _names(service for service in services if stored.id in _stored(service, stored.kind))


def _names(services: Iterable[Service]) -> tuple[str, ...]:
    return tuple(sorted(service.name for service in services))


def _networks(service: Service) -> set[str]:
    return {str(attachment.get("Target", "")) for attachment in networks_of(service.spec)}


def _stored(service: Service, kind: str) -> set[str]:
    container: Mapping[str, Any] = (service.spec.get("TaskTemplate") or {}).get(
        "ContainerSpec"
    ) or {}
    word = kind.capitalize()
    listed = {str(reference.get(f"{word}ID", "")) for reference in container.get(f"{word}s") or ()}
    credentials = (container.get("Privileges") or {}).get("CredentialSpec") or {}
    return listed | ({str(credentials.get("Config", ""))} if kind == "config" else set())
