"""Which registries may be asked without the operator's word: those of the public internet; pure.

Whoever names an image makes a manager connect to the host in its name. A host of a private network
is asked only where the configuration, or an image that a service runs, names it as a registry.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from ipaddress import ip_address

_PUBLIC_NAME = re.compile(r"([a-z0-9-]{1,63}\.){1,20}[a-z][a-z0-9-]{1,62}")
_PRIVATE_ENDINGS = (
    ".arpa",
    ".corp",
    ".home",
    ".internal",
    ".intranet",
    ".lan",
    ".local",
    ".localdomain",
    ".localhost",
)


def may_be_asked(registry: str, known: Iterable[str]) -> bool:
    """Whether a manager may connect to this registry (`host[:port]`, empty for Docker Hub).

    `known` are registries that are named as such, as patterns.
    """
    return not registry or not is_private(registry) or any(fnmatchcase(registry, k) for k in known)


def is_private(registry: str) -> bool:
    """Whether the host is, or may be, one of a private network.

    Names without a domain, and numbers in unusual writing, may be anything.
    """
    host, _, port = registry.rpartition(":")
    host = host if port.isdigit() and host else registry
    try:
        return not ip_address(host.strip("[]")).is_global
    except ValueError:
        name = host.lower().rstrip(".")
        return not _PUBLIC_NAME.fullmatch(name) or name.endswith(_PRIVATE_ENDINGS)
