"""Whatever is typed gets one answer in words, and changes nothing: named mistakes, then ten
thousand generated ones."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from bot.clock import Stopping, utc_now
from bot.metrics import Metrics
from bot.model import Message, MessageRef, Place
from bot.model.approval import Approval
from bot.pipeline.approvals import ApprovalFlow
from bot.pipeline.execution import ChangeExecutor
from bot.pipeline.pipeline import Pipeline, Request
from bot.policy import approval_steps
from bot.poster import Handle, Poster, Then
from bot.rollout.roller import Roller
from bot.settings import PolicyRule, Role, Settings
from bot.store.store import Store
from bot.swarm.swarm import Swarm
from handlers.commands import TABLE
from playground.cluster import Cluster
from playground.node import Node
from tests.swarm.acting import ANN, redis
from tests.swarm.lines import Typist
from tests.swarm.support import eventually, running, store, swarm_over, web
from tests.swarm.test_service_lines import CREATE, JOBS, UPDATE

LINES = 10_000
BATCH = 20
FAULTS = ("swarmbot itself failed", "That did not work")
"""How answers begin that explain nothing."""


class Recorder(Poster):
    """Stands where Slack would be, and keeps what is said."""

    def __init__(self) -> None:
        self.said: list[Message] = []

    def post(
        self, channel: str, message: Message, thread: str = "", then: Then | None = None
    ) -> Handle:
        del thread
        self.said.append(message)
        if then:
            then(MessageRef(channel, secrets.token_hex(4)))
        return Handle(channel, channel, message, then)

    def edit(
        self,
        handle: Handle | MessageRef,
        message: Message,
        final: bool = False,
        then: Then | None = None,
    ) -> Handle:
        del final
        self.said.append(message)
        return Handle(handle.channel, handle.channel, message, then)

    def reply(
        self, handle: Handle | MessageRef, message: Message, *, aloud: bool = False
    ) -> Handle:
        del aloud
        self.said.append(message)
        return Handle(handle.channel, handle.channel, message)

    def answer(self, place: Place, actor_id: str, message: Message) -> None:
        del place, actor_id
        self.said.append(message)


@dataclass
class Desk:
    """Where Ann types: the whole path behind Slack's door. Every change that she asks for waits for
    somebody else."""

    pipeline: Pipeline
    slack: Recorder
    cluster: Cluster

    def types(self, text: str) -> Message:
        """The one answer to a line."""
        self.slack.said.clear()
        self.pipeline.execute(Request(text, ANN, Place("C1")))
        assert len(self.slack.said) == 1, f"{len(self.slack.said)} answers to {text!r}"
        return self.slack.said[0]

    def forget(self) -> None:
        """Take back everything that was asked for."""
        approvals = self.pipeline.store.approvals
        for each in approvals.open():
            approvals.apply(each.id, _withdraw)

    def swarm(self) -> str:
        """All that a change could have left behind, byte for byte."""
        with self.cluster.manager.api(10) as api:
            networks = [each for each in api.networks() if each["Scope"] == "swarm"]
            found = (api.services(), api.nodes(), networks, api.secrets(), api.configs())
            listed = [
                sorted(each, key=lambda one: str(one.get("ID") or one["Id"])) for each in found
            ]
            return json.dumps([*listed, api.inspect_swarm()], indent=1)


def _withdraw(approval: Approval) -> Approval:
    return approval_steps.withdraw(approval, ANN, utc_now())


def pipeline(swarm: Swarm, opened: Store, slack: Recorder, folder: Path) -> Pipeline:
    asking, deciding = Role(name="operator", users=(ANN.id,)), Role(name="lead", users=("U2",))
    rule = PolicyRule(ask=(asking.name,), approve=(deciding.name,))
    settings = Settings(SWARMBOT_DATA=folder, roles=(asking, deciding), rules=(rule,))
    metrics = Metrics()
    stopping = Stopping()
    roller = Roller(swarm, opened, utc_now, stopping)
    executor = ChangeExecutor(opened, slack, roller, metrics, utc_now, stopping)
    approvals = ApprovalFlow(opened, slack, settings, TABLE, utc_now, lambda actor: actor, "b1")
    return Pipeline(
        swarm,
        opened,
        slack,
        roller,
        executor,
        approvals,
        TABLE,
        settings,
        metrics,
        utc_now,
        stopping,
    )


def furnish(cluster: Cluster, swarm: Swarm) -> None:
    """Something of every kind, at rest."""
    image = cluster.image("web:v1")
    network = cluster.docker("network", "create", "-d", "overlay", "uber-net").strip()
    store(cluster, "secret", "key")
    store(cluster, "config", "conf")
    ports = [
        {"Protocol": "tcp", "TargetPort": 8080, "PublishedPort": 8081, "PublishMode": "ingress"}
    ]
    labels = {"com.docker.stack.namespace": "shop"}
    shop = swarm.services.create(web(cluster, EndpointSpec={"Ports": ports}, Labels=labels))
    cluster.docker(
        "service",
        "create",
        "--detach",
        "--name",
        "agent",
        "--mode",
        "global",
        "--network",
        network,
        image,
    )
    swarm.services.create(web(cluster, "web2", replicas=0))
    cluster.docker(
        "service", "create", "--detach", "--name", "job", "--mode", "replicated-job", image, "true"
    )
    running(swarm, shop, 2)
    running(swarm, swarm.services.find("agent").id, 4)


@pytest.fixture(scope="module")
def desk(machine: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    machine.reset()
    swarm = swarm_over(machine, *machine.nodes)
    furnish(machine, swarm)
    folder, slack = tmp_path_factory.mktemp("bot"), Recorder()
    server, opened = redis(folder)
    yield Desk(pipeline(swarm, opened, slack, folder), slack, machine)
    opened.close()
    server.stop()


def notebook(image: str, other: str) -> list[str]:
    """Lines that are right, to be spoiled."""
    examples = [
        text.replace("shop/web:2.0", image).replace("10.0.0.1:2377", "127.0.0.1:2377")
        for command in TABLE.commands
        for text in command.examples
    ]
    create = [
        f"service create {text}".replace("NAME", "api").replace("IMAGE", image)
        for text in (*JOBS, *CREATE)
    ]
    update = [
        f"service update {text}".replace("NAME", "web").replace("OTHER", other) for text in UPDATE
    ]
    return [*examples, *create, *update]


TEN_KILOBYTES = "x" * 10_240
NAME = "expected a name of letters, digits, `_`, `.` and `-`"
COUNT = "expected a service and a whole number, such as web=5"
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
        f"❌ `SERVICE=REPLICAS` is `web=99999999999999999999`, {COUNT}.",
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


@pytest.mark.timeout(600)
def test_ten_thousand_lines_get_one_answer_each_and_change_nothing(desk: Desk) -> None:
    image, other = desk.cluster.image("web:v1"), desk.cluster.image("web:v2")
    right, before = notebook(image, other), desk.swarm()

    @settings(max_examples=LINES // BATCH, deadline=None, database=None, phases=(Phase.generate,))
    @given(st.randoms(use_true_random=True))
    def every_line_gets_its_answer(random: Random) -> None:
        typist = Typist(TABLE, right, image, random)
        for _ in range(BATCH):
            text = typist.next_line()
            said = desk.types(text)
            assert said.text.strip(), text
            assert not any(fault in said.text for fault in FAULTS), text
        desk.forget()

    every_line_gets_its_answer()
    assert desk.swarm() == before


def test_a_name_that_fits_several_nodes_is_refused_with_their_ids(desk: Desk) -> None:
    past = desk.cluster.docker("node", "inspect", "--format", "{{.ID}}", "node4").strip()
    join_anew(desk.cluster, "node4")
    both = {each.id for each in desk.pipeline.swarm.nodes.list() if each.name == "node4"}
    assert past in both
    before = desk.swarm()
    ids = ", ".join(f"`node4 ({each})`" for each in sorted(both))
    for text in (
        "node ps node4",
        "node promote node4",
        "node update --availability drain node4",
        "node rm --force node4",
    ):
        said = desk.types(text).text
        assert said == f"❌ `node4` fits more than one node: {ids}. Use the id, or the whole name."
    assert desk.swarm() == before


def join_anew(cluster: Cluster, name: str) -> None:
    """Let a node come back under a new id; its past stays in the list."""
    node, manager = cluster.nodes[name], cluster.manager
    token = manager.docker("swarm", "join-token", "--quiet", "worker").strip()
    node.docker("swarm", "leave")
    node.docker(
        "swarm",
        "join",
        "--advertise-addr",
        node.address,
        "--token",
        token,
        f"{manager.address}:2377",
    )
    eventually(lambda: sorted(status(manager, name)) == ["down", "ready"])


def status(manager: Node, name: str) -> list[str]:
    """The states of all entries of that name."""
    with manager.api(10) as api:
        return [
            each["Status"]["State"]
            for each in api.nodes()
            if each["Description"].get("Hostname") == name
        ]
