"""Which addresses can be reached: open TCP ports, hosts that are up, private networks."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from bot.workers import Workers

PORT_SECONDS = 1.5
GOSSIP_PORT = 7946
"""TCP and UDP: nodes find each other's containers over it; 4789/udp carries the overlay networks
themselves."""
MANAGER_PORT = 2377
HOST_SECONDS = 1.0
_PRIVATE = tuple(
    map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"))
)


def open_ports(host: str, ports: Iterable[int]) -> Mapping[int, bool]:
    """By port, whether the host takes TCP connections from this machine; within two seconds."""
    port_list = tuple(ports)
    with Workers(max(1, len(port_list))) as pool:
        return dict(
            zip(port_list, pool.map(lambda port: _takes(host, port), port_list), strict=True)
        )


def hosts_that_answer(addresses: Sequence[str], port: int = MANAGER_PORT) -> frozenset[str]:
    """The addresses at which a machine is up, whether or not it listens on the port.

    It takes about a second. Measured: a locked engine listens neither on 2377 nor on 7946, and its
    host refuses both at once. A host that is off or cut off does not answer at all; one whose
    firewall drops unwanted packets looks the same. What is told of as 0.0.0.0 or as a loopback
    address would be the bot's own host, which says nothing of any other.
    """
    elsewhere = tuple(address for address in addresses if _ip(address))
    if not elsewhere:
        return frozenset()
    with Workers(len(elsewhere)) as pool:
        reachable = pool.map(lambda address: _is_up(address, port), elsewhere)
        return frozenset(address for address, up in zip(elsewhere, reachable, strict=True) if up)


def host_of(url: str) -> str:
    """The host of an engine's URL; empty for a socket on this machine."""
    parts = urlsplit(url)
    return (parts.hostname or "") if parts.scheme in ("tcp", "ssh", "http", "https") else ""


def in_other_networks(advertised: str, others: Mapping[str, str]) -> tuple[str, ...]:
    """Those nodes, as `name at address`, that cannot reach a private `advertised` address.

    They are in another network than the address. `others` is address by node name.
    """
    address = _ip(advertised)
    home = _network(address) if address else None
    if home is None:
        return ()
    return tuple(
        f"{name} at {other_address}"
        for name, other_address in others.items()
        if (parsed := _ip(other_address)) and _network(parsed) != home
    )


def _takes(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), PORT_SECONDS):
            return True
    except OSError:
        return False


def _is_up(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), HOST_SECONDS):
            return True
    except ConnectionRefusedError:
        return True
    except OSError:
        return False


def _ip(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return None if address.is_loopback or address.is_unspecified else address


def _network(address: IPv4Address | IPv6Address) -> object:
    """The private range that contains the address; None for a public address."""
    return next((network for network in _PRIVATE if address in network), None)
