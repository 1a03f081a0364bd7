"""One websocket of Socket Mode, from its greeting to its end."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import websocket
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.clock import boot_seconds, start_thread

log = logging.getLogger(__name__)

PING_EVERY = 3.0
PONG_WITHIN = 2.0
SILENT_AFTER = PING_EVERY + PONG_WITHIN
"""Seconds without a word, or an answer to a ping, after which a link counts as broken: TCP by
itself takes a silent one for a good one."""
_CLOSE_SECONDS = 1


class Link(BaseSocketModeClient):
    """A websocket at the address that Slack gave; Bolt answers payloads over it.

    `take` is called with each payload, in the thread that reads. `news` is set whenever something
    becomes true of it: `opened` when the websocket is, `greeted` when Slack has said hello,
    `told_to_go` with Slack's reason, and `ended` when nothing comes any more.
    """

    def __init__(
        self,
        url: str,
        take: Callable[[Link, SocketModeRequest], None],
        monotonic: Callable[[], float] = boot_seconds,
    ) -> None:
        self.logger = log
        self.news = threading.Event()
        self.opened = False
        self.greeted = False
        self.told_to_go = ""
        self.ended = False
        self._take = take
        self._monotonic = monotonic
        self._heard_at = monotonic()
        self._app = websocket.WebSocketApp(
            url,
            on_open=lambda _: self._open(),
            on_message=lambda _, text: self._read(text),
            on_ping=lambda *_: self._hear(),
            on_pong=lambda *_: self._hear(),
            on_error=lambda _, error: log.debug("the link to Slack: %s", type(error).__name__),
        )

    @property
    def silent(self) -> bool:
        """Whether nothing was heard on it for too long; it stays so, whatever comes later."""
        return self._monotonic() - self._heard_at > SILENT_AFTER

    @property
    def good(self) -> bool:
        """Whether payloads may come on it."""
        return self.greeted and not self.ended and not self.silent

    def start(self) -> None:
        """Connect and read, in a thread of its own."""
        start_thread("socket-link", self._run)

    def send_message(self, message: str) -> None:
        """Send a text; raises websocket-client's own errors where the link is closed."""
        self._app.send(message)

    def close(self) -> None:
        """Say goodbye, without waiting for an answer of Slack."""
        self.ended = True
        start_thread("socket-close", self._say_goodbye)

    def _say_goodbye(self) -> None:
        self._app.close(timeout=_CLOSE_SECONDS)

    def _run(self) -> None:
        try:
            self._app.run_forever(ping_interval=PING_EVERY)
        except Exception:
            log.exception("the link to Slack failed")
        self.ended = True
        self.news.set()

    def _open(self) -> None:
        self._heard_at = self._monotonic()
        self.opened = True
        self.news.set()

    def _read(self, text: str) -> None:
        self._hear()
        with suppress(ValueError):
            message = json.loads(text)
            if isinstance(message, dict):
                self._understand(message)

    def _understand(self, message: dict[str, Any]) -> None:
        match message.get("type"):
            case "hello":
                self.greeted = True
                self.news.set()
            case "disconnect":
                self.told_to_go = str(message.get("reason") or "disconnect")
                self.news.set()
            case _:
                request = SocketModeRequest.from_dict(message)
                # What a bot finds in its link that was frozen for a while is old: Slack has told
                # people that it failed, and sends events again by itself.
                if request and not self.silent:
                    self._take(self, request)

    def _hear(self) -> None:
        if not self.silent:
            self._heard_at = self._monotonic()
