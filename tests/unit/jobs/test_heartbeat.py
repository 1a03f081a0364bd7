"""The dead man's switch against a real HTTP server: when it calls, when it does not, and what never
reaches the log."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from jobs import heartbeat
from jobs.heartbeat import Heartbeat


class Listener(ThreadingHTTPServer):
    """Answers every call with `status` after `slow` seconds; a redirect leads to itself."""

    daemon_threads = True

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.status, self.slow = 200, 0.0
        super().__init__(("127.0.0.1", 0), Answering)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/ping/s3cret-path?key=t0ken"


class Answering(BaseHTTPRequestHandler):
    server: Listener

    def do_GET(self) -> None:
        self.server.calls.append(self.path)
        time.sleep(self.server.slow)
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        if self.server.status == 302:
            self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Tests print nothing."""


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    return caplog


def lines(said: pytest.LogCaptureFixture) -> list[str]:
    assert "s3cret" not in said.text
    assert "t0ken" not in said.text
    return [record.getMessage() for record in said.records if record.name == heartbeat.__name__]


def test_it_calls_while_all_is_well(listener: Listener, said: pytest.LogCaptureFixture) -> None:
    beat = Heartbeat(listener.url, lambda: "")
    beat.run()
    beat.run()
    assert listener.calls == ["/ping/s3cret-path?key=t0ken"] * 2
    assert lines(said) == []


def test_it_is_silent_while_the_bot_is_not_well_and_says_so_once(
    listener: Listener, said: pytest.LogCaptureFixture
) -> None:
    ill = ["Redis does not answer", "Redis does not answer", ""]
    beat = Heartbeat(listener.url, lambda: ill.pop(0))
    for _ in range(3):
        beat.run()
    assert len(listener.calls) == 1
    assert lines(said) == [
        "heartbeat to 127.0.0.1: not sent, the bot is not well: Redis does not answer",
        "heartbeat to 127.0.0.1 works again",
    ]


def test_a_failure_is_logged_once_until_it_works_again(
    listener: Listener, said: pytest.LogCaptureFixture
) -> None:
    beat = Heartbeat(listener.url, lambda: "")
    for status in (500, 500, 404, 200, 200):
        listener.status = status
        beat.run()
    assert lines(said) == [
        "heartbeat to 127.0.0.1: answered 500",
        "heartbeat to 127.0.0.1: answered 404",
        "heartbeat to 127.0.0.1 works again",
    ]


def test_it_follows_nobody_elsewhere(listener: Listener, said: pytest.LogCaptureFixture) -> None:
    listener.status = 302
    Heartbeat(listener.url, lambda: "").run()
    assert len(listener.calls) == 1
    assert lines(said) == ["heartbeat to 127.0.0.1: answered 302"]


def test_nobody_there_or_nobody_who_answers(
    listener: Listener, said: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    Heartbeat(f"http://127.0.0.1:{port}/s3cret-path", lambda: "").run()
    listener.slow = 2.0
    Heartbeat(listener.url, lambda: "", seconds=0.2).run()
    Heartbeat(listener.url.replace("http:", "https:"), lambda: "", seconds=0.2).run()
    Heartbeat("http://name.invalid/s3cret-path", lambda: "").run()
    Heartbeat("http://[s3cret-path", lambda: "").run()
    assert lines(said) == [
        "heartbeat to 127.0.0.1: no connection",
        "heartbeat to 127.0.0.1: no answer in time",
        "heartbeat to 127.0.0.1: no trusted connection",
        "heartbeat to name.invalid: no connection",
        "heartbeat to its URL: its URL cannot be read",
    ]


def test_a_proxy_of_the_machine_is_none_for_it(
    listener: Listener, said: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    Heartbeat(listener.url, lambda: "").run()
    assert len(listener.calls) == 1
    assert lines(said) == []
