"""Certificates, the root, placement, the bot itself; rules; the memory as JSON; how long it
takes."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter

from bot.model import Task
from bot.model.cluster import Certificate
from bot.model.incident import AlertState, Memory
from bot.model.slash import SLASH
from bot.settings import WatchRule, WatchSettings
from bot.watch.evaluate import judge
from bot.watch.snapshot import Snapshot
from tests.unit.watch.world import (
    API,
    ENGINES,
    FOUR,
    NOW,
    SPREAD,
    WEB,
    WELL,
    Story,
    begun,
    cluster,
    locked,
    manager,
    node,
    rollout,
    service,
    task,
)


def certificate(kind: str, left: float, life: float = 90, **fields: Any) -> Certificate:
    ends = NOW + timedelta(days=left)
    values = {"name": "node2", "begins": ends - timedelta(days=life), "ends": ends, **fields}
    return Certificate(kind=kind, **values)


@pytest.mark.parametrize(
    ("judged", "severity"),
    [
        (certificate("node", 30), ""),
        (certificate("node", 17), "warning"),
        (certificate("node", -1), "critical"),
        (certificate("engine", 17), "warning"),
        (certificate("endpoint", 17), ""),
        (certificate("endpoint", 13), "warning"),
        (certificate("root", 6000, 7300), ""),
    ],
)
def test_a_certificate_near_its_end(judged: Certificate, severity: str) -> None:
    story = begun()
    story.sees(certificates=(judged,))
    assert [str(value.severity) for value in story.firing.values()] == (
        [severity] if severity else []
    )


def test_a_certificate_that_is_renewed_is_over_and_one_that_cannot_be_read_is_not() -> None:
    story = begun()
    story.sees(certificates=(certificate("node", 10, node_id="n2"),))
    assert f"`{SLASH} swarm ca --rotate`" in story.reason("certificate:node:n2").fix
    story.sees(
        certificates=(
            Certificate(kind="node", name="node2", node_id="n2", error="connection refused"),
        )
    )
    assert story.firing
    story.sees(certificates=None)
    assert story.firing
    story.sees(certificates=(certificate("node", 90, node_id="n2"),))
    assert not story.firing


def test_of_a_certificate_that_was_read_in_two_ways_the_one_that_ends_first_counts() -> None:
    story = begun()
    soon, late = (
        certificate("node", left, node_id="n2", source=how)
        for left, how in ((5, "handshake"), (80, "agent"))
    )
    story.sees(certificates=(late, soon))
    assert f"{soon.ends:%Y-%m-%d}" in story.reason("certificate:node:n2").cause
    story.sees(certificates=(late,))
    assert not story.firing


def test_a_root_rotation_that_does_not_end_names_who_holds_it_up() -> None:
    story = begun()
    story.sees(cluster=cluster(root_rotation=True), nodes=(*FOUR[:3], node(4, state="down")))
    story.waits(590, 30)
    assert "root" not in story.firing
    story.waits(10)
    assert "node4 (Down) holds it up" in story.reason("root").cause
    story.sees(cluster=cluster())
    assert story.one("root").state is AlertState.RESOLVED


def lying(**nodes: tuple[int, ...]) -> tuple[Task, ...]:
    """Tasks of these services on these nodes."""
    return tuple(
        task(of, slot, on) for of, places in nodes.items() for slot, on in enumerate(places, 1)
    )


IDLE = lying(web=(1, 1, 2, 3), api=(1, 2))


@pytest.mark.parametrize(
    ("tasks", "uneven"),
    [
        (SPREAD, False),
        (IDLE, True),
        (lying(web=(1, 1, 1, 2), api=(3, 4)), True),
        (lying(web=(1, 2, 3), api=(1, 4)), False),
        (lying(web=(1, 1, 2, 3), api=(1, 1), one=(4,)), True),
    ],
)
def test_tasks_that_lie_unevenly(tasks: tuple[Task, ...], uneven: bool) -> None:
    story = Story(replace(WELL, tasks=tasks, services=(WEB, API, service("one", 1))))
    story.waits(125)
    assert ("swarm:placement" in story.firing) == uneven


def test_an_idle_node_is_named_and_a_drain_by_the_bot_is_no_news() -> None:
    story = begun()
    story.sees(tasks=IDLE, locks=frozenset({"node:n4"}))
    story.waits(180)
    assert story.memory.incidents == {}
    story.sees(locks=frozenset())
    story.waits(300, 30)
    assert "node4 runs no replicas; web is spread unevenly" in story.reason("swarm:placement").cause


def test_tasks_are_spread_again_only_when_nothing_is_being_changed() -> None:
    story = begun()
    story.sees(tasks=IDLE)
    story.waits(125)
    assert "swarm:placement" in story.firing
    story.sees(tasks=SPREAD, locks=frozenset({"service:s-web"}))
    story.waits(30)
    assert "swarm:placement" in story.firing, "a rollout has begun, and may turn back"
    story.sees(locks=frozenset())
    story.waits(300, 30)
    assert "swarm:placement" not in story.firing


def test_the_bot_itself() -> None:
    story = begun()
    story.sees(redis="connection refused", slack="timeout", hanging=("digest",))
    assert story.troubles == {"bot:job:digest": ["job-hangs"]}
    story.waits(10)
    assert set(story.troubles) == {"bot:redis", "bot:slack", "bot:job:digest"}
    story.sees(redis="", slack="", hanging=())
    assert story.troubles == {}


def test_a_registry_that_is_away_is_an_alert_after_an_hour() -> None:
    story = begun()
    story.sees(registries={"docker.io": (NOW, "no connection")})
    story.waits(3500, 100)
    assert story.troubles == {}
    story.waits(200, 100)
    assert story.troubles == {"registry:docker.io": ["registry-away"]}
    story.sees(registries={})
    assert story.troubles == {}


def test_rules_of_the_configuration_count() -> None:
    story = begun()
    story.watch = WatchSettings(rules={"node-down": WatchRule(severity="note", after="30s")})
    story.sees(nodes=(*FOUR[:3], node(4, state="down")))
    assert story.firing == {}
    story.waits(30)
    assert story.one("node:n4").severity == "note"
    story.watch = WatchSettings(rules={"node-down": WatchRule(watched=False)})
    story.sees()
    assert story.one("node:n4").state is AlertState.RESOLVED


def test_what_is_pending_does_not_fire_on_old_news() -> None:
    story = begun()
    story.sees(tasks=SPREAD[:3])
    story.sees(services=None, tasks=None)
    assert story.waits(300, 30) == []
    assert story.firing == {}


def test_nothing_is_told_of_what_was_not_there_long_enough_to_come_back() -> None:
    story = begun()
    below = tuple(task for task in SPREAD if task.id != "web.4.n4.running")
    story.sees(tasks=below)
    story.waits(60)
    story.sees(tasks=SPREAD)
    first = story.one("service:s-web")
    assert story.sees(tasks=below).changed == ()
    assert story.one("service:s-web").state is AlertState.RESOLVED
    (again,) = story.waits(60)
    assert (again.id, again.times, again.returning) == (first.id, 2, ())


def test_the_memory_is_json_and_back() -> None:
    story = begun()
    story.sees(
        nodes=(
            FOUR[0],
            FOUR[1],
            manager(3, state="down", reachability="unreachable"),
            node(4, state="down"),
        ),
        engines=(*ENGINES[:2], locked(3)),
        rollouts={WEB.id: rollout(WEB)},
        locks=frozenset({"service:s-api"}),
        redis="away",
    )
    story.waits(20)
    adapter = TypeAdapter(Memory)
    assert adapter.validate_json(adapter.dump_json(story.memory)) == story.memory
    assert len(story.firing) == 3


def big(down: int = 0) -> Snapshot:
    nodes = tuple(
        manager(n, leader=n == 1)
        if n <= 5
        else node(n, state="down" if n > 1000 - down else "ready")
        for n in range(1, 1001)
    )
    services = tuple(service(f"s{n:03}", 17) for n in range(300))
    tasks = tuple(
        task(service.name, slot, (n * 17 + slot) % 1000 + 1)
        for n, service in enumerate(services)
        for slot in range(17)
    )
    return replace(WELL, nodes=nodes, services=services, tasks=tasks[:5100])


@pytest.mark.parametrize("down", [0, 100])
def test_a_thousand_nodes_are_judged_at_once(down: int) -> None:
    world = big(down)
    memory = judge(world, Memory(), WatchSettings()).memory
    took = []
    for _ in range(5):
        begun_at = time.thread_time()
        memory = judge(
            replace(world, at=world.at + timedelta(seconds=5)), memory, WatchSettings()
        ).memory
        took.append(time.thread_time() - begun_at)
    assert min(took) < 0.5, "twenty times what it takes on a quiet machine"
