"""A fake engine that sends events: it tells, falls silent, and hangs up as a test says."""

import json
import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bot.model.cluster import EngineAddress

HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
    b"Date: Mon, 23 Nov 2026 08:00:00 GMT\r\n\r\n"
)
VERSION = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
    b"Content-Length: 48\r\n\r\n" + b'{"ApiVersion": "1.99", "MinAPIVersion": "1.44" }'
)
REFUSAL = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 16\r\n\r\n" + b'{"message":"no"}'


def event(
    number: int, action: str = "update", at: int | None = None, **attributes: str
) -> dict[str, Any]:
    """A node's event as the engine writes it; `number` is the time too, unless `at` is."""
    return {
        "Type": "node",
        "Action": action,
        "Actor": {"ID": f"n{number}", "Attributes": {"name": f"node{number}", **attributes}},
        "scope": "swarm",
        "timeNano": 1_795_000_000_000_000_000 + (number if at is None else at),
    }


class TellingEngine:
    """An engine that sends events.

    `frozen` takes requests and answers none, `refusing` answers 503, and `hanging_up` ends each
    stream at once.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.address = EngineAddress(name, f"unix://{folder / name}.sock")
        self.frozen = self.refusing = self.hanging_up = False
        self.asked: list[dict[str, str]] = []
        self.paths: list[str] = []
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(f"{folder / name}.sock")
        self._listener.listen(64)
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def listeners(self) -> int:
        with self._lock:
            return len(self._open)

    def tell(self, *happened: dict[str, Any]) -> None:
        """One chunk with all of it."""
        self.say(b"".join(json.dumps(event).encode() + b"\n" for event in happened))

    def say(self, text: bytes) -> None:
        """One chunk, whatever it is."""
        with self._lock:
            for connection in self._open:
                connection.sendall(b"%x\r\n%s\r\n" % (len(text), text))

    def hang_up(self) -> None:
        with self._lock:
            while self._open:
                _close(self._open.pop())

    def stop(self) -> None:
        _close(self._listener)
        self.hang_up()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                self._answer(self._listener.accept()[0])

    def _answer(self, connection: socket.socket) -> None:
        request = b""
        while b"\r\n\r\n" not in request:
            request += (piece := connection.recv(4096))
            if not piece:
                return
        path = request.split(b" ")[1].decode()
        if path == "/version" and not self.frozen:
            connection.sendall(VERSION)
            _close(connection)
            return
        query = urlsplit(path).query
        with self._lock:
            self.paths.append(path.partition("?")[0])
            self.asked.append({name: values[0] for name, values in parse_qs(query).items()})
            if self.frozen:
                self._open.append(connection)
                return
            connection.sendall(REFUSAL if self.refusing else HEAD)
            if self.refusing or self.hanging_up:
                _close(connection)
            else:
                self._open.append(connection)


def _close(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
