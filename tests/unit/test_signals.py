"""A process that waits for its end, and is told at whatever moment."""

from __future__ import annotations

import subprocess
import sys

import pytest

SENDS = "os.kill(os.getpid(), signal.{name})"
GIVES_UP = "threading.Thread(target=stop.give_up).start()"
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


def test_a_process_may_give_up_by_itself() -> None:
    program = f"""
import threading
from bot.signals import StopSignal
stop = StopSignal()
{GIVES_UP}
stop.wait()
print(stop.given_up)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=10, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")
