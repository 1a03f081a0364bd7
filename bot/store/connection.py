"""The way to Redis, with deadlines: a Redis that is away must be known within a second, because a
change waits for it.

Nothing is retried here: a command whose answer was lost may have run, and whoever asked knows best
whether to ask again. The pool replaces broken connections by itself, so that the next call just
works when Redis is back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from redis import BlockingConnectionPool, Redis, RedisError
from redis.backoff import NoBackoff
from redis.client import Pipeline
from redis.retry import Retry

from bot.errors import InvalidSettingError, StoreUnavailableError

_Found = TypeVar("_Found")

_CONNECT_SECONDS = 1.0
_READ_SECONDS = 2.0
_MOST_CONNECTIONS = 50


def connect(url: str) -> Redis:
    """A client for `redis://`, `rediss://` or `unix://`, which connects with the first call; else
    `InvalidSettingError`."""
    try:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=_MOST_CONNECTIONS,
            timeout=_CONNECT_SECONDS,
            socket_connect_timeout=_CONNECT_SECONDS,
            socket_timeout=_READ_SECONDS,
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
            protocol=2,
        )
    except ValueError:
        # The parser's own words may quote parts of the URL, and with them the password.
        raise InvalidSettingError(
            "REDIS_URL", "is not a redis://, rediss:// or unix:// URL"
        ) from None
    return Redis(connection_pool=pool)


@contextmanager
def guarded() -> Iterator[None]:
    """Around all that asks Redis, or as a decorator: its errors become `StoreUnavailableError`,
    which never quotes the URL."""
    try:
        yield
    except RedisError as error:
        raise StoreUnavailableError(str(error) or type(error).__name__) from error


@guarded()
def ping(redis: Redis) -> None:
    """Return when Redis answers; `StoreUnavailableError` where it does not."""
    redis.ping()


@guarded()
def transact(redis: Redis, change: Callable[[Pipeline], _Found], *watched: str) -> _Found:
    """What `change` returns; it reads, calls `multi`, and queues its writes.

    All of them are done, or none: where somebody else wrote to a watched key meanwhile, it is
    called once more.
    """
    found: list[_Found] = []

    def once_more(pipe: Pipeline) -> None:
        found[:] = [change(pipe)]

    redis.transaction(once_more, *watched)
    return found[0]


def key(*parts: str) -> str:
    """The name of a key: every key of the bot starts with `swarmbot:`."""
    return ":".join(("swarmbot", *parts))
