"""A process that waits for its end, and is told at whatever moment."""

from __future__ import annotations

import subprocess
import sys

import pytest

SENDS = "os.kill(os.getpid(), signal.{name})"
LATER = "threading.Timer(0.1, lambda: {sends}).start()"


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
@pytest.mark.parametrize(
    "when", ["{sends}", LATER, "{sends}; {sends}"], ids=["before", "while waiting", "twice"]
)
def test_no_signal_is_missed(name: str, when: str) -> None:
    told = when.format(sends=SENDS.format(name=name))
    program = f"""
import os, signal, threading
from bot.signals import StopSignal
stop = StopSignal()
{told}
stop.wait()
print("in order")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=10, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "in order\n", "")
