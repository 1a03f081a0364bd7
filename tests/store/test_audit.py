"""The audit: complete, in order, and no entry can be changed or taken away unseen."""

from __future__ import annotations

import hashlib
import json
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from redis import Redis

from bot.model.audit import AuditCheck
from bot.store.audit import Audit

from .conftest import ANN, BEN, NOW, SIGNER, Server

WEB = {"title": "deploy web", "services": ["web"]}
API = {"title": "scale api", "services": ["api"]}
Rows = list[tuple[str, dict[str, str]]]


def some_entries(audit: Audit, many: int) -> None:
    """Intents and outcomes in turn."""
    for number in range(many):
        if number % 2 == 0:
            intent = audit.intend(ANN, {"number": number}, WEB, "C1", NOW)
        else:
            audit.conclude(intent, {"ending": "done"}, 1.5, NOW)


def rows(redis: Redis) -> Rows:
    return redis.xrange("swarmbot:audit")  # type: ignore[return-value]


def rewrite(redis: Redis, entries: Rows) -> None:
    """What somebody with access to Redis can do: the whole stream anew."""
    redis.delete("swarmbot:audit")
    for stream_id, fields in entries:
        redis.xadd("swarmbot:audit", dict[Any, Any](fields), id=stream_id)


def test_an_intent_is_open_until_its_outcome(redis: Redis) -> None:
    audit = Audit(redis, SIGNER)
    deploy = audit.intend(ANN, {"command": "deploy"}, WEB, "slack C1", NOW, approved_by=("U003",))
    scale = audit.intend(BEN, {"command": "scale"}, API, "ci", NOW)
    assert [entry.reference for entry in audit.open_intents()] == [deploy, scale]
    assert audit.conclude(deploy, {"ending": "done"}, 4.2, NOW + timedelta(seconds=4))
    assert [entry.reference for entry in audit.open_intents()] == [scale]
    newest, oldest = audit.entries()
    assert (newest.reference, newest.outcome, newest.actor.name) == (scale, None, "ben")
    assert (oldest.outcome, oldest.seconds, oldest.concluded) == (
        {"ending": "done"},
        4.2,
        NOW + timedelta(seconds=4),
    )
    assert (oldest.source, oldest.approved_by, oldest.plan) == ("slack C1", ("U003",), WEB)


def test_an_outcome_is_recorded_once_and_only_for_an_intent(
    redis: Redis, other_redis: Redis
) -> None:
    audit = Audit(redis, SIGNER)
    intent = audit.intend(ANN, {}, WEB, "C1", NOW)
    assert audit.conclude(intent, {"ending": "done"}, 1, NOW)
    assert not Audit(other_redis, SIGNER).conclude(intent, {"ending": "failed"}, 2, NOW)
    assert not audit.conclude("99", {"ending": "done"}, 1, NOW)
    assert audit.checker.verify().entries == 2
    assert audit.entries()[0].outcome == {"ending": "done"}


def test_people_ask_by_service_user_and_time(redis: Redis) -> None:
    audit = Audit(redis, SIGNER)
    old = audit.intend(ANN, {}, WEB, "C1", NOW - timedelta(days=8))
    web = audit.intend(BEN, {}, WEB, "C1", NOW)
    api = audit.intend(ANN, {}, API, "C1", NOW)
    assert [entry.reference for entry in audit.entries()] == [api, web, old]
    assert [entry.reference for entry in audit.entries(service="web")] == [web, old]
    assert [entry.reference for entry in audit.entries(user="ann")] == [api, old]
    assert [entry.reference for entry in audit.entries(user="U002")] == [web]
    assert [
        entry.reference for entry in audit.entries(service="web", since=NOW - timedelta(days=7))
    ] == [web]
    assert [entry.reference for entry in audit.entries(limit=1)] == [api]


def test_any_date_is_a_beginning(redis: Redis) -> None:
    audit = Audit(redis, SIGNER)
    number = audit.intend(ANN, {}, WEB, "C1", NOW)
    first, last = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
    assert [entry.reference for entry in audit.entries(since=first)] == [number]
    assert audit.entries(since=last) == ()


def test_long_audits_are_read_to_the_end(redis: Redis) -> None:
    audit = Audit(redis, SIGNER)
    some_entries(audit, 1203)
    assert audit.checker.verify() == AuditCheck(True, 1203, "", rows(redis)[-1][1]["hash"])
    assert len(audit.entries(limit=10_000)) == 602
    assert len(list(audit.export())) == 1203


def test_writers_in_many_threads_and_two_bots_make_one_chain(
    redis: Redis, other_redis: Redis
) -> None:
    bots = (Audit(redis, SIGNER), Audit(other_redis, SIGNER))
    threads = [
        threading.Thread(target=some_entries, args=(bots[number % 2], 20)) for number in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert bots[0].checker.verify() == bots[1].checker.verify()
    assert (bots[0].checker.verify().ok, bots[0].checker.verify().entries) == (True, 200)
    assert bots[0].open_intents() == ()


def test_the_export_can_be_checked_by_anybody(redis: Redis) -> None:
    audit = Audit(redis, SIGNER)
    audit.intend(ANN, {"image": "größe", "text": 'a "b" \\ \n'}, WEB, "C1", NOW)
    audit.conclude("1", {"ending": "done"}, 0.25, NOW)
    previous = ""
    for number, line in enumerate(audit.export(), 1):
        read = json.loads(line)
        text = json.dumps(read["entry"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert read["id"] == str(number)
        assert read["previous"] == previous
        assert read["hash"] == hashlib.sha256((previous + text).encode()).hexdigest()
        previous = read["hash"]


def test_no_secret_gets_in_and_odd_text_does_no_harm(redis: Redis) -> None:
    audit = Audit(redis, SIGNER)
    audit.intend(
        ANN, {"token": SecretStr("SWMTKN-1-secret"), "text": "\ud800 \x00"}, WEB, "C1", NOW
    )
    assert "secret" not in str(rows(redis))
    assert audit.entries()[0].command["text"] == "? \x00"
    assert audit.checker.verify().ok


def test_an_empty_audit_is_whole(redis: Redis) -> None:
    assert Audit(redis, SIGNER).checker.verify() == AuditCheck(True, 0)


@pytest.mark.parametrize("head", [{"entries": 3}, {"entries": 5}, {"hash": "0" * 64}, {}])
def test_a_head_that_was_changed_or_removed_is_found(redis: Redis, head: dict[Any, Any]) -> None:
    audit = Audit(redis, SIGNER)
    some_entries(audit, 4)
    redis.hset("swarmbot:audit:head", mapping=head) if head else redis.delete("swarmbot:audit:head")
    check = audit.checker.verify()
    assert not check.ok
    assert check.broken


def test_a_stream_that_is_gone_is_found(redis: Redis) -> None:
    audit = Audit(redis, SIGNER)
    some_entries(audit, 3)
    redis.delete("swarmbot:audit")
    check = audit.checker.verify()
    assert (check.ok, check.broken) == (False, "1")


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data(), many=st.integers(1, 6))
def test_any_single_edit_addition_or_removal_is_found_where_it_was_made(
    redis: Redis, data: st.DataObject, many: int
) -> None:
    redis.flushall()
    audit = Audit(redis, SIGNER)
    some_entries(audit, many)
    assert audit.checker.verify().ok
    entries = rows(redis)
    place = data.draw(st.integers(0, many - 1), "place")
    stream_id, fields = entries[place]
    forgery = data.draw(
        st.sampled_from(["body", "hash", "field", "id", "remove", "append", "swap"]), "what"
    )
    broken = place + 1
    if forgery in ("body", "hash"):
        text = fields[forgery]
        at = data.draw(st.integers(0, len(text) - 1), "at")
        new = data.draw(
            st.characters(codec="utf-8").filter(lambda letter: letter != text[at]), "new"
        )
        fields[forgery] = text[:at] + new + text[at + 1 :]
    elif forgery == "field":
        fields["note"] = "added"
    elif forgery == "id":
        entries[place] = (stream_id.replace("-0", "-1"), fields)
    elif forgery == "remove":
        del entries[place]
    elif forgery == "append":
        entries.append((f"{many + 1}-0", fields))
        broken = many + 1
    else:
        second = data.draw(
            st.integers(0, many - 1).filter(lambda number: many == 1 or number != place), "other"
        )
        entries[place], entries[second] = (
            (entries[place][0], entries[second][1]),
            (entries[second][0], fields),
        )
        broken = min(place, second) + 1
        if many == 1:
            return
    rewrite(redis, entries)
    check = audit.checker.verify()
    assert not check.ok
    assert check.broken == str(broken)


def test_a_bot_that_comes_back_goes_on_with_the_chain(mortal: Server) -> None:
    from bot.store.connection import connect

    before = Audit(connect(mortal.url), SIGNER)
    intent = before.intend(ANN, {}, WEB, "C1", NOW)
    mortal.kill()
    mortal.start()
    after = Audit(connect(mortal.url), SIGNER)
    assert after.open_intents()[0].reference == intent
    assert after.conclude(intent, {"ending": "done"}, 3, NOW)
    assert before.intend(ANN, {}, WEB, "C1", NOW).startswith("3:")
    assert after.checker.verify().ok
