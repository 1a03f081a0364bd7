"""Short-lived handles: trigger ids (3 s, once) and response URLs (5 uses in 30 minutes)."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from playground.workspace.errors import SlackError
from playground.workspace.model import TEAM, Limits


@dataclass(frozen=True)
class Trigger:
    """The right to open one modal for `user`.

    `view` is the modal in which they clicked, if it was one.
    """

    id: str
    user: str
    at: float
    view: str = ""
    used: bool = False


class Triggers:
    """Gives trigger ids out and takes them once, in time."""

    def __init__(self, clock: Callable[[], float], limits: Limits) -> None:
        self._clock = clock
        self._limits = limits
        self._known: dict[str, Trigger] = {}

    def give(self, user: str, view: str = "") -> str:
        """A fresh trigger id for something that `user` just did."""
        id_ = f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self._known[id_] = Trigger(id_, user, self._clock(), view)
        return id_

    def take(self, id_: str) -> Trigger:
        """Use a trigger id.

        Raises SlackError with `invalid_trigger_id`, `exchanged_trigger_id` or `expired_trigger_id`.
        """
        trigger = self._known.get(id_)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if self._clock() - trigger.at > self._limits.trigger_seconds:
            raise SlackError("expired_trigger_id")
        self._known[id_] = replace(trigger, used=True)
        return trigger


@dataclass(frozen=True)
class ResponseUrl:
    """Where an app answers one interaction of `user` in `channel`.

    `ts` is the message that was clicked, if any.
    """

    path: str
    user: str
    channel: str
    at: float
    ts: str = ""
    uses: int = 0


class ResponseUrls:
    """Gives response URLs out and counts their uses."""

    def __init__(self, clock: Callable[[], float], limits: Limits) -> None:
        self._clock = clock
        self._limits = limits
        self._known: dict[str, ResponseUrl] = {}

    def give(self, user: str, channel: str, ts: str = "") -> str:
        """The path of a fresh response URL; `ts` is the message that was clicked, if any."""
        kind = "actions" if ts else "commands"
        path = f"{kind}/{TEAM}/{secrets.randbelow(10**13)}/{secrets.token_urlsafe(18)}"
        self._known[path] = ResponseUrl(path, user, channel, self._clock(), ts)
        return path

    def take(self, path: str) -> ResponseUrl:
        """Use a response URL once.

        Raises SlackError (404) with `no_such_url`, `expired_url` or `used_url`.
        """
        entry = self._known.get(path)
        if entry is None:
            raise SlackError("no_such_url", status=404)
        if self._clock() - entry.at > self._limits.response_url_seconds:
            raise SlackError("expired_url", status=404)
        if entry.uses >= self._limits.response_url_uses:
            raise SlackError("used_url", status=404)
        self._known[path] = replace(entry, uses=entry.uses + 1)
        return entry
