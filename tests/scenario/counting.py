"""Counts what a bot asks of an engine: a relay in front of its socket that notes each request as it
passes."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_REQUEST = re.compile(
    rb"^(GET|HEAD|POST|PUT|DELETE) (?:/v[\d.]+)?(/[^ ?]*)\S* HTTP/1\.1\r$", re.MULTILINE
)
_NOT_COUNTED = ("/_ping", "/version")


class Relay:
    """Listens on `path` for what is meant for `engine`; `requests` are method and path, pings left
    out."""

    def __init__(self, path: Path, engine: Path, requests: list[tuple[str, str]]) -> None:
        self.url = f"unix://{path}"
        self._engine = engine
        self._requests = requests
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(path))
        self._listening.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            engine = socket.socket(socket.AF_UNIX)
            engine.connect(str(self._engine))
            for source, target, note in ((client, engine, True), (engine, client, False)):
                threading.Thread(
                    target=self._pump, args=(source, target, note), daemon=True
                ).start()

    def _pump(self, source: socket.socket, target: socket.socket, note: bool) -> None:
        try:
            while piece := source.recv(65536):
                if note:
                    self._note(piece)
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            source.close()
            target.close()

    def _note(self, piece: bytes) -> None:
        for method, path in _REQUEST.findall(piece):
            if path.decode() not in _NOT_COUNTED:
                self._requests.append((method.decode(), path.decode()))


@contextmanager
def counted(
    engines: dict[str, Path], folder: Path
) -> Iterator[tuple[dict[str, str], list[tuple[str, str]]]]:
    """Relays in front of the engines: their new URLs by name, and the list that fills with
    requests."""
    requests: list[tuple[str, str]] = []
    relays = {
        name: Relay(folder / f"{name}.sock", path, requests) for name, path in engines.items()
    }
    try:
        yield {name: relay.url for name, relay in relays.items()}, requests
    finally:
        for relay in relays.values():
            relay.close()
