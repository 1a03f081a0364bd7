"""The wire between a bot and an engine: notes each change of a service that an engine took, and who
had the service's lock at that moment."""

from __future__ import annotations

import http.client
import json
import re
import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from redis import Redis, RedisError

Json = dict[str, Any]

_UPDATE = re.compile(r"(?:/v[\d.]+)?/services/([^/]+)/update")
_OF_THE_CONNECTION = {"connection", "transfer-encoding", "content-length"}
_LOOK_SECONDS = 0.2
"""How long the wire waits for Redis: the bot waits meanwhile."""


@dataclass(frozen=True)
class Deed:
    """One change of a service that a bot sent. `status` is None where the answer never came.

    `owner` is the id of the lease that Redis had on the service just before: empty where there was
    none, None where Redis did not answer. `at` is a monotonic time.
    """

    at: float
    bot: str
    service: str
    before: Json
    after: Json
    update_state: str
    back: bool
    owner: str | None
    status: int | None = None

    @property
    def taken(self) -> bool:
        return self.status == 200

    @property
    def may_be_taken(self) -> bool:
        return self.status in (200, None)

    @property
    def deploys(self) -> bool:
        return image_of(self.after) != image_of(self.before)

    @property
    def scales(self) -> bool:
        return replicas_of(self.after) != replicas_of(self.before)

    def __str__(self) -> str:
        before, after = summary(self.before), summary(self.after)
        how = "goes back" if self.back else "changes"
        return (
            f"{self.bot} {how} {self.service}: {before} → {after}, status {self.status}, "
            f"update was {self.update_state or 'none'}, lock of {str(self.owner)[:8]}"
        )


def image_of(spec: Json) -> str:
    """The tag of a specification's image."""
    name = str(spec["TaskTemplate"]["ContainerSpec"]["Image"])
    return name.partition("@")[0].rpartition("/")[2]


def replicas_of(spec: Json) -> int:
    return int(spec["Mode"]["Replicated"]["Replicas"])


def labels_of(spec: Json) -> Json:
    return {name: value for name, value in (spec.get("Labels") or {}).items() if "." not in name}


def summary(spec: Json) -> tuple[str, int, Json]:
    """What people change here: image, replicas, labels."""
    return image_of(spec), replicas_of(spec), labels_of(spec)


@dataclass
class Journal:
    """All deeds, in order."""

    redis: Redis
    deeds: list[Deed] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begins(self, bot: str, engine: Path, service: str, query: str, body: bytes) -> int:
        """A bot is about to change a service; returns the number of the deed."""
        at, owner = time.monotonic(), self._owner(service)
        service_now = _service(engine, service)
        back = "rollback" in parse_qs(query)
        before: Json = service_now["Spec"]
        after: Json = service_now.get("PreviousSpec", before) if back else json.loads(body)
        state = str(service_now.get("UpdateStatus", {}).get("State", ""))
        deed = Deed(at, bot, str(before["Name"]), before, after, state, back, owner)
        with self._lock:
            self.deeds.append(deed)
            return len(self.deeds) - 1

    def ended(self, number: int, status: int) -> None:
        with self._lock:
            self.deeds[number] = replace(self.deeds[number], status=status)

    def _owner(self, service: str) -> str | None:
        try:
            stored = self.redis.get(f"swarmbot:lock:service:{service}")
        except RedisError:
            return None
        return str(json.loads(str(stored))["owner"]) if stored else ""


@dataclass
class Wire:
    """What one bot takes for the socket of one engine."""

    bot: str
    engine: Path
    path: Path
    journal: Journal
    _server: _Server | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.path}"

    def open(self) -> None:
        """Listen, where it does not yet."""
        if self._server is None:
            self.path.unlink(missing_ok=True)
            self._server = _Server(self)
            threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """As when the engine is gone: nobody listens."""
        if self._server is not None:
            self.path.unlink(missing_ok=True)
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 128
    block_on_close = False

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        super().__init__(str(wire.path), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A bot or an engine that is gone is what this is all about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._pass_on()

    def do_HEAD(self) -> None:
        self._pass_on()

    def do_POST(self) -> None:
        self._pass_on()

    def do_PUT(self) -> None:
        self._pass_on()

    def do_DELETE(self) -> None:
        self._pass_on()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parent's name
        """Nobody reads it."""

    def address_string(self) -> str:
        return self.server.wire.bot

    def _pass_on(self) -> None:
        wire = self.server.wire
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        number = self._note(wire, body)
        engine = _Engine(wire.engine)
        try:
            headers = {name: value for name, value in self.headers.items() if name != "Connection"}
            engine.request(self.command, self.path, body or None, headers)
            answer = engine.getresponse()
            if number is not None:
                wire.journal.ended(number, answer.status)
            self._answer(answer)
        except (OSError, http.client.HTTPException):
            self.close_connection = True
        finally:
            engine.close()

    def _note(self, wire: Wire, body: bytes) -> int | None:
        address = urlsplit(self.path)
        update = _UPDATE.fullmatch(address.path)
        if self.command != "POST" or not update:
            return None
        try:
            return wire.journal.begins(wire.bot, wire.engine, update[1], address.query, body)
        except (OSError, KeyError, http.client.HTTPException):
            return None

    def _answer(self, answer: http.client.HTTPResponse) -> None:
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in _OF_THE_CONNECTION:
                self.send_header(name, value)
        if self.command == "HEAD" or answer.status in (204, 304):
            self.end_headers()
        elif answer.length is not None:
            self.send_header("Content-Length", str(answer.length))
            self.end_headers()
            self.wfile.write(answer.read())
        else:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for piece in _pieces(answer):
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")


class _Engine(http.client.HTTPConnection):
    """A connection to an engine's socket."""

    def __init__(self, path: Path, timeout: float | None = None) -> None:
        super().__init__("engine", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def _pieces(answer: http.client.HTTPResponse) -> Iterator[bytes]:
    while piece := answer.read1(65536):
        yield piece


def _service(engine: Path, service: str) -> Json:
    connection = _Engine(engine, 5.0)
    try:
        connection.request("GET", f"/services/{service}", headers={"Host": "engine"})
        answer: Json = json.loads(connection.getresponse().read())
        return answer
    finally:
        with suppress(OSError):
            connection.close()
