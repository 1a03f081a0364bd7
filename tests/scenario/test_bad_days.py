"""Days on which Slack, Redis or Docker misbehave: what people then see, and that the Swarm agrees
with it."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.store.store import Store
from playground.cluster import Cluster
from playground.workspace import Message, Workspace
from playground.workspace.person import Person
from tests.scenario.conftest import People
from tests.scenario.running import KEYS, RunningBot, bot_for, eventually
from tests.scenario.swarm import Site
from tests.store.conftest import Server

# ---- Slack


def test_what_slack_delivers_twice_is_done_once(
    dev: Person, site: Site, workspace: Workspace, bot: RunningBot
) -> None:
    site.runs("web", "web:v1")
    workspace.faults.duplicate_envelopes = True

    dev.types(f"/swarm deploy web {site.image('web:v2')}")
    dev.sees("✅ web is on", timeout=60)
    workspace.faults.clear()
    dev.sees("📎 Timeline of web", timeout=20)
    moment = dev.now
    workspace.send_again(workspace.deliveries[-1])

    dev.does_not_see("web", within=2, after=moment)
    assert len(posted(dev)) == 1
    assert len(deploys(bot.redis_url)) == 1


@pytest.mark.parametrize("trouble", ["429", "500"])
def test_while_slack_refuses_edits_only_the_last_state_waits(
    dev: Person, site: Site, workspace: Workspace, trouble: str
) -> None:
    site.runs("web", "web:v1", "--replicas", "3")
    dev.types(f"/swarm deploy web {site.image('web:v2')} --parallelism 2")
    message = dev.sees("🔵 web →")
    if trouble == "429":
        workspace.faults.rate_limit(2)
    else:
        workspace.faults.fail()
    versions = len(message.history)

    eventually(lambda: site.update_state("web") == "completed", 60)
    assert len(message.history) <= versions + 1, "nothing came through"
    refused = [call for call in workspace.calls("chat.update") if not call.ok]
    assert 1 <= len(refused) <= 20, "it asked again, and not like mad"
    workspace.faults.clear()

    assert dev.sees("✅ web is on", timeout=15) == message
    assert len(posted(dev)) == 1
    assert min(gaps(message)) > 0.95, "at most one edit a second"


def test_a_link_that_breaks_is_back_soon_and_readiness_says_so(
    dev: Person, bot: RunningBot, workspace: Workspace
) -> None:
    faults = workspace.faults
    for broken in (faults.drop_connections, faults.refresh_requested):
        before = workspace.connections
        broken()
        eventually(lambda before=before: new(workspace, before), 15)  # type: ignore[misc]
        eventually(lambda: not bot.missing(), 15)
        answers(dev)

    with faults.outage():
        eventually(lambda: "slack" in bot.missing(), 10)
    eventually(lambda: not bot.missing(), 15, lambda: str(bot.missing()))
    answers(dev)


def test_a_link_that_falls_silent_is_noticed(
    dev: Person, bot: RunningBot, workspace: Workspace
) -> None:
    workspace.faults.silent_link()

    eventually(lambda: "slack" in bot.missing(), 8, lambda: "a silent link counts as connected")
    until = time.monotonic() + 6
    while time.monotonic() < until:
        assert "slack" in bot.missing(), "a new link on which nothing is heard is no connection"
        time.sleep(0.1)
    workspace.faults.silent_link(on=False)

    # At worst a last link is waited for in vain (10 s), and then the longest pause (10 s).
    eventually(lambda: not bot.missing(), 25, lambda: str(bot.missing()))
    answers(dev)


# ---- Redis


@pytest.fixture
def with_redis(
    cluster: Cluster, workspace: Workspace, redis: Server, tmp_path: Path
) -> Iterator[RunningBot]:
    """A bot with a Redis of its operators."""
    bot = bot_for(cluster, workspace, tmp_path, REDIS_URL=redis.url).start()
    yield bot
    bot.stop()


def test_without_redis_reads_work_and_changes_are_refused(
    with_redis: RunningBot, redis: Server, people: People, site: Site
) -> None:
    dev = people.dev
    site.runs("web", "web:v1")
    version = site.inspect("web")["Version"]

    for away in (redis.kill, redis.freeze):
        away()
        asked = dev.types("/swarm status")
        assert "Redis does not answer" in dev.sees("Swarm", after=asked).text
        asked = dev.types("/swarm service ps web")
        dev.sees("1/1 running", after=asked)
        asked = dev.types(f"/swarm deploy web {site.image('web:v2')}")
        refusal = dev.sees("✋ Redis does not answer", after=asked)
        assert refusal.ephemeral
        assert "redis" in with_redis.missing()
        redis.thaw() if away == redis.freeze else redis.start()
        eventually(lambda: not with_redis.missing(), 15)
    assert site.inspect("web")["Version"] == version

    asked = dev.types(f"/swarm deploy web {site.image('web:v2')}")
    dev.sees("✅ web is on", timeout=60, after=asked)


@pytest.mark.costs(20)
def test_a_rollout_goes_on_without_redis_and_is_written_down_afterwards(
    with_redis: RunningBot, redis: Server, people: People, site: Site
) -> None:
    dev = people.dev
    site.runs("web", "web:v1", "--replicas", "2", "--update-monitor", "2s")
    for image, end in (("web:v2", "✅ web is on"), ("web:broken", "↩️ web rolled back")):
        asked = dev.types(f"/swarm deploy web {site.image(image)} --delay 2s")
        dev.sees("🔵 web →", after=asked)
        eventually(lambda: site.update_state("web") == "updating", 10)
        redis.kill()

        if image == "web:broken":
            # It is followed all the same. To turn it back is a change of Docker, for which the lock
            # has to be confirmed: that waits for Redis.
            eventually(lambda: site.update_state("web") == "paused", 30)
            redis.start()
        message = dev.sees(end, timeout=90, after=asked)
        versions = len(message.history)
        if image == "web:v2":
            redis.start()

        eventually(
            lambda: agreed(redis.url), 15, lambda: "lock, record and audit still speak of a change"
        )
        assert len(message.history) == versions, "nobody said the end once more"
    assert len(posted(dev)) == 2
    assert [entry.outcome["ending"] for entry in deploys(redis.url) if entry.outcome] == [
        "rolled back",
        "done",
    ]


# ---- Docker


def test_without_docker_the_answer_comes_within_three_seconds(
    dev: Person, site: Site, cluster: Cluster
) -> None:
    site.runs("web", "web:v1")
    frozen, stopped = [cluster.nodes["node1"], cluster.nodes["node2"]], cluster.nodes["node3"]
    for node in frozen:
        node.freeze()
    stopped.kill()
    try:
        for line in ("status", "service ls", "node ls", f"deploy web {site.image('web:v2')}"):
            asked, since = dev.types(f"/swarm {line}"), time.monotonic()
            answer = dev.sees("No Docker engine answers", after=asked)
            assert time.monotonic() - since < 3, line
            assert answer.ephemeral
    finally:
        for node in frozen:
            node.thaw()
        stopped.start()


def test_a_bot_that_is_stopped_leaves_its_rollout_to_the_next(
    dev: Person, site: Site, bot: RunningBot
) -> None:
    site.runs("web", "web:v1", "--replicas", "2")
    dev.types(f"/swarm deploy web {site.image('web:v2')} --delay 3s")
    message = dev.sees("1/2", timeout=30)

    bot.stop()
    assert message.text.startswith("🔵"), "it claims no end that it has not seen"
    bot.start()

    assert dev.sees("✅ web is on", timeout=60) == message
    assert len(posted(dev)) == 1
    eventually(lambda: bot.open_intents() == 0, 15)


# ---- what they look at


def posted(person: Person) -> list[Message]:
    """The messages about changes in the channel, without threads and private answers."""
    return [
        message
        for message in person.messages("ops")
        if not message.in_thread and not message.ephemeral
    ]


def gaps(message: Message) -> list[float]:
    """Seconds between two versions of a message."""
    return [after.at - before.at for before, after in itertools.pairwise(message.history)]


def answers(person: Person) -> None:
    asked = person.types("/swarm status")
    person.sees("Swarm is healthy", after=asked)


def new(workspace: Workspace, before: tuple[str, ...]) -> bool:
    return bool(workspace.connections) and not set(workspace.connections) & set(before)


def deploys(redis_url: str) -> list:  # type: ignore[type-arg]
    store = Store.connect(redis_url, KEYS)
    try:
        return list(store.audit.entries())
    finally:
        store.close()


def agreed(redis_url: str) -> bool:
    """Whether lock, record and audit all say that nothing is being changed."""
    store = Store.connect(redis_url, KEYS)
    try:
        return not (store.locks.all() or store.rollouts.running() or store.audit.open_intents())
    finally:
        store.close()
