"""Who somebody is: what they are to the workspace, what they are called there, and their user
groups.

Read from Slack and kept for a while; only groups that the roles name are read. Where Slack says
nothing, somebody is unknown, which is not the same as nobody: what they ask for waits.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.clock import boot_seconds
from bot.model import Actor, Standing
from bot.poster.slack_errors import Verdict
from bot.poster.verdict import verdict_of
from bot.settings import Settings
from handlers.slack.identity import Identity
from handlers.slack.lookups import MISSED_SECONDS, Lookups
from handlers.slack.senders import Sender, Tenant

log = logging.getLogger(__name__)

PATIENCE = 60.0
"""Seconds for which a request waits for Slack to say who sent it."""
_MOST_NAME = 80
_UNHEARD = (Verdict.LIMITED, Verdict.AWAY)
"""What says nothing about a user group; any other word of Slack says that it cannot be read."""


@dataclass(frozen=True, slots=True)
class _Person:
    standing: Standing
    name: str = ""


class People:
    """Makes actors of Slack's users.

    A group that Slack refuses to read counts as empty, and the log says so. `wait` waits so many
    seconds, and returns True where the bot ends meanwhile.
    """

    def __init__(
        self,
        client: WebClient,
        identity: Identity,
        settings: Settings,
        wait: Callable[[float], bool],
        monotonic: Callable[[], float] = boot_seconds,
    ) -> None:
        self._client = client
        self._identity = identity
        self._groups = tuple(
            dict.fromkeys(group for role in settings.roles for group in role.groups)
        )
        self._wait = wait
        self._monotonic = monotonic
        self._people: Lookups[_Person] = Lookups(monotonic)
        self._members: Lookups[frozenset[str]] = Lookups(monotonic)

    def actor(self, sender: Sender) -> Actor | None:
        """Who sent it, with the groups that count; None where it is for another workspace."""
        identity = self._identity.read()
        own = identity.tenant if identity else None
        if own and not own.takes(sender.tenant):
            log.warning("a payload for another workspace (%s) is ignored", sender.tenant.team)
            return None
        actor = Actor(sender.user, sender.name or sender.user)
        if own and not own.enterprise and set(sender.teams) - {own.team}:
            # Users of shared channels are looked up as the other workspace knows them.
            return replace(actor, standing=Standing.STRANGER)
        return self.verified(actor)

    def awaited(self, sender: Sender) -> Actor | None:
        """The same, after Slack has said who it is: a hiccup of the look-up is no refusal."""
        until = self._monotonic() + PATIENCE
        actor = self.actor(sender)
        while actor and actor.standing is Standing.UNKNOWN and self._monotonic() < until:
            if self._wait(MISSED_SECONDS):
                break
            actor = self.actor(sender)
        return actor

    def verified(self, actor: Actor) -> Actor:
        """The same person with the name and the groups of now, and what they are to the workspace
        now: unknown where Slack does not say."""
        if actor.standing is Standing.STRANGER:
            return replace(actor, groups=frozenset())
        person = self._person(actor.id)
        members = {group: self._members_of(group) for group in self._groups}
        if person is None or None in members.values():
            return replace(actor, groups=frozenset(), standing=Standing.UNKNOWN)
        groups = frozenset(group for group, ids in members.items() if ids and actor.id in ids)
        return replace(
            actor, name=person.name or actor.name, groups=groups, standing=person.standing
        )

    def _person(self, user_id: str) -> _Person | None:
        own = self._identity.read()
        if own is None:
            return None
        person = self._people.get(user_id, lambda: self._looked_up(user_id, own.tenant))
        if person is None:
            log.warning(
                "%s cannot be looked up in Slack: %s", user_id, self._people.missing(user_id)
            )
        return person

    def _looked_up(self, user_id: str, own: Tenant) -> _Person:
        try:
            user = self._client.users_info(user=user_id)["user"]
        except SlackApiError as error:
            if error.response.get("error") in ("user_not_found", "user_not_visible"):
                return _Person(Standing.NOBODY)
            raise
        return _Person(standing(user, own), display_name(user))

    def _members_of(self, group: str) -> frozenset[str] | None:
        return self._members.get(group, lambda: self._read_group(group))

    def _read_group(self, group: str) -> frozenset[str]:
        try:
            return frozenset(self._client.usergroups_users_list(usergroup=group)["users"])
        except SlackApiError as error:
            if verdict_of(error) in _UNHEARD:
                raise
            log.warning(
                "user group %s counts as empty, for Slack says %s",
                group,
                error.response.get("error"),
            )
            return frozenset()


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


def display_name(user: Mapping[str, Any]) -> str:
    """What the workspace calls somebody, from what `users.info` says of them."""
    profile = user.get("profile") or {}
    names = (profile.get("display_name"), profile.get("real_name"), user.get("name"))
    return next((str(name)[:_MOST_NAME] for name in names if name), "")
