"""Every kind of problem has sentences of its own, and its facts survive Redis."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

import pytest
from pydantic import TypeAdapter

from bot.model import Cause, CauseKind, Finding, Image
from bot.model.alert_facts import (
    Aftermath,
    AlertKind,
    CertificateEnding,
    ChangedOutside,
    EngineAnswer,
    EngineUnreachable,
    ExpiringNode,
    JobHangs,
    LeaderMoved,
    LostReplicas,
    ManagerLocked,
    ManagerUnreachable,
    NodeDown,
    NoteFacts,
    ProblemFacts,
    QuorumAtRisk,
    QuorumLost,
    RedisAway,
    RegistryAway,
    RolloutPaused,
    RolloutRolledBack,
    RootRotationStalled,
    ServiceBelow,
    ServiceChanges,
    ServiceCrashing,
    SlackAway,
    SpecChange,
    UnevenPlacement,
)
from bot.model.cluster import EngineFault
from bot.model.incident import Note
from bot.render.alerts import alert_notes
from bot.render.alerts.alert_reasons import reason
from bot.render.alerts.alert_words import aftermath_words
from bot.render.slack.slash import named

ENDS = datetime(2026, 3, 20, 14, tzinfo=UTC)
WEB, NEW = Image("shop/web", "1.0"), Image("shop/web", "2.0")
SICK = Finding(Cause(CauseKind.EXIT_CODE, "3"))

PROBLEMS: list[tuple[ProblemFacts, str, str]] = [
    (
        NodeDown(
            engine=EngineAnswer.SILENT, replicas=LostReplicas.BEING_REPLACED, fault_tolerance=0
        ),
        (
            "It sends no heartbeat; its engine is silent too; no more manager may fail. What ran "
            "there "
            "is being placed elsewhere."
        ),
        "Start its Docker engine; if the machine is gone: `/swarm node rm web`.",
    ),
    (
        NodeDown(node_id="abcdefghijklmnop", engine=EngineAnswer.ANSWERS),
        "It sends no heartbeat; its engine answers, so it may be cut off from the managers.",
        "Start its Docker engine; if the machine is gone: `/swarm node rm abcdefghijkl`.",
    ),
    (
        NodeDown(locked=True, replicas=LostReplicas.REPLACED),
        "Its services are whole again.",
        "",
    ),
    (
        ManagerLocked(fault_tolerance=2),
        "It restarted, and waits for the unlock key to rejoin; 2 more managers may fail.",
        "Unlock it with the Swarm's unlock key: `/swarm swarm unlock`.",
    ),
    (
        ManagerLocked(suspected=True),
        "It may be locked: autolock is on, it is Down and Unreachable, and its host still answers.",
        "Run `docker swarm unlock` on web; `/swarm swarm unlock-key` shows you the key.",
    ),
    (
        ManagerUnreachable(fault_tolerance=1),
        "The other managers do not reach it, though it is not Down; 1 more manager may fail.",
        "Look at its engine's log, and at port 2377/tcp between the managers.",
    ),
    (
        EngineUnreachable(engine="node1", reason="certificate expired", fault=EngineFault.TLS),
        "The engine `node1` does not answer the bot: certificate expired.",
        (
            "Look at the ends of both certificates (`/swarm certs`), and at `tls` of this engine "
            "in "
            "the configuration."
        ),
    ),
    (
        EngineUnreachable(engines=3),
        "None of 3 engines answers the bot: no answer.",
        "Look whether Docker runs there, and at the network between it and the bot.",
    ),
    (
        QuorumAtRisk(missing=("node3",), managers=3),
        "No more manager may fail: node3 of 3 managers cannot be reached.",
        "Bring them back before anything else; `/swarm doctor` says more.",
    ),
    (
        QuorumLost(managers=3, silent=("node2",), locked=("node3", "node4")),
        (
            "2 of 3 managers have to be there; node2 does not answer; node3 and node4 are locked. "
            "Services go on running, but nothing can be changed."
        ),
        "Bring a manager back, or unlock it: `/swarm swarm unlock`.",
    ),
    (
        CertificateEnding(certificate="endpoint", ends=ENDS, ended=True),
        "Its certificate ended on 2026-03-20 at 14:00 UTC.",
        "Whoever runs it has to renew the certificate.",
    ),
    (
        ExpiringNode(node_id="n4", ends=ENDS),
        (
            "Its node certificate ends on 2026-03-20 at 14:00 UTC at the latest: the managers "
            "refuse it from then on."
        ),
        (
            "Start its Docker engine before that, and it renews the certificate by itself; if the "
            "machine is gone: `/swarm node rm n4`."
        ),
    ),
    (
        ExpiringNode(node_id="n4", ends=ENDS, ended=True),
        (
            "Its node certificate ended on 2026-03-20 at 14:00 UTC at the latest: the managers "
            "refuse it now."
        ),
        "Remove its entry with `/swarm node rm n4`, then let the machine join anew.",
    ),
    (
        RootRotationStalled(waiting=(("node3", "down"), ("node4", "unknown"))),
        (
            "The rotation of the root certificate does not end: node3 (Down) and node4 (Unknown) "
            "hold "
            "it up."
        ),
        "Bring them back, or remove with `/swarm node rm`.",
    ),
    (
        RootRotationStalled(),
        "The rotation of the root certificate does not end.",
        "`/swarm node ls` shows which nodes still have a certificate of the old root.",
    ),
    (
        ServiceBelow(running=0, desired=1, cause=SICK),
        "0 of 1 replica runs: exit code 3.",
        "The program ended by itself: its last lines say why.",
    ),
    (
        ServiceBelow(running=1, desired=3),
        "1 of 3 replicas run.",
        "`/swarm ps web` shows its tasks.",
    ),
    (
        ServiceCrashing(),
        "A task of it fails again and again.",
        "`/swarm logs web` shows its last lines.",
    ),
    (
        RolloutPaused(image=NEW, rollback=True),
        "Swarm paused the rollback to shop/web:2.0.",
        "`/swarm rollback web` finishes it, `/swarm ps web` shows its tasks.",
    ),
    (
        RolloutRolledBack(image=WEB),
        "Swarm rolled an update back to shop/web:1.0.",
        "`/swarm ps web` shows the tasks that failed.",
    ),
    (
        UnevenPlacement(services=("api", "web"), idle=("node4",)),
        "node4 runs no replicas; api and web are spread unevenly.",
        "`/swarm rebalance` places their tasks anew, one after the other.",
    ),
    (
        RedisAway(reason="connection refused"),
        "connection refused. Reading works; changes are refused until it is back.",
        "Look at Redis, and at `REDIS_URL`.",
    ),
    (
        SlackAway(reason="timed out"),
        "timed out. What is to be said waits.",
        "Look at the network between the bot and Slack.",
    ),
    (
        RegistryAway(reason="no connection"),
        (
            "web cannot be asked for new images: no connection. What runs goes on; a node that has "
            "to pull from there may not be able to."
        ),
        "Look at the registry, and at its entry in `[[registries]]`.",
    ),
    (JobHangs(), "The job `web` hung, and was cut off.", "The bot's log says where it stood."),
]
TWICE = ServiceChanges(
    service="web",
    changes=(SpecChange(image=(WEB, NEW), replicas=(4, None)), SpecChange(fields=("Env", "Dir"))),
)
NOTES: list[tuple[NoteFacts, str, str]] = [
    (LeaderMoved(before="node1"), "web leads the Swarm now; before it was node1", ""),
    (
        ChangedOutside(services=(TWICE,)),
        "web was changed outside swarmbot",
        "image shop/web:1.0 → shop/web:2.0, replicas 4 → –, then Env and Dir",
    ),
    (
        ChangedOutside(services=(TWICE, ServiceChanges(service="api"))),
        "web was changed outside swarmbot",
        (
            "2 services of this stack, web (image shop/web:1.0 → shop/web:2.0, replicas 4 → –, "
            "then "
            "Env and Dir) and api"
        ),
    ),
]


@pytest.mark.parametrize(("facts", "cause", "fix"), PROBLEMS)
def test_what_is_wrong_and_what_helps(facts: ProblemFacts, cause: str, fix: str) -> None:
    said = reason(facts, "web")
    assert (named(said.cause), named(said.fix)) == (cause, fix)


@pytest.mark.parametrize(("facts", "head", "rest"), NOTES)
def test_what_happened(facts: NoteFacts, head: str, rest: str) -> None:
    told = Note(id="n", name="web", facts=facts, at=ENDS)
    assert alert_notes.words(facts, told) == alert_notes.NoteWords(head, rest)


def test_every_kind_of_facts_has_words_here() -> None:
    problems, notes = get_args(get_args(ProblemFacts)[0]), get_args(get_args(NoteFacts)[0])
    assert {type(facts) for facts, _, _ in PROBLEMS} == set(problems)
    assert {type(facts) for facts, _, _ in NOTES} == set(notes)
    kinds = {facts.kind for facts, _, _ in PROBLEMS} | {facts.kind for facts, _, _ in NOTES}
    assert kinds == set(AlertKind)
    assert all(aftermath_words(aftermath) is not None for aftermath in Aftermath)


@pytest.mark.parametrize("facts", [facts for facts, _, _ in PROBLEMS])
def test_the_facts_of_a_problem_survive_json(facts: ProblemFacts) -> None:
    adapter: TypeAdapter[ProblemFacts] = TypeAdapter(ProblemFacts)
    assert adapter.validate_json(adapter.dump_json(facts)) == facts


@pytest.mark.parametrize("facts", [facts for facts, _, _ in NOTES])
def test_the_facts_of_a_note_survive_json(facts: NoteFacts) -> None:
    adapter: TypeAdapter[NoteFacts] = TypeAdapter(NoteFacts)
    assert adapter.validate_json(adapter.dump_json(facts)) == facts
