"""Ways to deliver something where the first one is refused: without tables, plain text, other
channels."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from slack_sdk.errors import SlackApiError

from bot.model import File, Message, Place
from bot.poster.calls import Calls, plainer
from bot.poster.lane import OnEvent
from bot.poster.places import USER_PREFIXES
from bot.poster.slack_errors import Verdict
from bot.poster.verdict import AnswerRefusedError, judge, verdict_of

log = logging.getLogger(__name__)

_Result = TypeVar("_Result")


class Delivery:
    """Answers, uploads and text without blocks. Raises what Slack's client raises."""

    def __init__(self, calls: Calls, on_event: OnEvent) -> None:
        self._calls = calls
        self._on_event = on_event

    def plainly(self, message: Message, send: Callable[[Message], _Result]) -> _Result:
        """Send a message, and where Slack refuses its blocks send it without tables, else as text.

        Slack refuses tables where a plan or a client has none.
        """
        for version, event in self._versions(message):
            try:
                return send(version)
            except (SlackApiError, AnswerRefusedError) as error:
                if verdict_of(error) is not Verdict.UNREADABLE:
                    raise
                log.warning("Slack refuses the blocks of a message: sent %s", event)
                self._on_event(event.replace(" ", "_"))
        return send(plainer(message))

    @staticmethod
    def _versions(message: Message) -> list[tuple[Message, str]]:
        """What is tried before plain text, each with what is tried after it."""
        if not message.blocks:
            return []
        if not message.fenced:
            return [(message, "plain text")]
        fenced = replace(message, blocks=message.fenced)
        return [(message, "without table"), (fenced, "plain text")]

    def upload(self, channel: str, thread: str, file: File) -> None:
        """Share a file in a channel or thread, or, where `channel` is a user, as direct message."""
        direct = channel.startswith(USER_PREFIXES)
        self._calls.upload(self._calls.open_direct(channel) if direct else channel, thread, file)
        self._on_event("uploaded")

    def answer(self, place: Place, user_id: str, message: Message) -> None:
        """Answer so that only this user sees it, by the first way that Slack accepts."""
        if not (place.response_url and self._respond(place, message)):
            self._whisper(place, user_id, message)
        self._on_event("answered")

    def _respond(self, place: Place, message: Message) -> bool:
        """Answer by the request's own address; False where that is used up or expired."""
        try:
            self.plainly(message, lambda version: self._calls.respond(place, version))
        except AnswerRefusedError as error:
            if verdict_of(error) in (Verdict.LIMITED, Verdict.AWAY):
                raise
            return False
        return True

    def _whisper(self, place: Place, user_id: str, message: Message) -> None:
        """Answer in the channel where the bot may, else by direct message."""
        try:
            if place.channel:
                self.plainly(message, lambda version: self._calls.whisper(place, user_id, version))
                return
        except SlackApiError as error:
            failure = judge(error)
            if failure is None or failure.verdict is not Verdict.NOT_HERE:
                raise
            if not failure.known:
                self._on_event("unknown_error")
        self.plainly(message, lambda version: self._calls.post(user_id, version, ""))


def must_post_anew(error: SlackApiError, *, final: bool) -> bool:
    """Whether a message that could not be edited is posted anew.

    So are deleted messages, and final states that Slack lets nobody edit.
    """
    verdict = verdict_of(error)
    return verdict is Verdict.GONE or (verdict is Verdict.FROZEN and final)
