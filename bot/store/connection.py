"""The connection to Redis, with short timeouts: changes wait for it, so an outage must show soon.

Nothing is retried here: a command whose answer was lost may have run, and the caller knows best
whether to send it again. The pool replaces broken connections, so the next call works as soon as
Redis is back.
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

_Result = TypeVar("_Result")

_CONNECT_SECONDS = 1.0
_READ_SECONDS = 2.0
_MOST_CONNECTIONS = 50


def connect(url: str) -> Redis:
    """A client for a `redis://`, `rediss://` or `unix://` URL, which connects with the first call.

    Raises `InvalidSettingError` for any other text.
    """
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
    """Turn the errors of Redis into `StoreUnavailableError`; a context manager and a decorator.

    The error's text never quotes the URL, which may hold a password.
    """
    try:
        yield
    except RedisError as error:
        raise StoreUnavailableError(str(error) or type(error).__name__) from error


@guarded()
def ping(redis: Redis) -> None:
    """Return when Redis answers; raises `StoreUnavailableError` where it does not."""
    redis.ping()


@guarded()
def transact(redis: Redis, change: Callable[[Pipeline], _Result], *watched: str) -> _Result:
    """Run `change` in a transaction over the watched keys, and return what it returns.

    `change` reads, calls `multi`, and queues its writes: all of them happen, or none. Where
    somebody else writes to a watched key meanwhile, `change` is called again.
    """
    results: list[_Result] = []

    def run(pipe: Pipeline) -> None:
        results[:] = [change(pipe)]

    redis.transaction(run, *watched)
    return results[0]


def key(*parts: str) -> str:
    """The name of a key in Redis: every key of the bot starts with `swarmbot:`."""
    return ":".join(("swarmbot", *parts))
