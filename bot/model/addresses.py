"""Addresses of managers, and external certificate authorities, as the Docker CLI writes them."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from bot.model.bounds import at_most


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressUse:
    """What a network has, and what takes it: so many tasks, virtual addresses of services, and one
    address a node. `addresses`: None where Swarm gave it no subnet."""

    network: str
    addresses: int | None
    tasks: int
    virtual: int
    nodes: int
    services: tuple[str, ...] = ()

    @property
    def short(self) -> int:
        """How many addresses are missing."""
        return max(0, self.tasks + self.virtual + self.nodes - (self.addresses or 0))


SWARM_PORT = 2377
"""The TCP port on which managers listen, unless another is named."""
MOST_PORT = 65_535
_RIGHT = "an address such as 10.0.0.1 or 10.0.0.1:2377"


_ADDRESS = re.compile(
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9][A-Za-z0-9._-]*)(?::(?P<port>[0-9]+))?"
)


def split_address(value: str) -> tuple[str, int]:
    """Host (or network interface) and port of `HOST[:PORT]`.

    The port is the Swarm's own where none is named. Raises ValueError.
    """
    match = _ADDRESS.fullmatch(value.removeprefix("tcp://"))
    if not match:
        raise ValueError(_RIGHT)
    port = at_most(match["port"] or str(SWARM_PORT), MOST_PORT)
    if not port:
        raise ValueError(f"{_RIGHT}, with a port of at least 1 and at most {MOST_PORT}")
    return match["host"].strip("[]"), port


def with_port(host: str, port: int = SWARM_PORT) -> str:
    """`HOST:PORT`, an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def is_specific(host: str) -> bool:
    """Whether the host names a machine: 0.0.0.0 and :: stand for every address of whoever reads
    them, and an empty one for none."""
    try:
        return not ip_address(host).is_unspecified
    except ValueError:
        return bool(host)


def external_ca(text: str) -> Mapping[str, Any]:
    """An external certificate authority in the Engine API's form.

    `ValueError` says what would be right.
    """
    right = "an external authority such as protocol=cfssl,url=https://ca.example.com"
    try:
        pairs = [field.partition("=") for field in next(csv.reader([text]), [])]
    except csv.Error:
        raise ValueError(right) from None
    given = {key.strip().lower(): value for key, _, value in pairs}
    if not all(equals for _, equals, _ in pairs) or given.pop("protocol", "").lower() != "cfssl":
        raise ValueError(right)
    url = given.pop("url", "")
    if not url.startswith(("https://", "http://")) or "cacert" in given:
        raise ValueError(right)
    return {"Protocol": "cfssl", "URL": url, "Options": given}
