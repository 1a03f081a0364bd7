"""Whoever can write to Redis cannot act: what the bot has not signed is as if it were not there."""

from __future__ import annotations

import json

import pytest

from tests.memory.test_approvals import ONE, ROLES
from tests.memory.twin.slack_twin import MemoryPerson, number_of
from tests.memory.twin.world import LEAD, World

WHO = {"id": LEAD, "name": "lead", "groups": []}


def complained(caplog: pytest.LogCaptureFixture) -> bool:
    """Whether the log said once that something is forged; the story is then done with that."""
    told = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    caplog.clear()
    return len(told) == 1 and "not signed" in told[0]


def test_an_entry_put_into_the_queue_never_runs(
    lead: MemoryPerson, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    service = world.runs("payroll")
    entry = {
        "number": 1,
        "queued": {
            "id": "q1",
            "service_id": service["ID"],
            "service": "payroll",
            "line": "service rm payroll",
            "title": "service rm payroll",
            "fingerprint": "f",
            "actor": WHO,
            "channel": "C0OPS00001",
            "at": "2025-11-23T08:30:00Z",
        },
    }

    world.redis.client().hset("swarmbot:queue", "q1", json.dumps(entry))

    lead.does_not_see("payroll", within=10)
    assert world.replicas_of("payroll") == 2
    assert lead.asks("queued", "").text
    assert complained(caplog)
    assert b"swarmbot_store_forged_total 1.0" in world.bot.metrics.exposition()


@pytest.mark.world(ROLES, ONE)
def test_a_request_that_somebody_approved_in_redis_never_runs(
    dev: MemoryPerson, lead: MemoryPerson, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.runs("web")
    dev.types("/swarm scale web=5")
    request = lead.sees("🟡")
    number = number_of(request)
    redis, key = world.redis.client(), f"swarmbot:approval:{number}"
    stored = str(redis.hget(key, "value"))

    redis.hset(key, "value", stored.replace('"state":"open"', '"state":"approved"'))

    lead.does_not_see("✅", within=10)
    assert world.replicas_of("web") == 2
    assert complained(caplog)


@pytest.mark.world(ROLES, ONE)
def test_a_request_is_not_another_request(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web")
    dev.types("/swarm scale web=5")
    request = lead.sees("🟡")
    number = number_of(request)
    redis, key = world.redis.client(), f"swarmbot:approval:{number}"
    redis.rename(key, "swarmbot:approval:other")
    redis.expire("swarmbot:approval:other", 3600)

    lead.asks("approve other", "There is no request")

    assert world.replicas_of("web") == 2


def test_a_wish_to_roll_back_that_nobody_had_is_not_fulfilled(
    dev: MemoryPerson, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.runs("web", replicas=4)
    dev.types("/swarm deploy web shop/web:2.0 --delay 2s")
    dev.sees("🔵 web")
    (rollout,) = world.bot.store.rollouts.running()

    world.redis.client().set(f"swarmbot:rollback:{rollout.id}", json.dumps(WHO), ex=3600)

    dev.sees("✅ web is on")
    assert world.image_of("web") == "shop/web:2.0"
    assert complained(caplog)
