"""Whether people can be told anything: Slack knows the token, no scope is missing, and the channels
take messages."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError
from slack_sdk.web import SlackResponse

from bot.poster import Poster
from bot.settings import Settings
from handlers.slack.check import missing_scopes

log = logging.getLogger(__name__)


@dataclass
class ReachWatch:
    """Asks Slack, and logs what is new since it asked last."""

    client: WebClient
    poster: Poster
    settings: Settings
    _refused: Mapping[str, str] = field(default_factory=dict, init=False)

    def look(self) -> None:
        """One round. While Slack does not answer, what was known last counts."""
        try:
            answer = self.client.auth_test()
        except (SlackClientError, OSError) as error:
            self.poster.access.judge(error)
            return
        self._judge_scopes(answer)
        self._look_at_channels()

    def problem(self) -> str:
        """Why somebody would not be told; empty where all is well."""
        return "; ".join(
            f"{channel} takes no messages: {word}" for channel, word in self.refused().items()
        )

    def refused(self) -> Mapping[str, str]:
        """The configured channels that take no messages, as far as is known, with Slack's error
        names."""
        return self.poster.refused(self.settings.channels)

    def _judge_scopes(self, answer: SlackResponse) -> None:
        missing = missing_scopes(answer, self.settings)
        if missing:
            self.poster.access.lost("missing_scope", missing)
        else:
            self.poster.access.works()

    def _look_at_channels(self) -> None:
        refused = {
            channel: word
            for channel in self.settings.channels
            if (word := self.poster.refusal(channel))
        }
        for channel in refused.keys() - self._refused.keys():
            log.warning(
                "channel %s takes no messages (%s): nobody learns there of alerts and changes",
                channel,
                refused[channel],
            )
        for channel in self._refused.keys() - refused.keys():
            log.warning("channel %s takes messages again", channel)
        self._refused = refused
