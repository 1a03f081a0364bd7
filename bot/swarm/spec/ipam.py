"""Addresses of networks: subnets, gateways and ranges as `docker network create` takes them; pure.

A reader raises `ValueError` with a phrase that completes "expected …".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import ip_address, ip_network
from typing import Any

from bot.errors import InvalidValueError
from bot.model.cluster import Network


def read_range(text: str) -> str:
    """Accept a range of addresses in CIDR notation."""
    try:
        if "/" in text:
            ip_network(text, strict=False)
            return text
    except ValueError:
        pass
    raise ValueError("a range such as 10.20.0.0/24")


def read_address(text: str) -> str:
    """Accept one address."""
    try:
        ip_address(text)
    except ValueError:
        raise ValueError("an address such as 10.20.0.1") from None
    return text


def read_named_address(text: str) -> str:
    """Accept `name=address`."""
    name, _, address = text.partition("=")
    try:
        ip_address(address)
    except ValueError:
        name = ""
    if not name:
        raise ValueError("a name and an address, such as router=10.20.0.2")
    return text


def pools(
    subnets: Sequence[str],
    gateways: Iterable[str],
    ranges: Iterable[str],
    auxiliary: Iterable[str] = (),
) -> list[dict[str, Any]]:
    """The `IPAM.Config` of the Engine API.

    Each gateway and range joins the subnet that contains it. Raises InvalidValueError where no
    subnet contains it, or the subnet has one already.
    """
    config: list[dict[str, Any]] = [{"Subnet": subnet} for subnet in subnets]
    for flag, key, values in (
        ("--ip-range", "IPRange", ranges),
        ("--gateway", "Gateway", gateways),
    ):
        for value in values:
            around = [pool for pool in config if _inside(value, pool["Subnet"])]
            free = [pool for pool in around if key not in pool]
            if not free:
                raise InvalidValueError(flag, value, "one inside of a `--subnet`, and one a subnet")
            free[0][key] = value
    for text in auxiliary:
        name, _, address = text.partition("=")
        around = [pool for pool in config if _inside(address, pool["Subnet"])]
        if not around:
            raise InvalidValueError("--aux-address", text, "one inside of a `--subnet`")
        around[0].setdefault("AuxiliaryAddresses", {})[name] = address
    return config


def refuse_overlap(subnets: Sequence[str], networks: Iterable[Network]) -> None:
    """Refuse subnets that overlap with each other or with a network of the Swarm.

    Raises InvalidValueError.
    """
    taken = [(network.name, subnet) for network in networks for subnet in network.subnets]
    for subnet in subnets:
        for name, taken_subnet in taken:
            if _overlap(subnet, taken_subnet):
                raise InvalidValueError(
                    "--subnet", subnet, f"addresses of its own: network `{name}` has {taken_subnet}"
                )
        taken.append(("itself", subnet))


def _inside(value: str, subnet: str) -> bool:
    inner, outer = ip_network(value, strict=False), ip_network(subnet, strict=False)
    return (
        inner.version == outer.version
        and inner.network_address in outer
        and inner.prefixlen >= outer.prefixlen
    )


def _overlap(subnet: str, other_subnet: str) -> bool:
    first, second = ip_network(subnet, strict=False), ip_network(other_subnet, strict=False)
    return first.version == second.version and (
        first.network_address in second or second.network_address in first
    )
