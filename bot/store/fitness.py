"""Whether a Redis keeps what the bot gives it: locks, approvals and the audit may not vanish, and a
transaction is over several keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from redis import Redis, ResponseError

from bot.store.connection import guarded

_KEEPS = "noeviction"


def why_unfit(info: Mapping[str, Any]) -> str:
    """What is wrong with a server, by what `INFO` says of it; empty where nothing is."""
    if info.get("redis_mode") == "cluster":
        return (
            "it is a cluster, which takes no transaction over keys of several slots; give the bot "
            "a single Redis"
        )
    if info.get("role") == "slave":
        return "it is a replica, which takes no writes; give the bot the primary"
    policy = str(info.get("maxmemory_policy") or _KEEPS)
    if policy != _KEEPS and int(info.get("maxmemory") or 0) > 0:
        return (
            f"it evicts keys when its memory is full (maxmemory-policy {policy}), and with them "
            "locks, approvals and the audit; set maxmemory-policy noeviction"
        )
    return ""


@guarded()
def unfitness(redis: Redis) -> str:
    """Why the bot should not use this Redis; empty where it may, or where its user may not ask.

    Raises `StoreUnavailableError` where it does not answer.
    """
    try:
        parts = [redis.info(part) for part in ("server", "memory", "replication")]
        return why_unfit({name: value for part in parts for name, value in part.items()})
    except ResponseError:
        # A user without INFO, or a Redis that has none: nothing is known against it.
        return ""
