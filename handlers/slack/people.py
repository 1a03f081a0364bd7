"""Who somebody is: what they are to the workspace, and their user groups.

Read from Slack and kept for a minute; only groups that the roles name are read.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar, cast

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.model import Actor, Standing
from bot.settings import Settings
from handlers.slack.identity import Identity
from handlers.slack.senders import Sender, Tenant

log = logging.getLogger(__name__)

LOOKED_UP_SECONDS = 60.0
"""Seconds for which an answer of Slack counts as known."""
MISSED_SECONDS = 5.0
"""Seconds for which Slack is not asked again that has not answered."""
MOST_KNOWN = 1000

T = TypeVar("T")


class People:
    """Makes actors of Slack's users.

    A group that cannot be read counts as empty, and the log says so; whoever cannot be looked up
    has no rights.
    """

    def __init__(self, client: WebClient, identity: Identity, settings: Settings) -> None:
        self._client = client
        self._identity = identity
        self._groups = tuple(
            dict.fromkeys(group for role in settings.roles for group in role.groups)
        )
        self._known: dict[str, tuple[float, Any]] = {}
        self._lock = threading.Lock()

    def actor(self, sender: Sender) -> Actor | None:
        """Who sent it, with the groups that count; None where it is for another workspace."""
        own = self._own()
        if own and not own.takes(sender.tenant):
            log.warning("a payload for another workspace (%s) is ignored", sender.tenant.team)
            return None
        actor = Actor(sender.user, sender.name or sender.user)
        if own and not own.enterprise and set(sender.teams) - {own.team}:
            # Users of shared channels are looked up as the other workspace knows them.
            return replace(actor, standing=Standing.STRANGER)
        return self.verified(actor)

    def verified(self, actor: Actor) -> Actor:
        """The same person with the groups of now, and what they are to the workspace now."""
        standing = actor.standing
        if standing is not Standing.STRANGER:
            standing = self._standing(actor.id)
        groups = frozenset(group for group in self._groups if actor.id in self._members(group))
        return replace(actor, groups=groups, standing=standing)

    def _own(self) -> Tenant | None:
        """Where the bot is installed; None while Slack does not say."""
        own = self._identity.read()
        return own.tenant if own else None

    def _standing(self, user_id: str) -> Standing:
        own = self._own()
        if own is None:
            return Standing.UNKNOWN
        return self._fresh(user_id, lambda: self._looked_up(user_id, own), Standing.UNKNOWN)

    def _looked_up(self, user_id: str, own: Tenant) -> Standing:
        try:
            return standing(self._client.users_info(user=user_id)["user"], own)
        except SlackApiError as error:
            if error.response.get("error") in ("user_not_found", "user_not_visible"):
                return Standing.NOBODY
            raise

    def _members(self, group: str) -> frozenset[str]:
        return self._fresh(
            group,
            lambda: frozenset(self._client.usergroups_users_list(usergroup=group)["users"]),
            frozenset(),
        )

    def _fresh(self, key: str, read: Callable[[], T], otherwise: T) -> T:
        """What is known of it, or Slack's answer: nobody waits for a question about others."""
        with self._lock:
            until, known = self._known.get(key, (float("-inf"), otherwise))
        if time.monotonic() <= until:
            return cast(T, known)
        lasts = LOOKED_UP_SECONDS
        try:
            known = read()
        except (SlackClientError, OSError) as error:
            log.warning(
                "%s cannot be looked up in Slack and counts as without rights: %s",
                key,
                type(error).__name__,
            )
            known, lasts = otherwise, MISSED_SECONDS
        with self._lock:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[key] = (time.monotonic() + lasts, known)
        return known


def standing(user: Mapping[str, Any], own: Tenant) -> Standing:
    """What somebody is to the workspace, from what `users.info` says of them."""
    if user.get("deleted") or user.get("is_bot"):
        return Standing.NOBODY
    grid = user.get("enterprise_user") or {}
    home = Tenant(str(user.get("team_id") or ""), str(grid.get("enterprise_id") or ""))
    if user.get("is_stranger") or not own.takes(home):
        return Standing.STRANGER
    if user.get("is_restricted") or user.get("is_ultra_restricted"):
        return Standing.GUEST
    return Standing.MEMBER
