"""What `REDIS_URL` may be: one server by TCP, TLS or a Unix socket, or the primary that Sentinels
name.

The forms of redis-py, and `redis+sentinel://USER:PASSWORD@HOST:PORT,HOST:PORT/NAME` beside them;
with `rediss+sentinel://` Sentinels and servers are reached by TLS.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from redis.connection import parse_url

SENTINEL_SCHEMES = ("redis+sentinel", "rediss+sentinel")
_DEFAULT_PORT = 26379
_TLS_OPTIONS = "ssl_"
_SENTINELS_OWN = {"sentinel_username": "username", "sentinel_password": "password"}


@dataclass(frozen=True, slots=True)
class SentinelAddress:
    """Sentinels, and the name under which they know the primary.

    `of_servers` and `of_sentinels` are options for the connections (redis-py's), with user and
    password.
    """

    sentinels: tuple[tuple[str, int], ...]
    primary: str
    of_servers: dict[str, Any]
    of_sentinels: dict[str, Any]


def is_sentinel(url: str) -> bool:
    """Whether the URL names Sentinels."""
    return url.partition("://")[0] in SENTINEL_SCHEMES


def sentinel_address(url: str) -> SentinelAddress:
    """What the URL of Sentinels says; ValueError where a part is missing or wrong.

    `sentinel_username` and `sentinel_password` in its query are for the Sentinels themselves; the
    options of TLS (`ssl_ca_certs` and so on) hold for both.
    """
    scheme, _, rest = url.partition("://")
    authority, _, path_and_query = rest.partition("/")
    user, _, hosts = authority.rpartition("@")
    primary, _, query = path_and_query.partition("?")
    if not primary or "/" in primary:
        raise ValueError("the name of the primary is missing")
    options: dict[str, Any] = parse_url(f"redis://{user}@server/?{query}")  # type: ignore[no-untyped-call]
    del options["host"]
    options.pop("db", None)
    own = {mine: options.pop(name) for name, mine in _SENTINELS_OWN.items() if name in options}
    tls = {name: value for name, value in options.items() if name.startswith(_TLS_OPTIONS)}
    if scheme.startswith("rediss"):
        tls["ssl"] = True
    elif tls:
        raise ValueError("options of TLS without TLS")
    sentinels = tuple(_host_and_port(host) for host in hosts.split(","))
    return SentinelAddress(sentinels, unquote(primary), options | tls, own | tls)


def _host_and_port(text: str) -> tuple[str, int]:
    parts = urlsplit(f"//{text}")
    if not parts.hostname:
        raise ValueError("a Sentinel has no host")
    return parts.hostname, parts.port or _DEFAULT_PORT
