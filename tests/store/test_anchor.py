"""An audit that was cut, rewritten or emptied is found, though its chain is whole; so is one that
somebody wrote who has not got the key."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from redis import Redis

from bot.__main__ import main
from bot.model import Message
from bot.settings import Settings
from bot.store.anchor import AnchorFile
from bot.store.audit import Audit
from bot.store.keys import Keys
from bot.store.signer import Signer
from bot.store.store import Store
from jobs.anchor import AuditHeadWatch

from .conftest import ANN, NOW, SIGNER, Server

KEYS = Keys.of(b"a key of a test, nobody else's ..")
LOST = Signer(b"a key that was changed meanwhile")


@dataclass
class Posts:
    """What was posted, in the place of Slack."""

    said: list[str] = field(default_factory=list)

    def post(self, channel: str, message: Message, **_: Any) -> None:
        self.said.append(f"{channel}: {message.text}")


def write(redis: Redis, *commands: str, signer: Signer = SIGNER, data: Path | None = None) -> Audit:
    audit = Audit(redis, signer, AnchorFile.under(data) if data else None)
    for command in commands:
        audit.intend(ANN, {"command": command}, {}, "C1", NOW)
    return audit


def cut(redis: Redis) -> None:
    replaced(redis, "a", "b")


def rewritten(redis: Redis) -> None:
    replaced(redis, "a", "b", "x")


def longer(redis: Redis) -> None:
    replaced(redis, "a", "x", "c", "d")


def emptied(redis: Redis) -> None:
    replaced(redis)


def replaced(redis: Redis, *commands: str, signer: Signer = SIGNER) -> None:
    redis.delete("swarmbot:audit", "swarmbot:audit:head", "swarmbot:audit:open")
    write(redis, *commands, signer=signer)


def written_by_hand(redis: Redis, number: int, previous: str) -> None:
    """An entry as somebody writes it who knows all of the bot but its key."""
    body = json.dumps({"kind": "outcome", "intent": "1", "outcome": {}, "seconds": 1})
    own_hash = hashlib.sha256((previous + body).encode()).hexdigest()
    redis.xadd("swarmbot:audit", {"body": body, "hash": own_hash}, f"{number}-0")
    redis.hset("swarmbot:audit:head", mapping={"entries": number, "hash": own_hash})


@pytest.mark.parametrize("forge", [cut, rewritten, longer, emptied])
def test_a_whole_chain_that_is_another_one_is_found(
    redis: Redis, tmp_path: Path, forge: Callable[[Redis], None]
) -> None:
    audit = write(redis, "a", "b", "c", data=tmp_path / "data")
    assert audit.checker.missing() is None
    noted = audit.head()

    forge(redis)

    assert Audit(redis, SIGNER).checker.verify().ok
    assert audit.checker.missing() == noted
    assert audit.checker.compare() == noted


def test_an_audit_that_grows_is_well(redis: Redis, tmp_path: Path) -> None:
    audit = write(redis, "a", "b", data=tmp_path)
    write(redis, "c", "d")
    assert audit.checker.missing() is None
    assert audit.checker.compare() is None
    assert audit.checker.missing() is None
    assert AnchorFile.under(tmp_path).read().head == audit.head()  # type: ignore[union-attr]


def test_a_file_that_is_no_anchor_is_as_if_it_were_not_there(redis: Redis, tmp_path: Path) -> None:
    (tmp_path / "audit-head").write_text("[]")
    audit = write(redis, data=tmp_path)
    assert audit.checker.missing() is None
    write(redis, "a", data=tmp_path)
    assert AnchorFile.under(tmp_path).read() is not None


def test_what_is_written_after_a_cut_is_not_noted_over_what_is_gone(
    redis: Redis, tmp_path: Path
) -> None:
    noted = write(redis, "a", "b", "c", data=tmp_path).head()
    cut(redis)
    assert write(redis, "d", "e", data=tmp_path).checker.missing() == noted


# ---- the key


def test_an_entry_that_is_added_without_the_key_is_found(redis: Redis) -> None:
    audit = write(redis, "a", "b")
    written_by_hand(redis, 3, audit.head().hash)
    check = audit.checker.verify()
    assert (check.ok, check.broken, check.entries) == (False, "3", 2)


def test_entries_of_before_they_were_signed_count_as_far_as_a_signed_one_follows(
    redis: Redis, tmp_path: Path
) -> None:
    written_by_hand(redis, 1, "")
    old = Audit(redis, SIGNER).head()
    written_by_hand(redis, 2, old.hash)
    check = write(redis, "a").checker.verify()
    assert (check.ok, check.entries, check.unsigned) == (True, 3, 2)

    audit = write(redis, "b", data=tmp_path)
    redis.hset("swarmbot:audit:head", mapping={"entries": 4})
    assert audit.checker.verify().ok


def test_a_chain_without_the_key_is_found_where_signed_ones_were_noted(
    redis: Redis, tmp_path: Path
) -> None:
    audit = write(redis, "a", data=tmp_path)
    replaced(redis, "x", signer=LOST)
    assert Audit(redis, SIGNER).checker.verify().unsigned == 1
    check = audit.checker.verify()
    assert (check.ok, check.broken) == (False, "1")


def test_after_a_change_of_the_key_the_old_entries_stay_verifiable(
    redis: Redis, tmp_path: Path
) -> None:
    write(redis, "a", "b", signer=LOST, data=tmp_path)
    check = write(redis, "c", data=tmp_path).checker.verify()
    assert (check.ok, check.entries, check.unsigned) == (True, 3, 2)
    written_by_hand(redis, 4, check.head)
    assert not write(redis, data=tmp_path).checker.verify().ok


# ---- the alarm


def test_a_head_that_vanished_is_an_alarm_once_and_is_not_noted_over(
    redis: Redis, server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    posts: Any = Posts()
    store = Store.connect(server.url, anchor=AnchorFile.under(tmp_path))
    watch = AuditHeadWatch(store, posts, Settings(channel="C1"))
    watch.run()
    write(redis, "a", "b", "c")
    watch.run()
    assert posts.said == []

    cut(redis)
    watch.run()
    write(redis, "d", "e")
    watch.run()

    assert posts.said == ["C1: 🔴 The audit was cut or rewritten · entry 3 is gone"]
    assert "entry 3 is gone" in caplog.text
    assert store.audit.checker.missing() is not None
    store.close()


def test_audit_verify_compares_with_what_was_noted(
    redis: Redis, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", server.url)
    monkeypatch.setenv("SWARMBOT_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    signer = Signer(Keys.load(None, tmp_path).signing)
    write(redis, "a", "b", signer=signer, data=tmp_path)
    assert CliRunner().invoke(main, ["audit", "verify"]).exit_code == 0

    emptied(redis)

    result = CliRunner().invoke(main, ["audit", "verify"])
    assert result.exit_code == 1
    assert "entry 2 with the hash" in result.output


def test_audit_verify_does_not_take_the_word_of_hashes_alone(
    redis: Redis, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", server.url)
    monkeypatch.setenv("SWARMBOT_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    written_by_hand(redis, 1, "")
    result = CliRunner().invoke(main, ["audit", "verify"])
    assert result.exit_code == 1
    assert "nothing but their hashes" in result.output


def test_another_key_is_one_clear_line_at_start(
    redis: Redis, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    for keys in (KEYS, KEYS, Keys.of(b"another key of this test, a new one")):
        store = Store.connect(server.url, keys)
        store.compare_key()
        store.close()
    told = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert len(told) == 1
    assert "put the old key back" in told[0]
