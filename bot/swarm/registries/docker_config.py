"""What Docker's own configuration file says of the credentials of one registry."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from bot.model.registry_login import LoginFault, registry_host
from bot.swarm.registries.credential import TOKEN_USER, Credential


def read(content: bytes, host: str) -> Credential | str | LoginFault:
    """The login that `docker login` wrote down, or the name of the helper that has it."""
    try:
        config = json.loads(content)
    except ValueError:
        return LoginFault.NOT_JSON
    if not isinstance(config, dict):
        return LoginFault.NOT_JSON
    helper = _of(config.get("credHelpers"), host)
    if isinstance(helper, str) and helper:
        return helper
    entry = _of(config.get("auths"), host)
    login = _login(entry, host) if isinstance(entry, dict) else None
    if login:
        return login
    store = config.get("credsStore")
    return store if isinstance(store, str) and store else LoginFault.NO_ENTRY


def _of(entries: Any, host: str) -> Any:
    """The entry of this registry, whose key may be a whole address."""
    if not isinstance(entries, Mapping):
        return None
    return next((entry for key, entry in entries.items() if registry_host(key) == host), None)


def _login(entry: Mapping[str, Any], host: str) -> Credential | None:
    token = entry.get("identitytoken")
    if isinstance(token, str) and token:
        return Credential(host, TOKEN_USER, token)
    username, password = entry.get("username"), entry.get("password")
    if isinstance(username, str) and isinstance(password, str) and password:
        return Credential(host, username, password)
    try:
        plain = base64.b64decode(str(entry.get("auth") or "")).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    username, colon, password = plain.rstrip("\0").partition(":")
    return Credential(host, username, password) if colon and password else None
