"""Engines by ssh, with a program in its place that leads to a socket of this machine."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from bot.errors import EngineRefusedError
from bot.model.cluster import EngineAddress
from bot.swarm.engine.client import Client
from bot.swarm.engine.refusals import ConnectionLostError, NotReachedError
from bot.swarm.engine.ssh import SshConnection, ssh_command
from tests.fence import OPEN
from tests.unit.swarm.fake_engine import FakeEngine, FrozenEngine

PIPE = """
import os, socket, sys, threading
open({told!r}, "w").write("\\0".join(sys.argv[1:]) + "\\n" + "\\n".join(os.environ))
there = socket.socket(socket.AF_UNIX)
there.connect({socket!r})
def pass_on(read, write):
    while data := read(65536):
        write(data)
threading.Thread(target=pass_on, args=(lambda n: os.read(0, n), there.sendall), daemon=True).start()
pass_on(there.recv, lambda data: os.write(1, data))
"""


class Program:
    """What is called `ssh` on the PATH."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.told = folder / "told"

    def leads_to(self, path: Path) -> None:
        self._is(f"#!{sys.executable}\n{PIPE.format(told=str(self.told), socket=str(path))}")

    def says(self, words: str, status: int = 255) -> None:
        self._is(f"#!/bin/sh\necho {shlex.quote(words)} >&2\nexit {status}\n")

    def _is(self, text: str) -> None:
        file = self.folder / "ssh"
        file.write_text(text)
        file.chmod(0o700)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return Program(tmp_path)


@pytest.fixture
def engine(tmp_path: Path, program: Program) -> Iterator[FakeEngine]:
    engine = FakeEngine(tmp_path, "bee", lambda call: (200, {"asked": call}))
    program.leads_to(engine.path)
    yield engine
    engine.stop()


@pytest.fixture
def client() -> Iterator[Client]:
    address = EngineAddress("bee", "ssh://deploy@bee:2222")
    client = Client(address, timeout=1.0).fenced_by(OPEN)
    yield client
    client.close()


def children() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if child.status() != "zombie"]


def test_an_engine_by_ssh_answers_as_every_other_and_its_program_ends_with_it(
    program: Program, engine: FakeEngine, client: Client
) -> None:
    before = len(children())
    client.ping()
    assert client.info() == {"asked": "GET /info"}
    assert client.swarm() == {"asked": "GET /swarm"}
    assert len(children()) == before + 1, "one connection for all that one thread asks"

    client.close()

    assert len(children()) == before


def test_the_program_gets_what_docker_s_cli_gives_it_and_no_secret(
    program: Program, engine: FakeEngine, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    monkeypatch.setenv("SSH_AUTH_SOCK", "/run/agent")
    client.ping()

    arguments, *names = program.told.read_text().splitlines()
    words = arguments.split("\0")
    assert words[-3:] == ["--", "bee", "docker system dial-stdio"]
    assert words[words.index("-l") + 1] == "deploy"
    assert words[words.index("-p") + 1] == "2222"
    assert {"StrictHostKeyChecking=yes", "BatchMode=yes"} <= set(words)
    assert "SSH_AUTH_SOCK" in names
    assert "SLACK_BOT_TOKEN" not in names


@pytest.mark.parametrize(
    ("url", "end"),
    [
        ("ssh://bee", ["--", "bee", "docker system dial-stdio"]),
        ("ssh://-oProxyCommand=x/", ["--", "-oproxycommand=x", "docker system dial-stdio"]),
        (
            "ssh://bee/run/my docker.sock",
            ["--", "bee", "docker --host 'unix:///run/my docker.sock' system dial-stdio"],
        ),
    ],
)
def test_the_host_is_never_an_option_and_a_socket_may_be_named(url: str, end: list[str]) -> None:
    assert ssh_command(url)[-3:] == end


@pytest.mark.parametrize("url", ["ssh://", "ssh://u:secret@bee", "ssh://bee?x=1", "ssh://bee:x"])
def test_a_url_that_cannot_be_is_not_reached(url: str) -> None:
    with pytest.raises(NotReachedError) as away:
        Client(EngineAddress("bee", url))
    assert "secret" not in away.value.reason


def test_why_ssh_does_not_come_there_is_told_in_its_words_and_nothing_was_sent(
    program: Program, client: Client
) -> None:
    program.says("Host key verification failed.")
    with pytest.raises(NotReachedError, match=r"^Host key verification failed\.$"):
        client.init({})

    program.says("sh: docker: command not found", 127)
    with pytest.raises(NotReachedError, match="docker: command not found"):
        client.ping()


def test_without_the_program_that_is_said(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotReachedError, match="ssh cannot be started: No such file or directory"):
        client.ping()


def test_a_host_that_hangs_and_an_engine_that_hangs_are_given_up_in_time(
    program: Program, tmp_path: Path
) -> None:
    before = len(children())
    frozen = FrozenEngine(tmp_path, "frozen")
    program.leads_to(tmp_path / "frozen.sock")
    for command in (["sleep", "60"], ssh_command("ssh://bee")):
        began = time.monotonic()
        with pytest.raises(ConnectionRefusedError, match=r"answered by ssh within 0\.2 s"):
            SshConnection("localhost", command=command, seconds=0.2).connect()
        assert time.monotonic() - began < 2
    frozen.stop()
    assert len(children()) == before, "nothing is left running"


def test_an_engine_that_is_lost_in_the_middle_may_have_done_it(
    program: Program, tmp_path: Path, client: Client
) -> None:
    engine = FakeEngine(
        tmp_path, "dies", lambda call: None if call == "POST /swarm/init" else (404, {})
    )
    program.leads_to(engine.path)
    with pytest.raises(ConnectionLostError):
        client.init({})
    with pytest.raises(EngineRefusedError):
        client.join({})
    engine.stop()
