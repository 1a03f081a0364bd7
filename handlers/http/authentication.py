"""Who sends a request of CI: by a token of the bot's own, or by one that an issuer signed.

Who is not let in is told nothing else: an unknown token, a wrong, revoked and expired one are
answered alike. The log says which it was, for the operator.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn, Protocol

from bot.errors import (
    StoreUnavailableError,
    TooManyCallsError,
    UnauthenticatedError,
    error_code,
)
from bot.metrics import Metrics
from bot.model import Actor
from bot.store.tokens import TokenStore
from handlers.http.call_rates import CallRates
from handlers.http.oidc import Oidc

log = logging.getLogger(__name__)

SCHEME = "Bearer"
"""What `WWW-Authenticate` says, and `Authorization` begins with."""
MOST_CHARACTERS = 16_384
"""Of the header; no issuer's token is as long."""
MOST_CALLS = 120
"""Of one caller within a minute."""
MOST_FAILURES = 30
"""Of one address within a minute; valid tokens are taken from there all the same, for a proxy may
stand there."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request of CI."""

    actor: Actor


class Authentication(Protocol):
    """Knows callers by the value of `Authorization`."""

    def caller(self, authorization: str, address: str = "") -> Caller:
        """Who that is; `address` is where they call from.

        Raises UnauthenticatedError (401, with `WWW-Authenticate: Bearer`), TooManyCallsError (429),
        IssuerUnavailableError and StoreUnavailableError (503).
        """


@dataclass(frozen=True)
class TokenAuthentication:
    """Knows callers by their tokens. `now` dates things.

    It reads Redis, and may ask an issuer for its keys: never to be called in a loop of events.
    """

    tokens: TokenStore
    oidc: Oidc
    requests: CallRates
    failures: CallRates
    metrics: Metrics
    now: Callable[[], datetime]

    def caller(self, authorization: str, address: str = "") -> Caller:
        """As `Authentication` says."""
        try:
            actor = self._actor(authorization)
        except UnauthenticatedError as error:
            self._refuse(error, address)
        self.requests.count(actor.id)
        return Caller(actor)

    def _actor(self, authorization: str) -> Actor:
        scheme, _, credential = authorization.strip().partition(" ")
        credential = credential.strip()
        if scheme.lower() != SCHEME.lower() or not credential:
            raise UnauthenticatedError("no bearer token")
        if len(credential) > MOST_CHARACTERS or not credential.isascii():
            raise UnauthenticatedError("no token is like that")
        return self._by_token(credential) if _is_own(credential) else self.oidc.actor(credential)

    def _by_token(self, credential: str) -> Actor:
        token = self.tokens.find(credential)
        if token is None:
            raise UnauthenticatedError("the token is unknown, wrong or revoked")
        if not token.holds(self.now()):
            raise UnauthenticatedError(f"the token {token.name} has expired")
        with suppress(StoreUnavailableError):
            self.tokens.note_use(token.id, self.now())
        return token.actor()

    def _refuse(self, error: UnauthenticatedError, address: str) -> NoReturn:
        self.metrics.refused(error_code(error))
        try:
            self.failures.count(address)
        except TooManyCallsError as too_many:
            raise too_many from None
        log.warning("a request of CI from %s is not let in: %s", address or "?", error.reason)
        raise error


def _is_own(credential: str) -> bool:
    return credential.startswith("swb_")
