"""Tokens that CI systems make for their own jobs (OIDC): whether they hold, and whom they let in.

Nothing has to be stored for them: the issuer signs what it knows of the job, and an entry of
`[[ci]]` says which jobs are let in, and as what.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from jwt import PyJWTError

from bot.errors import UnauthenticatedError
from bot.model import Actor, Standing
from bot.model.pipeline_caller import CI_ID, PipelineRights
from bot.settings import CiSettings
from handlers.http.issuer_keys import ALGORITHMS, IssuerKeys

LEEWAY_SECONDS = 60
"""Seconds by which the clocks of issuer and bot may differ."""
REQUIRED = ("iss", "aud", "exp", "iat", "nbf")
MOST_NAME = 200
"""Characters of what an issuer calls a caller."""
_MOST_KEY_ID = 200
_MOST_VALUE = 500


@dataclass(frozen=True)
class Oidc:
    """Knows callers by the tokens of their issuers. `keys` are by issuer."""

    entries: tuple[CiSettings, ...]
    keys: Mapping[str, IssuerKeys]

    def actor(self, token: str) -> Actor:
        """Who comes with this token.

        Raises UnauthenticatedError, and IssuerUnavailableError where nobody can tell.
        """
        try:
            claims = self._verified(token)
        except (PyJWTError, ValueError, RecursionError) as error:
            raise UnauthenticatedError(f"{type(error).__name__}: {str(error)[:200]!r}") from None
        texts = _texts(claims)
        for entry in self.entries:
            if entry.issuer == claims["iss"] and _is_for(entry, claims) and entry.fits(texts):
                return _caller(entry, texts)
        raise UnauthenticatedError(f"no entry of [[ci]] takes this token of {claims['iss']}")

    def _verified(self, token: str) -> Mapping[str, Any]:
        """The claims of a token that holds; what it says before that only chooses the key."""
        issuer, key_id = _unproved(token)
        keys = self.keys.get(issuer)
        if keys is None:
            raise UnauthenticatedError("its issuer is none of [[ci]]")
        key = keys.get(key_id) if 0 < len(key_id) <= _MOST_KEY_ID else None
        if key is None:
            raise UnauthenticatedError(f"{issuer} has no key of this id")
        claims: Mapping[str, Any] = jwt.decode(
            token,
            key,
            algorithms=list(ALGORITHMS),
            audience=[entry.audience for entry in self.entries if entry.issuer == issuer],
            issuer=issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": list(REQUIRED)},
        )
        return claims


def _unproved(token: str) -> tuple[str, str]:
    """Issuer and id of the key, as anybody may have written them."""
    claims = jwt.decode(token, options={"verify_signature": False})
    return str(claims.get("iss", "")), str(jwt.get_unverified_header(token).get("kid", ""))


def _is_for(entry: CiSettings, claims: Mapping[str, Any]) -> bool:
    audience = claims["aud"]
    return entry.audience in ([audience] if isinstance(audience, str) else audience)


def _texts(claims: Mapping[str, Any]) -> Mapping[str, str]:
    """The claims that patterns are compared with: texts and numbers, `true` and `false`."""
    texts = {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in claims.items()
        if isinstance(value, str | int)
    }
    return {name: text for name, text in texts.items() if len(text) <= _MOST_VALUE}


def _caller(entry: CiSettings, claims: Mapping[str, str]) -> Actor:
    called = entry.caller(claims)
    if not (0 < len(called) <= MOST_NAME and called.isprintable()):
        raise UnauthenticatedError(f"the entry {entry.name} finds no name in this token")
    rights = PipelineRights(
        frozenset({entry.role}),
        entry.services,
        entry.name,
        tuple((name, claims[name]) for name in sorted(entry.claims)),
    )
    return Actor(
        f"{CI_ID}{entry.name}:{called}",
        f"CI {entry.name} {called}",
        standing=Standing.PIPELINE,
        rights=rights,
    )
