"""What goes wrong over HTTP, as problem documents (RFC 9457), in the words that people read in
Slack."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from bot.errors import (
    ApprovalClosedError,
    ApprovalNotFoundError,
    BeyondRightsError,
    IssuerUnavailableError,
    NotAllowedError,
    NotGrantedError,
    NotRequesterError,
    OutsiderError,
    ReadOnlyError,
    StandingUnknownError,
    StoreUnavailableError,
    SwarmbotError,
)
from bot.render import plain
from bot.render.errors import explain
from handlers.http.server import PREFIX

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
_STATUSES: Mapping[type[SwarmbotError], HTTPStatus] = {
    ApprovalClosedError: HTTPStatus.CONFLICT,
    ApprovalNotFoundError: HTTPStatus.CONFLICT,
    BeyondRightsError: HTTPStatus.FORBIDDEN,
    IssuerUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    NotAllowedError: HTTPStatus.FORBIDDEN,
    NotGrantedError: HTTPStatus.FORBIDDEN,
    NotRequesterError: HTTPStatus.FORBIDDEN,
    OutsiderError: HTTPStatus.FORBIDDEN,
    ReadOnlyError: HTTPStatus.FORBIDDEN,
    StandingUnknownError: HTTPStatus.SERVICE_UNAVAILABLE,
    StoreUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""Any other error is about the line that was sent."""
_RETRY_SECONDS = 5
_MOST_PROBLEMS = 10


class ProblemDocument(BaseModel):
    """What went wrong. `command` is the id of the command that it is about, if any."""

    type: str = "about:blank"
    title: str
    status: int = Field(ge=400, le=599)
    detail: str
    command: str | None = None


class ProblemError(Exception):
    """What a call is answered instead of what it asked for."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        command: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.document = ProblemDocument(
            title=status.phrase, status=status, detail=detail, command=command
        )
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """The document, as it is sent."""
        return JSONResponse(
            self.document.model_dump(exclude_none=True),
            self.document.status,
            self.headers,
            MEDIA_TYPE,
        )


def refused(error: SwarmbotError, command: str | None = None) -> ProblemError:
    """The problem document of a domain error."""
    status = next(
        (status for kind, status in _STATUSES.items() if isinstance(error, kind)),
        HTTPStatus.BAD_REQUEST,
    )
    away = status is HTTPStatus.SERVICE_UNAVAILABLE
    return ProblemError(
        status,
        plain.plain(explain.explain(error)),
        command=command,
        headers={"Retry-After": str(_RETRY_SECONDS)} if away else None,
    )


def install(app: FastAPI) -> None:
    """Have the app answer with problem documents."""
    app.add_exception_handler(ProblemError, _problem)
    app.add_exception_handler(SwarmbotError, _domain_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _fault)


def documented(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """The problem documents of an operation, for OpenAPI."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}}
    return {int(status): {"description": status.phrase, "content": content} for status in statuses}


async def _problem(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, ProblemError)
    return error.response()


async def _domain_error(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, SwarmbotError)
    return refused(error).response()


async def _invalid(request: Request, error: Exception) -> Response:
    """What was sent is named by its place, and not quoted: it may hold a secret."""
    del request
    assert isinstance(error, RequestValidationError)
    errors = error.errors()
    unreadable = any(problem["type"] == "json_invalid" for problem in errors)
    told = "; ".join(_told(problem) for problem in errors[:_MOST_PROBLEMS])
    status = HTTPStatus.BAD_REQUEST if unreadable else HTTPStatus.UNPROCESSABLE_ENTITY
    return ProblemError(status, "The body is no JSON." if unreadable else told).response()


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if not request.url.path.startswith(PREFIX):
        return JSONResponse({"detail": error.detail}, error.status_code, error.headers)
    status = HTTPStatus(error.status_code)
    return ProblemError(status, f"{status.description}.", headers=error.headers).response()


async def _fault(request: Request, error: Exception) -> Response:
    reference = secrets.token_hex(4)
    log.error("call %s of %s failed", reference, request.url.path, exc_info=error)
    detail = f"swarmbot failed; its log says why, under {reference}."
    return ProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, detail).response()


def _told(problem: Mapping[str, Any]) -> str:
    place = ".".join(str(part) for part in problem["loc"] if part not in ("body", "header"))
    return f"{place or 'the body'}: {problem['msg']}"[:300]
