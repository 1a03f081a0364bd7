"""Types of fields for commands about the Swarm itself: addresses, ports, external authorities."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from bot.model.addresses import external_ca, split_address

_POOL = re.compile(r"\A[0-9A-Fa-f:.]+/[0-9]{1,3}")


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


NodeAddress = Annotated[str, AfterValidator(read_address)]
Remote = Annotated[str, AfterValidator(read_remote)]
AddressPool = Annotated[str, AfterValidator(read_pool)]
ExternalCaText = Annotated[str, AfterValidator(read_external_ca)]
DataPathPort = Annotated[int, Field(ge=1024, le=49151)]
