"""Redis goes away and comes back: known at once, in words without the password, and without
anything to do by hand."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable

import pytest

from bot.errors import InvalidSettingError, StoreUnavailableError
from bot.model import Ending
from bot.model.incident import Memory
from bot.store.connection import connect, ping
from bot.store.store import Store

from .conftest import ANN, NOW, V1, Server, rollout


def test_with_redis_away_every_store_says_so_at_once(mortal: Server) -> None:
    store = Store.connect(mortal.url)
    store.ping()
    mortal.kill()
    asks: list[Callable[[], object]] = [
        store.ping,
        lambda: store.locks.of("service:s1"),
        store.locks.all,
        lambda: store.locks.acquire(["service:s1"], "ann", "deploy").__enter__(),
        lambda: store.rollouts.save(rollout(), 1),
        store.rollouts.running,
        lambda: store.revisions.add("s1", V1, NOW, "ann", "deploy"),
        lambda: store.revisions.conclude("s1", 1, Ending.DONE),
        lambda: store.audit.intend(ANN, {}, {}, "C1", NOW),
        store.audit.entries,
        store.audit.checker.verify,
        lambda: list(store.audit.export()),
        store.rollouts.recent,
        store.alerts.memory,
        lambda: store.alerts.save(Memory(), 1),
    ]
    for ask in asks:
        began = time.monotonic()
        with pytest.raises(StoreUnavailableError):
            ask()
        assert time.monotonic() - began < 1


def test_with_redis_back_the_next_call_works_on_every_old_connection_and_nothing_is_lost(
    mortal: Server,
) -> None:
    store = Store.connect(mortal.url)
    store.rollouts.save(rollout(), 1)
    store.audit.intend(ANN, {"command": "deploy"}, {}, "C1", NOW)
    _ask_at_once(store, 10)
    mortal.kill()
    with pytest.raises(StoreUnavailableError):
        store.ping()
    mortal.start()
    _ask_at_once(store, 10)
    assert store.rollouts.running() == (rollout(),)
    assert store.audit.checker.verify().ok


def test_a_restart_that_nobody_noticed_fails_no_call(mortal: Server) -> None:
    store = Store.connect(mortal.url)
    store.locks.all()
    mortal.kill()
    mortal.start()
    store.rollouts.save(rollout(), 1)
    assert store.rollouts.get("r1") == rollout()


def test_a_frozen_redis_holds_nobody_up_for_long(mortal: Server) -> None:
    store = Store.connect(mortal.url)
    store.ping()
    mortal.freeze()
    began = time.monotonic()
    with pytest.raises(StoreUnavailableError):
        store.ping()
    assert time.monotonic() - began < 3
    mortal.thaw()
    store.ping()


def test_what_goes_wrong_is_told_without_the_password() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with (
        connect(f"redis://bot:hunter2@127.0.0.1:{port}/0") as redis,
        pytest.raises(StoreUnavailableError) as away,
    ):
        ping(redis)
    assert "hunter2" not in repr(away.value) + away.value.reason
    assert away.value.reason


@pytest.mark.parametrize(
    "url", ["127.0.0.1:6379", "http://127.0.0.1", "redis://:hunter2/x@h:y/0", ""]
)
def test_a_url_that_is_none_is_a_wrong_setting_told_without_the_password(url: str) -> None:
    with pytest.raises(InvalidSettingError) as wrong:
        connect(url)
    assert wrong.value.where == "REDIS_URL"
    assert "hunter2" not in repr(wrong.value)


def test_everything_that_is_kept_bears_the_name_of_the_bot(mortal: Server) -> None:
    store = Store.connect(mortal.url)
    with store.locks.acquire(["service:s1"], "ann", "deploy"), connect(mortal.url) as redis:
        store.rollouts.save(rollout(), 1)
        store.rollouts.ask_rollback("r1", ANN)
        store.revisions.record_seen("s1", V1, NOW)
        store.audit.intend(ANN, {}, {}, "C1", NOW)
        store.seen.claim("Ev1")
        store.leader("one").campaign()
        store.alerts.save(Memory(), 1)
        store.alerts.claim_note("n1")
        keys = [str(key) for key in redis.scan_iter()]
    assert len(keys) > 12
    assert all(key.startswith("swarmbot:") for key in keys)


def _ask_at_once(store: Store, many: int) -> None:
    """Ask from many threads at the same moment, so that as many connections are in use; none may
    fail."""
    gate, failed = threading.Barrier(many), []

    def ask() -> None:
        gate.wait()
        try:
            store.rollouts.running()
        except StoreUnavailableError as away:
            failed.append(away.reason)

    threads = [threading.Thread(target=ask) for _ in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_a_redis_that_evicts_is_not_taken_and_the_bots_own_user_may_ask(mortal: Server) -> None:
    store = Store.connect(mortal.bot_url)
    assert store.unfitness() == ""
    with connect(mortal.url) as redis:
        redis.config_set("maxmemory", "100mb")
        redis.config_set("maxmemory-policy", "allkeys-lru")
    assert "maxmemory-policy allkeys-lru" in store.unfitness()
    with connect(mortal.url) as redis:
        redis.config_set("maxmemory-policy", "noeviction")
        redis.execute_command("REPLICAOF", "127.0.0.1", "1")
    assert "replica" in store.unfitness()
    with connect(mortal.url) as redis:
        redis.execute_command("ACL", "SETUSER", "swarmbot", "-info")
    assert store.unfitness() == "", "who may not ask knows nothing against it"
    mortal.kill()
    with pytest.raises(StoreUnavailableError):
        store.unfitness()
