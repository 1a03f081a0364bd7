"""Who somebody is: the user groups that the roles name are read from Slack and remembered for a minute."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence

from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from bot.model import Actor

log = logging.getLogger(__name__)

FRESH = 60.0
"""Seconds for which a group's members count as known."""


class People:
    """Makes actors of Slack's users. A group that cannot be read counts as empty, and the log says so."""

    def __init__(self, client: WebClient, groups: Sequence[str]) -> None:
        self._client = client
        self._groups = tuple(groups)
        self._members: dict[str, tuple[float, frozenset[str]]] = {}
        self._reading = threading.Lock()

    def actor(self, user_id: str, name: str) -> Actor:
        """The user with the groups that count; asks Slack at most once a minute for each group."""
        return Actor(user_id, name or user_id, frozenset(g for g in self._groups if user_id in self._of(g)))

    def _of(self, group: str) -> frozenset[str]:
        with self._reading:
            read_at, members = self._members.get(group, (float("-inf"), frozenset[str]()))
            if time.monotonic() - read_at > FRESH:
                members = self._read(group)
                self._members[group] = (time.monotonic(), members)
            return members

    def _read(self, group: str) -> frozenset[str]:
        try:
            return frozenset(self._client.usergroups_users_list(usergroup=group)["users"])
        except (SlackClientError, OSError) as error:
            log.warning("the user group %s cannot be read and counts as empty: %s", group, type(error).__name__)
            return frozenset()
