"""What was used stands in the audit, and the audit cannot lose it without that nothing counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from bot.model.audit import IntentState
from bot.store.anchor import AnchorFile
from bot.store.audit import Audit
from bot.store.replays import Replays

from .conftest import ANN, NOW, SIGNER


def written(redis: Redis, data: Path) -> Audit:
    """A request that ran, one that was approved only, and one whose rejection was refused."""
    audit = Audit(redis, SIGNER, AnchorFile.under(data))
    for command, request, ending in (
        ("service scale", "ran", "done"),
        ("approve", "approved", "done"),
        ("reject", "kept", "failed"),
        ("reject", "rejected", "done"),
    ):
        entry = audit.intend(ANN, {"command": command}, {}, "C1", NOW, request=request)
        audit.conclude(entry, {"ending": ending}, 1, NOW)
    audit.intend(ANN, {"command": "service scale"}, {}, "C1", NOW, request="running")
    return audit


@pytest.mark.parametrize(
    ("request_id", "used"),
    [
        ("ran", True),
        ("running", True),
        ("rejected", True),
        ("approved", False),
        ("kept", False),
        ("new", False),
    ],
)
def test_a_request_is_used_once(redis: Redis, tmp_path: Path, request_id: str, used: bool) -> None:
    replays = Replays(written(redis, tmp_path))
    assert replays.is_used(request_id, NOW) is used
    assert replays.is_used(request_id, NOW + timedelta(minutes=10)) is used


def test_a_change_ends_once(redis: Redis, tmp_path: Path) -> None:
    audit = written(redis, tmp_path)
    replays, ran, running = Replays(audit), audit.entries()[-1], audit.entries()[0]
    assert replays.state_of(ran.reference, NOW) is IntentState.ENDED
    assert replays.state_of(running.reference, NOW) is IntentState.OPEN
    assert replays.state_of("9", NOW) is IntentState.OPEN


def test_of_two_intents_with_one_number_each_has_its_own_end(redis: Redis) -> None:
    audit = Audit(redis, SIGNER)
    before = audit.intend(ANN, {"command": "deploy"}, {}, "C1", NOW)
    redis.flushall()
    after = audit.intend(ANN, {"command": "scale"}, {}, "C1", NOW)

    assert not audit.conclude(before, {"ending": "failed"}, 1, NOW)
    assert audit.conclude(after, {"ending": "done"}, 1, NOW)
    assert Replays(audit).state_of(before, NOW) is IntentState.OPEN
    assert Replays(audit).state_of(after, NOW) is IntentState.ENDED


def test_an_intent_of_an_older_bot_is_known_by_its_number(redis: Redis) -> None:
    audit = Audit(redis, SIGNER)
    audit.intend(ANN, {"command": "deploy"}, {}, "C1", NOW)

    assert audit.conclude("1", {"ending": "done"}, 1, NOW)
    assert Replays(audit).state_of("1", NOW) is IntentState.ENDED


def removed(redis: Redis) -> None:
    redis.xdel("swarmbot:audit", "2-0")


def changed(redis: Any) -> None:
    everything = redis.xrange("swarmbot:audit")
    redis.delete("swarmbot:audit")
    for number, kept in everything:
        body = {"body": kept["body"].replace('"ran"', '"x"')}
        redis.xadd("swarmbot:audit", {**kept, **body}, number)


def dated_back(redis: Any) -> None:
    """So that nobody reads further back than this."""
    everything = redis.xrange("swarmbot:audit")
    redis.delete("swarmbot:audit")
    for number, kept in everything:
        body = {"body": kept["body"].replace("2025", "2024")} if number == "5-0" else {}
        redis.xadd("swarmbot:audit", {**kept, **body}, number)


def cut(redis: Any) -> None:
    last = redis.xrange("swarmbot:audit", "4-0", "4-0")[0][1]
    for number in range(5, 10):
        redis.xdel("swarmbot:audit", f"{number}-0")
    redis.hset("swarmbot:audit:head", mapping={"entries": 4, "hash": last["hash"]})


def emptied(redis: Redis) -> None:
    redis.flushall()


@pytest.mark.parametrize("spoil", [removed, changed, dated_back, cut, emptied])
def test_where_the_audit_is_not_whole_everything_counts_as_used(
    redis: Redis, tmp_path: Path, spoil: Callable[[Any], None]
) -> None:
    replays = Replays(written(redis, tmp_path))
    spoil(redis)
    assert replays.is_used("new", NOW)
    assert replays.state_of("9", NOW) is IntentState.UNPROVEN
