"""`/v1/hooks/registry`: registries say that something was pushed.

A notification is a hint and nothing more: it says which repository to look at now. Whoever knows
the secret can cause a look, and no deploy.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64decode
from binascii import Error
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from bot.store.new_images import NewImages
from handlers.http.problems import ProblemError
from handlers.http.pushed import repositories

PATH = "/v1/hooks/registry"
SIGNATURE = "x-hub-signature-256"
"""GitHub signs the body with the secret; all others send the secret itself."""


@dataclass(frozen=True)
class RegistryHooks:
    """Takes the notifications. `secret_file` is read anew for each, so that it can be replaced;
    None where none are taken."""

    images: NewImages
    secret_file: Path | None

    def router(self) -> APIRouter:
        """The one operation; it is no part of what CI is told of the API."""
        router = APIRouter(include_in_schema=False)
        router.post(PATH, status_code=HTTPStatus.ACCEPTED)(self.take)
        return router

    async def take(self, request: Request) -> Response:
        """Note what is to be looked at, and answer before anybody looks."""
        body = await request.body()
        if not await run_in_threadpool(self._is_known, request, body):
            raise ProblemError(
                HTTPStatus.UNAUTHORIZED, "The secret is missing or wrong, or none is configured."
            )
        try:
            pushed = repositories(json.loads(body))
        except (ValueError, RecursionError):
            raise ProblemError(HTTPStatus.BAD_REQUEST, "The body is no JSON.") from None
        await run_in_threadpool(self.images.hint, pushed)
        return Response(status_code=HTTPStatus.ACCEPTED)

    def _is_known(self, request: Request, body: bytes) -> bool:
        secret = self._secret()
        if not secret:
            return False
        if signature := request.headers.get(SIGNATURE, ""):
            expected = "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
            return hmac.compare_digest(expected.encode(), signature.encode())
        # All of them, so that the time says nothing of which one was nearly right.
        compared = [hmac.compare_digest(secret, shown) for shown in _shown(request)]
        return any(compared)

    def _secret(self) -> bytes:
        try:
            return self.secret_file.read_bytes().strip() if self.secret_file else b""
        except OSError:
            return b""


def _shown(request: Request) -> Iterator[bytes]:
    """What the caller shows as the secret: as `Authorization`, with a scheme or without, or as
    `?token=` where a registry can be given nothing but an address."""
    header = request.headers.get("authorization", "")
    scheme, _, value = header.partition(" ")
    yield header.encode()
    yield request.query_params.get("token", "").encode()
    if scheme.lower() == "bearer":
        yield value.strip().encode()
    if scheme.lower() == "basic":
        try:
            yield b64decode(value.strip(), validate=True).partition(b":")[2]
        except (Error, ValueError):
            return
