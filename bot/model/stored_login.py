"""What the bot knows of the credentials that Swarm has stored with a service, which it shows to
nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from bot.model.registry_login import LoginSource


@dataclass(frozen=True, slots=True)
class PostedLogin:
    """The bot gave a service credentials `at` that time (UTC). `mark` stands for them: it is a
    keyed hash, and tells nothing of them."""

    mark: str
    at: datetime


class LoginState(Enum):
    """How the stored credentials stand to those that the bot has now."""

    SAME = "same"
    OLD = "old"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class StoredLogins:
    """`states` by service id, of those whose registry the bot has credentials for; `sources` by
    the host that stands in the names of images, of all registries that services run from."""

    states: Mapping[str, LoginState] = field(default_factory=dict)
    sources: Mapping[str, LoginSource] = field(default_factory=dict)


def login_state(
    posted: PostedLogin | None,
    mark: str,
    updated: datetime | None,
    changed: datetime | None,
) -> LoginState:
    """Judge by what the bot posted last, and where it never did, by the times; pure.

    `updated`: when the service was last changed in any way; `changed`: the file of the credentials.
    Nothing stored can be younger than the service's last change. What somebody else has given the
    service since the bot did cannot be known.
    """
    if posted:
        return LoginState.SAME if posted.mark == mark else LoginState.OLD
    if updated and changed and updated < changed:
        return LoginState.OLD
    return LoginState.UNKNOWN
