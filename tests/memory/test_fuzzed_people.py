"""Generated lines by four kinds of people: each is answered in words, quickly, and no answer has a
name that whoever typed may not see.

`make fuzz` types fifty thousand; here it is a short form of that.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

from bot.clock import Clocks
from bot.command import line
from bot.model import Actor, Kind, Message, Place, Standing
from bot.model.danger import Grant
from bot.pipeline.request import Request
from bot.settings import PolicyRule, ReadsSettings, RegistrySettings, Role, Settings
from bot.store.store import Store
from bot.swarm.swarm import Swarm
from handlers.commands import TABLE
from tests.fence import OPEN
from tests.memory.test_bad_input import image, service
from tests.memory.twin.clock import Clock, TurnedStopping
from tests.memory.twin.pool import MemoryEngines
from tests.memory.twin.redis_twin import RedisTwin
from tests.memory.twin.swarm_twin import MANAGERS, SwarmTwin
from tests.swarm.desk import FAULTS, Desk, Recorder, notebook, pipeline
from tests.swarm.lines import Typist

LINES = int(os.environ.get("FUZZED_LINES", "2000"))
SEED = int(os.environ.get("FUZZ_SEED", "11"))
MOST_SECONDS = 0.3
"""To parse, plan and answer one line, of the thread's own time: others use the machine too."""
SERVICES = ("agent", "job", "shop_api")
STORED = ("key", "conf")
CANARY = re.compile(r"[\w-]*(?<=-)canary\b")
READS = tuple(command.full_name() for command in TABLE.commands if command.kind is Kind.READ)
RULES = (
    PolicyRule(commands=("*",), services=("web*",), ask=("dev",), approve=("boss",)),
    PolicyRule(commands=READS, services=("web*",), ask=("dev",)),
    PolicyRule(commands=("network rm", "network create"), ask=("dev",), approve=("boss",)),
    PolicyRule(commands=("*", *READS), ask=("lead",), approve=("boss",), grants=tuple(Grant)),
)
PEOPLE = (
    Actor("U1", "lead"),
    Actor("U2", "dev"),
    Actor("U3", "guest", standing=Standing.GUEST),
    Actor("U4", "stranger", standing=Standing.STRANGER),
)
SETTINGS = Settings(
    SWARMBOT_DATA=Path("unused"),
    registries=(RegistrySettings(host="*"),),
    roles=(
        Role(name="lead", users=("U1", "U3")),
        Role(name="dev", users=("U2", "U4")),
        Role(name="boss", users=("U9",)),
    ),
    rules=RULES,
    reads=ReadsSettings(guests=("*",)),
)
TASKS = frozenset({"map", "node ps", "service inspect", "service ps", "service scale", "stack ps"})
"""Reads of tasks, which name their nodes."""


@dataclass
class Figures:
    """What was seen of all lines."""

    slowest: float = 0.0
    slowest_line: str = ""
    leaks: list[str] = field(default_factory=list)


def furnish(twin: SwarmTwin, swarm: Swarm) -> None:
    """Services `web` and `web2` for everybody with a rule; all else is a canary."""
    cluster = twin.cluster
    for name in ("web:v1", "web:v2"):
        cluster.registry.push(image(name))
    network = twin.add_network("uber-net-canary", Driver="overlay", Scope="swarm")
    for kind, name in (("secret", "key-canary"), ("config", "conf-canary")):
        stored = cluster.new(kind, Spec={"Name": name, "Labels": {}})
        cluster.stored[kind][stored["ID"]] = stored
    for node in cluster.nodes.values():
        node["Description"]["Hostname"] += "-canary"
    ports = [
        {"Protocol": "tcp", "TargetPort": 8080, "PublishedPort": 8081, "PublishMode": "ingress"}
    ]
    networks = {"Networks": [{"Target": network["Id"]}]}
    labels = {"com.docker.stack.namespace": "shop-canary"}
    swarm.services.create(service("web"))
    swarm.services.create(service("web2", Mode={"Replicated": {"Replicas": 0}}))
    swarm.services.create(service("shop_api-canary", Labels=labels, EndpointSpec={"Ports": ports}))
    swarm.services.create(service("agent-canary", networks, Mode={"Global": {}}))
    swarm.services.create(service("job-canary", Mode={"ReplicatedJob": {"TotalCompletions": 1}}))
    twin.settle()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    clock = Clock()
    twin = SwarmTwin(clock.monotonic)
    swarm = Swarm(MemoryEngines(twin, (*MANAGERS, "node4")))
    furnish(twin, swarm.fenced_by(OPEN))
    slack = Recorder()
    store = Store.over(RedisTwin(clock.monotonic).client(), Clocks(clock.monotonic))
    path = pipeline(swarm, store, slack, tmp_path, TurnedStopping(clock), SETTINGS)
    yield Desk(path, slack, lambda: "", image)
    store.close()


@pytest.mark.timeout(3600)
def test_no_answer_is_slow_or_tells_what_somebody_may_not_see(desk: Desk) -> None:
    random = Random(SEED)
    right = notebook(image("web:v1"), image("web:v2"))
    typist = Typist(TABLE, right, image("web:v1"), random)
    figures = Figures()

    for number in range(LINES):
        text = typist.next_line()
        if random.random() < 0.5:
            text = re.sub(r"\b(agent|job|key|conf|shop|uber-net|node\d)\b", r"\1-canary", text)
        _look(desk, PEOPLE[number % len(PEOPLE)], text, figures)
        if number % 50 == 49:
            desk.forget()

    slowest = f"{figures.slowest:.4f} s: {figures.slowest_line!r}"
    sys.stdout.write(f"{LINES} lines; the slowest took {slowest}\n")
    assert not figures.leaks, "\n".join(figures.leaks[:20])
    assert figures.slowest < MOST_SECONDS, slowest


def _look(desk: Desk, actor: Actor, text: str, figures: Figures) -> None:
    desk.slack.said.clear()
    began = time.thread_time()
    desk.pipeline.execute(Request(text, actor, Place("C1")))
    took = time.thread_time() - began
    if took > figures.slowest:
        figures.slowest, figures.slowest_line = took, text
    assert desk.slack.said, text
    for said in desk.slack.said:
        assert said.text.strip(), text
        assert not any(fault in said.text for fault in FAULTS), text
    if actor.name != "lead":
        told = set(CANARY.findall(" ".join(map(_whole, desk.slack.said))))
        leaked = sorted(name for name in told if name not in text and not _goes_along(name, text))
        if leaked:
            figures.leaks.append(f"{actor.name}: {text!r}: {leaked}: {desk.slack.said[0].text}")


def _goes_along(name: str, text: str) -> bool:
    """Tasks lie on nodes: who may read the tasks of a service reads where they are."""
    named = line.bare(text, TABLE)
    return named is not None and named[0].full_name() in TASKS and name.startswith("node")


def _whole(said: Message) -> str:
    return f"{said.text} {said.blocks} {said.files}"
