"""Files on their way to Slack: pictures are drawn first, and what a channel refuses is said."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial

from slack_sdk.errors import SlackApiError

from bot.model import File, Message, Place
from bot.model.picture import Sheet
from bot.poster.delivery import Delivery
from bot.poster.drawing import DrawingPool
from bot.poster.handle import Handle
from bot.poster.lane import Call, OnEvent
from bot.poster.places import USER_PREFIXES, Unshared, word_of
from bot.poster.slack_errors import Verdict
from bot.poster.verdict import verdict_of

log = logging.getLogger(__name__)

Put = Callable[[str, Call], None]
"""Queues a call, by the name of its queue."""


class FileSharing:
    """Shares the files of messages and of private answers.

    `show_again` shows a message that says more than before.
    """

    def __init__(
        self,
        delivery: Delivery,
        drawings: DrawingPool,
        put: Put,
        show_again: Callable[[Handle], None],
        on_event: OnEvent,
    ) -> None:
        self._delivery = delivery
        self._drawings = drawings
        self._put = put
        self._show_again = show_again
        self._on_event = on_event

    def share(self, handle: Handle, message: Message) -> None:
        """Share what a posted message has for its thread, each file once."""
        for file in message.files:
            key = _key(file)
            if handle.ref and key not in handle.uploaded:
                handle.uploaded.add(key)
                upload = partial(self._upload, handle, handle.ref.channel)
                self._hand_over(handle.lane, file, upload)

    def answer(self, lane: str, place: Place, user: str, file: File, unshared: Unshared) -> None:
        """Send a file directly to a user, who is told at this place where Slack refuses that."""
        self._hand_over(lane, file, partial(self._send, place, user, unshared))

    def _upload(self, handle: Handle, channel: str, file: File) -> None:
        try:
            self._delivery.upload(channel, handle.root(), file)
        except SlackApiError as error:
            if not _is_refused(error) or not handle.elsewhere:
                raise
            self._said_instead(handle, handle.elsewhere.unshared, word_of(error), file)
        else:
            if handle.says_no_more(file.name):
                self._show_again(handle)
            handle.shared(file)

    def _said_instead(self, handle: Handle, unshared: Unshared, word: str, file: File) -> None:
        """Once; with the next state of the message the file is tried again."""
        handle.refused.add(_key(file))
        if file.name in handle.additions:
            return
        places = handle.elsewhere.places if handle.elsewhere else ()
        user = next((place for place in places if place.startswith(USER_PREFIXES)), "")
        sent = bool(user) and self._is_sent(user, file)
        log.warning("%s: %s is refused (%s)", handle.channel, file.name, word)
        self._on_event("file_refused")
        handle.says_also(file.name, unshared(file.name, word, sent))
        self._show_again(handle)

    def _is_sent(self, user: str, file: File) -> bool:
        try:
            self._delivery.upload(user, "", file)
        except SlackApiError as error:
            if not _is_refused(error):
                raise
            return False
        return True

    def _send(self, place: Place, user: str, unshared: Unshared, file: File) -> None:
        try:
            self._delivery.upload(user, "", file)
        except SlackApiError as error:
            if not _is_refused(error):
                raise
            self._on_event("file_refused")
            self._delivery.answer(place, user, unshared(file.name, word_of(error), False))

    def _hand_over(self, lane: str, file: File, share: Callable[[File], None]) -> None:
        """Queue a file; a picture is drawn first, while the queue goes on."""
        if isinstance(file.content, Sheet):
            self._drawings.put(
                file, file.content, lambda drawn: self._hand_over(lane, drawn, share)
            )
        else:
            self._put(lane, Call("upload", "upload", partial(share, file)))


def _key(file: File) -> tuple[str, int]:
    return file.name, hash(file.content)


def _is_refused(error: SlackApiError) -> bool:
    """Whether Slack takes no file there, or from this bot."""
    verdict, word = verdict_of(error), word_of(error)
    return verdict is Verdict.NOT_HERE or word == "missing_scope"
