"""A small fake Docker engine: HTTP on a Unix socket, failing as real ones do."""

from __future__ import annotations

import json
import re
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from bot.model.cluster import EngineAddress

NO_LEADER = (
    "rpc error: code = Unknown desc = The swarm does not have a leader. It's possible that too "
    "few managers are online."
)
LOCKED = (
    'Swarm is encrypted and needs to be unlocked before it can be used. Please use "docker swarm '
    'unlock" to unlock it.'
)
INFO = {
    "Name": "host",
    "ServerVersion": "20.10.24",
    "Swarm": {"NodeID": "n1", "LocalNodeState": "active", "ControlAvailable": True},
}

PING_WAITS_SECONDS = 5
Answer = tuple[int, Any]


@dataclass(frozen=True)
class SlowList:
    """An answer that comes member by member, with a pause (seconds) before each.

    `broken_off`: whether somebody went away before its end.
    """

    pauses: Sequence[float]
    broken_off: threading.Event = field(default_factory=threading.Event)

    @property
    def members(self) -> list[dict[str, str]]:
        return [{"ID": f"s{number}"} for number, _ in enumerate(self.pauses)]


class FakeEngine:
    """An engine that answers as `behave("GET /info")` says.

    It returns a status and JSON, or None to drop the connection.
    """

    def __init__(
        self, folder: Path, name: str, behave: Callable[[str], Answer | None] | None = None
    ) -> None:
        self.address = EngineAddress(name, f"unix://{folder / name}.sock")
        self.path = folder / f"{name}.sock"
        self.seen: list[str] = []
        self.asked_as: list[str] = []
        self.version: dict[str, str] = {"ApiVersion": "1.41"}
        self.ping_waits = threading.Event()
        self.ping_waits.set()
        self._behave = behave or always((200, []))
        self._server = _Server(str(self.path), self)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._server.drop_connections()
        self.path.unlink(missing_ok=True)

    @property
    def connections(self) -> int:
        """How many were made so far."""
        return len(self._server.connections)

    def answer(self, method: str, path: str) -> Answer | None:
        if path.startswith("/_ping"):
            self.ping_waits.wait(PING_WAITS_SECONDS)
            return 200, "OK"
        if path == "/version":
            return 200, self.version
        version, path = _parted(path)
        if refusal := self._unsupported(version):
            return 400, {"message": refusal}
        self.asked_as.append(version)
        call = f"{method} {path.partition('?')[0]}"
        self.seen.append(call)
        return self._behave(call)

    def _unsupported(self, version: str) -> str:
        """In the words of daemon/server/middleware/version.go."""
        newest, oldest = self.version.get("ApiVersion", ""), self.version.get("MinAPIVersion", "")
        if version and oldest and _minor(version) < _minor(oldest):
            return (
                f"client version {version} is too old. Minimum supported API version is {oldest}, "
                "please upgrade your client to a newer version"
            )
        if version and newest and _minor(version) > _minor(newest):
            return f"client version {version} is too new. Maximum supported API version is {newest}"
        return ""


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, path: str, engine: FakeEngine) -> None:
        self.engine = engine
        self.connections: list[socket.socket] = []
        super().__init__(path, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.append(request)
        super().process_request(request, client_address)

    def drop_connections(self) -> None:
        for connection in self.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients go away in the middle: that is what is tested."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        answer = self.server.engine.answer(self.command, self.path)
        if answer is None:
            self.close_connection = True
            return
        self.send_response(answer[0])
        self.send_header("Content-Type", "application/json")
        self.send_header("Api-Version", self.server.engine.version.get("ApiVersion", ""))
        if isinstance(answer[1], SlowList):
            self._send_slowly(answer[1])
            return
        body = json.dumps(answer[1]).encode()
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _send_slowly(self, listed: SlowList) -> None:
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        opening = b"["
        try:
            for pause, member in zip(listed.pauses, listed.members, strict=True):
                time.sleep(pause)
                chunk = opening + json.dumps(member).encode()
                self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
                opening = b","
            self.wfile.write(b"1\r\n]\r\n0\r\n\r\n")
        except OSError:
            listed.broken_off.set()

    do_POST = do_DELETE = do_GET  # noqa: N815 - names that http.server wants

    def log_message(self, *args: Any) -> None:
        """Tests print nothing."""

    def address_string(self) -> str:
        return "unix"


class FrozenEngine:
    """Takes connections and never answers, like a dockerd under SIGSTOP."""

    def __init__(self, folder: Path, name: str) -> None:
        self.address = EngineAddress(name, f"unix://{folder / name}.sock")
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(f"{folder / name}.sock")
        self._socket.listen(64)

    def stop(self) -> None:
        self._socket.close()


def _parted(path: str) -> tuple[str, str]:
    """The API version of a path, empty where it names none, and the rest."""
    match = re.match(r"/v(1\.\d+)", path)
    return (match[1], path[match.end() :]) if match else ("", path)


def _minor(version: str) -> int:
    return int(version.partition(".")[2])


def always(answer: Answer) -> Callable[[str], Answer]:
    """Behaviour: the same answer to everything."""
    return lambda _call: answer


def after(seconds: float, answer: Answer) -> Callable[[str], Answer]:
    """Behaviour: slow, but alive."""

    def behave(call: str) -> Answer:
        time.sleep(seconds)
        return answer

    return behave


def refusing(status: int, message: str) -> Callable[[str], Answer]:
    """Behaviour: every call but `/info` is refused."""
    return lambda call: (200, INFO) if call == "GET /info" else (status, {"message": message})
