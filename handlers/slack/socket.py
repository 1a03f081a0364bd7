"""Socket Mode: there is always one link to Slack, or a try to open one.

The SDK's own client asks for a new address at once, and again and again, whatever ended the last
link; Slack then refuses the app for longer. Here only Slack's own request to connect anew is
followed at once, and whatever else ends a link is followed by a pause that grows.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import websocket
from slack_bolt import App
from slack_bolt.adapter.socket_mode.internals import run_bolt_app, send_response
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.socket_mode.request import SocketModeRequest

from bot import traces
from bot.clock import boot_seconds, start_thread, utc_now
from bot.spans import SpanKind
from handlers.slack.link import Link
from handlers.slack.listeners import LISTENERS

log = logging.getLogger(__name__)

AT_ONCE = ("warning", "refresh_requested")
"""Slack's reasons with which it asks the app to connect anew."""
FIRST_PAUSE = 0.25
LONGEST_PAUSE = 10.0
"""Seconds between two tries: the first pause doubles up to the longest one. Slack allows some fifty
addresses a minute to an app, and ten replicas may be at it."""
STEADY_SECONDS = 5.0
"""A link that lasted so long was a good one, and pauses begin anew after it: Slack turns away what
it does not want right after the greeting."""
CONNECT_SECONDS = 10.0
"""Seconds within which a link has to be open; then its greeting has to come like any other word."""
_LOOK_SECONDS = 0.5


def pause(tries: int, chance: random.Random) -> float:
    """Seconds to wait after so many tries in a row that came to nothing.

    Replicas that lost their links together come back one after the other.
    """
    return float(min(LONGEST_PAUSE, FIRST_PAUSE * 2**tries) * chance.uniform(0.5, 1))


class Socket:
    """The connection to Slack.

    `client` is asked for addresses with the app's token; `wait` is what pauses are waited by (left
    out: time, until it stops).
    """

    def __init__(
        self,
        app: App,
        client: WebClient,
        app_token: str,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        # The library has no other way to bound how long connecting may take.
        websocket.setdefaulttimeout(CONNECT_SECONDS)
        self._app = app
        self._client = client
        self._app_token = app_token
        self._stopping = threading.Event()
        self._wait = wait or self._stopping.wait
        self._link: Link | None = None
        self._why = ""
        self._tries = 0
        self._not_before = 0.0
        self._chance = random.Random()  # noqa: S311 - nobody gains by guessing a pause
        self._pool = ThreadPoolExecutor(LISTENERS, thread_name_prefix="socket")

    @property
    def connected(self) -> bool:
        """Whether a link is open on which Slack was heard lately."""
        link = self._link
        return link is not None and link.good

    @property
    def problem(self) -> str:
        """Why it is not connected, with Slack's own word where there is one; empty where it is."""
        if self.connected:
            return ""
        return f"not connected: {self._why}" if self._why else "not connected"

    def start(self) -> None:
        """Connect, and go on trying while Slack is away."""
        start_thread("socket", self._keep_connected)

    def stop(self) -> None:
        """Close the link; Slack sends what is not acked to another connection."""
        self._stopping.set()
        if self._link:
            self._link.close()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _keep_connected(self) -> None:
        while not self._stopping.is_set():
            link = self._open()
            began = boot_seconds()
            reason = self._watch(link) if link else ""
            lasted = link is not None and boot_seconds() - began > STEADY_SECONDS
            self._tries = 0 if lasted else self._tries + 1
            if reason in AT_ONCE and self._tries <= 1:
                continue
            seconds = pause(self._tries, self._chance)
            self._wait(max(seconds, self._not_before - boot_seconds()))

    def _open(self) -> Link | None:
        """A link on which Slack has said hello, in the place of the one before."""
        url = self._address()
        if not url:
            return None
        link = Link(url, self._take)
        link.start()
        until = boot_seconds() + CONNECT_SECONDS
        while not (link.greeted or link.ended) and boot_seconds() < until:
            if link.opened and link.silent:
                break
            self._await_news(link)
        if not link.greeted or self._stopping.is_set():
            link.close()
            self._fails("the link was refused")
            return None
        self._replace(link)
        return link

    def _address(self) -> str:
        try:
            return str(self._client.apps_connections_open(app_token=self._app_token)["url"])
        except SlackApiError as error:
            after = error.response.headers.get("Retry-After") or 0
            self._not_before = boot_seconds() + float(after)
            self._fails(str(error.response.get("error") or error.response.status_code))
        except (SlackClientError, OSError) as error:
            self._fails(type(error).__name__)
        return ""

    def _replace(self, link: Link) -> None:
        """From now on this is the link; the one before is closed, but only now."""
        before, self._link = self._link, link
        if before:
            before.close()

    def _watch(self, link: Link) -> str:
        """Slack's reason for the end of the link; empty where it broke."""
        since = boot_seconds()
        while not (link.told_to_go or link.ended or link.silent or self._stopping.is_set()):
            # What Slack turns away right after its greeting was no connection.
            if self._why and boot_seconds() - since > _LOOK_SECONDS:
                log.info("connected to Slack again")
                self._why = ""
            self._await_news(link)
        if link.told_to_go not in AT_ONCE:
            link.close()
            self._fails(link.told_to_go or ("nothing is heard" if link.silent else "it broke off"))
        return link.told_to_go

    def _await_news(self, link: Link) -> None:
        link.news.wait(_LOOK_SECONDS)
        link.news.clear()

    def _fails(self, why: str) -> None:
        """Note why there is no link; the log says it once, not with each try."""
        if why != self._why and not self._stopping.is_set():
            log.warning("there is no link to Slack: %s", why)
        self._why = why

    def _take(self, link: Link, request: SocketModeRequest) -> None:
        self._pool.submit(self._answer, link, request)

    def _answer(self, link: Link, request: SocketModeRequest) -> None:
        try:
            with traces.occasion(
                f"slack {request.type}",
                {"messaging.message.id": request.envelope_id},
                SpanKind.CONSUMER,
            ):
                response = run_bolt_app(self._app, request)
                send_response(link, request, response, utc_now().timestamp())
        except websocket.WebSocketException:
            log.warning("a payload of Slack could not be acked: its link has closed")
        except Exception:
            log.exception("a payload of Slack could not be answered")
