"""Whom the operator lets in without a stored secret: by an issuer of tokens (OIDC), in `[[ci]]`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from ipaddress import ip_address
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

MOST_NAME = 40
MOST_PATTERNS = 20
CI_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$"
"""What a token, or an entry of `[[ci]]`, may be called (40 characters at most)."""
SERVICE_PATTERN = r"^[A-Za-z0-9._*?\[\]!-]{1,100}$"
"""A pattern of names of services."""

_NAMING_CLAIMS = ("repository", "project_path", "sub")
"""What GitHub and GitLab call the project; the subject of any other issuer."""
_SHARED_ISSUERS = ("https://token.actions.githubusercontent.com", "https://gitlab.com")
"""Everybody can have a token of these, for any audience."""
_OWNING_CLAIMS = (
    "repository",
    "repository_id",
    "repository_owner",
    "repository_owner_id",
    "sub",
    "project_path",
    "project_id",
    "namespace_path",
    "namespace_id",
)
_BEFORE_WILDCARD = re.compile(r"[^*?\[]+")


def issuer_url(value: str) -> str:
    """The same, where keys may be asked for there. Raises ValueError, which says what is wrong.

    Keys that come in clear could be anybody's, so only this machine itself is asked that way.
    """
    url = urlsplit(value)
    plain = url.scheme == "http" and _is_loopback(url.hostname or "")
    if not (url.hostname and (url.scheme == "https" or plain)):
        raise ValueError("an https:// URL, as in the `iss` of its tokens")
    if url.query or url.fragment or url.username is not None:
        raise ValueError("a URL without a query, a fragment and a user")
    return value


class CiSettings(BaseModel):
    """A CI system whose own tokens let it in; the first entry that fits decides."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=CI_NAME)
    """What it is called in the channel, before the name of the caller."""
    issuer: Annotated[str, Field(max_length=200), AfterValidator(issuer_url)]
    """The `iss` of its tokens, an `https://` URL."""
    audience: str = Field(min_length=1, max_length=200)
    """The `aud` of its tokens: the job asks for one for exactly this."""
    claims: Annotated[
        Mapping[str, Annotated[str, Field(min_length=1, max_length=200)]],
        Field(min_length=1, max_length=MOST_PATTERNS),
    ]
    """What the issuer says of the job: patterns by claim, all of which have to fit."""
    role: str = Field(min_length=1)
    """The role that it has; it needs `ci = true`."""
    services: Annotated[
        tuple[Annotated[str, Field(pattern=SERVICE_PATTERN)], ...],
        Field(min_length=1, max_length=MOST_PATTERNS),
    ]
    """Patterns of the services that it may change."""
    called: str = Field(default="", max_length=100)
    """The claim that names the caller; left out: `repository`, `project_path` or `sub`, the first
    that there is."""

    @model_validator(mode="after")
    def _names_an_owner(self) -> Self:
        """Where everybody has tokens of the issuer, some claim has to say whose are taken."""
        owned = any(_is_owned(self.claims.get(name, "*")) for name in _OWNING_CLAIMS)
        if self.issuer.rstrip("/") in _SHARED_ISSUERS and not owned:
            raise ValueError(
                "a claim that says whose projects may come, for anybody can have a token of "
                f'{self.issuer}: repository = "acme/shop" (GitHub), project_path = "acme/shop" '
                "(GitLab), without a wildcard before the first /"
            )
        return self

    def fits(self, claims: Mapping[str, str]) -> bool:
        """Whether each pattern fits the claim of its name."""
        return all(
            name in claims and fnmatchcase(claims[name], pattern)
            for name, pattern in self.claims.items()
        )

    def caller(self, claims: Mapping[str, str]) -> str:
        """What the issuer calls the caller; empty where it does not say."""
        names = (self.called,) if self.called else _NAMING_CLAIMS
        return next((claims[name] for name in names if claims.get(name)), "")


def _is_owned(pattern: str) -> bool:
    """Whether what stands before the first slash is no pattern."""
    return _BEFORE_WILDCARD.fullmatch(pattern.partition("/")[0]) is not None


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
