"""How what is asked of an engine stands in the path, the parameters and the headers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import quote

Filters = Mapping[str, list[str]]


def filtered(filters: Filters | None) -> dict[str, str]:
    """The parameter of the engine's filters; none where nothing is to be left out."""
    return {"filters": json.dumps(dict(filters))} if filters else {}


def path_part(name: str) -> str:
    """A name or an id as one part of a path."""
    return quote(name, safe="")


def flag(wanted: bool) -> str:
    """As Go reads it."""
    return "true" if wanted else "false"


def auth_header(auth: str) -> dict[str, str]:
    """The header with a registry's login; none without one."""
    return {"X-Registry-Auth": auth} if auth else {}
