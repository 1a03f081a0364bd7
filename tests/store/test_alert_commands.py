"""What people say to alerts, with a real Redis, and a Swarm that answers little or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.clock import Stopping
from bot.command import line
from bot.command.model import Change, Context, Query
from bot.errors import StoreUnavailableError, UnknownNameError, UnsupportedError
from bot.metrics import Metrics
from bot.model import Actor, Message, Outcome, Plan
from bot.model.alert_facts import NodeDown, ServiceBelow
from bot.model.incident import AlertState, Incident, Memory, Problem, Severity
from bot.pipeline.command_reports import CommandReports
from bot.pipeline.decided import Decided
from bot.pipeline.execution import ChangeExecutor
from bot.pipeline.left_messages import LeftMessages
from bot.policy.decide import Allow, Ask, decide
from bot.rollout.roller import Roller
from bot.rollout.run import Run
from bot.settings import PolicyRule, Role, Settings
from bot.store.store import Store
from bot.swarm.engine.pool import FailoverPool
from bot.swarm.swarm import Swarm
from handlers.commands import TABLE
from tests.unit.swarm.fake_engine import INFO, FakeEngine

from .conftest import ANN, BEN, NOW, Server

HOUR = timedelta(hours=1)


def incident(subject: str = "node:n4", name: str = "node4", **fields: Any) -> Incident:
    severity = Severity.CRITICAL if subject.startswith("node:") else Severity.WARNING
    facts = NodeDown() if subject.startswith("node:") else ServiceBelow()
    problem = Problem(subject=subject, facts=facts, severity=severity, name=name, since=NOW)
    values: dict[str, Any] = {
        "id": f"id of {subject}",
        "subject": subject,
        "name": name,
        "state": AlertState.FIRING,
        "problems": (problem,),
        "since": NOW,
        "changed": NOW,
        "opened": NOW,
    }
    return Incident(**{**values, **fields})


DOWN, WEB, API = incident(), incident("service:s1", "shop_web"), incident("service:s2", "shop_api")
DEPLOY_LIKE = Plan(title="deploy", targets=("service:s1",), fingerprint="f", services=("shop_web",))
OVER = incident("node:n2", "node2", state=AlertState.RESOLVED, resolved=NOW)


@pytest.fixture
def store(server: Server, redis: object) -> Iterator[Store]:
    store = Store.connect(server.url)
    remember(store, DOWN, WEB, API, OVER)
    yield store
    store.close()


def remember(store: Store, *incidents: Incident) -> None:
    store.alerts.save(Memory(incidents={incident.subject: incident for incident in incidents}), 1)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[FakeEngine]:
    """A manager of two nodes and one service that are well."""
    spec = {
        "Name": "web",
        "TaskTemplate": {"ContainerSpec": {"Image": "web:1"}},
        "Mode": {"Replicated": {"Replicas": 1}},
    }
    nodes = [
        {"ID": f"n{n}", "Version": {"Index": 1}, "Description": {"Hostname": f"node{n}"}}
        for n in (1, 5)
    ]
    answers = {
        "GET /info": INFO,
        "GET /nodes": [
            {**node, "Spec": {"Role": "worker"}, "Status": {"State": "ready"}} for node in nodes
        ],
        "GET /services": [{"ID": "s9", "Version": {"Index": 1}, "Spec": spec}],
    }
    engine = FakeEngine(tmp_path, "e1", lambda call: (200, answers.get(call, [])))
    yield engine
    engine.stop()


def context(store: Store, actor: Actor = ANN, *engines: FakeEngine, now: datetime = NOW) -> Context:
    swarm = Swarm(FailoverPool(engine.address for engine in engines))
    stopping = Stopping()
    roller = Roller(swarm, store, lambda: now, stopping)
    return Context(swarm, store, roller, TABLE, Settings(), actor, lambda: now, stopping=stopping)


def says(text: str, where: Context) -> Outcome | str:
    """What comes of a line: its outcome, or why there is nothing to do."""
    command = line.parse(text, TABLE)
    assert isinstance(command, Change)
    plan: Plan = command.plan(where)
    if plan.noop_reason:
        return plan.noop_reason
    assert not plan.targets, "nothing is locked, and nothing posted in the channel"
    with where.store.locks.acquire(plan.targets, where.actor.name, plan.title) as held:
        return command.apply(where, plan, Run("r1", "C1", held, "a1", lambda *_: None))


def told(text: str, where: Context) -> Message:
    outcome = says(text, where)
    assert isinstance(outcome, Outcome)
    assert outcome.private
    return outcome.private


def asked(text: str, where: Context) -> str:
    command = line.parse(text, TABLE)
    assert isinstance(command, Query)
    message = command.run(where)
    return "\n".join([message.text, *(str(block) for block in message.blocks)])


# ---- acknowledging


@pytest.mark.parametrize("key", ["node4", "node:n4", "node*"])
def test_who_acknowledges_is_known_to_every_bot(store: Store, key: str) -> None:
    assert told(f"ack {key}", context(store)).text == "✅ node4 · acknowledged by you"
    assert store.alerts.acks() == {DOWN.id: (ANN, NOW)}
    assert "acknowledged by ann" in asked("alerts", context(store, BEN))


def test_all_that_fit_a_pattern(store: Store) -> None:
    assert "shop_web, shop_api" in told("ack shop_*", context(store)).text
    assert set(store.alerts.acks()) == {WEB.id, API.id}


def test_the_first_one_counts(store: Store) -> None:
    told("ack node4", context(store))
    assert says("ack node4", context(store, BEN)) == "node4 is acknowledged by ann already"
    assert store.alerts.acks() == {DOWN.id: (ANN, NOW)}


def test_somebody_was_quicker_between_plan_and_deed(store: Store) -> None:
    command = line.parse("ack node4", TABLE)
    assert isinstance(command, Change)
    late = context(store, BEN)
    plan = command.plan(late)
    told("ack node4", context(store))
    with store.locks.acquire((), "ben", "x") as held:
        outcome = command.apply(late, plan, Run("r1", "C1", held, "a1", lambda *_: None))
    assert outcome.private
    assert "acknowledged by ann" in str(outcome.private.blocks)
    assert store.alerts.acks() == {DOWN.id: (ANN, NOW)}


def test_what_is_over_needs_nobody(store: Store) -> None:
    assert says("ack node2", context(store)) == "node2 is over"


def test_a_name_that_is_mistyped(store: Store) -> None:
    with pytest.raises(UnknownNameError) as refused:
        says("ack nod4", context(store))
    assert (refused.value.kind, refused.value.near[0]) == ("alert", "node4")


# ---- silences


def test_a_silence_ends_by_the_clock(store: Store) -> None:
    message = told("silence node4 --for 1h", context(store))
    assert message.text.startswith("✅ node4 · silenced until")
    (silence,) = store.alerts.silences(NOW)
    assert (silence.pattern, silence.by, silence.until) == ("node4", ANN, NOW + HOUR)
    assert "1 silenced" in asked("alerts", context(store))
    assert "1 silenced" not in asked("alerts", context(store, now=NOW + HOUR))


def test_a_silence_that_ends_with_the_trouble(store: Store) -> None:
    told("silence node4", context(store))
    assert store.alerts.silences(NOW)[0].until is None
    remember(store, WEB)
    assert store.alerts.silences(NOW) == ()


@pytest.mark.parametrize("key", ["node2", "node9*"])
def test_what_has_no_end_is_refused(store: Store, key: str) -> None:
    with pytest.raises(UnsupportedError) as refused:
        says(f"silence {key}", context(store))
    assert f"silence {key} --for 2h" in refused.value.instead


@pytest.mark.parametrize("key", ["node5", "web", "quorum", "anything*"])
def test_before_anything_happens(store: Store, engine: FakeEngine, key: str) -> None:
    assert "Nothing that it fits is wrong now" in str(
        told(f"silence {key} --for 1h", context(store, ANN, engine))
    )


def test_what_neither_node_nor_service_is_called(store: Store, engine: FakeEngine) -> None:
    with pytest.raises(UnknownNameError) as refused:
        says("silence nodde5 --for 1h", context(store, ANN, engine))
    assert refused.value.near[0] == "node5"
    assert store.alerts.silences(NOW) == ()


def test_while_no_manager_answers_any_name_may_be_right(store: Store) -> None:
    told("silence node7 --for 1h", context(store))
    assert len(store.alerts.silences(NOW)) == 1


def test_ending_a_silence(store: Store) -> None:
    told("silence node* --for 1h", context(store))
    with pytest.raises(UnknownNameError) as refused:
        says("unsilence node4", context(store, BEN))
    assert refused.value.near == ("node*",)
    assert told("unsilence node*", context(store, BEN)).text == "✅ node∗ · no longer silenced"
    assert store.alerts.silences(NOW) == ()
    assert says("unsilence node*", context(store)) == "`node*` is not silenced"


# ---- who may, and the list


def test_what_was_said_is_in_the_audit_and_nowhere_in_the_channel(store: Store) -> None:
    where = context(store)
    command = line.parse("silence node4 --for 1h", TABLE)
    assert isinstance(command, Change)
    nobody: Any = object()
    reports = CommandReports(store.commands, where.now, where.stopping.monotonic)
    executor = ChangeExecutor(
        store,
        nobody,
        where.roller,
        Metrics(),
        where.now,
        where.stopping,
        reports,
        LeftMessages(store),
    )
    with store.locks.acquire((), "ann", "x") as held:
        outcome = executor.perform(Decided(command, command.plan(where), where, "C1"), held)
    assert outcome
    assert outcome.private
    (entry,) = store.audit.entries(None, None, None, 10)
    assert entry.command == {"command": "silence", "flags": {"key": "node4", "span": "1h"}}
    assert (entry.actor.id, entry.plan["title"], entry.outcome) == (
        ANN.id,
        "silence node4",
        {"ending": "done", "why": ""},
    )


def test_rules_say_who_but_nobody_has_to_approve(store: Store) -> None:
    command = line.parse("ack shop_*", TABLE)
    assert isinstance(command, Change)
    plan = command.plan(context(store))
    rule = PolicyRule(commands=("*",), services=("shop_*",), ask=("dev",), approve=("lead",))
    settings = Settings(
        roles=(Role(name="dev", users=(ANN.id,)), Role(name="lead", users=("U002",))), rules=(rule,)
    )
    assert decide(ANN, "ack", plan, settings) == Allow()
    assert decide(BEN, "ack", plan, settings) != Allow()
    assert isinstance(decide(ANN, "deploy", DEPLOY_LIKE, settings), Ask)
    node = line.parse("ack node4", TABLE)
    assert isinstance(node, Change)
    assert decide(ANN, "ack", node.plan(context(store)), settings) != Allow()


def test_the_list_without_anything(store: Store) -> None:
    remember(store)
    assert "🟢 No open alerts" in asked("alerts", context(store))


def test_status_counts_open_alerts(store: Store, engine: FakeEngine) -> None:
    said = asked("status", context(store, ANN, engine))
    assert "3 open alerts (1 critical)" in said


def test_with_redis_away_nothing_is_said_to_be_done(mortal: Server) -> None:
    store = Store.connect(mortal.url)
    mortal.kill()
    for text in ("ack node4", "silence node4 --for 1h", "unsilence node4"):
        with pytest.raises(StoreUnavailableError):
            says(text, context(store))
    with pytest.raises(StoreUnavailableError):
        asked("alerts", context(store))
