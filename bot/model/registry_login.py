"""Registries by one name each, and where the bot looks for their credentials."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

DOCKER_HUB = "docker.io"
_OF_DOCKER_HUB = frozenset(("", DOCKER_HUB, "index.docker.io", "registry-1.docker.io"))


def registry_host(text: str) -> str:
    """The one name of a registry: `host[:port]` in small letters, `docker.io` for Docker Hub.

    `text` is what stands before the slash in the name of an image (nothing for Docker Hub), or a
    key of Docker's configuration file, such as `https://index.docker.io/v1/`. Port 443 is what
    every registry has by default; any other port is another registry.
    """
    host = text.strip().lower()
    for scheme in ("https://", "http://"):
        host = host.removeprefix(scheme)
    host = host.partition("/")[0].removesuffix(":443")
    return DOCKER_HUB if host in _OF_DOCKER_HUB else host


class LoginFault(Enum):
    """Why a place that is configured gives no credentials."""

    NO_FILE = "no-file"
    UNREADABLE = "unreadable"
    EMPTY = "empty"
    TOO_LONG = "too-long"
    NOT_TEXT = "not-text"
    NOT_JSON = "not-json"
    NO_ENTRY = "no-entry"
    NO_HELPER = "no-helper"
    HELPER_FAILED = "helper-failed"
    HELPER_SLOW = "helper-slow"


@dataclass(frozen=True, slots=True)
class LoginSource:
    """Where the bot looks for the credentials of a registry.

    `place` is a file, or the program of a credential helper; empty where nothing is configured.
    `fault`: why it gives none now.
    """

    host: str
    place: str = ""
    fault: LoginFault | None = None
