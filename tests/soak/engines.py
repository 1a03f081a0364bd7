"""The engines of the Swarm in memory, on sockets of their own: a bot that runs as a process asks
them over HTTP, and hears their events."""

from __future__ import annotations

import json
import queue
import re
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.memory.twin.engine import EngineTwin
from tests.memory.twin.swarm_twin import MANAGERS, SwarmTwin

_VERSIONED = re.compile(r"/v([0-9.]+)(?=/)")


class TwinServer(socketserver.ThreadingUnixStreamServer):
    """One engine. All of them share `turn`, for the Swarm in memory has one thread."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, socket: Path, engine: EngineTwin, turn: threading.Lock) -> None:
        self.engine = engine
        self.turn = turn
        self.listeners: set[queue.SimpleQueue[bytes]] = set()
        super().__init__(str(socket), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """The bot waits no longer for this answer than it said."""

    def tell(self, line: bytes) -> None:
        """An event for everybody who listens; an empty one ends what they listen to."""
        for listener in tuple(self.listeners):
            listener.put(line)


class TwinEngines:
    """All managers, by name."""

    def __init__(self, folder: Path, twin: SwarmTwin) -> None:
        self.turn = threading.Lock()
        self._servers = {
            name: TwinServer(folder / f"{name}.sock", EngineTwin(twin, name), self.turn)
            for name in MANAGERS
        }

    @property
    def urls(self) -> dict[str, str]:
        """Where each listens."""
        return {name: f"unix://{server.server_address!s}" for name, server in self._servers.items()}

    @contextmanager
    def serving(self) -> Iterator[None]:
        """They answer for as long as the block runs."""
        for server in self._servers.values():
            threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield
        finally:
            for server in self._servers.values():
                server.shutdown()
                server.server_close()

    def tell(self, first: int, count: int) -> None:
        """As many events, numbered from the first on, of services that nobody knows: every manager
        tells all of them."""
        lines = b"".join(_event(number) for number in range(first, first + count))
        for server in self._servers.values():
            server.tell(lines)

    def cut(self) -> None:
        """End every stream of events."""
        for server in self._servers.values():
            server.tell(b"")


def _event(number: int) -> bytes:
    moment = time.time_ns()
    actor = {"ID": f"unrelated{number:016}", "Attributes": {"name": f"unrelated-{number % 50}"}}
    event = {
        "Type": "service",
        "Action": "update",
        "Actor": actor,
        "scope": "swarm",
        "time": moment // 1_000_000_000,
        "timeNano": moment,
    }
    return json.dumps(event).encode() + b"\n"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: TwinServer
    wbufsize = -1

    def do_HEAD(self) -> None:
        """A sign of life."""
        self._answers(200, b"")

    def do_GET(self) -> None:
        """A read, or the stream of events."""
        if urlsplit(self.path).path.endswith("/events"):
            self._events()
        else:
            self._asks("GET")

    def do_POST(self) -> None:
        """A change."""
        self._asks("POST")

    def do_DELETE(self) -> None:
        """A removal."""
        self._asks("DELETE")

    def address_string(self) -> str:
        """A unix socket has no address."""
        return "unix"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Nobody reads it."""

    def _asks(self, method: str) -> None:
        url = urlsplit(self.path)
        path = unquote(_VERSIONED.sub("", url.path, count=1))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        params = dict(parse_qsl(url.query))
        auth = self.headers.get("X-Registry-Auth", "")
        with self.server.turn:
            status, answer = self.server.engine.answer(
                method, path, params, json.loads(body or b"null"), "bot", auth
            )
            content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self._answers(status, content)

    def _answers(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def _events(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        listener: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self.server.listeners.add(listener)
        try:
            with suppress(OSError):
                self._pass_on(listener)
        finally:
            self.server.listeners.discard(listener)
            self.close_connection = True

    def _pass_on(self, listener: queue.SimpleQueue[bytes]) -> None:
        while lines := listener.get():
            self._chunk(lines)
        self._chunk(b"")

    def _chunk(self, lines: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(lines), lines))
        self.wfile.flush()
