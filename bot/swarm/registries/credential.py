"""What a registry lets somebody in for, and how an engine takes it."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field

from bot.model.registry_login import DOCKER_HUB

_DOCKER_HUB_ADDRESS = "https://index.docker.io/v1/"
TOKEN_USER = "<token>"  # noqa: S105 - Docker's helpers call the user so where the secret is a token
"""Whom a credential helper names where the secret is an identity token."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A login for one registry. `host` is its name as `registry_host` writes it.

    With the user `<token>` the secret is an identity token of the registry's own service.
    """

    host: str
    username: str
    secret: str = field(repr=False)

    @property
    def header(self) -> str:
        """The header `X-Registry-Auth`, as the Engine API has it: base64 of JSON, safe in URLs."""
        return base64.urlsafe_b64encode(json.dumps(self.login).encode()).decode()

    @property
    def login(self) -> dict[str, str]:
        """The Engine API's `AuthConfig`."""
        address = _DOCKER_HUB_ADDRESS if self.host == DOCKER_HUB else self.host
        if self.username == TOKEN_USER:
            return {"identitytoken": self.secret, "serveraddress": address}
        return {"username": self.username, "password": self.secret, "serveraddress": address}
