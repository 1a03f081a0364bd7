"""Who somebody is: their user groups, and whether they belong here.

Read from Slack and kept for a minute; only groups that the roles name are read.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar, cast

from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from bot.model import Actor
from bot.settings import Settings

log = logging.getLogger(__name__)

LOOKED_UP_SECONDS = 60.0
"""Seconds for which an answer of Slack counts as known."""
MOST_KNOWN = 1000

T = TypeVar("T")


class People:
    """Makes actors of Slack's users.

    A group that cannot be read counts as empty, and the log says so. Only somebody whom a role
    names is looked up; whoever cannot be looked up counts as an outsider.
    """

    def __init__(self, client: WebClient, settings: Settings) -> None:
        self._client = client
        self._groups = tuple(
            dict.fromkeys(group for role in settings.roles for group in role.groups)
        )
        self._named = frozenset(user for role in settings.roles for user in role.users)
        self._known: dict[str, tuple[float, Any]] = {}
        self._lock = threading.Lock()

    def actor(self, user_id: str, name: str) -> Actor:
        """The user with the groups that count."""
        return self.verified(Actor(user_id, name or user_id))

    def verified(self, actor: Actor) -> Actor:
        """The same person with the groups of now, and whether they are an outsider now."""
        groups = frozenset(group for group in self._groups if actor.id in self._members(group))
        outsider = bool(groups or actor.id in self._named) and self._outsider(actor.id)
        return replace(actor, groups=groups, outsider=outsider)

    def _members(self, group: str) -> frozenset[str]:
        return self._fresh(
            group,
            lambda: frozenset(self._client.usergroups_users_list(usergroup=group)["users"]),
            frozenset(),
        )

    def _outsider(self, user_id: str) -> bool:
        return self._fresh(
            user_id, lambda: _is_outsider(self._client.users_info(user=user_id)["user"]), True
        )

    def _fresh(self, key: str, read: Callable[[], T], otherwise: T) -> T:
        with self._lock:
            read_at, known = self._known.get(key, (float("-inf"), otherwise))
            if time.monotonic() - read_at <= LOOKED_UP_SECONDS:
                return cast(T, known)
            try:
                known = read()
            except (SlackClientError, OSError) as error:
                log.warning(
                    "%s cannot be looked up in Slack and counts as without rights: %s",
                    key,
                    type(error).__name__,
                )
                known = otherwise
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[key] = (time.monotonic(), known)
            return known


def _is_outsider(user: dict[str, Any]) -> bool:
    signs = ("deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger")
    return any(user.get(sign) for sign in signs)
