"""The Redis of an installation, with the users that `deploy.sh` gives it."""

from __future__ import annotations

import pytest
from redis import AuthenticationError, Redis

from bot.store.connection import connect

from .conftest import Server


def test_what_was_written_together_is_there_after_redis_was_started_again(
    installed: Server,
) -> None:
    with connect(installed.bot_url) as redis, redis.pipeline(transaction=True) as transaction:
        transaction.set("swarmbot:a", "1")
        transaction.set("swarmbot:b", "2")
        transaction.execute()
        script = "redis.call('SET', KEYS[1], '3') redis.call('SET', KEYS[2], '4')"
        redis.eval(script, 2, "swarmbot:c", "swarmbot:d")
    installed.kill()

    installed.start()

    with connect(installed.bot_url) as redis:
        assert redis.mget([f"swarmbot:{name}" for name in "abcd"]) == ["1", "2", "3", "4"]


@pytest.mark.parametrize(("user", "password"), [(None, None), ("default", ""), ("default", "x")])
def test_nobody_is_let_in_without_the_password(
    installed: Server, user: str | None, password: str | None
) -> None:
    path = installed.url.removeprefix("unix://")

    with (
        Redis(unix_socket_path=path, username=user, password=password) as redis,
        pytest.raises(AuthenticationError),
    ):
        redis.get("swarmbot:a")
