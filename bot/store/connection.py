"""The connection to Redis, with short timeouts: changes wait for it, so an outage must show soon.

Nothing is retried here: a command whose answer was lost may have run, and the caller knows best
whether to send it again. The pool replaces broken connections, so the next call works as soon as
Redis is back.

Where Sentinels name the primary, each new connection asks them; a failover shows as an outage of
some seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from redis import BlockingConnectionPool, Redis, RedisError
from redis.backoff import NoBackoff
from redis.client import Pipeline
from redis.retry import Retry
from redis.sentinel import Sentinel, SentinelConnectionPool

from bot.errors import InvalidSettingError, StoreUnavailableError
from bot.store.addresses import is_sentinel, sentinel_address

_Result = TypeVar("_Result")

_CONNECT_SECONDS = 1.0
_READ_SECONDS = 2.0
_MOST_CONNECTIONS = 50


class PrimaryPool(SentinelConnectionPool, BlockingConnectionPool):
    """Connections to the server that Sentinels call the primary; who finds none free waits."""


def connect(url: str) -> Redis:
    """A client for a `redis://`, `rediss://`, `unix://`, `redis+sentinel://` or
    `rediss+sentinel://` URL, which connects with the first call.

    Raises `InvalidSettingError` for any other text.
    """
    try:
        return Redis(connection_pool=_pool(url))
    except ValueError:
        # The parser's own words may quote parts of the URL, and with them the password.
        raise InvalidSettingError(
            "REDIS_URL",
            "is not a redis://, rediss:// or unix:// URL, nor one of Sentinels "
            "(redis+sentinel://USER:PASSWORD@HOST:26379,HOST:26379/NAME)",
        ) from None


def _pool(url: str) -> BlockingConnectionPool:
    each: dict[str, Any] = {
        "socket_connect_timeout": _CONNECT_SECONDS,
        "socket_timeout": _READ_SECONDS,
        "retry": Retry(NoBackoff(), 0),
        "decode_responses": True,
        "protocol": 2,
    }
    together: dict[str, Any] = {"max_connections": _MOST_CONNECTIONS, "timeout": _CONNECT_SECONDS}
    if not is_sentinel(url):
        return BlockingConnectionPool.from_url(url, **together, **each)
    address = sentinel_address(url)
    asking = each | address.of_sentinels
    manager = Sentinel(address.sentinels, sentinel_kwargs=asking)  # type: ignore[no-untyped-call]
    options = together | each | address.of_servers
    return PrimaryPool(address.primary, manager, **options)  # type: ignore[no-untyped-call]


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
