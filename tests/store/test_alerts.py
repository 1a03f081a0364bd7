"""What the watch knows survives its bot, and nothing that people say to it is lost, whoever writes
at the same moment."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from redis import Redis

from bot.errors import LeaseLostError, StoreUnavailableError
from bot.model import MessageRef, Shortfall
from bot.model.alert_facts import AlertKind, LostReplicas, NodeDown
from bot.model.incident import (
    AlertState,
    Entry,
    Happened,
    Incident,
    Memory,
    Problem,
    RecentChange,
    Severity,
    Silence,
)
from bot.store.alerts import AlertStore
from bot.store.connection import connect
from bot.store.leader import Leader

from .conftest import ANN, BEN, NOW, SIGNER, Server

CHANGE = RecentChange(service='"größer"', verb="deploy", by="ann", before=timedelta(minutes=4))
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


def incident(name: str = "node4", state: AlertState = AlertState.FIRING, **fields: Any) -> Incident:
    problem = Problem(
        subject=f"node:{name}",
        severity=Severity.CRITICAL,
        name=name,
        since=NOW,
        facts=NodeDown(replicas=LostReplicas.BEING_REPLACED, fault_tolerance=1),
        lost=(Shortfall("web", 3, 4),),
    )
    values: dict[str, Any] = {
        "state": state,
        "problems": (problem,),
        "since": NOW,
        "changed": NOW,
        "opened": NOW,
        **fields,
    }
    return Incident(id=f"i-{name}", subject=f"node:{name}", name=name, **values)


def memory(*incidents: Incident, **fields: Any) -> Memory:
    return Memory(incidents={incident.subject: incident for incident in incidents}, **fields)


def ended(incident: Incident) -> Incident:
    return replace(incident, state=AlertState.RESOLVED, resolved=NOW + HOUR, changed=NOW + HOUR)


def silence(pattern: str = "node4", until: datetime | None = None, **fields: Any) -> Silence:
    return Silence(pattern=pattern, by=ANN, since=NOW, until=until, **fields)


def entry(number: int = 0, **fields: Any) -> Entry:
    values: dict[str, Any] = {
        "kind": AlertKind.NODE_DOWN,
        "severity": Severity.CRITICAL,
        "name": "node4",
        **fields,
    }
    return Entry(at=NOW + number * SECOND, happened=Happened.OPENED, id=f"i{number}", **values)


# ---- the memory


def test_what_was_saved_comes_back_whole(redis: Redis, other_redis: Redis) -> None:
    full = memory(
        incident(acknowledged_by=ANN, acknowledged=NOW, changes=(CHANGE,)),
        ended(incident("web")),
        unready={"n1": NOW},
        engine_nodes={"e1": ("n1", "node1")},
        leader="n2",
        specs={"s1": "abc"},
        silent_until={"s1": NOW},
    )
    assert AlertStore(redis, SIGNER).memory() == Memory()
    AlertStore(redis, SIGNER).save(full, 1)
    assert AlertStore(other_redis, SIGNER).memory() == full


def test_a_late_leader_cannot_save_over_its_successor(redis: Redis, other_redis: Redis) -> None:
    here, there = Leader(redis, "one", lease_seconds=0.1), Leader(other_redis, "two")
    alerts = AlertStore(redis, SIGNER)
    here.campaign()
    alerts.save(memory(incident("early")), here.fence)
    threading.Event().wait(0.15)
    assert there.campaign()
    alerts.save(memory(incident("between")), here.fence)
    AlertStore(other_redis, SIGNER).save(memory(incident("now")), there.fence)
    with pytest.raises(LeaseLostError):
        alerts.save(memory(incident("late")), here.fence)
    assert alerts.memory() == memory(incident("now"))


def test_two_leaders_that_race_leave_what_the_later_one_saved_last(
    redis: Redis, other_redis: Redis
) -> None:
    refused, gate = [], threading.Barrier(2)

    def lead(alerts: AlertStore, fence: int) -> None:
        gate.wait()
        for number in range(100):
            try:
                alerts.save(memory(leader=f"{fence}-{number}"), fence)
            except LeaseLostError:
                refused.append(fence)

    threads = [
        threading.Thread(target=lead, args=[AlertStore(client, SIGNER), fence])
        for client, fence in ((redis, 1), (other_redis, 2))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert AlertStore(redis, SIGNER).memory().leader == "2-99"
    assert set(refused) <= {1}


def test_a_silence_that_somebody_else_wrote_is_none(redis: Redis) -> None:
    alerts = AlertStore(redis, SIGNER)
    alerts.silence(Silence(pattern="web", by=ANN, since=NOW))
    stored = str(redis.hget("swarmbot:alerts:silences", "web"))
    redis.hset("swarmbot:alerts:silences", "*", stored.replace('"web"', '"*"'))
    redis.hset("swarmbot:alerts:silences", "api", stored)
    assert [silence.pattern for silence in alerts.silences(NOW)] == ["web"]


def test_a_memory_that_another_version_wrote_is_none_and_the_watch_goes_on(
    redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    alerts = AlertStore(redis, SIGNER)
    redis.hset(
        "swarmbot:alerts:memory",
        mapping={
            "value": SIGNER.signed("alerts memory ", '{"incidents": {"x": {"state": "bad"}}}'),
            "fence": 1,
        },
    )
    redis.hset(
        "swarmbot:alerts:silences", mapping={"web": SIGNER.signed("alerts silence web", "{}")}
    )
    redis.rpush("swarmbot:alerts:history", SIGNER.signed("alerts entry ", "[]"))
    assert alerts.memory() == Memory()
    assert "cannot read what is stored of the alerts" in caplog.text
    assert alerts.silences(NOW) == ()
    assert alerts.history(NOW) == ()
    assert alerts.unsilence("web") is None
    alerts.save(memory(incident()), 1)
    assert alerts.memory() == memory(incident())


# ---- messages


def test_the_message_is_known_to_every_bot_for_thirty_days_after_its_incident_was_open(
    redis: Redis, other_redis: Redis
) -> None:
    alerts = AlertStore(redis, SIGNER)
    assert alerts.message("i-node4") is None
    alerts.posted("i-node4", MessageRef("C1", "17.4"))
    assert AlertStore(other_redis, SIGNER).message("i-node4") == MessageRef("C1", "17.4")
    assert 2_590_000 < redis.ttl("swarmbot:alerts:message:i-node4") <= 2_592_000
    redis.expire("swarmbot:alerts:message:i-node4", 100)
    alerts.save(memory(ended(incident())), 1)
    assert redis.ttl("swarmbot:alerts:message:i-node4") <= 100
    alerts.save(memory(incident()), 1)
    assert redis.ttl("swarmbot:alerts:message:i-node4") > 2_590_000


# ---- what people say


def test_the_first_who_acknowledges_counts_and_the_next_one_learns_of_them(
    redis: Redis, other_redis: Redis
) -> None:
    here, there = AlertStore(redis, SIGNER), AlertStore(other_redis, SIGNER)
    here.save(memory(incident()), 1)
    after = incident(acknowledged_by=ANN, acknowledged=NOW + SECOND, changed=NOW + SECOND)
    assert there.acknowledge("node:node4", ANN, NOW + SECOND) == after
    assert there.acknowledge("node:node4", BEN, NOW + HOUR) == after
    assert here.acks() == {"i-node4": (ANN, NOW + SECOND)}
    assert here.memory() == memory(after)


def test_what_is_over_or_never_was_cannot_be_acknowledged(redis: Redis) -> None:
    alerts = AlertStore(redis, SIGNER)
    assert alerts.acknowledge("node:node4", ANN, NOW) is None
    alerts.save(memory(ended(incident())), 1)
    assert alerts.acknowledge("node:node4", ANN, NOW) is None
    assert alerts.acks() == {}


def test_an_acknowledgement_ends_with_its_incident_and_not_before(redis: Redis) -> None:
    alerts = AlertStore(redis, SIGNER)
    alerts.save(memory(incident(), incident("web")), 1)
    alerts.acknowledge("node:node4", ANN, NOW)
    alerts.acknowledge("node:web", BEN, NOW)
    alerts.save(memory(incident(), ended(incident("web"))), 1)
    assert alerts.acks() == {"i-node4": (ANN, NOW)}
    alerts.save(memory(), 1)
    assert alerts.acks() == {}
    alerts.save(memory(incident()), 1)
    assert alerts.memory() == memory(incident()), "the same trouble once more is nobody's yet"


def test_nothing_that_people_say_is_lost_while_the_leader_saves(
    redis: Redis, other_redis: Redis
) -> None:
    leader, others = AlertStore(redis, SIGNER), AlertStore(other_redis, SIGNER)
    troubles = [incident(f"n{number}") for number in range(50)]
    leader.save(memory(*troubles), 1)
    stop = threading.Event()

    def save() -> None:
        while not stop.is_set():
            leader.save(memory(*troubles), 1)

    saving = threading.Thread(target=save)
    saving.start()
    for number, trouble in enumerate(troubles):
        acknowledged = others.acknowledge(trouble.subject, ANN, NOW)
        assert acknowledged
        assert acknowledged.acknowledged_by == ANN
        others.silence(silence(f"n{number}", NOW + HOUR))
    stop.set()
    saving.join()
    assert leader.acks().keys() == {trouble.id for trouble in troubles}
    assert len(leader.silences(NOW)) == 50
    assert all(incident.acknowledged_by == ANN for incident in leader.memory().incidents.values())


def test_of_two_who_acknowledge_at_once_both_see_the_same_one(
    redis: Redis, other_redis: Redis
) -> None:
    bots, gate, seen = (
        (AlertStore(redis, SIGNER), AlertStore(other_redis, SIGNER)),
        threading.Barrier(10),
        list[Incident | None](),
    )
    bots[0].save(memory(incident()), 1)

    def click(number: int) -> None:
        gate.wait()
        acknowledged = bots[number % 2].acknowledge(
            "node:node4", (ANN, BEN)[number % 2], NOW + number * SECOND
        )
        seen.append(acknowledged)

    threads = [threading.Thread(target=click, args=[number]) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 10
    assert (
        len({(incident.acknowledged_by, incident.acknowledged) for incident in seen if incident})
        == 1
    )


def test_silences_hold_until_they_end_and_are_thrown_away_with_the_next(
    redis: Redis, other_redis: Redis
) -> None:
    alerts = AlertStore(redis, SIGNER)
    alerts.silence(silence("web*", NOW + HOUR))
    alerts.silence(silence("api", NOW + 3 * HOUR))
    alerts.silence(silence("api", NOW + 2 * HOUR))
    assert AlertStore(other_redis, SIGNER).silences(NOW) == (
        silence("api", NOW + 2 * HOUR),
        silence("web*", NOW + HOUR),
    )
    assert alerts.silences(NOW + HOUR) == (silence("api", NOW + 2 * HOUR),)
    alerts.silence(replace(silence("db"), since=NOW + HOUR))
    assert set(redis.hkeys("swarmbot:alerts:silences")) == {"api", "db"}
    assert alerts.unsilence("api") == silence("api", NOW + 2 * HOUR)
    assert alerts.unsilence("api") is None


def test_a_silence_without_an_end_ends_with_the_incidents_that_it_covers(redis: Redis) -> None:
    alerts = AlertStore(redis, SIGNER)
    alerts.save(memory(incident("node4"), incident("node5")), 1)
    alerts.silence(silence("node*"))
    alerts.silence(silence("node4", NOW + HOUR))
    alerts.save(memory(ended(incident("node4")), incident("node5")), 1)
    assert [silence.pattern for silence in alerts.silences(NOW)] == ["node*", "node4"]
    alerts.save(memory(ended(incident("node4")), ended(incident("node5"))), 1)
    assert [silence.pattern for silence in alerts.silences(NOW)] == ["node4"]


# ---- what happened


def test_the_history_keeps_the_newest_five_hundred_in_order(redis: Redis) -> None:
    alerts = AlertStore(redis, SIGNER)
    assert alerts.history(NOW) == ()
    for number in range(505):
        alerts.remember(entry(number, lasted=timedelta(seconds=number)))
    kept = alerts.history(NOW)
    assert len(kept) == 500
    assert kept[0] == entry(5, lasted=timedelta(seconds=5))
    assert [event.id for event in alerts.history(NOW + 503 * SECOND)] == ["i503", "i504"]


def test_a_note_is_told_by_one_bot_once(redis: Redis, other_redis: Redis) -> None:
    here, there = AlertStore(redis, SIGNER), AlertStore(other_redis, SIGNER)
    assert here.claim_note("leader-1")
    assert not here.claim_note("leader-1")
    assert not there.claim_note("leader-1")
    assert there.claim_note("leader-2")


def test_with_redis_away_only_notes_go_on(mortal: Server) -> None:
    with connect(mortal.url) as redis:
        alerts = AlertStore(redis, SIGNER)
        alerts.save(memory(incident()), 1)
        mortal.kill()
        for ask in (
            alerts.memory,
            lambda: alerts.save(memory(), 1),
            lambda: alerts.acknowledge("node:node4", ANN, NOW),
            lambda: alerts.silence(silence()),
            lambda: alerts.silences(NOW),
            alerts.acks,
            lambda: alerts.remember(entry()),
            lambda: alerts.message("i-node4"),
        ):
            with pytest.raises(StoreUnavailableError):
                ask()
        assert alerts.claim_note("leader-1")
        assert not alerts.claim_note("leader-1")
        mortal.start()
        assert alerts.memory() == memory(incident()), "nothing was lost"
        assert not alerts.claim_note("leader-1")


def test_a_frozen_redis_holds_the_watch_up_for_two_seconds_and_loses_nothing(
    mortal: Server,
) -> None:
    with connect(mortal.url) as redis:
        alerts = AlertStore(redis, SIGNER)
        alerts.save(memory(incident()), 1)
        mortal.freeze()
        began = time.monotonic()
        with pytest.raises(StoreUnavailableError):
            alerts.save(memory(incident("lost")), 1)
        assert time.monotonic() - began < 3
        mortal.thaw()
        alerts.save(memory(incident("later")), 1)
        assert alerts.memory() == memory(incident("later"))
