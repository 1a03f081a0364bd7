"""Calls of Slack over connections that stay open: a new one for each call costs two round trips and
the work of TLS, and the SDK opens one each time.

A kept connection that the other side has closed meanwhile, or may forget soon, is not used again.
So nothing has to be sent a second time because of that, which for a message would be twice as well.
"""

from __future__ import annotations

import io
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage, HTTPSConnection
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, getproxies

from slack_sdk import WebClient
from slack_sdk.webhook import WebhookClient, WebhookResponse
from urllib3.util.wait import wait_for_read

from bot.poster.slack_call import TracedClient

KEPT_SECONDS = 10.0
"""Servers and firewalls keep an idle connection for longer, most for a minute or more: where they
forget one without a word, whatever is sent over it is lost."""
MOST_KEPT = 4
"""Idle connections for each host."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered, whatever its status."""

    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        """The body, decoded as it says."""
        return self.body.decode(self.headers.get_content_charset() or "utf-8")


class KeptConnections:
    """Connections by host; to be used from any thread, each connection by one at a time."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._idle: dict[tuple[str, str], list[tuple[float, HTTPConnection]]] = {}
        self._context: ssl.SSLContext | None = None

    def send(self, request: Request, seconds: float) -> Reply:
        """Send a request once. Raises HTTPError for every status but 2xx, as urllib does, and
        OSError or HTTPException where no answer came."""
        place = request.type or "", request.host or ""
        connection = self._idle_one(place) or self._new(*place)
        try:
            reply, stays = _exchanged(connection, request, seconds)
        except BaseException:
            connection.close()
            raise
        if stays:
            self._keep(place, connection)
        else:
            connection.close()
        if not 200 <= reply.status < 300:
            words, body = f"HTTP {reply.status}", io.BytesIO(reply.body)
            raise HTTPError(request.full_url, reply.status, words, reply.headers, body)
        return reply

    def close(self) -> None:
        """Close all that are idle."""
        with self._lock:
            idle = [connection for kept in self._idle.values() for _, connection in kept]
            self._idle.clear()
        for connection in idle:
            connection.close()

    def _new(self, scheme: str, host: str) -> HTTPConnection:
        if scheme == "http":
            return HTTPConnection(host)
        with self._lock:
            # Made once: it reads all certificate authorities of the system.
            self._context = self._context or ssl.create_default_context()
        return HTTPSConnection(host, context=self._context)

    def _idle_one(self, place: tuple[str, str]) -> HTTPConnection | None:
        """The connection that was used last, if it can be used again."""
        while True:
            with self._lock:
                kept = self._idle.get(place)
                if not kept:
                    return None
                since, connection = kept.pop()
            if self._monotonic() - since < KEPT_SECONDS and not _has_news(connection):
                return connection
            connection.close()

    def _keep(self, place: tuple[str, str], connection: HTTPConnection) -> None:
        now = self._monotonic()
        with self._lock:
            kept = self._idle.setdefault(place, [])
            kept.append((now, connection))
            old = [entry for entry in kept if now - entry[0] >= KEPT_SECONDS] or kept[:-MOST_KEPT]
            for entry in old:
                kept.remove(entry)
        for _, stale in old:
            stale.close()


def _has_news(connection: HTTPConnection) -> bool:
    """Whether something came though nothing was asked: its end, most likely."""
    return connection.sock is None or wait_for_read(connection.sock, 0)


def _exchanged(connection: HTTPConnection, request: Request, seconds: float) -> tuple[Reply, bool]:
    """The answer, and whether the connection stays open."""
    connection.timeout = seconds
    if connection.sock:
        connection.sock.settimeout(seconds)
    headers: Mapping[str, Any] = dict(request.header_items())
    connection.request(request.get_method(), request.selector, request.data, headers)
    response = connection.getresponse()
    return Reply(response.status, response.headers, response.read()), not response.will_close


def _is_direct(client: WebClient | WebhookClient, request: Request) -> bool:
    """Whether no proxy is to be used, and nothing is special about its TLS: such calls are left to
    the SDK."""
    return client.proxy is None and client.ssl is None and request.type not in getproxies()


class KeptWebClient(WebClient):
    """Slack's Web API over connections that stay open."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.connections = KeptConnections()

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:
        if not _is_direct(self, req):
            return dict(super()._perform_urllib_http_request_internal(url, req))
        reply = self.connections.send(req, self.timeout)
        return {"status": reply.status, "headers": reply.headers, "body": reply.text}


class SlackClient(TracedClient, KeptWebClient):
    """The same, each call of which is a span."""


class KeptWebhook(WebhookClient):
    """An address that Slack gave, over connections that stay open."""

    def __init__(self, url: str, client: KeptWebClient) -> None:
        super().__init__(url, timeout=client.timeout, ssl=client.ssl, proxy=client.proxy)
        self._connections = client.connections

    def _perform_http_request_internal(self, url: str, req: Request) -> WebhookResponse:
        if not _is_direct(self, req):
            answer: WebhookResponse = super()._perform_http_request_internal(url, req)
            return answer
        reply = self._connections.send(req, self.timeout)
        return WebhookResponse(
            url=url, status_code=reply.status, body=reply.text, headers=dict(reply.headers)
        )
