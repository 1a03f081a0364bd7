"""Socket Mode with a watchdog: the SDK's client comes back quickly from a dropped link, but does not notice a silent one."""

from __future__ import annotations

import logging
import threading
import time

from slack_bolt import App
from slack_bolt.adapter.socket_mode.websocket_client import SocketModeHandler
from slack_sdk.errors import SlackClientError
from websocket import WebSocketApp

log = logging.getLogger(__name__)

PING_EVERY = 2
SILENT_AFTER = 5.0
"""Seconds without any sign of life after which the link counts as dead."""
LOOK_EVERY = 0.5


class Socket:
    """The connection to Slack. `connected` is what the readiness check asks."""

    def __init__(self, app: App, app_token: str) -> None:
        self._handler = SocketModeHandler(app, app_token, ping_interval=PING_EVERY, concurrency=20)
        self._client = self._handler.client
        self._client.on_message_listeners.append(lambda session, _: self._hear(session))
        self._heard: tuple[WebSocketApp | None, float] = (None, 0.0)
        self._tried = 0.0
        self._stopping = threading.Event()
        self._watchdog = threading.Thread(target=self._watch, name="socket-watchdog", daemon=True)

    @property
    def connected(self) -> bool:
        """Whether the link is open and Slack was heard on it lately: an open link alone says nothing."""
        return self._client.is_connected() and time.time() - self._last_heard() < SILENT_AFTER

    def start(self) -> None:
        """Connect, and go on trying while Slack is away."""
        self._connect()
        self._watchdog.start()

    def stop(self) -> None:
        """Close the link; Slack sends what is not acked to another connection."""
        self._stopping.set()
        # The SDK waits up to ten seconds for its reader, which sleeps on a link that is closed already.
        closing = threading.Thread(target=self._client.close, name="socket-close", daemon=True)
        closing.start()
        closing.join(CLOSE_SECONDS)

    def _connect(self) -> None:
        self._tried = time.time()
        try:
            self._client.connect_to_new_endpoint(force=True)
        except (SlackClientError, OSError) as error:
            log.warning("Slack cannot be reached: %s", type(error).__name__)

    def _watch(self) -> None:
        while not self._stopping.wait(LOOK_EVERY):
            # A link that the client has just opened by itself gets its time as well.
            if time.time() - max(self._tried, self._last_heard(), self._heard[1]) > SILENT_AFTER:
                log.warning("nothing is heard from Slack: connecting anew")
                self._connect()

    def _hear(self, session: WebSocketApp) -> None:
        self._heard = session, time.time()

    def _last_heard(self) -> float:
        """When the link of now last brought a message or answered a ping (Unix time); 0 where it never did."""
        session = self._client.current_session
        heard_on, at = self._heard
        return max(at if heard_on is session else 0.0, float(session.last_pong_tm) if session else 0.0)
