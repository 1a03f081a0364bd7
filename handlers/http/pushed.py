"""Which repositories a registry's notification is about, in the forms that are common; pure.

Distribution (its event envelope), Harbor (both of its formats), GitHub's packages, Docker Hub.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

MOST_REPOSITORIES = 100
"""Of one notification."""
_REPOSITORY = re.compile(r"[a-z0-9]+(?:[._/-]+[a-z0-9]+)*")
_MOST_CHARACTERS = 255


def repositories(body: object) -> frozenset[str]:
    """The paths of the repositories, in small letters; none where it is about nothing pushed."""
    if not isinstance(body, dict):
        return frozenset()
    found: set[str] = set()
    for form in (_distribution, _harbor, _github, _docker_hub):
        for name in form(body):
            lower = name.lower()
            if len(lower) <= _MOST_CHARACTERS and _REPOSITORY.fullmatch(lower):
                found.add(lower)
            if len(found) >= MOST_REPOSITORIES:
                return frozenset(found)
    return frozenset(found)


def _distribution(body: Mapping[str, Any]) -> Iterator[str]:
    events = body.get("events")
    for event in events if isinstance(events, list) else ():
        if _text(event, "action") == "push":
            yield _text(event, "target", "repository")


def _harbor(body: Mapping[str, Any]) -> Iterator[str]:
    yield _text(body, "event_data", "repository", "repo_full_name")
    yield _text(body, "data", "repository", "repo_full_name")


def _github(body: Mapping[str, Any]) -> Iterator[str]:
    for kind in ("package", "registry_package"):
        name, space = _text(body, kind, "name"), _text(body, kind, "namespace")
        owner = _text(body, kind, "owner", "login")
        yield f"{owner}/{name}"
        # The namespace is the owner, or the whole path, by the kind of the event.
        yield from (space, f"{space}/{name}")


def _docker_hub(body: Mapping[str, Any]) -> Iterator[str]:
    name = _text(body, "repository", "repo_name")
    # An official image's short name.
    yield name if "/" in name else f"library/{name}"


def _text(value: object, *path: str) -> str:
    """The text at the end of this path; empty where there is none."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""
