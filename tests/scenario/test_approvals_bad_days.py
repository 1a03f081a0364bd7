"""What waits for approval on bad days: nobody decides, people leave, Redis forgets, bots die,
everybody clicks at once."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from bot.model.approval import Approval, ApprovalState
from bot.model.audit import AuditEntry
from bot.store.store import Store
from playground.cluster import Cluster
from playground.workspace import Message, Workspace
from playground.workspace.person import Person
from tests.scenario.conftest import People
from tests.scenario.running import KEYS, RunningBot, bot_for, eventually
from tests.scenario.swarm import Site
from tests.store.conftest import Server

POLICY = """
[[roles]]
name = "operator"
users = ["{dev}"]

[[roles]]
name = "lead"
users = ["{ops}"]
groups = ["S0LEADS"]

[[rules]]
services = ["pair"]
ask = ["operator"]
approve = ["lead"]
approvals = 2

[[rules]]
ask = ["operator"]
approve = ["lead"]
grants = [
    "mounts", "capabilities", "networks", "secrets", "ports", "privileged", "managers", "users"
]
"""


pytestmark = pytest.mark.own_bot


@pytest.fixture
def another(
    cluster: Cluster, workspace: Workspace, people: People, tmp_path: Path
) -> Callable[..., RunningBot]:
    """Makes bots whose changes all need a lead, and those of `pair` two: `ops` by id, or one of the
    group."""

    def make(name: str, **more: str) -> RunningBot:
        bot = bot_for(cluster, workspace, tmp_path / name, **more)
        head, _, _ = bot.config.partition("[[roles]]")
        bot.config = head + POLICY.format(dev=people.dev.id, ops=workspace.person("ops").id)
        return bot

    return make


@pytest.fixture
def bot(another: Callable[..., RunningBot], redis: Server) -> Iterator[RunningBot]:
    bot = another("1", REDIS_URL=redis.url).start()
    yield bot
    bot.stop()


@pytest.fixture
def ops(workspace: Workspace) -> Person:
    return workspace.person("ops")


# ---- people


@pytest.fixture
def updates(site: Site, tmp_path: Path) -> Iterator[Callable[[], int]]:
    """How often the Swarm was told to change a service's replicas since the test began.

    It listens all the time, for an engine remembers only its last 256 events.
    """
    heard = tmp_path / "events"
    command = [
        "docker",
        "events",
        "--filter",
        "type=service",
        "--filter",
        "event=update",
        "--format",
        "{{json .}}",
    ]
    environment = {**os.environ, "DOCKER_HOST": site.cluster.nodes["node1"].url}
    with (
        heard.open("wb") as out,
        subprocess.Popen(command, env=environment, stdout=out) as listening,
    ):
        yield lambda: heard.read_text().count("replicas.new")
        listening.terminate()


# ---- what is lost


def test_redis_restarts_a_message_is_deleted_and_redis_is_emptied(
    bot: RunningBot, redis: Server, workspace: Workspace, people: People, site: Site
) -> None:
    site.runs("web", "web:v1")
    request = ask(people, "web=2")
    eventually(lambda: bot.has_noted(request), 10)
    redis.kill()
    redis.start()
    eventually(lambda: not bot.missing(), 10)
    people.lead.clicks("Approve", on=request)
    ended(request, "✅ web")
    assert site.replicas("web") == 2

    request = ask(people, "web=3")
    number = request.button("Approve").value.split()[1]
    workspace.state.delete(request.posted)
    asked = people.lead.types("/swarm approvals")
    assert number in people.lead.sees("waits for approval", after=asked).text
    asked = people.lead.types(f"/swarm approve {number}")
    again = people.dev.sees("✅ web", after=asked, timeout=30, channel="ops")
    assert again != request
    assert "approved by lead" in again.text
    assert site.replicas("web") == 3
    assert len(since(people.dev, asked)) == 1, "one new message tells all of it"

    request = ask(people, "web=4")
    bot.forgets()
    clicked = people.lead.clicks("Approve", on=request)
    refusal = people.lead.sees("that you may decide on", after=clicked)
    assert refusal.ephemeral
    assert "Nothing ran" in refusal.text
    assert site.replicas("web") == 3


# ---- once


@pytest.mark.costs(20)
def test_two_bots_two_leads_one_run(
    bot: RunningBot,
    another: Callable[..., RunningBot],
    workspace: Workspace,
    people: People,
    site: Site,
    updates: Callable[[], int],
) -> None:
    ops = workspace.person("ops")
    site.runs("web", "web:v1")
    second = another("2", REDIS_URL=bot.redis_url).start()
    try:
        for replicas in (2, 3):
            request = ask(people, f"web={replicas}")
            before = updates()
            workspace.faults.duplicate_envelopes = True
            together(
                partial(people.lead.clicks, "Approve", on=request),
                partial(ops.clicks, "Approve", on=request),
            )
            workspace.faults.duplicate_envelopes = False
            ended(request, "✅ web")
            time.sleep(2.5)
            answers = [said for who in (people.lead, ops) for said in who.messages()]
            assert all("already" in said.text for said in answers if said.ephemeral)
            assert updates() == before + 1
            assert len(runs(bot.redis_url, f"web={replicas}")) == 1
            assert site.replicas("web") == replicas
    finally:
        second.stop()


@pytest.mark.costs(40)
def test_a_bot_that_is_killed_right_after_the_approval(
    bot: RunningBot, people: People, site: Site, updates: Callable[[], int]
) -> None:
    site.runs("web", "web:v1")
    service = site.inspect("web")["ID"]
    store = Store.connect(bot.redis_url, KEYS)

    request = ask(people, "web=2")
    with store.locks.acquire([f"service:{service}"], "dev", "something else"):
        people.lead.clicks("Approve", on=request)
        reached(store, request, ApprovalState.APPROVED)
        bot.kill()
    before = updates()
    bot.start()
    ended(request, "✅ web")
    assert site.replicas("web") == 2
    assert updates() == before + 1

    for replicas, moment in ((3, ApprovalState.APPROVED), (4, ApprovalState.RUNNING)):
        request, before = ask(people, f"web={replicas}"), updates()
        old = site.replicas("web")
        people.lead.clicks("Approve", on=request)
        reached(store, request, moment)
        bot.kill()
        bot.start()
        eventually(lambda r=request: told(r), 60, lambda r=request: r.text)  # type: ignore[misc]
        changed = updates() - before
        assert changed in (0, 1), "never twice"
        assert site.replicas("web") == (replicas if changed else old)
        assert any(words in request.text for words in _NOT_RUN) <= (changed == 0)
        assert ("✅" in request.text) <= (changed == 1)
        eventually(lambda: not store.approvals.claimed(), 30)
    store.close()


# ---- what they do and look at


def ask(people: People, target: str) -> Message:
    """Dev asks for replicas, and the request is there."""
    asked = people.dev.types(f"/swarm scale {target}")
    return people.lead.sees("needs approval", after=asked)


def ended(request: Message, words: str) -> None:
    eventually(lambda: words in request.text, 40, lambda: request.text)


_NOT_RUN = ("did not run", "nothing was changed")


def told(request: Message) -> bool:
    """Whether the message says how it ended."""
    return any(words in request.text for words in ("✅", *_NOT_RUN, "was interrupted"))


def since(person: Person, moment: int) -> list[Message]:
    """New messages in the channel, without threads and private answers."""
    return [
        message
        for message in person.messages("ops", moment)
        if message.author == "swarmbot" and not (message.in_thread or message.ephemeral)
    ]


def together(*deeds: Callable[[], object]) -> None:
    """All in the same instant."""
    start = threading.Barrier(len(deeds))

    def act(deed: Callable[[], object]) -> None:
        start.wait()
        deed()

    threads = [threading.Thread(target=act, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def runs(redis_url: str, target: str) -> list[AuditEntry]:
    """The audit's entries for the change itself."""
    store = Store.connect(redis_url, KEYS)
    try:
        return [
            entry
            for entry in store.audit.entries()
            if target in repr(entry.command) and entry.approved_by
        ]
    finally:
        store.close()


def reached(store: Store, request: Message, state: ApprovalState) -> Approval:
    """Wait, as closely as one can, until the request is that far."""
    number = request.life[0].rpartition("id ")[2].split()[0]
    until = time.monotonic() + 10
    while time.monotonic() < until:
        approval = store.approvals.get(number)
        if (
            approval
            and approval.state is not ApprovalState.OPEN
            and state in (approval.state, ApprovalState.APPROVED)
        ):
            return approval
    raise AssertionError(f"request {number} never was {state}")
