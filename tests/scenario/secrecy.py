"""Where a secret could have got to: what other people see, the bot's log, its audit and metrics,
the arguments of its processes, and everything that its Redis holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import psutil
from redis import Redis

from bot.store.store import Store
from playground.workspace.person import Person
from tests.scenario.running import RunningBot


def leaked(secret: str, bot: RunningBot, others: Iterable[Person]) -> list[str]:
    """The places where the secret, or the end of it, is found."""
    assert len(secret) > 20
    needle = secret[-20:]
    places = {
        **{f"what {person.name} sees": seen_by(person) for person in others},
        "the log": bot.log,
        "Redis": redis_content(bot.redis_url),
        "the audit": audited(bot.redis_url),
        "the metrics": bot.get("/metrics") if bot.is_running else "",
        "the arguments of processes": arguments(bot),
    }
    return [place for place, text in places.items() if needle in text]


def seen_by(person: Person) -> str:
    """Every state of every message that the person can see."""
    return "\n".join("\n".join([message.shown, *message.life]) for message in person.messages())


def audited(url: str) -> str:
    """All entries of the audit."""
    store = Store.connect(url)
    try:
        return "\n".join(store.audit.export())
    finally:
        store.close()


def arguments(bot: RunningBot) -> str:
    """The command lines of the bot and of what it has started, as anybody on the machine may read
    them."""
    if not bot.is_running or bot.process is None:
        return ""
    process = psutil.Process(bot.process.pid)
    return repr([running.cmdline() for running in (process, *process.children(recursive=True))])


def redis_content(url: str) -> str:
    """All keys with their values."""
    client = Redis.from_url(url)
    try:
        return "\n".join(repr((key, _value(client, key))) for key in client.scan_iter())
    finally:
        client.close()


def _value(client: Any, key: bytes) -> Any:
    kind = bytes(client.type(key))
    # "none": it expired or was deleted since it was listed.
    return None if kind == b"none" else READ[kind](client, key)


READ: Mapping[bytes, Callable[[Any, bytes], Any]] = {
    b"string": lambda client, key: client.get(key),
    b"hash": lambda client, key: client.hgetall(key),
    b"list": lambda client, key: client.lrange(key, 0, -1),
    b"set": lambda client, key: client.smembers(key),
    b"zset": lambda client, key: client.zrange(key, 0, -1, withscores=True),
    b"stream": lambda client, key: client.xrange(key),
}
"""How the value of a key is read, by its type."""
