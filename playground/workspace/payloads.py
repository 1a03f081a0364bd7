"""What all payloads of a kind have in common: whom they are for, and who did something."""

import time
from typing import Any

from playground.workspace.model import APP, BOT_USER, Channel, User
from playground.workspace.state import State

TEAM_DOMAIN = "swarm-playground"
VERIFICATION_TOKEN = "playground-verification"


def common(state: State, user: User) -> dict[str, Any]:
    """The beginning of an interaction of a person."""
    whom = state.directory.payloads_for
    grid = {"id": whom.enterprise, "name": TEAM_DOMAIN} if whom.enterprise else None
    team = {"id": whom.team, "domain": TEAM_DOMAIN}
    who = {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team}
    return {
        "token": VERIFICATION_TOKEN,
        "api_app_id": APP,
        "team": None if whom.for_all else team,
        "enterprise": grid,
        "is_enterprise_install": whom.for_all,
        "user": who,
    }


def event_callback(state: State, event: dict[str, Any]) -> dict[str, Any]:
    """An event with what is around it."""
    whom = state.directory.payloads_for
    channel = state.directory.channels.get(event.get("channel", ""))
    authorization = {
        "enterprise_id": whom.enterprise or None,
        "team_id": None if whom.for_all else whom.team,
        "user_id": BOT_USER,
        "is_bot": True,
        "is_enterprise_install": whom.for_all,
    }
    return {
        **({"enterprise_id": whom.enterprise} if whom.enterprise else {}),
        "token": VERIFICATION_TOKEN,
        "team_id": whom.team,
        "api_app_id": APP,
        "event": event,
        "type": "event_callback",
        "event_id": state.new_id("Ev"),
        "event_time": int(time.time()),
        "authorizations": [authorization],
        "is_ext_shared_channel": channel is not None and channel.is_ext_shared,
    }


def channel_name(channel: Channel) -> str:
    """A channel as payloads call it."""
    if channel.is_im:
        return "directmessage"
    return "privategroup" if channel.is_private else channel.name
