"""Redis as others run it: one by TLS, and one that Sentinels replace while people decide."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bot.errors import InvalidSettingError, StoreUnavailableError
from bot.model.approval import ApprovalState
from bot.store.connection import connect, ping
from bot.store.store import Store

from .conftest import rollout
from .servers import HOST, PRIMARY, Sentinels, certificates, eventually, tls_server
from .test_approvals import BOSS, LEAD, approved_by, request


@pytest.fixture
def sentinels(tmp_path: Path) -> Iterator[Sentinels]:
    sentinels = Sentinels(tmp_path)
    sentinels.start()
    yield sentinels
    sentinels.close()


def test_redis_by_tls_is_believed_with_the_authority_that_is_named(tmp_path: Path) -> None:
    files = certificates(tmp_path)
    server = tls_server(tmp_path, files)
    server.start()
    host = f"swarmbot:test@{HOST}:{server.port}/0"
    named = f"rediss://{host}?ssl_ca_certs={files.authority}"
    eventually(lambda: answers(named))

    store = Store.connect(named)
    store.rollouts.save(rollout(), 1)
    assert store.rollouts.get("r1") == rollout()
    assert store.unfitness() == ""
    refused = {
        "another authority": f"rediss://{host}",
        "in clear": f"redis://{host}",
        "another name": named.replace(HOST, "localhost"),
        "another password": named.replace(":test@", ":guessed@"),
    }
    for why, url in refused.items():
        assert not answers(url), why
    server.kill()


def answers(url: str) -> bool:
    with suppress(StoreUnavailableError), connect(url) as redis:
        ping(redis)
        return True
    return False


def test_a_failover_between_two_votes_loses_none_and_is_over_in_seconds(
    sentinels: Sentinels,
) -> None:
    store = Store.connect(sentinels.url)
    assert store.unfitness() == ""
    store.approvals.create(request(count=2))
    store.approvals.apply("a1", approved_by(LEAD))
    leader = store.leader("one")
    assert leader.campaign()
    fence = leader.fence
    before = sentinels.primary()

    sentinels.kill_primary()
    began = time.monotonic()
    eventually(lambda: voted(store))

    assert time.monotonic() - began < 15
    assert sentinels.primary() != before
    decided = store.approvals.get("a1")
    assert decided
    assert decided.state is ApprovalState.APPROVED
    assert [vote.actor.name for vote in decided.given] == ["lead", "boss"]
    assert leader.campaign()
    assert leader.fence >= fence
    assert asked_by_many(store, 120) == []
    store.close()


def voted(store: Store) -> bool:
    with suppress(StoreUnavailableError):
        store.approvals.apply("a1", approved_by(BOSS))
        return True
    return False


def asked_by_many(store: Store, threads: int) -> list[str]:
    """What went wrong where so many threads ask at once, which are more than connections."""
    failed: list[str] = []

    def ask() -> None:
        try:
            store.approvals.get("a1")
        except StoreUnavailableError as away:
            failed.append(away.reason)

    asking = [threading.Thread(target=ask) for _ in range(threads)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    return failed


@pytest.mark.parametrize(
    "url",
    [
        "redis+sentinel://hunter2@h:26379",
        "redis+sentinel://:hunter2@/primary",
        "redis+sentinel://:hunter2@h:port/primary",
        "redis+sentinel://:hunter2@h:1,,g:2/primary",
        "redis+sentinel://:hunter2@h/primary/0",
        "redis+sentinel://:hunter2@h/primary?ssl_ca_certs=/ca.pem",
    ],
)
def test_a_url_of_sentinels_that_is_none_is_told_without_the_password(url: str) -> None:
    with pytest.raises(InvalidSettingError) as wrong:
        connect(url)
    assert wrong.value.where == "REDIS_URL"
    assert "hunter2" not in repr(wrong.value)


def test_what_the_sentinels_say_is_told_without_the_passwords() -> None:
    url = f"redis+sentinel://bot:hunter2@{HOST}:1/{PRIMARY}?sentinel_password=hunter2"
    with connect(url) as redis, pytest.raises(StoreUnavailableError) as away:
        ping(redis)
    assert "hunter2" not in repr(away.value) + away.value.reason
    assert away.value.reason
