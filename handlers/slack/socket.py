"""Socket Mode with a watchdog: the SDK's client comes back quickly from a dropped link, but does not notice a silent one."""

from __future__ import annotations

import logging
import threading
import time

from slack_bolt import App
from slack_bolt.adapter.socket_mode.websocket_client import SocketModeHandler
from slack_sdk.errors import SlackClientError

log = logging.getLogger(__name__)

PING_EVERY = 2
SILENT_AFTER = 6.0
"""Seconds without any sign of life after which the link counts as dead."""


class Socket:
    """The connection to Slack. `connected` is what the readiness check asks."""

    def __init__(self, app: App, app_token: str) -> None:
        self._handler = SocketModeHandler(app, app_token, ping_interval=PING_EVERY, concurrency=20)
        self._client = self._handler.client
        self._client.on_message_listeners.append(lambda *_: self._alive())
        self._client.on_open_listeners.append(lambda *_: self._alive())
        self._heard = time.monotonic()
        self._stopping = threading.Event()
        self._watchdog = threading.Thread(target=self._watch, name="socket-watchdog", daemon=True)

    @property
    def connected(self) -> bool:
        """Whether the link is open and was heard of lately."""
        return self._client.is_connected() and not self._silent()

    def start(self) -> None:
        """Connect, and go on trying while Slack is away."""
        self._connect()
        self._watchdog.start()

    def stop(self) -> None:
        """Close the link; Slack sends what is not acked to another connection."""
        self._stopping.set()
        self._client.close()

    def _connect(self) -> None:
        try:
            self._client.connect_to_new_endpoint(force=True)
            self._alive()
        except (SlackClientError, OSError) as error:
            log.warning("Slack cannot be reached: %s", type(error).__name__)

    def _watch(self) -> None:
        while not self._stopping.wait(1.0):
            session = self._client.current_session
            if session is None or self._silent():
                log.warning("the link to Slack is silent: connecting anew")
                self._alive()
                self._connect()

    def _alive(self) -> None:
        self._heard = time.monotonic()

    def _silent(self) -> bool:
        session = self._client.current_session
        pong_age = time.time() - session.last_pong_tm if session and session.last_pong_tm else float("inf")
        return min(time.monotonic() - self._heard, pong_age) > SILENT_AFTER
