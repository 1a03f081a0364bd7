"""How a process waits for the signal that ends it, without ever missing one."""

from __future__ import annotations

import signal
import socket

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class StopSignal:
    """Takes note of SIGTERM and Ctrl-C from its making on. Only the main thread may make one.

    The interpreter writes each signal into a socket the moment it comes. A handler that sets a
    `threading.Event` would be lost where the signal comes while the main thread is about to wait,
    just before it sleeps: seen on a busy machine, where such a process then ran for ever.
    """

    def __init__(self) -> None:
        self.given_up = False
        self._told, self._telling = socket.socketpair()
        self._telling.setblocking(False)
        signal.set_wakeup_fd(self._telling.fileno(), warn_on_full_buffer=False)
        for number in SIGNALS:
            signal.signal(number, lambda *_: None)

    def give_up(self) -> None:
        """End it as a signal does, from any thread, because the process is of no use any more."""
        self.given_up = True
        self._telling.send(b"\0")

    def wait(self) -> None:
        """Return when one has come, or came already."""
        self._told.recv(1)
