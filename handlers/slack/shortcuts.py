"""The shortcuts in the menu of a message, which ask about the change that the message shows.

Slack offers them on every message that is not private, of whomever: the bot's own record says which
message shows which change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.command.model import Command
from bot.errors import StoreUnavailableError
from bot.model import MessageRef, Place
from bot.store.rollouts import Rollouts
from handlers.service.rollback import Rollback
from handlers.service.rollout import ShowRollout

CALLBACK = "rollout:"
ROLL_BACK = f"{CALLBACK}back"
DETAILS = f"{CALLBACK}details"
SHORTCUTS: tuple[Mapping[str, str], ...] = (
    {
        "name": "Roll back",
        "type": "message",
        "callback_id": ROLL_BACK,
        "description": "Bring the service back from what this message shows",
    },
    {
        "name": "Details",
        "type": "message",
        "callback_id": DETAILS,
        "description": "What this change of a service did, who asked for it, and how it ended",
    },
)
"""As the app's manifest has them; https://docs.slack.dev/reference/app-manifest"""


@dataclass(frozen=True, slots=True)
class UsedShortcut:
    """A shortcut that somebody used on `message`, whose thread begins with `root`."""

    callback: str
    message: MessageRef
    root: MessageRef
    place: Place


def used(body: Mapping[str, Any]) -> UsedShortcut:
    """What a payload of Slack says; what it leaves out is empty.

    https://docs.slack.dev/reference/interaction-payloads/shortcuts-interaction-payload
    """
    channel, message = str((body.get("channel") or {}).get("id") or ""), body.get("message") or {}
    ts = str(message.get("ts") or body.get("message_ts") or "")
    thread = str(message.get("thread_ts") or "")
    return UsedShortcut(
        str(body.get("callback_id") or ""),
        MessageRef(channel, ts),
        MessageRef(channel, thread or ts),
        Place(
            channel,
            thread if thread != ts else "",
            str(body.get("response_url") or ""),
        ),
    )


@dataclass(frozen=True)
class MessageShortcuts:
    """Finds the change that a message shows, or the thread in which it stands."""

    rollouts: Rollouts

    def asked(self, used: UsedShortcut) -> Command:
        """What the shortcut stands for. Whoever may not ask for it learns nothing of the message:
        that is said by the command."""
        try:
            found = self.rollouts.shown_in(used.message) or self.rollouts.shown_in(used.root)
            rollout = self.rollouts.get(found) if found else None
        except StoreUnavailableError:
            # Whatever reads the record next says that it is away.
            return ShowRollout(rollout="")
        if rollout is None:
            return ShowRollout(rollout="")
        if used.callback == ROLL_BACK:
            return Rollback(service=rollout.service_id, of=rollout.id, ask=True)
        return ShowRollout(rollout=rollout.id)
