"""The workspace as a whole: starts and stops the servers, and holds what callers use."""

import asyncio
import secrets
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import uvicorn
from fastapi import FastAPI

from playground.errors import NotReadyError
from playground.workspace import control, server
from playground.workspace.api import Api, Tokens
from playground.workspace.delivery import Deliverer, HttpCarrier
from playground.workspace.faults import Faults
from playground.workspace.feed import Feed
from playground.workspace.guard import Guard
from playground.workspace.interactions import Interactions
from playground.workspace.model import MANIFEST_SCOPES, ApiCall, Delivery, Limits
from playground.workspace.person import Person
from playground.workspace.socketmode import SocketMode
from playground.workspace.state import State

HOST = "127.0.0.1"
START_SECONDS = 10.0


class Workspace:
    """A Slack workspace on loopback.

    The app needs `api_url`, `bot_token`, and `app_token` or `signing_secret`; who acts for people
    needs `key`. All of them are new in every run.
    """

    def __init__(  # noqa: PLR0913 - each has a default, and is given by name
        self,
        port: int = 0,
        *,
        host: str = HOST,
        clock: Callable[[], float] = time.time,
        limits: Limits = Limits(),  # noqa: B008 - a frozen value
        scopes: tuple[str, ...] = MANIFEST_SCOPES,
        commands: tuple[str, ...] = ("/swarm",),
    ) -> None:
        self.bot_token = f"xoxb-0000000000-{secrets.token_hex(8)}-playground"
        self.app_token = f"xapp-1-A0SWARMBOT-{secrets.token_hex(8)}-playground"
        self.signing_secret = secrets.token_hex(16)
        self.key = secrets.token_urlsafe(24)
        self.limits = limits
        self.state = State(clock, limits)
        self._host = host
        self._wanted_port = port
        self._socket = SocketMode(limits, host)
        self.faults = Faults(clock, self._socket)
        self._socket.refused = lambda: self.faults.refuse_sockets
        self._socket.too_many = lambda: self.faults.too_many_sockets
        self._socket.silent = lambda: self.faults.silent
        self._socket.duplicated = lambda: self.faults.duplicate_envelopes
        self._socket.changed = self._tell_connections
        self._deliverer = Deliverer(self.state, self._socket)
        self.interactions = Interactions(self.state, self._deliverer, commands)
        self.state.directory.changes_installation(scopes=scopes)
        self._api = Api(self.state, Tokens(self.bot_token, self.app_token), self.faults)
        self._api.connect = self._socket.new_url
        self.app: FastAPI = server.build(self.state, self._api, self.bot_token)
        self.app.add_middleware(Guard, host=host, key=self.key)
        control.add_routes(self.app, self.state, self.person)
        self._uvicorn: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self.port = 0

    def start(self) -> Self:
        """Listen; returns when it is ready. Raises NotReadyError after ten seconds."""
        config = uvicorn.Config(
            self.app,
            self._host,
            self._wanted_port,
            log_level="error",
            ws="websockets-sansio",
            lifespan="off",
        )
        self._uvicorn = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve, name="slack-workspace", daemon=True)
        self._thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not self._ready.wait(0.05):
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise NotReadyError(
                    "the Slack workspace listens",
                    START_SECONDS,
                    f"Is port {self._wanted_port} taken?",
                )
        return self

    def stop(self) -> None:
        """Close all connections and stop listening."""
        if self._uvicorn is not None and self._thread is not None:
            self._uvicorn.should_exit = True
            self._uvicorn.force_exit = True
            self._thread.join(START_SECONDS)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The root of the workspace's pages and of the control routes."""
        return f"http://{self._host}:{self.port}"

    @property
    def page_url(self) -> str:
        """The address for a browser, with the key of this run."""
        return f"{self.url}/?key={self.key}"

    @property
    def api_url(self) -> str:
        """What goes into SLACK_API_URL."""
        return f"{self.url}/api/"

    @property
    def feed(self) -> Feed:
        """All changes, in order."""
        return self.state.feed

    @property
    def connections(self) -> tuple[str, ...]:
        """The ids of the app's live sockets."""
        return self._socket.connections

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """Every payload that was sent to the app, in order, with how it went."""
        with self.state.lock:
            return tuple(self.state.deliveries.values())

    def send_again(self, delivery: Delivery) -> Delivery:
        """Send the same payload once more to the next connection.

        Slack does that where an ack was lost.
        """
        return self._deliverer.ask(delivery.kind, delivery.payload)

    def calls(self, method: str = "") -> tuple[ApiCall, ...]:
        """Every call of the Web API, in order; of one method if named."""
        with self.state.lock:
            return tuple(call for call in self.state.calls if method in ("", call.method))

    def person(self, name: str) -> Person:
        """Someone in the workspace: `dev`, `lead`, `guest` or `ops`; raises UnknownNameError."""
        return Person(self.state, self.interactions, self.state.directory.user(name))

    def channel_id(self, name: str) -> str:
        """The id of a channel such as `ops`; raises UnknownNameError."""
        return self.state.directory.channel(name).id

    def deliver_to(self, url: str | None) -> None:
        """Send payloads as signed requests to `url` (HTTP mode); None: over the socket again."""
        self._deliverer.carrier = (
            self._socket if url is None else HttpCarrier(url, self.signing_secret, self.limits)
        )

    def wait_connected(self, connections: int = 1, timeout: float = 10.0) -> None:
        """Wait until the app has that many live sockets; raises NotReadyError."""
        deadline = time.monotonic() + timeout
        while len(self.connections) < connections:
            left = deadline - time.monotonic()
            if left <= 0:
                raise NotReadyError(
                    f"the app has {connections} sockets",
                    timeout,
                    f"It has {len(self.connections)}.",
                )
            self.feed.after(self.feed.seq, min(left, 0.1))

    def _tell_connections(self, names: tuple[str, ...]) -> None:
        self.feed.tell("socket", names)

    def _serve(self) -> None:
        asyncio.run(self._serve_all())

    async def _serve_all(self) -> None:
        if self._uvicorn is None:
            return
        await self._socket.start(0)
        self._deliverer.bind(asyncio.get_running_loop())
        watcher = asyncio.create_task(self._announce())
        await self._uvicorn.serve()
        watcher.cancel()
        self._deliverer.cancel()
        await self._socket.stop()

    async def _announce(self) -> None:
        while self._uvicorn is None or not self._uvicorn.started:
            await asyncio.sleep(0.01)
        self.port = int(self._uvicorn.servers[0].sockets[0].getsockname()[1])
        self.state.base_url = self.url
        self._ready.set()
