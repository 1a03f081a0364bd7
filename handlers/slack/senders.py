"""Who sent a payload of Slack, and from where; pure.

Slash commands are flat, interactions name a team and an enterprise as objects, and events have the
team outside and the sender's own within.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Tenant:
    """A workspace, and the Grid organisation that it is part of; ids, empty where there is none."""

    team: str = ""
    enterprise: str = ""

    def takes(self, other: Tenant) -> bool:
        """Whether what is for `other` is for this one: for the same organisation, or workspace.

        An organisation's id stands in the place of a workspace's where an app is installed for all
        of them.
        """
        if self.enterprise and self.enterprise in (other.enterprise, other.team):
            return True
        return bool(self.team) and self.team == other.team


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent a payload: Slack's user id and name.

    `tenant` is whom the payload is for; `teams` are the sender's own workspaces, as far as the
    payload tells.
    """

    user: str
    name: str = ""
    tenant: Tenant = Tenant()
    teams: tuple[str, ...] = ()


def sender(body: Mapping[str, Any]) -> Sender:
    """The sender of whatever payload."""
    event = body.get("event")
    if event:
        teams = _texts(event.get("user_team"), event.get("source_team"), event.get("team"))
        return Sender(str(event.get("user") or ""), "", _tenant(body), teams)
    user = body.get("user")
    if user is None:
        return Sender(str(body["user_id"]), str(body.get("user_name") or ""), _tenant(body))
    name = str(user.get("username") or user.get("name") or "")
    return Sender(str(user["id"]), name, _tenant(body), _texts(user.get("team_id")))


def _tenant(body: Mapping[str, Any]) -> Tenant:
    team, enterprise = body.get("team") or {}, body.get("enterprise") or {}
    return Tenant(
        str(body.get("team_id") or team.get("id") or ""),
        str(body.get("enterprise_id") or enterprise.get("id") or team.get("enterprise_id") or ""),
    )


def _texts(*given: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(text) for text in given if text))
