"""One pool of connections for a unix socket.

docker-py keeps a pool for each URL, and so a connection for each object that was asked for lately:
up to 25 for each thread, more than a process may have files. Here a thread keeps one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from docker import APIClient
from docker.transport import UnixHTTPAdapter

_SCHEME = "http+docker://"


class OnePoolAdapter(UnixHTTPAdapter):
    """Has `requests` use one pool for whatever it is asked."""

    def get_connection(self, url: str | bytes, proxies: Mapping[str, str] | None = None) -> Any:
        """The pool."""
        del url
        return super().get_connection(_SCHEME, proxies)


def keep_one_pool(api: APIClient) -> None:
    """Have a client of a unix socket do so; nothing is changed where it reaches its engine
    otherwise."""
    adapter = api.get_adapter(api.base_url)
    if isinstance(adapter, UnixHTTPAdapter):
        api.mount(_SCHEME, OnePoolAdapter(adapter.socket_path, pool_connections=1, max_pool_size=1))
