"""What is sealed is opened by bots with the same key, under its own id, and while it lives."""

from __future__ import annotations

import stat
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from redis import Redis

from bot.errors import InvalidSettingError
from bot.store.keys import Keys
from bot.store.sealed import Sealed, sealed_key

KEYS = Keys.of(b"a key of a test, nobody else's ..")
TEXT = "service update --env-add DB_PASSWORD=correct-horse web"


def test_replicas_with_the_same_key_open_it(redis: Redis, other_redis: Redis) -> None:
    sealed_id = Sealed(redis, KEYS.fernet).put(TEXT)

    assert Sealed(other_redis, KEYS.fernet).get(sealed_id) == TEXT
    assert Sealed(other_redis, Keys.passing().fernet).get(sealed_id) is None
    assert "correct-horse" not in str(redis.get(sealed_key(sealed_id)))
    assert Sealed(redis, KEYS.fernet).get("unknown") is None


def test_it_has_a_life_and_an_end(redis: Redis) -> None:
    sealed = Sealed(redis, KEYS.fernet)
    sealed_id = sealed.put(TEXT, timedelta(seconds=90))

    assert 0 < int(redis.ttl(sealed_key(sealed_id))) <= 90
    sealed.forget(sealed_id)
    assert sealed.get(sealed_id) is None
    sealed.forget("")


def test_one_text_cannot_be_put_in_the_place_of_another(redis: Redis) -> None:
    sealed = Sealed(redis, KEYS.fernet)
    small, large = sealed.put("scale web=3"), sealed.put("service rm payroll")

    redis.set(sealed_key(small), str(redis.get(sealed_key(large))))

    assert sealed.get(small) is None


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    loaded: list[bytes] = []

    def load() -> None:
        loaded.append(Keys.load(None, tmp_path / "data").signing)

    starts = [threading.Thread(target=load) for _ in range(8)]
    for start in starts:
        start.start()
    for start in starts:
        start.join()

    assert len(set(loaded)) == 1
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["key"]
    assert stat.S_IMODE((tmp_path / "data" / "key").stat().st_mode) == 0o600


def test_a_configured_key_has_to_be_there_and_long_enough(tmp_path: Path) -> None:
    file = tmp_path / "shared"
    with pytest.raises(InvalidSettingError, match="SWARMBOT_KEY_FILE"):
        Keys.load(file, tmp_path)
    file.write_text("short\n")
    file.chmod(0o644)
    with pytest.raises(InvalidSettingError, match=f"0644.*: chmod 600 {file}"):
        Keys.load(file, tmp_path)
    file.chmod(0o600)
    with pytest.raises(InvalidSettingError, match="32 characters"):
        Keys.load(file, tmp_path)
    file.write_text("x" * 40 + "\n")
    assert Keys.load(file, tmp_path).signing == Keys.of(b"x" * 40).signing


def test_keys_are_not_shown() -> None:
    assert "Fernet" not in repr(KEYS)
    assert "signing" not in repr(KEYS)
