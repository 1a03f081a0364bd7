"""Who calls over HTTP, as the token that they show says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.model import Actor


class UnauthenticatedError(Exception):
    """The token is missing, wrong, expired or revoked; nobody learns which."""


@dataclass
class TooManyCallsError(Exception):
    """Whoever shows this token calls too often; `retry_after` says in how many seconds again."""

    retry_after: int


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, with what they may do."""

    actor: Actor


class Authentication(Protocol):
    """Knows callers by the value of `Authorization`."""

    def caller(self, authorization: str) -> Caller:
        """Who that is. Raises UnauthenticatedError and TooManyCallsError."""
