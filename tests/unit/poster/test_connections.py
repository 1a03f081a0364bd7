"""Connections to Slack that stay open: used again where that is safe, and nothing is sent twice."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from bot.poster.connections import KEPT_SECONDS, KeptConnections, KeptWebClient, KeptWebhook


class SlackServer(ThreadingHTTPServer):
    """Answers every call with what it was told to, and remembers over which connection it came."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.came: list[tuple[str, Any]] = []
        self.status, self.closes, self.is_mute = 200, False, False
        self.gone = threading.Event()
        self.gate = threading.Barrier(1)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: SlackServer

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.came.append((self.path, self.client_address))
        self.server.gate.wait(5)
        if self.server.is_mute:
            self.close_connection = True
            return
        body = json.dumps({"ok": self.server.status == 200, "error": "ratelimited"}).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Retry-After", "7")
        self.end_headers()
        self.wfile.write(body)
        # Without a word of it, as a server does that has waited for long enough.
        self.close_connection = self.server.closes

    def finish(self) -> None:
        super().finish()
        self.request.shutdown(socket.SHUT_RDWR)
        self.server.gone.set()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[SlackServer]:
    with SlackServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def client(server: SlackServer) -> Iterator[KeptWebClient]:
    client = KeptWebClient(token="xoxb-1", base_url=f"{server.url}/api/", timeout=5)
    client.retry_handlers.clear()
    yield client
    client.connections.close()


def connections(server: SlackServer) -> int:
    return len({address for _, address in server.came})


def test_calls_share_a_connection(server: SlackServer, client: KeptWebClient) -> None:
    client.api_test()
    client.auth_test()
    answer = KeptWebhook(f"{server.url}/answers/1", client).send(text="hello")
    assert (answer.status_code, answer.body[:6]) == (200, '{"ok":')
    assert [path for path, _ in server.came] == ["/api/api.test", "/api/auth.test", "/answers/1"]
    assert connections(server) == 1


def test_what_the_other_side_has_closed_is_not_used_again(
    server: SlackServer, client: KeptWebClient
) -> None:
    server.closes = True
    client.api_test()
    assert server.gone.wait(5)
    client.api_test()
    assert (len(server.came), connections(server)) == (2, 2)


def test_nothing_is_sent_twice_over_a_connection_that_is_lost(
    server: SlackServer, client: KeptWebClient
) -> None:
    client.api_test()
    server.is_mute = True
    with pytest.raises((OSError, HTTPException)):
        client.chat_postMessage(channel="C1", text="once")
    assert [path for path, _ in server.came] == ["/api/api.test", "/api/chat.postMessage"]
    server.is_mute = False
    client.api_test()
    assert connections(server) == 2


def test_what_was_idle_for_long_is_not_used_again(
    server: SlackServer, client: KeptWebClient
) -> None:
    seconds = [0.0]
    client.connections = KeptConnections(lambda: seconds[0])
    client.api_test()
    seconds[0] = KEPT_SECONDS - 1
    client.api_test()
    assert connections(server) == 1
    seconds[0] += KEPT_SECONDS
    client.api_test()
    assert connections(server) == 2


def test_calls_at_the_same_time_have_connections_of_their_own(
    server: SlackServer, client: KeptWebClient
) -> None:
    server.gate = threading.Barrier(6)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: client.api_test(), range(6)))
    assert connections(server) == 6
    server.gate = threading.Barrier(1)
    client.api_test()
    assert connections(server) == 6, "one of them is used again"


def test_a_refusal_is_the_same_as_ever(server: SlackServer, client: KeptWebClient) -> None:
    server.status = 429
    with pytest.raises(SlackApiError) as refused:
        client.api_test()
    response = refused.value.response
    assert (response.status_code, response["error"]) == (429, "ratelimited")
    assert response.headers["Retry-After"] == "7"
    answer = KeptWebhook(f"{server.url}/answers/1", client).send(text="hello")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert connections(server) == 1


def test_a_proxy_is_left_to_the_sdk(server: SlackServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    elsewhere = KeptWebClient(token="xoxb-1", base_url="http://slack.example/api/", timeout=5)
    elsewhere.api_test()
    assert [path for path, _ in server.came] == ["http://slack.example/api/api.test"]
