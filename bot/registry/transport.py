"""One HTTP call to a registry, bounded in time and size, without its meaning."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Protocol
from urllib.error import HTTPError, URLError
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    UnknownHandler,
)

from bot import __version__

MOST_BYTES = 4 * 1024**2
"""Of an answer: lists of tags come in pages, and manifests are at most this large by the
specification of the registries."""
SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class RegistryReply:
    """What was answered; the names of `headers` are in small letters."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class NoReplyError(Exception):
    """Nothing was answered that can be read; the text says why."""


class RegistryTransport(Protocol):
    """Sends one request."""

    def send(self, method: str, url: str, headers: Mapping[str, str]) -> RegistryReply:
        """The answer, whatever its status. Raises NoReplyError."""


@dataclass(frozen=True)
class HttpTransport:
    """The real one. Proxies are those of the environment; where an answer points elsewhere, as
    registries do for blobs, that is asked without the credentials."""

    seconds: float = SECONDS

    def send(self, method: str, url: str, headers: Mapping[str, str]) -> RegistryReply:
        """The answer, whatever its status. Raises NoReplyError."""
        request = Request(url, method=method)  # noqa: S310 - only http and https have a handler
        request.add_header("User-Agent", f"swarmbot/{__version__}")
        for name, value in headers.items():
            # What is asked after a redirect gets none of them that are secret.
            add = (
                request.add_unredirected_header
                if name.lower() == "authorization"
                else request.add_header
            )
            add(name, value)
        try:
            try:
                answer = _opener().open(request, timeout=self.seconds)
            except HTTPError as error:
                answer = error
            with answer:
                body = answer.read(MOST_BYTES + 1)
                known = {name.lower(): value for name, value in answer.headers.items()}
                status = int(answer.status)
        except (OSError, HTTPException, ValueError) as error:
            raise NoReplyError(_reason(error)) from None
        if len(body) > MOST_BYTES:
            raise NoReplyError(f"its answer is larger than {MOST_BYTES // 1024**2} MiB")
        return RegistryReply(status, known, body)


def _opener() -> OpenerDirector:
    opener = OpenerDirector()
    for handler in (
        ProxyHandler(),
        HTTPHandler(),
        HTTPSHandler(),
        HTTPRedirectHandler(),
        HTTPDefaultErrorHandler(),
        HTTPErrorProcessor(),
        UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


def _reason(error: Exception) -> str:
    """In words of its own: those of the library may quote the address."""
    cause = error.reason if isinstance(error, URLError) else error
    if isinstance(cause, TimeoutError):
        return f"no answer within {SECONDS:g} s"
    if isinstance(cause, ssl.SSLError):
        return "no trusted connection"
    if isinstance(cause, OSError):
        return cause.strerror or "no connection"
    return "what answers there is no registry"
