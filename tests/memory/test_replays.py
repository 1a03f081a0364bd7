"""Whoever can write to Redis writes back what was true once: the bot does not act on it again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from redis import Redis

from bot.model import Actor
from bot.model.approval import ApprovalState, GivenApproval
from tests.memory.test_approvals import ONE, ROLES
from tests.memory.twin.slack_twin import MemoryPerson, number_of
from tests.memory.twin.world import LEAD, World

REPLAYED = "used before"


def complained(caplog: pytest.LogCaptureFixture, why: str) -> bool:
    """Whether the log says so and nothing else; the story is then done with that."""
    told = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    caplog.clear()
    return bool(told) and all(why in line for line in told)


Kept = dict[str, tuple[int, bytes]]
"""Keys with their life in milliseconds (0: for ever) and what they held."""


def copy(redis: Redis, *names: str) -> Kept:
    """Everything as it is now, as somebody keeps it who reads along."""
    keys = [str(name) for pattern in names for name in redis.scan_iter(match=pattern)]
    return {name: (max(0, int(redis.pttl(name))), redis.dump(name) or b"") for name in keys}


def write_back(redis: Redis, kept: Kept) -> None:
    for name, (life, value) in kept.items():
        redis.restore(name, life, value, replace=True)


def test_a_line_that_ran_does_not_run_again(
    dev: MemoryPerson, lead: MemoryPerson, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.runs("web", replicas=4)
    dev.types("/swarm deploy web shop/web:2.0 --delay 3s")
    dev.sees("🔵 web")
    lead.asks('queue "scale web=6"', "line")
    redis = world.redis.client()
    kept = copy(redis, "swarmbot:queue*")
    dev.sees("✅ web is on")
    lead.sees("✅ web · replicas 4 → 6")
    assert world.replicas_of("web") == 6
    dev.asks("scale web=2", "✅ web")

    write_back(redis, kept)

    assert not world.clock.run(lambda: world.replicas_of("web") != 2, 20)
    assert complained(caplog, REPLAYED)


@pytest.mark.world(ROLES, ONE)
@pytest.mark.parametrize(("end", "why", "replicas"), [("approve", "", 5), ("reject", "no", 2)])
def test_a_request_that_ended_does_not_run_by_what_was_before(
    dev: MemoryPerson,
    lead: MemoryPerson,
    world: World,
    caplog: pytest.LogCaptureFixture,
    end: str,
    why: str,
    replicas: int,
) -> None:
    world.runs("web")
    dev.types("/swarm scale web=5")
    number = number_of(lead.sees("🟡"))
    store = world.bot.store.approvals
    before = store.get(number)
    assert before
    lead.types(f"/swarm {end} {number} {why}".rstrip())
    dev.sees("✅ web" if end == "approve" else "rejected")
    world.clock.run(world.clock.is_idle, 60)

    given = (GivenApproval(Actor(LEAD, "lead"), before.asked),)
    store.create(replace(before, state=ApprovalState.APPROVED, given=given))

    dev.sees(REPLAYED)
    assert world.replicas_of("web") == replicas
    assert complained(caplog, REPLAYED)


def test_a_rollout_that_ended_is_not_gone_on_with(dev: MemoryPerson, world: World) -> None:
    world.runs("web", replicas=4)
    dev.types("/swarm deploy web shop/web:2.0 --delay 2s")
    dev.sees("🔵 web")
    redis = world.redis.client()
    kept = copy(redis, "swarmbot:rollout*", "swarmbot:message:*")
    dev.sees("✅ web is on")

    write_back(redis, kept)

    locked = world.bot.store.locks.all
    assert not world.clock.run(lambda: bool(locked()), 10)
    assert not world.bot.store.rollouts.running()
    redis.delete(*redis.scan_iter(match="swarmbot:message:*"))


def test_with_a_cut_audit_nothing_that_is_stored_runs(
    dev: MemoryPerson, lead: MemoryPerson, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.runs("web", replicas=4)
    dev.types("/swarm deploy web shop/web:2.0 --delay 3s")
    dev.sees("🔵 web")
    lead.asks('queue "scale web=6"', "line")
    redis = world.redis.client()
    kept = copy(redis, "swarmbot:queue*", "swarmbot:audit*")
    dev.sees("✅ web is on")
    lead.sees("✅ web · replicas 4 → 6")
    dev.asks("scale web=2", "✅ web")

    write_back(redis, kept)

    assert not world.clock.run(lambda: world.replicas_of("web") != 2, 20)
    assert complained(caplog, REPLAYED)
