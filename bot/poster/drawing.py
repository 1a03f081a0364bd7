"""Draws pictures in a process of their own, which ends with the picture.

A large picture takes as much memory as half the bot, and a second in which nothing else would run.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from pathlib import Path

import bot
from bot.clock import threads
from bot.model import File
from bot.model.picture import Sheet

log = logging.getLogger(__name__)

Draw = Callable[[Sheet], bytes]
"""Makes a PNG of a sheet; may take a second, and raises where it cannot."""

Pool = Callable[[int, str], Executor]
"""Makes a pool of so many threads, by a name for them."""

DRAWING_SECONDS = 20.0
"""Seconds after which a picture is given up."""
_AT_A_TIME = 2
_ROOT = str(Path(bot.__file__).parents[1])
_KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONDONTWRITEBYTECODE")


class DrawingError(Exception):
    """The drawing process failed. The text is the last that it wrote."""


@dataclass(frozen=True)
class Drawing:
    """Draws with a child process; raises `DrawingError`."""

    def __call__(self, sheet: Sheet) -> bytes:
        """The sheet as PNG."""
        try:
            done = subprocess.run(
                [sys.executable, "-m", "bot.render.picture"],
                input=sheet.to_json().encode(),
                capture_output=True,
                env=self.environment(),
                timeout=DRAWING_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise DrawingError(str(error)) from error
        if done.returncode or not done.stdout.startswith(b"\x89PNG"):
            raise DrawingError(
                f"status {done.returncode}: {done.stderr.decode(errors='replace').strip()[-500:]}"
            )
        return done.stdout

    def environment(self) -> dict[str, str]:
        """What the process needs of the environment and nothing else: no tokens."""
        return {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ} | {
            "PYTHONPATH": _ROOT
        }


class DrawingPool:
    """Draws pictures in the background, two at a time, because each takes a process's memory.

    A picture that cannot be drawn is logged and left out.
    """

    def __init__(self, draw: Draw, on_event: Callable[[str], None], pool: Pool = threads) -> None:
        self._draw = draw
        self._on_event = on_event
        self._threads = pool(_AT_A_TIME, "drawing")
        self._changed = threading.Condition()
        self._waiting = 0

    def put(self, file: File, sheet: Sheet, then: Callable[[File], None]) -> None:
        """Draw a sheet, and give the file with the picture in it to `then`."""
        with self._changed:
            self._waiting += 1
        try:
            self._threads.submit(self._work, file, sheet, then).add_done_callback(self._done)
        except RuntimeError:
            self._on_event("dropped")
            self._done()

    def drained(self, timeout: float) -> bool:
        """Wait until nothing is left to draw; False where `timeout` seconds were too few."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting, max(0.0, timeout))

    def stop(self) -> None:
        """Begin no more pictures."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _work(self, file: File, sheet: Sheet, then: Callable[[File], None]) -> None:
        try:
            then(replace(file, content=self._draw(sheet)))
        except Exception:
            log.exception("%s could not be drawn", file.name)
            self._on_event("not_drawn")

    def _done(self, _: Future[None] | None = None) -> None:
        with self._changed:
            self._waiting -= 1
            self._changed.notify_all()
