"""Who may use the workspace's address: this machine's own browser and terminal, and the app.

A page of any other site runs in the same browser. It can send requests to this address, and with a
name of its own that it makes point here (DNS rebinding) it can read the answers as well. So every
route looks at `Host` and `Origin`, and what acts in a person's name needs the key of this run.
"""

import secrets
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

KEY_HEADER = "x-playground-key"
OPEN = ("/api/", "/response/", "/upload/", "/files-pri/", "/page/static/")
"""Paths without the key: the app has tokens for them, and style sheets are nobody's secret."""
_LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1"))


class Guard:
    """Passes on what may come in. `host` is a further name under which the workspace is reached."""

    def __init__(self, app: ASGIApp, host: str, key: str) -> None:
        self._app = app
        self._hosts = _LOOPBACK | {host}
        self._key = key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request or websocket."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if not self._is_own(headers):
            await _refuse(scope, receive, send, "this address is for this machine's own use")
        elif scope["path"].startswith(OPEN) or self._knows_key(headers):
            await self._app(scope, receive, send)
        elif scope["path"] == "/" and self._is_key(_query_key(scope)):
            await self._let_in(headers)(scope, receive, send)
        else:
            await _refuse(scope, receive, send, "open the address that was printed: it has the key")

    def _is_own(self, headers: Headers) -> bool:
        host = headers.get("host", "")
        origin = headers.get("origin", "")
        return _name(host) in self._hosts and origin in ("", f"http://{host}")

    def _knows_key(self, headers: Headers) -> bool:
        cookie = SimpleCookie(headers.get("cookie", "")).get(_cookie_name(headers))
        return self._is_key(headers.get(KEY_HEADER, "")) or (
            cookie is not None and self._is_key(cookie.value)
        )

    def _is_key(self, key: str) -> bool:
        return secrets.compare_digest(key.encode(), self._key.encode())

    def _let_in(self, headers: Headers) -> RedirectResponse:
        """Keep the key in a cookie, so that it stands in the address no longer."""
        response = RedirectResponse("/", 303)
        response.set_cookie(_cookie_name(headers), self._key, httponly=True, samesite="strict")
        return response


def _cookie_name(headers: Headers) -> str:
    """A name for each port: browsers share cookies between all ports of a host."""
    return f"playground_{urlsplit('//' + headers.get('host', '')).port or 80}"


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _query_key(scope: Scope) -> str:
    return str(parse_qs(scope["query_string"].decode("latin-1")).get("key", [""])[0])


async def _refuse(scope: Scope, receive: Receive, send: Send, why: str) -> None:
    response = (
        PlainTextResponse(f"{why}\n", 403) if scope["type"] == "http" else WebSocketClose(1008)
    )
    await response(scope, receive, send)
