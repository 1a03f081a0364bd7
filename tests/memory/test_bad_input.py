"""Whatever is typed gets one answer in words, and changes nothing: named mistakes, then ten
thousand generated ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from bot.clock import Clocks
from bot.store.store import Store
from bot.swarm.swarm import Swarm
from tests.fence import OPEN
from tests.memory.twin.clock import Clock, TurnedStopping
from tests.memory.twin.cluster import Cluster, Json
from tests.memory.twin.pool import MemoryEngines
from tests.memory.twin.redis_twin import RedisTwin
from tests.memory.twin.swarm_twin import MANAGERS, SwarmTwin
from tests.swarm.desk import Desk, Recorder, pipeline

LINES, PARTS = 10_000, 4
"""In parts, so that several processes share them."""


def image(name: str) -> str:
    return f"127.0.0.1:5000/{name}"


def service(name: str, task: Json | None = None, **more: Any) -> Json:
    container = {"Image": image("web:v1")}
    return {
        "Name": name,
        "Labels": {},
        "TaskTemplate": {"ContainerSpec": container, **(task or {})},
        "Mode": {"Replicated": {"Replicas": 2}},
        **more,
    }


def furnish(twin: SwarmTwin, swarm: Swarm) -> None:
    """Something of every kind, at rest."""
    cluster = twin.cluster
    for name in ("web:v1", "web:v2"):
        cluster.registry.push(image(name))
    network = twin.add_network("uber-net", Driver="overlay", Scope="swarm")
    for kind, name in (("secret", "key"), ("config", "conf")):
        stored = cluster.new(kind, Spec={"Name": name, "Labels": {}})
        cluster.stored[kind][stored["ID"]] = stored
    ports = [
        {"Protocol": "tcp", "TargetPort": 8080, "PublishedPort": 8081, "PublishMode": "ingress"}
    ]
    labels = {"com.docker.stack.namespace": "shop"}
    swarm.services.create(service("web", EndpointSpec={"Ports": ports}, Labels=labels))
    networks = {"Networks": [{"Target": network["Id"]}]}
    swarm.services.create(service("agent", networks, Mode={"Global": {}}))
    swarm.services.create(service("web2", Mode={"Replicated": {"Replicas": 0}}))
    swarm.services.create(service("job", Mode={"ReplicatedJob": {"TotalCompletions": 1}}))
    twin.settle()


def everything(cluster: Cluster) -> str:
    """All that a change could have left behind."""
    kept = (cluster.services, cluster.nodes, cluster.networks, cluster.stored, cluster.swarm)
    return json.dumps(kept, indent=1)


@pytest.fixture
def desk(tmp_path: Any) -> Iterator[Desk]:
    clock = Clock()
    twin = SwarmTwin(clock.monotonic)
    swarm = Swarm(MemoryEngines(twin, (*MANAGERS, "node4")))
    furnish(twin, swarm.fenced_by(OPEN))
    store, slack = (
        Store.over(RedisTwin(clock.monotonic).client(), Clocks(clock.monotonic)),
        Recorder(),
    )
    path = pipeline(swarm, store, slack, tmp_path, TurnedStopping(clock))
    yield Desk(path, slack, lambda: everything(twin.cluster), image)
    store.close()


TEN_KILOBYTES = "x" * 10_240
NAME = "expected a name of letters, digits, `_`, `.` and `-`"
COUNT = "expected a service and a whole number, such as web=5"
MOST = "expected a service and at most 100000 tasks, such as web=5"
NAMED = (
    ('ps "web', '❌ A quote is never closed in `ps "web`. Close it, or leave it out.'),
    ("ps “web", '❌ A quote is never closed in `ps "web`. Close it, or leave it out.'),
    (
        "scale web=1 'agent=2",
        "❌ A quote is never closed in `scale web=1 'agent=2`. Close it, or leave it out.",
    ),
    (
        "logs web --tail 5 --tail=6",
        "❌ `service logs`: --tail is given 2 times with different values. ",
    ),
    (
        "service update --force --force=false web",
        "❌ `service update`: --force is given 2 times with different values. ",
    ),
    (
        "service update --replicas 1 --replicas 2 web",
        "❌ `service update`: --replicas is given 2 times with different ",
    ),
    ("scale web=1 web=2", "❌ `service scale`: web is given more than once. "),
    ("scale web=five", f"❌ `SERVICE=REPLICAS` is `web=five`, {COUNT}."),
    ("scale web=-1", f"❌ `SERVICE=REPLICAS` is `web=-1`, {COUNT}."),
    ("scale web=", f"❌ `SERVICE=REPLICAS` is `web=`, {COUNT}."),
    ("scale web=1.5", f"❌ `SERVICE=REPLICAS` is `web=1.5`, {COUNT}."),
    ("scale web=٣", f"❌ `SERVICE=REPLICAS` is `web=٣`, {COUNT}."),
    (
        "scale web=99999999999999999999",
        f"❌ `SERVICE=REPLICAS` is `web=99999999999999999999`, {MOST}.",
    ),
    (TEN_KILOBYTES, "❌ The line has 10240 characters, and 4000 are the most."),
    (f"deploy web {TEN_KILOBYTES}", "❌ The line has 10251 characters, and 4000 are the most."),
    ("network rm -f --=5 uber-net", "❌ `network rm` has no `--`."),
    ("🚀", "❌ No command `🚀`."),
    ("ps 🚀", f"❌ `SERVICE` is `🚀`, {NAME}."),
    ("deploy web 🚀", "❌ `IMAGE` is `🚀`, expected an image reference, such as shop/web:2.0."),
    ("ps שלום", f"❌ `SERVICE` is `שלום`, {NAME}."),
    ("שלום web", "❌ No command `שלום web`."),
    ("ps \u202ebew", "❌ No service `bew`. `/swarm service ls` shows what there is."),
    ("\x07\x1b[31m\x00", "❌ No command `[31m`."),
    ("ps we\x00bb", "❌ No service `webb`. Did you mean `web` or `web2`?"),
    ("ps we\ud800", "❌ No service `we`. Did you mean `web` or `web2`?"),
    ("scale we=2", "❌ No service `we`. Did you mean `web` or `web2`?"),
    ("node ps node", "❌ No node `node`. Did you mean `node1` or `node2` or `node3`?"),
)
"""What is typed, and how the one sentence begins that it gets."""


@pytest.mark.parametrize(("text", "answer"), NAMED)
def test_a_mistake_gets_one_clear_sentence(desk: Desk, text: str, answer: str) -> None:
    before = desk.swarm()
    said = desk.types(text).text
    assert said.startswith(answer)
    assert said.endswith((".", "?"))
    assert "\n" not in said
    assert desk.swarm() == before


@pytest.mark.parametrize(
    "line",
    [
        "scale {}=3",
        "deploy {} shop/web:2.0",
        "deploy web {}",
        "service create --name {} shop/web:1.0",
        "service update --image {} web",
        "ps {}",
        "service inspect {}",
        "node ps {}",
        "stack rm {}",
        "network rm {}",
        "secret inspect {}",
        "swarm unlock --on {}",
        "{}",
        "help {}",
        "hold {} lunch",
        "silence {}",
        "audit --service {}",
        "approve {}",
        "withdraw {}",
        "queue rm {}",
        "service update --{} web",
        "service update --network-add {} web",
        "service update --secret-add {} web",
    ],
)
def test_what_was_typed_at_length_is_not_answered_at_length(desk: Desk, line: str) -> None:
    before = desk.swarm()
    said = desk.types(line.format("x" * 3000)).text
    assert said.startswith("❌")
    assert len(said) <= 400
    assert desk.swarm() == before


@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(PARTS))
def test_ten_thousand_lines_get_one_answer_each_and_change_nothing(desk: Desk, part: int) -> None:
    desk.types_lines(LINES // PARTS)
