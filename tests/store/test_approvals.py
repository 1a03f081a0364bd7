"""Requests for approval in Redis: one of all who try gets it, whatever dies in between."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from redis import Redis

from bot.errors import (
    AlreadyApprovedError,
    ApprovalClosedError,
    ApprovalNotFoundError,
    StoreUnavailableError,
)
from bot.model import Actor, Difference, MessageRef, Plan
from bot.model.approval import LIFETIME, Approval, ApprovalState, Needs
from bot.policy import approval_steps
from bot.store.approvals import ApprovalStore
from bot.store.connection import connect

from .conftest import ANN, NOW, SIGNER, Server

LEAD, BOSS = Actor("U2", "lead", frozenset({"S0LEAD"})), Actor("U3", "boss")
ROLES = frozenset({"lead"})
MINUTE = timedelta(minutes=1)


def request(
    approval_id: str = "a1", asked_after: timedelta = timedelta(), count: int = 1
) -> Approval:
    return Approval(
        id=approval_id,
        command={"name": "service scale", "replicas": ["web=8"]},
        line="service scale web=8",
        actor=ANN,
        plan=Plan(
            title="web · 8 replicas",
            targets=("service:s1",),
            fingerprint="f1",
            services=("web",),
            replicas=8,
            changes=(Difference("replicas", "3", "8"),),
            warnings=("the five new ones go to node1",),
        ),
        needs=Needs(("lead",), count),
        asked=NOW + asked_after,
        expires=NOW + asked_after + LIFETIME,
        channel="C1",
    )


def approved_by(*actors: Actor) -> Callable[[Approval], Approval]:
    def step(approval: Approval) -> Approval:
        for actor in actors:
            approval = approval_steps.approve(approval, actor, ROLES, NOW + MINUTE)
        return approval

    return step


def claimed_by(bot: str) -> Callable[[Approval], Approval | None]:
    return partial(approval_steps.claim, bot=bot, now=NOW + MINUTE)


def superseded_by(successor: Approval) -> Callable[[Approval], Approval | None]:
    return partial(approval_steps.supersede, successor=successor, now=NOW + MINUTE)


def at_once(tries: list[Callable[[], object]]) -> list[object]:
    """What each of them came to, an error as its class."""
    gate, results = threading.Barrier(len(tries)), list[object]()

    def run(attempt: Callable[[], object]) -> None:
        gate.wait()
        try:
            results.append(attempt())
        except (ApprovalClosedError, AlreadyApprovedError) as error:
            results.append(type(error))

    threads = [threading.Thread(target=run, args=(attempt,)) for attempt in tries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_a_request_waits_as_it_was_asked(redis: Redis, other_redis: Redis) -> None:
    ApprovalStore(redis, SIGNER).create(request())
    assert ApprovalStore(other_redis, SIGNER).get("a1") == request()
    assert ApprovalStore(other_redis, SIGNER).open() == (request(),)


def test_what_is_not_there_says_so(redis: Redis) -> None:
    store = ApprovalStore(redis, SIGNER)
    assert store.get("a1") is None
    with pytest.raises(ApprovalNotFoundError) as caught:
        store.apply("a1", approved_by(LEAD))
    assert caught.value.approval_id == "a1"
    with pytest.raises(ApprovalNotFoundError):
        store.apply("a1", claimed_by("bot"))
    assert redis.keys() == []


def test_a_refused_step_writes_nothing(redis: Redis) -> None:
    store = ApprovalStore(redis, SIGNER)
    store.create(request(count=2))
    store.apply("a1", approved_by(LEAD))
    before = store.get("a1")
    with pytest.raises(AlreadyApprovedError):
        store.apply("a1", approved_by(LEAD))
    assert store.apply("a1", lambda approval: approval_steps.expire(approval, NOW)) is None
    assert store.get("a1") == before


def test_two_leads_in_the_same_instant_both_count(redis: Redis, other_redis: Redis) -> None:
    bots = (ApprovalStore(redis, SIGNER), ApprovalStore(other_redis, SIGNER))
    for number in range(10):
        name = f"a{number}"
        bots[0].create(request(name, count=2))
        at_once(
            [partial(bots[i].apply, name, approved_by(who)) for i, who in enumerate((LEAD, BOSS))]
        )
        approval = bots[0].get(name)
        assert approval
        assert approval.state is ApprovalState.APPROVED
        assert set(approval.approvers) == {"lead", "boss"}


def test_twenty_clicks_of_one_person_count_once(redis: Redis, other_redis: Redis) -> None:
    bots = (ApprovalStore(redis, SIGNER), ApprovalStore(other_redis, SIGNER))
    bots[0].create(request(count=2))
    results = at_once([partial(bots[i % 2].apply, "a1", approved_by(LEAD)) for i in range(20)])
    assert results.count(AlreadyApprovedError) == 19
    approval = bots[0].get("a1")
    assert approval
    assert approval.approvers == ("lead",)


def test_approval_and_rejection_in_the_same_instant_end_in_one_of_both(
    redis: Redis, other_redis: Redis
) -> None:
    bots = (ApprovalStore(redis, SIGNER), ApprovalStore(other_redis, SIGNER))

    def approve_and_run(name: str) -> None:
        bots[0].apply(name, approved_by(LEAD))
        bots[0].apply(name, claimed_by("bot-1"))

    def reject(name: str) -> None:
        bots[1].apply(
            name, lambda approval: approval_steps.reject(approval, BOSS, ROLES, "no", NOW)
        )

    for number in range(10):
        bots[0].create(request(f"a{number}"))
        at_once([partial(approve_and_run, f"a{number}"), partial(reject, f"a{number}")])
        approval = bots[0].get(f"a{number}")
        assert approval
        assert approval.state in (ApprovalState.RUNNING, ApprovalState.REJECTED)
        assert (approval.state is ApprovalState.RUNNING) == bool(approval.bot)


def test_of_thirty_who_would_run_it_one_does(redis: Redis, other_redis: Redis) -> None:
    bots = (ApprovalStore(redis, SIGNER), ApprovalStore(other_redis, SIGNER))
    bots[0].create(request())
    bots[0].apply("a1", approved_by(LEAD))
    results = at_once([partial(bots[i % 2].apply, "a1", claimed_by(f"bot-{i}")) for i in range(30)])
    winners = [approval for approval in results if isinstance(approval, Approval)]
    assert len(winners) == 1
    assert bots[1].claimed() == (winners[0],)
    assert winners[0].taken == NOW + MINUTE


def test_each_list_holds_what_belongs_there(redis: Redis) -> None:
    store = ApprovalStore(redis, SIGNER)
    for number, name in enumerate(("open", "approved", "running", "done", "rejected")):
        store.create(request(name, number * MINUTE))
    for name in ("approved", "running", "done"):
        store.apply(name, approved_by(LEAD))
    for name in ("running", "done"):
        assert store.apply(name, claimed_by("bot"))
    store.apply("done", lambda approval: approval_steps.finish(approval, "done", NOW))
    store.apply(
        "rejected", lambda approval: approval_steps.reject(approval, BOSS, ROLES, "no", NOW)
    )
    lists = (store.open(), store.approved(), store.claimed())
    assert [[approval.id for approval in listing] for listing in lists] == [
        ["open"],
        ["approved"],
        ["running"],
    ]
    for approval in (*lists[0], *lists[1], *lists[2]):
        store.apply(
            approval.id, lambda approval: approval_steps.finish(approval, "did not run", NOW)
        )
    assert {str(name).rpartition(":")[0] for name in redis.keys("*")} == {"swarmbot:approval"}


def test_what_waited_too_long_is_found_by_its_time(redis: Redis) -> None:
    store = ApprovalStore(redis, SIGNER)
    store.create(request("early"))
    store.create(request("late", 10 * MINUTE))
    assert store.due(NOW + LIFETIME - MINUTE) == ()
    assert [approval.id for approval in store.due(NOW + LIFETIME)] == ["early"]
    assert store.apply("early", lambda approval: approval_steps.expire(approval, NOW + LIFETIME))
    assert store.due(NOW + LIFETIME) == ()
    ended = store.get("early")
    assert ended
    assert ended.state is ApprovalState.EXPIRED


def test_what_ended_is_kept_for_seven_days_and_what_waits_for_ever(redis: Redis) -> None:
    store = ApprovalStore(redis, SIGNER)
    store.create(request())
    assert redis.ttl("swarmbot:approval:a1") == -1
    store.apply("a1", lambda approval: approval_steps.withdraw(approval, ANN, NOW))
    assert 7 * 86_400 - 60 < redis.ttl("swarmbot:approval:a1") <= 7 * 86_400
    assert redis.keys() == ["swarmbot:approval:a1"]


def test_a_successor_takes_the_place_and_the_message(redis: Redis, other_redis: Redis) -> None:
    store = ApprovalStore(redis, SIGNER)
    store.create(request(count=2))
    store.posted("a1", MessageRef("C1", "1.2"))
    old = store.apply("a1", approved_by(LEAD))
    new = approval_steps.renewed(
        old, "a2", replace(old.plan, fingerprint="f2"), old.needs, NOW + MINUTE
    )
    assert store.replace("a1", new, superseded_by(new))
    assert ApprovalStore(other_redis, SIGNER).open() == (new,)
    stored, ended = store.get("a2"), store.get("a1")
    assert stored
    assert ended
    assert (stored.message, stored.given) == (MessageRef("C1", "1.2"), ())
    assert (ended.state, ended.successor) == (ApprovalState.REPLACED, "a2")
    with pytest.raises(ApprovalClosedError):
        store.apply("a1", approved_by(BOSS))


def test_of_two_bots_that_see_the_plan_moved_one_writes_the_successor(
    redis: Redis, other_redis: Redis
) -> None:
    bots = (ApprovalStore(redis, SIGNER), ApprovalStore(other_redis, SIGNER))
    bots[0].create(request())
    news = [
        replace(request(name), plan=replace(request().plan, fingerprint=name))
        for name in ("a2", "a3")
    ]
    results = at_once(
        [partial(bots[i].replace, "a1", news[i], superseded_by(news[i])) for i in (0, 1)]
    )
    assert results.count(None) == 1
    assert len(bots[0].open()) == 1


def test_a_change_that_began_is_replaced_by_nothing(redis: Redis) -> None:
    store = ApprovalStore(redis, SIGNER)
    store.create(request())
    store.apply("a1", approved_by(LEAD))
    store.apply("a1", claimed_by("bot"))
    store.apply("a1", lambda approval: approval_steps.begin(approval, "r1"))
    new = request("a2")
    assert store.replace("a1", new, superseded_by(new)) is None
    assert store.get("a2") is None


def test_slack_may_tell_the_message_after_the_plan_was_replaced(redis: Redis) -> None:
    store = ApprovalStore(redis, SIGNER)
    store.create(request())
    new = request("a2")
    store.replace("a1", new, superseded_by(new))
    store.posted("a1", MessageRef("C1", "1.2"))
    assert [getattr(store.get(name), "message", None) for name in ("a1", "a2")] == [
        MessageRef("C1", "1.2")
    ] * 2
    store.posted("unknown", MessageRef("C1", "1.2"))
    assert store.get("unknown") is None


def test_the_message_survives_every_step(redis: Redis) -> None:
    store = ApprovalStore(redis, SIGNER)
    store.create(request())
    store.posted("a1", MessageRef("C1", "1.2"))
    assert store.apply("a1", approved_by(LEAD)).message == MessageRef("C1", "1.2")
    assert [approval.message for approval in store.approved()] == [MessageRef("C1", "1.2")]


def test_a_restart_of_redis_between_request_and_click_loses_nothing(mortal: Server) -> None:
    with connect(mortal.url) as redis:
        store = ApprovalStore(redis, SIGNER)
        store.create(request(count=2))
        store.apply("a1", approved_by(LEAD))
        mortal.kill()
        with pytest.raises(StoreUnavailableError):
            store.apply("a1", approved_by(BOSS))
        mortal.start()
        assert store.apply("a1", approved_by(BOSS)).state is ApprovalState.APPROVED
        assert store.apply("a1", claimed_by("bot"))
        mortal.kill()
        mortal.start()
        assert store.apply("a1", claimed_by("bot-2")) is None
        assert [approval.bot for approval in store.claimed()] == ["bot"]
