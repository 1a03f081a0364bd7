"""Where the bot may post, as far as that is known before it does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from slack_sdk.errors import SlackApiError, SlackClientError

from bot.model import Message
from bot.poster.calls import Calls
from bot.poster.pace import Clock

USER_PREFIXES = ("U", "W")
"""Slack's ids of users begin with these."""
KNOWN_SECONDS = 60.0
"""Seconds after which Slack is asked again whether a channel takes messages."""
UNKNOWN_SECONDS = 5.0
"""The same where Slack did not say: nobody waits for it at each step of a change."""
_MOST_KNOWN = 1000


Unshared = Callable[[str, str, bool], Message]
"""Says that a file was refused: its name, Slack's error name, and whether it was sent directly."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where a message goes that its channel does not take: channels and users, by their ids, in
    order.

    `why` makes what is said there beside it, from the channel and Slack's error name; `unshared`
    what is said in a message whose file is refused.
    """

    places: tuple[str, ...]
    why: Callable[[str, str], Message]
    unshared: Unshared


class Places:
    """Which channels take messages. Slack is asked where nothing was posted lately."""

    def __init__(self, calls: Calls, clock: Clock) -> None:
        self._calls = calls
        self._clock = clock
        self._known: dict[str, tuple[float, str]] = {}
        self._lock = threading.Lock()

    def refusal(self, channel: str) -> str:
        """Slack's error name where the bot may not post; empty where it may, or where nobody
        knows."""
        if channel.startswith(USER_PREFIXES):
            # Whoever typed has direct messages, and Slack knows no channel by their id.
            return ""
        with self._lock:
            until, word = self._known.get(channel, (float("-inf"), ""))
        if self._clock() < until:
            return word
        try:
            word = self._calls.refusal(channel)
        except (SlackClientError, OSError):
            self._note(channel, "", UNKNOWN_SECONDS)
            return ""
        self._note(channel, word)
        return word

    def known(self, channels: Iterable[str]) -> Mapping[str, str]:
        """Those of the channels that take nothing, as of when that was last seen, with Slack's
        names."""
        with self._lock:
            known = {channel: self._known.get(channel, (0.0, ""))[1] for channel in channels}
        return {channel: word for channel, word in known.items() if word}

    def took(self, channel: str) -> None:
        """Note that a message was posted there."""
        self._note(channel, "")

    def refused(self, channel: str, word: str) -> None:
        """Note Slack's error name for a message that was not."""
        self._note(channel, word)

    def _note(self, channel: str, word: str, lasts: float = KNOWN_SECONDS) -> None:
        with self._lock:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[channel] = self._clock() + lasts, word


def word_of(error: SlackApiError) -> str:
    """Slack's error name."""
    return str(error.response.get("error") or "")
