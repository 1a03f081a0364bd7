"""Channels of the bot that people of other workspaces see, or will when they accept."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.errors import InvalidSettingError
from bot.settings import Settings

log = logging.getLogger(__name__)

SHARED = "people of other workspaces read what is posted there"
UNKNOWN = "nobody knows whether it is archived, or shared with other workspaces"
_HINT = "add the scope channels:read, or groups:read for a private channel"
_NOT_SHOWN = ("missing_scope", "channel_not_found")


class Sharing(Enum):
    """What Slack says of a channel: that others see it; nothing, for the bot may not know; nothing
    now, for Slack does not answer as it should."""

    SHARED = "shared"
    NOT_SHOWN = "not shown"
    NO_ANSWER = "no answer"


@dataclass(frozen=True, slots=True)
class ChannelWarning:
    """A channel by its id, and what is to be said of it."""

    channel: str
    sharing: Sharing
    said: str

    @property
    def refused(self) -> bool:
        """Whether a bot that is to post in no shared channel cannot start with it; while Slack does
        not answer it can, and looks again."""
        return self.sharing is not Sharing.NO_ANSWER


def shared_channels(client: WebClient, settings: Settings) -> tuple[ChannelWarning, ...]:
    """Those of the configured channels that are shared, or of which Slack does not say."""
    looks = (_look(client, channel) for channel in settings.channels)
    return tuple(look for look in looks if look)


@dataclass
class SharedChannelWatch:
    """Looks whether channels are shared, and logs what is new since it looked last."""

    client: WebClient
    settings: Settings
    _last: tuple[ChannelWarning, ...] = field(default=(), init=False)

    def refuse(self) -> None:
        """Raise InvalidSettingError where the file wants no shared channel, and there is one or may
        be one."""
        if self.settings.messages.shared_channels != "refuse":
            return
        self.look()
        for warning in self._last:
            if warning.refused:
                where = "messages.shared_channels"
                raise InvalidSettingError(
                    where, f"it is refuse, and of channel {warning.channel}: {warning.said}"
                )

    def look(self) -> None:
        """One round."""
        warnings = shared_channels(self.client, self.settings)
        for warning in warnings:
            if warning not in self._last:
                log.warning("channel %s: %s", warning.channel, warning.said)
        self._last = warnings

    def warnings(self) -> Mapping[str, str]:
        """What is to be said of shared channels, by channel, as of the last round."""
        return {
            f"channel {warning.channel}": warning.said
            for warning in self._last
            if warning.sharing is Sharing.SHARED
        }


def _look(client: WebClient, channel: str) -> ChannelWarning | None:
    try:
        known = client.conversations_info(channel=channel)["channel"]
    except SlackApiError as error:
        why = str(error.response.get("error") or "")
        if why in _NOT_SHOWN:
            return ChannelWarning(channel, Sharing.NOT_SHOWN, f"{UNKNOWN}: {_HINT}")
        return ChannelWarning(channel, Sharing.NO_ANSWER, f"{UNKNOWN}: {why}")
    except (SlackClientError, OSError) as error:
        return ChannelWarning(channel, Sharing.NO_ANSWER, f"{UNKNOWN}: {type(error).__name__}")
    if known.get("is_ext_shared") or known.get("is_pending_ext_shared"):
        return ChannelWarning(channel, Sharing.SHARED, SHARED)
    return None
