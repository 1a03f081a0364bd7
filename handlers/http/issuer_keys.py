"""The public keys of an issuer of tokens, as its discovery document leads to them, kept a while.

Anybody can send a token that names a key which there is not. So the issuer is asked seldom, by one
request at a time, and only few wait for its answer; and what it says is bounded in time and size.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any
from urllib.request import HTTPRedirectHandler, Request, build_opener

from jwt import PyJWK, PyJWKSet, PyJWTError

from bot.errors import IssuerUnavailableError
from bot.settings.ci import issuer_url

FRESH_SECONDS = 3600.0
"""Seconds for which the keys count without a question."""
LAST_KNOWN_SECONDS = 86_400.0
"""Seconds for which they count while the issuer does not answer."""
AGAIN_SECONDS = 10.0
"""Seconds from one question to the next, whatever is asked for."""
ANSWER_SECONDS = 5.0
"""Seconds for each of the two answers."""
MOST_BYTES = 256 * 1024
MOST_WAITING = 4
"""So many wait for somebody else's question; each keeps a thread of the server."""

_LEAST_BITS = 2048
_KINDS = {"RS256": "RSA", "ES256": "EC"}
ALGORITHMS = tuple(_KINDS)
"""Signatures that are taken: of key pairs alone, so that no public key can serve as a secret."""


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Nobody is sent elsewhere: the file says whom to ask."""


def fetch(url: str) -> bytes:
    """What is at this URL. Raises OSError, HTTPException, or ValueError for what is too much."""
    request = Request(url, headers={"Accept": "application/json"})  # noqa: S310 -- `issuer_url` has seen its scheme
    until, content = time.monotonic() + ANSWER_SECONDS, b""
    with build_opener(_NoRedirects()).open(request, timeout=ANSWER_SECONDS) as response:
        while part := response.read1(MOST_BYTES + 1 - len(content)):
            content += part
            if len(content) > MOST_BYTES:
                raise ValueError(f"more than {MOST_BYTES} bytes")
            if time.monotonic() > until:
                raise TimeoutError("it answers too slowly")
    return content


@dataclass
class IssuerKeys:
    """The keys of one issuer. It blocks: never to be called in a loop of events."""

    issuer: str
    monotonic: Callable[[], float] = time.monotonic
    fetch: Callable[[str], bytes] = fetch
    _keys: Mapping[str, PyJWK] = field(default_factory=dict)
    _known_at: float = float("-inf")
    _asked_at: float = float("-inf")
    _why: str = ""
    _asking: threading.Event | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _waiting: threading.BoundedSemaphore = field(
        default_factory=lambda: threading.BoundedSemaphore(MOST_WAITING)
    )

    def get(self, key_id: str) -> PyJWK | None:
        """The key with this id; None where the issuer has none.

        Raises IssuerUnavailableError where its keys are not known and it does not say them.
        """
        with self._lock:
            if key_id in self._keys and self._is_known_for(FRESH_SECONDS):
                return self._keys[key_id]
            somebody_asks = self._asking
            if somebody_asks is None and self.monotonic() - self._asked_at >= AGAIN_SECONDS:
                self._asking, self._asked_at = threading.Event(), self.monotonic()
                own = self._asking
            else:
                own = None
        if own:
            self._ask(own)
        elif somebody_asks and not self._last_known(key_id):
            self._wait(somebody_asks)
        return self._answer(key_id)

    def _ask(self, asking: threading.Event) -> None:
        try:
            keys, why = self._read(), ""
        except (OSError, HTTPException, ValueError, PyJWTError) as error:
            keys, why = None, str(error) or type(error).__name__
        with self._lock:
            self._why, self._asking = why, None
            if keys is not None:
                self._keys, self._known_at = keys, self.monotonic()
        asking.set()

    def _wait(self, somebody_asks: threading.Event) -> None:
        if self._waiting.acquire(blocking=False):
            try:
                somebody_asks.wait(2 * ANSWER_SECONDS + 1)
            finally:
                self._waiting.release()

    def _answer(self, key_id: str) -> PyJWK | None:
        with self._lock:
            if not self._is_known_for(LAST_KNOWN_SECONDS):
                raise IssuerUnavailableError(self.issuer, self._why or "no answer yet")
            return self._keys.get(key_id)

    def _last_known(self, key_id: str) -> bool:
        with self._lock:
            return key_id in self._keys and self._is_known_for(LAST_KNOWN_SECONDS)

    def _is_known_for(self, seconds: float) -> bool:
        return self.monotonic() - self._known_at <= seconds

    def _read(self) -> Mapping[str, PyJWK]:
        document = _object(
            self.fetch(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        )
        if document.get("issuer") != self.issuer:
            raise ValueError(f"it calls itself {str(document.get('issuer'))[:100]!r}")
        keys = PyJWKSet.from_dict(_object(self.fetch(issuer_url(str(document.get("jwks_uri"))))))
        return {str(key.key_id): key for key in keys.keys if _signs(key)}


def _object(content: bytes) -> dict[str, Any]:
    value = json.loads(content)
    if not isinstance(value, dict):
        raise ValueError("it answers no JSON object")
    return value


def _signs(key: PyJWK) -> bool:
    """Whether it is one for signatures that are taken, and long enough."""
    named = key.key_id and key.public_key_use in (None, "sig")
    if not named or _KINDS.get(str(key.algorithm_name)) != key.key_type:
        return False
    return key.key_type != "RSA" or int(key.key.key_size) >= _LEAST_BITS
