"""A dead man's switch: calls a URL of the operator's while the bot is well.

Whoever waits for the call there notices silence.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import SplitResult, urlsplit

log = logging.getLogger(__name__)


@dataclass
class Heartbeat:
    """One call a round, but none while `well` says what is wrong with the bot (empty: nothing).

    The URL's path is its secret, so the log names the host alone. For that, and because neither
    proxies nor redirects are wanted, this is the plain client of the standard library: others log
    whole URLs at `debug`.
    """

    url: str = field(repr=False)
    well: Callable[[], str]
    seconds: float = 5.0
    _silent: str = field(default="", init=False)

    def run(self) -> None:
        """Call, or say once why not, until it works again."""
        ill = self.well()
        self._note(f"not sent, the bot is not well: {ill}" if ill else self._call())

    def _call(self) -> str:
        """What went wrong; nothing where somebody took it."""
        try:
            url = urlsplit(self.url)
            with closing(_connection(url, self.seconds)) as line:
                line.request("GET", (url.path or "/") + (f"?{url.query}" if url.query else ""))
                status = line.getresponse().status
        except (HTTPException, OSError, ValueError) as error:
            return _reason(error)
        return "" if 200 <= status < 300 else f"answered {status}"

    def _note(self, problem: str) -> None:
        if problem and problem != self._silent:
            log.warning("heartbeat to %s: %s", self._host, problem)
        elif self._silent and not problem:
            log.info("heartbeat to %s works again", self._host)
        self._silent = problem

    @property
    def _host(self) -> str:
        try:
            return urlsplit(self.url).hostname or "its URL"
        except ValueError:
            return "its URL"


def _connection(url: SplitResult, seconds: float) -> HTTPConnection:
    kind = HTTPSConnection if url.scheme == "https" else HTTPConnection
    return kind(url.hostname or "", url.port, timeout=seconds)


def _reason(error: Exception) -> str:
    """In words of its own: those of the library may quote the path."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLError):
        return "no trusted connection"
    if isinstance(error, OSError):
        return "no connection"
    return (
        "its URL cannot be read"
        if isinstance(error, ValueError)
        else "what answers does not speak HTTP"
    )
