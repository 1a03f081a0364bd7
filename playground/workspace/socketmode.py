"""Socket Mode: the websocket over which the app gets its payloads.

It is not served by uvicorn: the faults that matter (a link cut without goodbye, a link that falls
silent) happen below the websocket, on its transport, which a server of the `websockets` library
lets one reach.
"""

import asyncio
import contextlib
import json
import secrets
import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from playground.workspace.arguments import Arguments
from playground.workspace.delivery import NO_CONNECTION, Sending
from playground.workspace.model import APP, Limits
from playground.workspace.state import State

MOST_CONNECTIONS = 10
GOODBYE_SECONDS = 1.0


class SocketMode:
    """The app's Socket Mode connections.

    Its coroutines run in the server's loop; `abort_all` and the like in any thread.
    """

    def __init__(self, limits: Limits, host: str) -> None:
        self._limits = limits
        self._host = host
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: Server | None = None
        self._tickets: set[str] = set()
        self._live: dict[str, ServerConnection] = {}
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._lock = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self.refused: Callable[[], bool] = lambda: False
        self.too_many: Callable[[], bool] = lambda: False
        self.silent: Callable[[], bool] = lambda: False
        self.duplicated: Callable[[], bool] = lambda: False
        self.changed: Callable[[tuple[str, ...]], None] = lambda _: None

    async def start(self, port: int) -> None:
        """Listen on `port` (0: any that is free)."""
        self._loop = asyncio.get_running_loop()
        # Pings are sent by `_ping`: the library's own keepalive would close a link that is meant to
        # be silent.
        self._server = await serve(
            self._attend,
            self._host,
            port,
            process_request=self._admit,
            ping_interval=None,
            close_timeout=GOODBYE_SECONDS,
        )

    async def stop(self) -> None:
        """Close every connection and stop listening."""
        self._silence(silent=False)
        if self._server is not None:
            self._server.close()
            self._cut()
            await self._server.wait_closed()

    @property
    def port(self) -> int:
        """Where it listens."""
        return 0 if self._server is None else int(next(iter(self._server.sockets)).getsockname()[1])

    @property
    def connections(self) -> tuple[str, ...]:
        """The ids of the live connections, in the order of their turns."""
        return tuple(self._live)

    def new_url(self, _: State, __: Arguments) -> dict[str, Any]:
        """apps.connections.open: an address that is good for one connection."""
        ticket = str(uuid.uuid4())
        self._tickets.add(ticket)
        return {"url": f"ws://{self._host}:{self.port}/link/?ticket={ticket}&app_id={APP}"}

    async def send(self, sending: Sending) -> tuple[str, dict[str, Any], str]:
        """Deliver to the next connection in turn; returns outcome, the payload of the ack, and the
        connection."""
        name = self._next()
        if name is None:
            return NO_CONNECTION, {}, ""
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[sending.id] = answer
        try:
            async with asyncio.timeout(self._limits.ack_seconds):
                await self._write(name, _envelope(sending))
                return "acked", await answer, name
        except (TimeoutError, ConnectionClosed):
            return "timeout", {}, name
        finally:
            self._waiting.pop(sending.id, None)

    def abort_all(self) -> None:
        """Cut every connection without a goodbye."""
        self._in_loop(self._cut)

    def disconnect_all(self, reason: str) -> None:
        """Send `disconnect` with a reason on every connection.

        After `refresh_requested` they close soon.
        """
        self._in_loop(lambda: self._spawn(self._disconnect(reason)))

    def silence_all(self, *, silent: bool) -> None:
        """Stop reading on every connection, or go on."""
        self._in_loop(lambda: self._silence(silent=silent))

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        ticket = request.path.partition("ticket=")[2].partition("&")[0]
        if self.refused():
            return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "no new connections now\n")
        if ticket not in self._tickets:
            return connection.respond(HTTPStatus.FORBIDDEN, "no such ticket\n")
        self._tickets.discard(ticket)
        return None

    async def _attend(self, connection: ServerConnection) -> None:
        name = secrets.token_hex(4)
        if self.too_many() or len(self._live) >= MOST_CONNECTIONS:
            await self._send_away(connection, name)
            return
        self._live[name] = connection
        self.changed(self.connections)
        pinger = asyncio.create_task(self._ping(name))
        try:
            if self.silent():
                _transport(connection).pause_reading()
            await self._write(name, json.dumps(_hello(len(self._live), name)))
            async for message in connection:
                self._take(message)
        except ConnectionClosed:
            pass
        finally:
            pinger.cancel()
            self._live.pop(name, None)
            self.changed(self.connections)

    async def _send_away(self, connection: ServerConnection, name: str) -> None:
        """Slack lets one connection too many in, and tells it to go."""
        with contextlib.suppress(ConnectionClosed):
            await connection.send(json.dumps(_hello(len(self._live) + 1, name)))
            await connection.send(json.dumps(_disconnect("too_many_websockets")))
            await connection.close()

    def _take(self, message: str | bytes) -> None:
        try:
            ack = json.loads(message)
        except ValueError:
            return
        waiting = self._waiting.get(str(ack.get("envelope_id"))) if isinstance(ack, dict) else None
        if waiting is not None and not waiting.done():
            payload = ack.get("payload")
            waiting.set_result(payload if isinstance(payload, dict) else {})

    async def _ping(self, name: str) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(self._limits.ping_seconds)
                if not self.silent():
                    await self._live[name].ping()

    async def _write(self, name: str, message: str) -> None:
        if self.silent():
            return
        for _ in range(2 if self.duplicated() and "envelope_id" in message else 1):
            await self._live[name].send(message)

    def _next(self) -> str | None:
        names = self.connections
        if not names:
            return None
        self._lock += 1
        return names[self._lock % len(names)]

    async def _disconnect(self, reason: str) -> None:
        told = list(self._live.items())
        for name, connection in told:
            with contextlib.suppress(ConnectionClosed):
                await self._write(name, json.dumps(_disconnect(reason)))
            if reason == "refresh_requested":
                # No payload comes on a connection that was told to go.
                self._live.pop(name, None)
                self._spawn(self._close_later(connection))
        self.changed(self.connections)

    async def _close_later(self, connection: ServerConnection) -> None:
        await asyncio.sleep(GOODBYE_SECONDS)
        await connection.close()

    def _cut(self) -> None:
        for connection in list(self._live.values()):
            _transport(connection).abort()

    def _silence(self, *, silent: bool) -> None:
        for connection in self._live.values():
            transport = _transport(connection)
            if silent and transport.is_reading():
                transport.pause_reading()
            elif not silent and not transport.is_reading():
                transport.resume_reading()

    def _spawn(self, coroutine: Any) -> None:
        task: asyncio.Task[None] = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _in_loop(self, job: Callable[[], None]) -> None:
        if self._loop is None or not self._loop.is_running():
            return
        done = asyncio.run_coroutine_threadsafe(_as_coroutine(job), self._loop)
        done.result(timeout=5)


async def _as_coroutine(job: Callable[[], None]) -> None:
    job()


def _transport(connection: ServerConnection) -> asyncio.Transport:
    return connection.transport


def _hello(connections: int, name: str) -> dict[str, Any]:
    return {
        "type": "hello",
        "num_connections": connections,
        "debug_info": {
            "host": "applink-playground",
            "connection": name,
            "approximate_connection_time": 18060,
        },
        "connection_info": {"app_id": APP},
    }


def _disconnect(reason: str) -> dict[str, Any]:
    debug = {"host": "applink-playground"}
    return {"type": "disconnect", "reason": reason, "debug_info": debug}


def _envelope(sending: Sending) -> str:
    envelope: dict[str, Any] = {
        "envelope_id": sending.id,
        "type": sending.kind,
        "accepts_response_payload": sending.kind != "events_api",
        "payload": sending.payload,
    }
    if sending.kind == "events_api":
        envelope |= {"retry_attempt": sending.attempt, "retry_reason": sending.reason}
    return json.dumps(envelope)
