"""Types for the fields of commands about the Swarm itself: addresses, ports and external
certificate authorities."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field

SWARM_PORT = 2377
"""The TCP port on which managers listen, unless another is named."""
_ADDRESS = re.compile(
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9][A-Za-z0-9._-]*)(?::(?P<port>[0-9]{1,5}))?"
)
_POOL = re.compile(r"[0-9A-Fa-f:.]+/[0-9]{1,3}")


def split_address(value: str) -> tuple[str, int]:
    """Host (or network interface) and port of `HOST[:PORT]`, with the Swarm's own port where none
    is named."""
    found = _ADDRESS.fullmatch(value.removeprefix("tcp://"))
    if not found or (found["port"] and not 0 < int(found["port"]) < 65536):
        raise ValueError("an address such as 10.0.0.1 or 10.0.0.1:2377")
    return found["host"].strip("[]"), int(found["port"] or SWARM_PORT)


def read_address(value: str) -> str:
    """Accept `HOST[:PORT]`, also with a network interface in place of the host."""
    split_address(value)
    return value.removeprefix("tcp://")


def read_remote(value: str) -> str:
    """Accept `HOST[:PORT]` and name the port."""
    host, port = split_address(value)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def read_pool(value: str) -> str:
    """Accept a network in CIDR form."""
    if not _POOL.fullmatch(value):
        raise ValueError("a network such as 10.20.0.0/16")
    return value


def read_external_ca(value: str) -> str:
    """Accept `protocol=cfssl,url=https://…`, as the Docker CLI has it."""
    external_ca(value)
    return value


def external_ca(text: str) -> Mapping[str, Any]:
    """An external certificate authority in the Engine API's form; `ValueError` says what would be
    right."""
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


NodeAddress = Annotated[str, AfterValidator(read_address)]
Remote = Annotated[str, AfterValidator(read_remote)]
AddressPool = Annotated[str, AfterValidator(read_pool)]
ExternalCaText = Annotated[str, AfterValidator(read_external_ca)]
DataPathPort = Annotated[int, Field(ge=1024, le=49151)]
