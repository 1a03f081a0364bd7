"""A relay in front of an engine that mixes unrelated events among its own, as a busy Swarm would
tell them."""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path

EVENTS = b"/events"
BATCH_SECONDS = 0.05


class Flood:
    """Passes everything on. While `rate` is above 0, every stream of events brings that many more a
    second."""

    def __init__(self, engine: Path) -> None:
        self.rate = 0
        self.sent = 0
        self._engine = engine
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self.rate = 0
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                here, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(here,), daemon=True).start()

    def _serve(self, here: socket.socket) -> None:
        there = socket.socket(socket.AF_UNIX)
        try:
            there.connect(str(self._engine))
        except OSError:
            here.close()
            return
        sink = _Sink(here)
        threading.Thread(target=self._ask, args=(here, there, sink), daemon=True).start()
        self._answer(there, sink)

    def _ask(self, here: socket.socket, there: socket.socket, sink: _Sink) -> None:
        try:
            while data := here.recv(65536):
                if EVENTS in data.split(b"\r\n", 1)[0] and not sink.events:
                    sink.events = True
                    threading.Thread(target=self._pour, args=(sink,), daemon=True).start()
                there.sendall(data)
        except OSError:
            pass
        finally:
            sink.close()
            there.close()

    def _answer(self, there: socket.socket, sink: _Sink) -> None:
        try:
            while data := there.recv(65536):
                sink.send(data)
        except OSError:
            pass
        finally:
            sink.close()
            there.close()

    def _pour(self, sink: _Sink) -> None:
        while not sink.closed:
            time.sleep(BATCH_SECONDS)
            count = int(self.rate * BATCH_SECONDS)
            if count and sink.between_chunks:
                try:
                    sink.send(
                        _chunk(b"".join(_unrelated(self.sent + number) for number in range(count)))
                    )
                except OSError:
                    return
                self.sent += count


class _Sink:
    """The bot's end of a link. A chunk of ours may only stand between two of the engine's."""

    def __init__(self, end: socket.socket) -> None:
        self.events = False
        self.closed = False
        self.between_chunks = False
        self._end = end
        self._turn = threading.Lock()

    def send(self, data: bytes) -> None:
        with self._turn:
            self._end.sendall(data)
            self.between_chunks = self.events and data.endswith(b"\r\n")

    def close(self) -> None:
        """End the link at once: a thread that still reads from it would keep it open."""
        self.closed = True
        with suppress(OSError):
            self._end.shutdown(socket.SHUT_RDWR)
        self._end.close()


def _unrelated(number: int) -> bytes:
    """Somebody creates a secret's namesake: of the kind that is asked for, and about nothing that
    exists."""
    event = {
        "Type": "service",
        "Action": "update",
        "Actor": {
            "ID": f"unrelated{number:016}",
            "Attributes": {"name": f"unrelated-{number % 50}"},
        },
        "scope": "swarm",
        "time": int(time.time()),
        "timeNano": time.time_ns(),
    }
    return json.dumps(event).encode() + b"\n"


def _chunk(body: bytes) -> bytes:
    return f"{len(body):x}\r\n".encode() + body + b"\r\n"
