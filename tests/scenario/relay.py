"""A relay in front of an engine that can hold its tongue about events: the link stays open, and
nothing comes."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

EVENTS = b"/events"


class Relay:
    """Listens on this machine and passes everything on to the engine's socket; `mute` swallows what
    streams of events say."""

    def __init__(self, engine: Path) -> None:
        self._engine = engine
        self._muted = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def mute(self) -> None:
        """From now on no event comes through, and no stream ends either."""
        self._muted.set()

    def close(self) -> None:
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
        asked_events = threading.Event()
        threading.Thread(
            target=self._pass, args=(here, there, asked_events, True), daemon=True
        ).start()
        self._pass(there, here, asked_events, False)

    def _pass(
        self, source: socket.socket, sink: socket.socket, events: threading.Event, asking: bool
    ) -> None:
        try:
            while data := source.recv(65536):
                if asking and EVENTS in data.split(b"\r\n", 1)[0]:
                    events.set()
                if asking or not (events.is_set() and self._muted.is_set()):
                    sink.sendall(data)
        except OSError:
            pass
        finally:
            for end in (source, sink):
                end.close()
