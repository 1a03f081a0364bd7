"""Reads a file that somebody may replace at any moment, and never what is half written."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bot.model.registry_login import LoginFault

MOST_BYTES = 256 * 1024
SETTLE_SECONDS = 0.05
"""A new content counts when two looks so far apart see the same file."""
_LOOKS = 6

_Stamp = tuple[int, int, int]


@dataclass
class SettledFile:
    """A file whose content is read anew when it changes. `pause` waits for so many seconds.

    A file that is empty is being written, or is broken: its content is never taken for empty.
    """

    path: Path
    pause: Callable[[float], object]
    _known: tuple[_Stamp, bytes] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def content(self) -> bytes | LoginFault:
        """What stands in it now, or why nobody can say."""
        with self._lock:
            try:
                return self._settled()
            except FileNotFoundError:
                return LoginFault.NO_FILE
            except OSError:
                return LoginFault.UNREADABLE

    def _settled(self) -> bytes | LoginFault:
        for _ in range(_LOOKS):
            stamp = _stamp(self.path)
            if self._known and self._known[0] == stamp:
                return self._known[1]
            with self.path.open("rb") as file:
                content = file.read(MOST_BYTES + 1)
            if len(content) > MOST_BYTES:
                return LoginFault.TOO_LONG
            self.pause(SETTLE_SECONDS)
            if content.strip() and _stamp(self.path) == stamp:
                self._known = stamp, content
                return content
        return LoginFault.EMPTY


def _stamp(path: Path) -> _Stamp:
    status = path.stat()
    return status.st_mtime_ns, status.st_size, status.st_ino
