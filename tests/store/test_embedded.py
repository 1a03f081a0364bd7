"""A bot without a Redis brings its own, and loses nothing when it is killed."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from shutil import rmtree

import psutil
import pytest
from redis import RedisError

from bot.errors import InvalidSettingError, StoreUnavailableError
from bot.store.connection import connect, ping
from bot.store.embedded import Embedded, server_program


@pytest.fixture
def data() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="swarmbot-"))
    yield folder / "da ta"
    for left in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):
            if str(folder) in " ".join(left.cmdline()):
                left.kill()
    rmtree(folder)


def pid(url: str) -> int:
    with connect(url) as redis:
        return int(redis.info("server")["process_id"])


def test_it_starts_keeps_its_data_and_stops(data: Path) -> None:
    for number in (1, 2):
        embedded = Embedded(data)
        url = embedded.start()
        with connect(url) as redis:
            assert redis.incr("swarmbot:count") == number
            assert redis.config_get("port")["port"] == "0"
            assert redis.config_get("appendfsync")["appendfsync"] == "always"
        server = pid(url)
        embedded.stop()
        embedded.stop()
        assert not Path(f"/proc/{server}").exists()
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    with connect(url) as redis, pytest.raises(StoreUnavailableError):
        ping(redis)


def test_it_gets_nothing_of_the_bots_environment(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that tells what it was given: the real one overwrites that when it starts."""
    server = tmp_path / "redis-server"
    server.write_text(f"#!/bin/sh\nenv >'{tmp_path}/given'\n")
    server.chmod(0o700)
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-none")

    with pytest.raises(InvalidSettingError):
        Embedded(data, str(server)).start()

    given = {line.partition("=")[0] for line in (tmp_path / "given").read_text().splitlines()}
    assert given - {"PWD", "SHLVL", "_", "OLDPWD"} == {"PATH", "LC_ALL"}


def test_a_second_bot_uses_it_and_leaves_it_alone(data: Path) -> None:
    first, second = Embedded(data), Embedded(data)
    url = first.start()
    assert second.start() == url
    second.stop()
    with connect(url) as redis:
        ping(redis)
    first.stop()


def test_bots_that_start_at_once_share_one_server(data: Path) -> None:
    bots = [Embedded(data) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(Embedded.start, bots))) == 1
    servers = [
        child for child in psutil.Process().children() if str(data) in " ".join(child.cmdline())
    ]
    assert len(servers) == 1
    for bot in bots:
        bot.stop()
    assert not servers[0].is_running()


def test_ctrl_c_in_the_terminal_of_the_bot_does_not_reach_it(data: Path) -> None:
    embedded = Embedded(data)
    assert os.getsid(pid(embedded.start())) != os.getsid(0)
    embedded.stop()


def test_a_bot_that_is_killed_leaves_it_to_the_next_one(data: Path) -> None:
    story = (
        "import sys, time; from pathlib import Path; from bot.store.embedded import Embedded\n"
        "print(Embedded(Path(sys.argv[1])).start(), flush=True); time.sleep(60)"
    )
    bot = subprocess.Popen([sys.executable, "-c", story, str(data)], stdout=subprocess.PIPE)
    assert bot.stdout
    url = bot.stdout.readline().decode().strip()
    server = pid(url)
    bot.send_signal(signal.SIGKILL)
    bot.communicate(timeout=5)
    embedded = Embedded(data)
    assert embedded.start() == url
    assert pid(url) == server
    embedded.stop()
    with connect(url) as redis, pytest.raises(StoreUnavailableError):
        ping(redis)


def test_a_server_that_was_killed_leaves_a_socket_that_does_no_harm(data: Path) -> None:
    first = Embedded(data)
    url = first.start()
    with connect(url) as redis:
        redis.set("swarmbot:kept", "yes")
    os.kill(pid(url), signal.SIGKILL)
    first.stop()
    with socket.socket(socket.AF_UNIX) as probe, pytest.raises(ConnectionRefusedError):
        probe.connect(str(data / "redis.sock"))
    second = Embedded(data)
    with connect(second.start()) as redis:
        assert redis.get("swarmbot:kept") == "yes"
    second.stop()


def test_a_path_too_long_for_a_socket_gets_a_short_one_that_is_found_again(data: Path) -> None:
    deep = data / ("long-" * 20) / "data"
    first, second = Embedded(deep), Embedded(deep)
    url = first.start()
    assert len(url) < 100
    assert second.start() == url
    second.stop()
    first.stop()
    rmtree(Path(url.removeprefix("unix://")).parent)


def test_it_is_a_valkey_of_its_own_and_else_the_server_on_the_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert Path(server_program()).name == "valkey-server"
    assert Path(server_program("no_such_package")).name == "redis-server"

    monkeypatch.setenv("PATH", "/nowhere")
    assert Path(server_program()).name == "valkey-server"
    with pytest.raises(InvalidSettingError, match="swarmbot\\[embedded\\]"):
        server_program("no_such_package")


def test_a_valkey_reads_what_an_older_redis_has_written(data: Path) -> None:
    redis_before = Embedded(data, server_program("no_such_package"))
    with connect(redis_before.start()) as redis:
        redis.hset("swarmbot:locks", "web", "held")
    redis_before.stop()

    valkey = Embedded(data)
    with connect(valkey.start()) as redis:
        assert redis.info("server")["server_name"] == "valkey"
        assert redis.hgetall("swarmbot:locks") == {"web": "held"}
    valkey.stop()


def test_what_the_server_says_when_it_cannot_start_is_told(data: Path) -> None:
    data.mkdir()
    (data / "appendonlydir").write_text("not a directory")
    embedded = Embedded(data)
    with pytest.raises(InvalidSettingError) as wrong:
        embedded.start()
    assert wrong.value.where == "SWARMBOT_DATA"
    assert "appendonlydir" in wrong.value.problem
    embedded.stop()


def test_it_knows_nothing_of_the_bots_environment(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-secret")
    embedded = Embedded(data)
    environment = psutil.Process(pid(embedded.start())).environ()
    embedded.stop()
    assert set(environment) <= {"PATH", "LC_ALL"}


def killed(url: str) -> int:
    server = pid(url)
    os.kill(server, signal.SIGKILL)
    return server


def again(url: str, before: int) -> int:
    """The server that answers after this one."""
    until = time.monotonic() + 15
    while True:
        with suppress(RedisError), connect(url) as redis:
            # A server that still loads its data says its number already.
            redis.ping()
            if (now := pid(url)) != before:
                return now
        assert time.monotonic() < until, "it was not started again"
        time.sleep(0.02)


def test_a_server_that_dies_is_started_again_with_its_data(data: Path) -> None:
    embedded = Embedded(data)
    url = embedded.start()
    for number in (1, 2, 3):
        with connect(url) as redis:
            assert redis.incr("swarmbot:count") == number
        again(url, killed(url))
    server = pid(url)
    embedded.stop()
    assert not Path(f"/proc/{server}").exists()
    assert subprocess.run(["pgrep", "-f", str(data)], check=False).returncode == 1


def test_where_the_keeper_is_gone_another_bot_looks_after_it(data: Path) -> None:
    first, second = Embedded(data), Embedded(data)
    url = first.start()
    assert second.start() == url
    server = pid(url)
    first.stop()
    again(url, server)
    second.stop()
    with connect(url) as redis, pytest.raises(StoreUnavailableError):
        ping(redis)
