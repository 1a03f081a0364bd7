"""What people may not do is counted, folded, and gone after a while."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from redis import Redis

from bot.model.audit import Refusal
from bot.store.refusals import (
    KEPT,
    MOST_IN_HOUR,
    MOST_OF_PERSON,
    OTHER_COMMANDS,
    OTHER_PEOPLE,
    Refusals,
)

from .conftest import NOW

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def refusal(**fields: Any) -> Refusal:
    values: dict[str, Any] = {
        "at": NOW,
        "actor_id": "U001",
        "actor": "ann",
        "command": "deploy",
        "why": "NotAllowed",
        "source": "C1",
    }
    return Refusal(**{**values, **fields})


def test_a_person_a_command_and_an_hour_are_one_record(redis: Redis) -> None:
    refusals = Refusals(redis)
    for second in range(5):
        refusals.count(refusal(at=NOW + timedelta(seconds=second), request=f"4f{second}"))
    refusals.count(refusal(actor_id="U002", actor="ben"))
    refusals.count(refusal(at=NOW + HOUR))

    later, ann, ben = refusals.since(NOW - DAY, NOW + HOUR)

    assert (ann.times, ann.at, ann.request) == (5, NOW + timedelta(seconds=4), "4f4")
    assert (ben.times, later.times, later.at) == (1, 1, NOW + HOUR)
    assert refusals.since(NOW + HOUR, NOW + HOUR) == (later,)


def test_one_person_fills_so_much_and_no_more(redis: Redis) -> None:
    refusals = Refusals(redis)
    for number in range(MOST_OF_PERSON + 30):
        refusals.count(refusal(command=f"command {number}"))
    refusals.count(refusal(command="command 0"))

    records = refusals.since(NOW - DAY, NOW)

    by_command = {record.command: record.times for record in records}
    assert len(records) == MOST_OF_PERSON + 1
    assert (by_command["command 0"], by_command[OTHER_COMMANDS]) == (2, 30)


def test_all_together_fill_so_much_and_no_more(redis: Redis) -> None:
    refusals = Refusals(redis)
    for number in range(MOST_IN_HOUR + 30):
        refusals.count(refusal(actor_id=f"U{number}", actor=f"person {number}"))

    records = refusals.since(NOW - DAY, NOW)

    assert len(records) == MOST_IN_HOUR + 1
    assert {record.actor: record.times for record in records}[OTHER_PEOPLE] == 30


def test_it_is_gone_after_a_week(redis: Redis) -> None:
    refusals = Refusals(redis)
    refusals.count(refusal())

    lives = [redis.ttl(name) for name in redis.keys("swarmbot:refusals:*")]

    assert lives
    assert all(0 < life <= KEPT.total_seconds() for life in lives)
    assert refusals.since(NOW - DAY, NOW + KEPT + DAY) == ()
