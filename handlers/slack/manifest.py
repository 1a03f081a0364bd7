"""The app's manifest, which tells Slack what the bot is called, may do and is to be told.

https://docs.slack.dev/reference/app-manifest
"""

from __future__ import annotations

from typing import Any

from handlers.slack.check import OAUTH_SCOPES
from handlers.slack.shortcuts import SHORTCUTS

PATH = "/slack/events"
"""Where the bot listens in HTTP mode."""
OPTIONAL_SCOPES = ("usergroups:read", "channels:read", "im:history", "users:read.email")
"""For user groups in roles, to say whether a channel is shared with other workspaces, to hear
lines in the bot's own direct messages, and to mention the author of a commit that CI names."""
EVENTS = ("app_mention", "app_home_opened", "message.im")
_COMMAND = "/swarm"


def app_manifest(command: str, url: str = "") -> dict[str, Any]:
    """The manifest of a bot with this slash command, for Socket Mode, or for HTTP at this address.

    A bot with a command such as `/swarm-prod` is called after it, so that two bots in one workspace
    can be told apart.
    """
    at = {"request_url": _events_url(url)} if url else {}
    name = f"swarmbot{command.removeprefix(_COMMAND) if command.startswith(_COMMAND) else ''}"
    return {
        "display_information": {
            "name": name,
            "description": "Deploy, watch and repair a Docker Swarm",
            "background_color": "#1d3c6e",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": name, "always_online": True},
            "shortcuts": [dict(shortcut) for shortcut in SHORTCUTS],
            "slash_commands": [_slash_command(command, url)],
        },
        "oauth_config": {"scopes": {"bot": [*OAUTH_SCOPES, *OPTIONAL_SCOPES]}},
        "settings": {
            "event_subscriptions": {**at, "bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True, **at, **_options_url(url)},
            "org_deploy_enabled": False,
            "socket_mode_enabled": not url,
            "token_rotation_enabled": False,
        },
    }


def _slash_command(command: str, url: str) -> dict[str, Any]:
    return {
        "command": command,
        **({"url": _events_url(url)} if url else {}),
        "description": "Deploy, watch and repair the Swarm",
        "usage_hint": "status | deploy SERVICE IMAGE | service ps SERVICE | help",
        "should_escape": True,
    }


def _options_url(url: str) -> dict[str, str]:
    """Where Slack asks for the names that a field of a form offers while somebody types."""
    return {"message_menu_options_url": _events_url(url)} if url else {}


def _events_url(url: str) -> str:
    return url if url.endswith(PATH) else url.rstrip("/") + PATH
