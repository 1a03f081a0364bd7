"""An issuer of tokens as GitHub and GitLab are one, on this machine: keys of its own, its discovery
document, and tokens for jobs."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
AUDIENCE = "swarmbot"
JOB: Mapping[str, Any] = {
    "repository": "acme/shop",
    "ref": "refs/heads/main",
    "sub": "repo:acme/shop:ref:refs/heads/main",
    "run_number": 418,
    "ref_protected": True,
}


@cache
def rsa_key(number: int = 1, bits: int = 2048) -> rsa.RSAPrivateKey:
    """One of several keys, made once for all tests."""
    del number
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@cache
def ec_key() -> ec.EllipticCurvePrivateKey:
    """A key on P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def public(key_id: str, key: PrivateKey, **fields: Any) -> dict[str, Any]:
    """A public key as an issuer publishes it."""
    if isinstance(key, rsa.RSAPrivateKey):
        described = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    else:
        described = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {**described, "kid": key_id, "use": "sig", **fields}


class Issuer:
    """It listens on loopback. `asked` counts requests by path; `before` happens at each of them.

    `keys` are published; `answers` replaces what stands at a path by status and body.
    """

    def __init__(self) -> None:
        self.keys: dict[str, PrivateKey] = {"one": rsa_key()}
        self.asked: list[str] = []
        self.before: Callable[[], object] = lambda: None
        self.answers: dict[str, tuple[int, bytes]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        """Answer nobody any more."""
        self._server.shutdown()
        self._server.server_close()

    def token(
        self,
        key_id: str = "one",
        signed_with: PrivateKey | None = None,
        algorithm: str = "RS256",
        headers: Mapping[str, Any] | None = None,
        without: tuple[str, ...] = (),
        **claims: Any,
    ) -> str:
        """A token for a job, which holds unless something about it is otherwise."""
        now = int(time.time())
        said = {
            "iss": self.url,
            "aud": AUDIENCE,
            "iat": now,
            "nbf": now,
            "exp": now + 300,
            **JOB,
            **claims,
        }
        kept = {name: value for name, value in said.items() if name not in without}
        key = signed_with or self.keys[key_id]
        return jwt.encode(kept, key, algorithm, {"kid": key_id, **(headers or {})})

    def _answer(self, path: str) -> tuple[int, bytes]:
        self.asked.append(path)
        self.before()
        if path in self.answers:
            return self.answers[path]
        if path == "/.well-known/openid-configuration":
            return 200, json.dumps({"issuer": self.url, "jwks_uri": f"{self.url}/jwks"}).encode()
        if path == "/jwks":
            keys = [public(key_id, key) for key_id, key in self.keys.items()]
            return 200, json.dumps({"keys": keys}).encode()
        return 404, b""

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        answer = self._answer

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = answer(self.path)
                self.send_response(status)
                if status in (301, 302):
                    self.send_header("Location", body.decode())
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        return Handler
