"""After every story: each key in Redis has a life, or a bound that is named here with its
reason."""

from __future__ import annotations

import re

from redis import Redis

BOUNDED: dict[str, str] = {
    "key": "one mark of the key that signs",
    "fences": "one number",
    "leader:term": "one number",
    "queue:numbers": "one number",
    "audit": "grows with what people do, and is cut by nobody: it is a chain",
    "audit:head": "one entry",
    "audit:open": "intents without an outcome; whoever looks after orphans ends them",
    "approvals:(waiting|running)": "open requests, each of which expires",
    "approval:[0-9a-f]+": "a request that is open expires, and gets a life when it has ended",
    "images:offers": "open questions about new images, one a service; ended ones are deleted",
    "holds": "what people hold; one a pattern",
    "commands:open": "commands of CI that have not ended; whoever looks after them ends each",
    "queue": "who waits in line; each once for the same line",
    "rollouts:running": "one a service",
    "rollouts:(recent|ended)": "services with a rollout within a day",
    "rollouts:service:.+": "a rollout that runs; it gets a life when it ends",
    "rollout:.+": "a rollout that runs; it gets a life when it ends",
    "batches(:fences)?": "changes of several services that run; deleted when they end",
    "deliveries": "messages that are not sent yet",
    "alerts:(memory|acks|silences)": "open incidents and silences; ended ones are deleted",
    "tokens(:used)?": "200 tokens at most; what expired is deleted when the next one is created",
    "alerts:history": "the newest 500",
}
"""Keys without a life, below `swarmbot:`, and why they cannot become more and more."""


def unbounded(redis: Redis) -> list[str]:
    """The keys that would stay for ever and may become more and more."""
    return sorted(
        name
        for name in map(str, redis.scan_iter())
        if redis.ttl(name) < 0
        and not any(re.fullmatch(f"swarmbot:{known}", name) for known in BOUNDED)
    )
