"""Socket Mode over the SDK's client, with an end to links on which nothing is heard.

The client by itself takes such a link for a good one.
"""

from __future__ import annotations

import logging
import threading
import time

import websocket
from slack_bolt import App
from slack_bolt.adapter.socket_mode.internals import run_bolt_app, send_response
from slack_sdk.errors import SlackClientError
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.websocket_client import SocketModeClient

from handlers.slack.listeners import LISTENERS

log = logging.getLogger(__name__)

PING_EVERY = 3.0
PONG_WITHIN = 2.0
"""A ping that is not answered within these seconds ends the link; it is also how long a closed one
goes unnoticed."""
SILENT_AFTER = PING_EVERY + PONG_WITHIN
SOCKET_CONNECT_SECONDS = 10.0
TRY_EVERY = 2.0
OPEN_EVERY = 0.05
CLOSE_SECONDS = 1.0


class Socket:
    """The connection to Slack. `connected` is what the readiness check asks."""

    def __init__(self, app: App, app_token: str) -> None:
        # The library has no other way to bound how long connecting may take.
        websocket.setdefaulttimeout(SOCKET_CONNECT_SECONDS)
        self._app = app
        self._client = _Client(
            app_token, app.logger, app.client, ping_interval=PING_EVERY, concurrency=LISTENERS
        )
        self._client.socket_mode_request_listeners.append(self._handle)  # type: ignore[arg-type]
        # The client looks for a link to open twice a second; where none is open, that is the time
        # until the bot is back.
        self._client.current_session_runner.interval_seconds = OPEN_EVERY
        self._client.on_open_listeners.append(self._keep_newest)
        self._client.on_message_listeners.append(lambda session, _: self._hear(session))
        self._heard: tuple[websocket.WebSocketApp | None, float] = (None, 0.0)
        self._client.on_error_listeners.append(lambda session, _: self._lose(session))
        self._lost = 0.0
        self._stopping = threading.Event()

    @property
    def connected(self) -> bool:
        """Whether the link is open and Slack was heard on it lately.

        An open link alone says nothing.
        """
        last = self._last_heard()
        return (
            self._client.is_connected() and last > self._lost and time.time() - last < SILENT_AFTER
        )

    def start(self) -> None:
        """Connect, and go on trying while Slack is away."""
        if not self._connect():
            threading.Thread(target=self._insist, name="socket-connect", daemon=True).start()

    def stop(self) -> None:
        """Close the link; Slack sends what is not acked to another connection."""
        self._stopping.set()
        # The SDK waits for its reader, which sleeps on a link that is closed already.
        closing = threading.Thread(target=self._client.close, name="socket-close", daemon=True)
        closing.start()
        closing.join(CLOSE_SECONDS)

    def _connect(self) -> bool:
        """Whether Slack gave an address; from then on the client comes back by itself."""
        try:
            self._client.connect_to_new_endpoint(force=True)
        except (SlackClientError, OSError) as error:
            log.warning("Slack cannot be reached: %s", type(error).__name__)
        return self._client.current_session is not None

    def _insist(self) -> None:
        while not self._stopping.wait(TRY_EVERY) and not self._connect():
            pass

    def _handle(self, client: SocketModeClient, request: SocketModeRequest) -> None:
        send_response(client, request, run_bolt_app(self._app, request), time.time())

    def _keep_newest(self, session: websocket.WebSocketApp) -> None:
        """Close a link that was replaced while it was being opened.

        Nobody wants it any more, and it would be read for ever.
        """
        if session is not self._client.current_session:
            session.close()

    def _hear(self, session: websocket.WebSocketApp) -> None:
        self._heard = session, time.time()

    def _lose(self, session: websocket.WebSocketApp) -> None:
        # While Slack gives no new address, the client tries the old link again: what was heard on
        # it counts no more.
        if session is self._client.current_session:
            self._lost = time.time()

    def _last_heard(self) -> float:
        """When the current link last brought a message or answered a ping.

        In Unix time; 0 where it never did.
        """
        session = self._client.current_session
        heard_on, at = self._heard
        return max(
            at if heard_on is session else 0.0, float(session.last_pong_tm) if session else 0.0
        )


class _Client(SocketModeClient):
    """The SDK's client, with a deadline for the answer to a ping."""

    def _run_current_session(self) -> None:
        session = self.current_session
        if session is None:
            return
        try:
            session.run_forever(ping_interval=self.ping_interval, ping_timeout=PONG_WITHIN)
        except Exception:
            log.exception("the link to Slack failed")
            session.close()
