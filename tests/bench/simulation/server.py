"""The simulated engine on a unix socket, in HTTP as an engine speaks it."""

from __future__ import annotations

import queue
import re
import socketserver
import time
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.bench.simulation import shapes
from tests.bench.simulation.engine import SimulatedEngine
from tests.bench.simulation.swarm import SimulatedSwarm

PIECE_BYTES = 1 << 18
FLOOD_BATCH = 1000
_VERSION = re.compile(r"/v\d+\.\d+(?=/)")


class SimulatedServer(socketserver.ThreadingUnixStreamServer):
    """An engine that answers reads and tells events, until `shutdown`.

    Whoever measures asks it for more: `GET /simulation/calls` says how often each path was asked
    since it was asked last, `POST /simulation/nodes/NUMBER/STATE` changes a node,
    `POST /simulation/flood/COUNT` tells so many events about nothing that exists, and
    `POST /simulation/cut` ends the streams of events.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, socket: Path, nodes: int) -> None:
        self.engine = SimulatedEngine(SimulatedSwarm(nodes))
        self.listeners: set[queue.SimpleQueue[bytes]] = set()
        super().__init__(str(socket), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Who asked has gone, as clients do that were stopped."""

    def tell(self, kind: str, actor: dict[str, Any], moment: int) -> None:
        """An event for everybody who listens."""
        line = shapes.encoded(
            {
                "Type": kind,
                "Action": "update",
                "Actor": actor,
                "scope": "swarm",
                "time": moment // 1_000_000_000,
                "timeNano": moment,
            }
        )
        for listener in tuple(self.listeners):
            listener.put(line + b"\n")

    def tell_no_more(self) -> None:
        """Break the streams of all who listen, as an engine does that starts anew."""
        for listener in tuple(self.listeners):
            listener.put(b"")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: SimulatedServer
    wbufsize = PIECE_BYTES

    def do_HEAD(self) -> None:
        """A sign of life."""
        self._pong(b"")

    def do_GET(self) -> None:
        """Any read."""
        url = urlsplit(self.path)
        path = unquote(_VERSION.sub("", url.path, count=1))
        if path == "/_ping":
            self._pong(b"OK")
        elif path == "/events":
            self._events()
        elif path == "/simulation/calls":
            calls, self.server.engine.calls = (
                self.server.engine.calls,
                type(self.server.engine.calls)(),
            )
            self._whole(200, shapes.encoded(calls))
        else:
            status, body = self.server.engine.answer(path, dict(parse_qsl(url.query)))
            if isinstance(body, bytes):
                self._whole(status, body)
            else:
                self._list(body)

    def do_POST(self) -> None:
        """What only whoever measures asks for."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        match urlsplit(self.path).path.split("/")[1:]:
            case ["simulation", "nodes", number, state]:
                moment = time.time_ns()
                actor = self.server.engine.swarm.node_changes(int(number), state)
                self.server.tell("node", actor, moment)
                self._whole(200, shapes.encoded({"at": moment / 1e9}))
            case ["simulation", "cut"]:
                self.server.tell_no_more()
                self._whole(200, b"{}")
            case ["simulation", "flood", count]:
                self._flood(int(count))
                self._whole(200, b"{}")
            case _:
                self._whole(501, shapes.encoded({"message": "the simulation is only read"}))

    def address_string(self) -> str:
        """A unix socket has no address."""
        return "unix"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Nobody reads it."""

    # ---- parts

    def _pong(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Api-Version", shapes.API)
        self.send_header("Ostype", "linux")
        self.send_header("Swarm", "active/manager")
        self._end("text/plain", len(body))
        self.wfile.write(body)

    def _whole(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self._end("application/json", len(body))
        self.wfile.write(body)

    def _end(self, kind: str, length: int) -> None:
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def _list(self, members: Iterable[bytes]) -> None:
        """As Go does: it knows no length before it has written all, which then is one chunk."""
        bodies = list(members)
        length = sum(map(len, bodies)) + max(0, len(bodies) - 1) + len(b"[]\n")
        self._begin_chunked()
        self.wfile.write(b"%x\r\n[" % length)
        for start in range(0, len(bodies), FLOOD_BATCH):
            piece = b",".join(bodies[start : start + FLOOD_BATCH])
            self.wfile.write(b"," + piece if start else piece)
        self.wfile.write(b"]\n\r\n0\r\n\r\n")

    def _begin_chunked(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def _events(self) -> None:
        self._begin_chunked()
        self.wfile.flush()
        listener: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self.server.listeners.add(listener)
        self.server.engine.calls["/events"] += 1
        self.close_connection = True
        try:
            while line := listener.get():
                self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
                if listener.empty():
                    self.wfile.flush()
        except OSError:
            return
        finally:
            self.server.listeners.discard(listener)

    def _flood(self, count: int) -> None:
        for number in range(count):
            actor = {
                "ID": f"unrelated{number:016}",
                "Attributes": {"name": f"unrelated-{number % 50}"},
            }
            self.server.tell("service", actor, time.time_ns())
