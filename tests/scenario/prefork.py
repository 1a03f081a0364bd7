"""Bots that are forked from a process which has loaded all of the bot's modules already.

A story's bot differs in nothing but how it came to be, and a start costs a tenth: loading the
modules takes more than a second of a processor, some hundred times in a run. That the program
itself starts is shown by the demo's and the image's tests.
"""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import random
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from tempfile import NamedTemporaryFile

COMMAND = ("run",)

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["bot.__main__", "bot.app", "bot.check"])


@dataclass(frozen=True)
class ForkedBot:
    """A process with what `subprocess.Popen` says of one."""

    process: ForkServerProcess

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def poll(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        return self.process.exitcode

    def wait(self, timeout: float) -> int:
        """Raises `subprocess.TimeoutExpired`."""
        self.process.join(timeout)
        if self.process.exitcode is None:
            raise subprocess.TimeoutExpired(COMMAND, timeout)
        return self.process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


def forked(environment: Mapping[str, str], log: Path) -> ForkedBot:
    """`swarmbot run` with this environment; what it logs is added to `log`."""
    process = _forks.Process(target=_run, args=(COMMAND, dict(environment), log), daemon=True)
    process.start()
    return ForkedBot(process)


def ran(words: Sequence[str], environment: Mapping[str, str], seconds: float) -> tuple[int, str]:
    """`swarmbot` with these words, to its end: the exit status, and all that it said. Raises
    `subprocess.TimeoutExpired`."""
    with NamedTemporaryFile() as said:
        process = _forks.Process(target=_run, args=(words, dict(environment), Path(said.name)))
        process.start()
        try:
            ended = ForkedBot(process).wait(seconds)
        finally:
            process.kill()
        return ended, said.read().decode()


def spawned(environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    """The same, by the program itself."""
    command = [sys.executable, "-X", "faulthandler", "-m", "bot", *COMMAND]
    with log.open("ab") as output:
        return subprocess.Popen(command, env=environment, stderr=output)


def _run(words: Sequence[str], environment: dict[str, str], log: Path) -> None:
    from bot.__main__ import main

    os.environ.clear()
    os.environ.update(environment)
    with log.open("ab") as output:
        os.dup2(output.fileno(), 2)
        if words != COMMAND:
            os.dup2(output.fileno(), 1)
    faulthandler.enable()
    random.seed()
    main(words)
