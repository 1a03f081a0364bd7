"""One HTTP call to a registry, over real sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from bot.registry.transport import MOST_BYTES, HttpTransport, NoReplyError

HEADERS = {"Authorization": "Basic c2VjcmV0", "Accept": "application/json"}


class Answering(BaseHTTPRequestHandler):
    """Answers by the path, and remembers what it was sent."""

    seen: list[tuple[str, str, Mapping[str, str]]]
    elsewhere: str

    def do_GET(self) -> None:
        self.seen.append((self.command, self.path, dict(self.headers)))
        if self.path == "/moved":
            self._answer(307, {"Location": f"{self.elsewhere}/blob"})
        elif self.path == "/round":
            self._answer(307, {"Location": "/round"})
        elif self.path == "/file":
            self._answer(307, {"Location": "file:///etc/passwd"})
        elif self.path == "/large":
            self._answer(200, {}, b"x" * (MOST_BYTES + 1))
        else:
            status = int(self.path[1:]) if self.path[1:].isdigit() else 200
            self._answer(status, {"Docker-Content-Digest": "sha256:1"}, b"{}")

    def do_HEAD(self) -> None:
        self.do_GET()

    def _answer(self, status: int, headers: Mapping[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its base's name
        """Say nothing."""


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, Mapping[str, str]]]:
    monkeypatch.setenv("no_proxy", "*")
    return []


@pytest.fixture
def url(seen: list[tuple[str, str, Mapping[str, str]]]) -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Answering)
    # The same machine under another name is another place.
    Answering.seen, Answering.elsewhere = seen, f"http://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("status", [200, 401, 404, 429, 500])
def test_an_answer_is_one_whatever_its_status(url: str, status: int) -> None:
    reply = HttpTransport().send("GET", f"{url}/{status}", HEADERS)

    assert (reply.status, reply.body) == (status, b"{}")
    assert reply.headers["docker-content-digest"] == "sha256:1"


def test_a_head_has_no_body(url: str) -> None:
    reply = HttpTransport().send("HEAD", f"{url}/200", HEADERS)

    assert (reply.status, reply.body) == (200, b"")


def test_where_it_is_sent_on_the_credentials_do_not_go(
    url: str, seen: list[tuple[str, str, Mapping[str, str]]]
) -> None:
    assert HttpTransport().send("GET", f"{url}/moved", HEADERS).status == 200

    (_, _, first), (_, path, second) = seen
    assert first["Authorization"] == HEADERS["Authorization"]
    assert path == "/blob"
    assert "Authorization" not in second


@pytest.mark.parametrize("path", ["/round", "/file"])
def test_it_is_not_sent_on_for_ever_nor_to_a_file(url: str, path: str) -> None:
    try:
        reply = HttpTransport().send("GET", f"{url}{path}", HEADERS)
    except NoReplyError:
        return
    assert reply.status == 307


def test_a_large_answer_is_not_read(url: str) -> None:
    with pytest.raises(NoReplyError, match="larger than 4 MiB"):
        HttpTransport().send("GET", f"{url}/large", HEADERS)


def test_nobody_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(NoReplyError, match="Connection refused"):
        HttpTransport().send("GET", f"http://127.0.0.1:{port}/", HEADERS)


def test_what_answers_in_no_time_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(NoReplyError, match="no answer within"):
            HttpTransport(0.05).send("GET", url, HEADERS)


def test_a_header_of_several_lines_is_not_sent(url: str) -> None:
    with pytest.raises(NoReplyError):
        HttpTransport().send("GET", url, {"Accept": "a\r\nX-Evil: 1"})
