"""A small HTTP server in Slack's place: it keeps what it is told, and fails on demand."""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs


@dataclass
class Heard:
    """One request: the method, its arguments, when it came (monotonic), and whether Slack took
    it."""

    method: str
    args: dict[str, object]
    at: float
    taken: bool


@dataclass
class Fault:
    """How to answer instead: an HTTP status with an error's name, after a delay in seconds."""

    status: int = 200
    error: str = ""
    retry_after: float | None = None
    delay: float = 0.0


class SlackStub:
    """Answers the Web API's calls under `url`, and `response_url`s under `respond_url`."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.faults: dict[str, deque[Fault]] = defaultdict(deque)
        self.messages: dict[str, dict[str, object]] = {}
        self.files: list[bytes] = []
        self._lock = threading.Lock()
        self._ts = 0
        self._server = _Server(self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    def __enter__(self) -> SlackStub:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def url(self) -> str:
        return f"{self.base}/api/"

    @property
    def respond_url(self) -> str:
        return f"{self.base}/respond/1"

    def fails(self, method: str, *faults: Fault) -> None:
        self.faults[method].extend(faults)

    def calls(self, method: str, *, taken: bool = True) -> list[Heard]:
        with self._lock:
            return [
                heard
                for heard in self.heard
                if heard.method == method and (heard.taken or not taken)
            ]

    def order(self) -> list[tuple[str, object]]:
        with self._lock:
            return [(heard.method, heard.args.get("text")) for heard in self.heard if heard.taken]

    def delete(self, ts: str) -> None:
        with self._lock:
            del self.messages[ts]

    def answer(
        self, method: str, args: dict[str, object]
    ) -> tuple[int, dict[str, str], dict[str, object]]:
        fault = self._next_fault(method)
        if fault and fault.delay:
            time.sleep(fault.delay)
        with self._lock:
            if fault and (fault.error or fault.status != 200):
                self.heard.append(Heard(method, args, time.monotonic(), taken=False))
                headers = (
                    {"Retry-After": str(fault.retry_after)} if fault.retry_after is not None else {}
                )
                return fault.status, headers, {"ok": False, "error": fault.error}
            body = self._do(method, args)
            self.heard.append(Heard(method, args, time.monotonic(), taken=bool(body["ok"])))
            return 200, {}, body

    def _next_fault(self, method: str) -> Fault | None:
        with self._lock:
            return self.faults[method].popleft() if self.faults[method] else None

    def _do(self, method: str, args: dict[str, object]) -> dict[str, object]:
        if method == "chat.postMessage":
            self._ts += 1
            self.messages[f"{self._ts}.0"] = args
            return {"ok": True, "channel": args["channel"], "ts": f"{self._ts}.0"}
        if method == "chat.update":
            known = str(args["ts"]) in self.messages
            self.messages.update({str(args["ts"]): args} if known else {})
            return {"ok": True, **args} if known else {"ok": False, "error": "message_not_found"}
        answers: dict[str, dict[str, object]] = {
            "conversations.open": {"channel": {"id": f"D{args.get('users')}"}},
            "files.getUploadURLExternal": {"upload_url": f"{self.base}/upload/1", "file_id": "F1"},
            "files.completeUploadExternal": {"files": [{"id": "F1"}]},
        }
        return {"ok": True, **answers.get(method, {})}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        stub = self.server.stub
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        kind, _, name = self.path.strip("/").partition("/")
        if kind == "upload":
            stub.files.append(raw)
            self._reply(200, {}, {"ok": True})
            return
        try:
            self._reply(*stub.answer("respond" if kind == "respond" else name, self._args(raw)))
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _args(self, raw: bytes) -> dict[str, object]:
        if "json" in self.headers.get("Content-Type", ""):
            return dict(json.loads(raw or b"{}"))
        return {name: values[-1] for name, values in parse_qs(raw.decode()).items()}

    def _reply(self, status: int, headers: dict[str, str], body: dict[str, object]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": str(len(data)),
            **headers,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Tests read what was heard, not the server's log."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, stub: SlackStub) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.stub = stub


@dataclass
class Events:
    """Counts what a poster reports."""

    names: list[str] = field(default_factory=list)

    def __call__(self, name: str) -> None:
        self.names.append(name)

    def count(self, name: str) -> int:
        return self.names.count(name)
