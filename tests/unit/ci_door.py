"""A small server that speaks the bot's door for CI, and is as unkind as a network can be: for what
the real one cannot be made to do."""

from __future__ import annotations

import json
import ssl
import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DROP, HALF, SILENCE = "drop", "half an event", "silence"
"""What happens to a stream in place of its next event. After silence nothing comes any more."""


@dataclass
class Answer:
    """What is answered in place of the truth; `status` 0 closes the connection."""

    status: int
    body: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    carried_out: bool = False
    """The request is carried out all the same: only its answer is lost."""


class CiDoor:
    """The state of one command, and what goes wrong on the way to it."""

    def __init__(self, token: str = "swb_1_secret") -> None:
        self.authorization = f"Bearer {token}"
        self.faults: deque[Answer] = deque()
        """Answers to the next requests, whatever they ask."""
        self.script: list[dict[str, Any] | str | float] = []
        """Events, mishaps, and seconds in which nothing comes."""
        self.after_a_drop: list[Answer] = []
        """Further `faults`, from the moment when a stream was dropped."""
        self.by_key: dict[str, Any] = {}
        self.asked: list[tuple[str, str, Any]] = []
        """Method, path and body (of a stream: Last-Event-ID) of each request."""
        self.heard = threading.Event()
        self.ended = threading.Event()
        self._scheme = "http"
        self._server = DoorServer(self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_port}"

    def tells(self, state: str, text: str, ending: str | None = None) -> None:
        """The next event of the command."""
        number = sum(isinstance(step, dict) for step in self.script) + 1
        self.script.append(
            {
                "id": "c1",
                "line": "service update web",
                "asked_by": "CI jenkins-shop",
                "state": state,
                "ending": ending,
                "text": text,
                "approval": None,
                "created": "2026-01-01T00:00:00Z",
                "changed": f"2026-01-01T00:00:{number:02}Z",
            }
        )

    def ends(self, ending: str, text: str) -> None:
        self.tells("ended", text, ending)

    @property
    def latest(self) -> dict[str, Any]:
        """What a GET answers."""
        return next(step for step in reversed(self.script) if isinstance(step, dict))

    def with_tls(self, folder: Path) -> Path:
        """Listen with TLS, with a certificate that nobody knows; returns its file. To be called
        before `start`."""
        certificate, key = folder / "certificate.pem", folder / "key.pem"
        own_key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "door")])
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder(name, name, own_key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False
            )
            .sign(own_key, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        certificate.write_bytes(made.public_bytes(pem))
        pkcs8, in_clear = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        key.write_bytes(own_key.private_bytes(pem, pkcs8, in_clear))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._scheme = "https"
        return certificate

    def start(self) -> CiDoor:
        self._thread.start()
        return self

    def stop(self) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()


class DoorServer(ThreadingHTTPServer):
    """Threads that answer for one door."""

    daemon_threads = True

    def __init__(self, door: CiDoor) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.door = door


class Handler(BaseHTTPRequestHandler):
    """One connection to the door."""

    server: DoorServer
    protocol_version = "HTTP/1.1"

    @property
    def door(self) -> CiDoor:
        return self.server.door

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        key = self.headers["Idempotency-Key"]
        if self._is_well(body):
            known = self.door.by_key.setdefault(key, body)
            first = {**self.door.latest, "state": "accepted", "ending": None, "text": ""}
            if known == body:
                self._answers(Answer(202, first))
            else:
                self._answers(Answer(422, {"title": "Another request had this key"}))

    def do_GET(self) -> None:
        if self._is_well(self.headers["Last-Event-ID"]):
            if self.path.endswith("/events"):
                self._streams(int(self.headers["Last-Event-ID"] or 0))
            else:
                self._answers(Answer(200, self.door.latest))

    def _is_well(self, body: Any) -> bool:
        self.door.asked.append((self.command, self.path, body))
        if self.door.faults:
            fault = self.door.faults.popleft()
            if fault.carried_out:
                self.door.by_key[self.headers["Idempotency-Key"]] = body
            self._answers(fault)
            return False
        if self.headers["Authorization"] != self.door.authorization:
            self._answers(Answer(401, {"title": "Unauthorized", "detail": "unknown token"}))
            return False
        return True

    def _answers(self, answer: Answer) -> None:
        if not answer.status:
            self.close_connection = True
            return
        raw = json.dumps(answer.body).encode()
        self.send_response(answer.status)
        headers = {"Content-Type": "application/json", "Content-Length": str(len(raw))}
        for name, value in {**headers, **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)

    def _streams(self, after: int) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Connection", "close")
        self.end_headers()
        number = 0
        for step in list(self.door.script):
            if isinstance(step, dict):
                number += 1
                if number > after:
                    event = f": ping\r\nevent: state\r\nid: {number}\r\ndata: {json.dumps(step)}"
                    self.wfile.write(f"{event}\r\n\r\n".encode())
                    self.wfile.flush()
            elif isinstance(step, float):
                self.door.ended.wait(step)
            elif number >= after:
                self._stumbles(step)
                return

    def _stumbles(self, step: str) -> None:
        self.door.heard.set()
        if step == SILENCE:
            self.door.ended.wait(30)
            return
        self.door.script.remove(step)
        self.door.faults += self.door.after_a_drop
        if step == HALF:
            self.wfile.write(b'id: 9\r\nevent: state\r\ndata: {"id": "c1", "state": "ended"')

    def log_message(self, *_: object) -> None:
        """Say nothing."""
