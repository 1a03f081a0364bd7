"""Docker's health check of the image: a file that is run by itself."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

FILE = Path(__file__).parents[2] / "bot" / "healthcheck.py"
MISSING = b'{"started":false,"missing":["redis"]}'


class Starting(BaseHTTPRequestHandler):
    """A bot that has not reached Redis yet, until the test lets it."""

    started = threading.Event()

    def do_GET(self) -> None:
        is_asked = self.path == "/startupz"
        self.send_response(200 if is_asked and self.started.is_set() else 503)
        self.end_headers()
        self.wfile.write(MISSING)

    def log_message(self, *_: object) -> None:
        """Tests print nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    Starting.started.clear()
    with HTTPServer(("127.0.0.1", 0), Starting) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server.server_port
        server.shutdown()


def checked(port: int) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-IS", str(FILE)],
        env={"SWARMBOT_HTTP": f"0.0.0.0:{port}"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


def test_a_bot_is_healthy_when_it_has_started_and_answers(port: int) -> None:
    assert checked(port) == (1, f"{MISSING.decode()}\n")
    Starting.started.set()
    assert checked(port) == (0, "")


def test_a_bot_that_does_not_answer_is_not_healthy() -> None:
    status, said = checked(1)
    assert status == 1
    assert "no answer on port 1" in said


def test_the_image_runs_it_as_it_is_run_here() -> None:
    assert (
        'CMD ["python3", "-IS", "/app/bot/healthcheck.py"]'
        in (FILE.parents[1] / "Dockerfile").read_text()
    )
