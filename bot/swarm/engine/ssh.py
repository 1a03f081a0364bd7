"""Engines by `ssh://`, as Docker's CLI has them: the system's `ssh` runs `docker system dial-stdio`
there, with its own configuration, keys and agent.

docker-py can do the same, but needs paramiko for it, gives ssh the bot's own secrets, and waits
without an end for an answer. Here the program has one end of a pair of sockets, and HTTP the other
one: timeouts and `shutdown` work as with every other engine.
"""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from errno import ECONNREFUSED
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.parse import unquote, urlsplit

from docker import APIClient
from requests import PreparedRequest
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool

from bot.model.bounds import bounded
from bot.settings.sources import environment_of_programs

SCHEME = "ssh"
CONNECT_SECONDS = 5.0
"""For keys to be exchanged, and for Docker's CLI to start there."""
_OPTIONS = {
    # Nobody is there to answer a question, and a host whose key is not known is not believed,
    # whatever the configuration says.
    "BatchMode": "yes",
    "StrictHostKeyChecking": "yes",
    "ConnectTimeout": f"{CONNECT_SECONDS:.0f}",
    # An event stream may be quiet for long; a host that is gone has to show.
    "ServerAliveInterval": "5",
    "ServerAliveCountMax": "3",
    "LogLevel": "ERROR",
}
_HELLO = b"GET /version HTTP/1.1\r\nHost: localhost\r\n\r\n"
"""Waits for no cluster, unlike `/_ping` (Docker 23), and proxies let it through."""
_MOST_WORDS = 2000
_SAYS_WHY_SECONDS = 0.5


def ssh_command(url: str) -> list[str]:
    """The program and its arguments for `ssh://[USER@]HOST[:PORT][/SOCKET]`.

    Raises ValueError, which says what is wrong with the URL.
    """
    parts = urlsplit(url)
    if not parts.hostname:
        raise ValueError("it names no host")
    if parts.password is not None:
        raise ValueError("it has a password: ssh takes keys")
    if parts.query or parts.fragment:
        raise ValueError("it has more than user, host, port and socket")
    words = ["ssh", "-T"]
    for name, value in _OPTIONS.items():
        words += ["-o", f"{name}={value}"]
    if parts.username:
        words += ["-l", unquote(parts.username)]
    if parts.port:
        words += ["-p", str(parts.port)]
    engine = parts.path.rstrip("/")
    docker = ["docker", *(["--host", f"unix://{engine}"] if engine else []), "system", "dial-stdio"]
    return [*words, "--", parts.hostname, shlex.join(docker)]


def ssh_client(url: str, version: str) -> APIClient:
    """A client of docker-py whose requests go through ssh; the connection is made by the first."""
    api = APIClient("http://localhost:1", version=version)
    api.mount("http://", SshAdapter(ssh_command(url)))
    return api


class SshConnection(HTTPConnection):
    """HTTP over a process. Raises ConnectionRefusedError, with ssh's own words, where no engine
    answers at the other end within `seconds`: then nothing of a request was sent."""

    def __init__(
        self,
        *arguments: Any,
        command: Sequence[str],
        seconds: float = CONNECT_SECONDS,
        **options: Any,
    ) -> None:
        super().__init__(*arguments, **options)
        self._command = command
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None

    def connect(self) -> None:
        """Start ssh, and wait for the engine's first sign of life."""
        ours, theirs = socket.socketpair()
        ours.settimeout(self._seconds)
        try:
            with theirs:
                process = self._started(theirs)
        except OSError as error:
            ours.close()
            problem = f"ssh cannot be started: {error.strerror}"
            raise ConnectionRefusedError(ECONNREFUSED, problem) from None
        try:
            ours.sendall(_HELLO)
            hello = HTTPResponse(ours)
            hello.begin()
            hello.read()
        except (OSError, HTTPException):
            ours.close()
            raise ConnectionRefusedError(ECONNREFUSED, self._last_words(process)) from None
        self.sock, self._process = ours, process

    def close(self) -> None:
        """End ssh as well."""
        super().close()
        if self._process:
            _end(self._process)
            self._process = None

    def _last_words(self, process: subprocess.Popen[bytes]) -> str:
        """Why it did not work, as ssh or the other side said last."""
        with suppress(subprocess.TimeoutExpired):
            # It has closed its end, or is about to say why.
            process.wait(_SAYS_WHY_SECONDS)
        hangs = process.poll() is None
        said = _said(process).strip().splitlines()
        _end(process)
        if said:
            return bounded(said[-1])
        return f"no engine answered by ssh within {self._seconds:g} s" if hangs else "ssh ended"

    def _started(self, end: socket.socket) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._command,
            stdin=end.fileno(),
            stdout=end.fileno(),
            stderr=subprocess.PIPE,
            env=environment_of_programs(),
            # Ctrl-C in the bot's terminal ends the bot, which ends in good order.
            start_new_session=True,
        )


class SshPool(HTTPConnectionPool):
    """Connections by ssh; one for each request that runs."""

    ConnectionCls = SshConnection


class SshAdapter(HTTPAdapter):
    """Has `requests` use one pool for whatever it is asked."""

    def __init__(self, command: Sequence[str]) -> None:
        self._pool = SshPool("localhost", command=command)
        super().__init__()

    def get_connection_with_tls_context(
        self, request: PreparedRequest, *_: Any, **__: Any
    ) -> HTTPConnectionPool:
        """The pool."""
        del request
        return self._pool

    def request_url(self, request: PreparedRequest, *_: Any) -> str:
        """The path alone: there is no proxy between."""
        return request.path_url

    def close(self) -> None:
        """End what is not in use."""
        self._pool.close()
        super().close()


def _said(process: subprocess.Popen[bytes]) -> str:
    """What is in the pipe by now: a program that ssh has started may keep it open."""
    assert process.stderr
    os.set_blocking(process.stderr.fileno(), False)
    return (process.stderr.read(_MOST_WORDS) or b"").decode(errors="replace")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    if process.stderr:
        process.stderr.close()
