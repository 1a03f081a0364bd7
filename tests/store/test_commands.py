"""Commands of CI: sent once, told to their end in order, and found again at every bot."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from redis import Redis

from bot.model.sent_command import Report, SentCommand, SentEnding, SentState, number_at
from bot.store.commands import CommandLog
from bot.store.signer import Signer
from tests.store.conftest import NOW, SIGNER

COMMAND = SentCommand(
    id="0123456789abcdef",
    number=number_at(NOW),
    caller="ci:jenkins-shop",
    asked_by="CI jenkins-shop",
    line="deploy web shop/web:2.0",
    created=NOW,
    changed=NOW,
)
OTHER = replace(COMMAND, id="fedcba9876543210")
RUNS = Report(state=SentState.RUNNING, text="1/4", fence=7)
ENDS = Report(state=SentState.ENDED, ending=SentEnding.COMPLETED, text="4/4")


def log(redis: Redis) -> CommandLog:
    return CommandLog(redis, SIGNER)


def test_what_one_bot_writes_another_one_tells(redis: Redis, other_redis: Redis) -> None:
    here, there = log(redis), log(other_redis)
    here.create(COMMAND)
    here.report(COMMAND.id, RUNS, NOW + timedelta(seconds=1))
    there.report(COMMAND.id, ENDS, NOW + timedelta(seconds=2))
    told = here.events(COMMAND.id, 0)
    assert [command.state for command in told] == ["accepted", "running", "ended"]
    assert there.get(COMMAND.id) == told[-1]
    assert there.events(COMMAND.id, told[1].number) == told[2:]
    assert told[-1].ending is SentEnding.COMPLETED
    assert not there.open()


@pytest.mark.parametrize(
    "late",
    [
        RUNS,
        Report(state=SentState.WAITING, text="waits"),
        Report(state=SentState.ENDED, ending=SentEnding.UNKNOWN, text="lost"),
    ],
)
def test_nothing_comes_after_the_end(redis: Redis, late: Report) -> None:
    commands = log(redis)
    commands.create(COMMAND)
    ended = commands.report(COMMAND.id, ENDS, NOW)
    assert commands.report(COMMAND.id, late, NOW) is None
    assert commands.get(COMMAND.id) == ended


def test_a_bot_that_lost_its_lease_says_nothing_any_more(redis: Redis) -> None:
    commands = log(redis)
    commands.create(COMMAND)
    commands.report(COMMAND.id, replace(RUNS, fence=8, text="3/4"), NOW)
    assert commands.report(COMMAND.id, RUNS, NOW) is None


def test_numbers_grow_within_one_moment_and_when_a_clock_goes_back(redis: Redis) -> None:
    commands = log(redis)
    commands.create(COMMAND)
    for text in ("1/4", "2/4", "3/4"):
        commands.report(COMMAND.id, replace(RUNS, text=text), NOW - timedelta(hours=1))
    numbers = [command.number for command in commands.events(COMMAND.id, 0)]
    assert numbers == sorted(set(numbers))
    assert len(numbers) == 4


def test_the_same_text_is_no_event(redis: Redis) -> None:
    commands = log(redis)
    commands.create(COMMAND)
    commands.report(COMMAND.id, RUNS, NOW)
    assert commands.report(COMMAND.id, RUNS, NOW) is None


def test_what_has_begun_was_not_refused(redis: Redis) -> None:
    commands = log(redis)
    commands.create(COMMAND)
    commands.report(COMMAND.id, RUNS, NOW)
    refused = Report(state=SentState.ENDED, ending=SentEnding.REFUSED, text="no")
    ended = commands.report(COMMAND.id, refused, NOW)
    assert ended
    assert ended.ending is SentEnding.FAILED


def test_a_key_makes_one_command_of_two_calls(redis: Redis, other_redis: Redis) -> None:
    first = log(redis).create(COMMAND, "build-418", "body")
    again = log(other_redis).create(OTHER, "build-418", "body")
    clash = log(other_redis).create(OTHER, "build-418", "another body")
    others = log(redis).create(replace(OTHER, caller="ci:gitlab"), "build-418", "body")
    assert first.is_new
    assert (again.command, again.is_new, again.clashes) == (COMMAND, False, False)
    assert clash.clashes
    assert others.is_new


def test_the_body_cannot_be_guessed_from_redis(redis: Redis) -> None:
    log(redis).create(COMMAND, "build-418", "geheim")
    mine = [redis.get(name) for name in redis.scan_iter("swarmbot:command:key:*")]
    Redis.flushall(redis)
    CommandLog(redis, Signer(b"another key")).create(COMMAND, "build-418", "geheim")
    others = [redis.get(name) for name in redis.scan_iter("swarmbot:command:key:*")]
    assert mine != others


def test_what_another_key_has_signed_is_none(redis: Redis) -> None:
    CommandLog(redis, Signer(b"another key")).create(COMMAND)
    assert log(redis).get(COMMAND.id) is None
    assert log(redis).events(COMMAND.id, 0) == ()


def test_what_redis_has_lost_is_restored_with_a_later_number(redis: Redis) -> None:
    commands = log(redis)
    commands.create(COMMAND)
    redis.flushall()
    assert not commands.open()
    commands.restore(COMMAND)
    restored = commands.get(COMMAND.id)
    assert restored
    assert restored.number > COMMAND.number
    assert commands.open() == (restored,)


def test_a_report_on_what_redis_has_lost_brings_it_back(redis: Redis) -> None:
    commands = log(redis)
    commands.create(COMMAND)
    redis.flushall()
    assert commands.report(COMMAND.id, RUNS, NOW)
    assert log(redis).report(OTHER.id, RUNS, NOW) is None
