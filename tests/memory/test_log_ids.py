"""One request is followed through the log by its ids, over threads and over bots."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from bot.logs import OwnRecords, formatter
from tests.memory.test_approvals import ONE, ROLES
from tests.memory.test_commands_api import runs_freely
from tests.memory.twin.ci import Pipeline
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import DEV, World


class Log(logging.StreamHandler[io.StringIO]):
    """What the bot would write to stderr as JSON."""

    def __init__(self) -> None:
        super().__init__(io.StringIO())
        self.addFilter(OwnRecords())
        self.setFormatter(formatter("json"))

    def events(self) -> list[dict[str, str]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def event(self, text: str) -> dict[str, str]:
        (event,) = [event for event in self.events() if text in event["event"]]
        return event


@pytest.fixture
def log(world: World) -> Iterator[Log]:
    log = Log()
    logging.getLogger().addHandler(log)
    yield log
    logging.getLogger().removeHandler(log)


def test_a_change_is_followed_from_its_begin_to_its_end(
    dev: MemoryPerson, world: World, log: Log
) -> None:
    world.runs("web")

    dev.asks("scale web=3", "✅ web")

    begun, ended = log.event("begins"), log.event("done after")
    assert begun["actor"] == DEV
    assert begun["audit"]
    assert begun["rollout"]
    ids = ("actor", "audit", "rollout")
    assert [ended[name] for name in ids] == [begun[name] for name in ids]
    assert "approval" not in begun


@pytest.mark.world(ROLES, ONE)
def test_what_waited_for_approval_is_followed_by_its_id(
    dev: MemoryPerson, lead: MemoryPerson, world: World, log: Log
) -> None:
    world.runs("web")
    dev.types("/swarm scale web=5")
    lead.clicks("Approve", on=lead.sees("🟡"))
    dev.sees("✅ web · replicas 2 → 5")

    waits, begun, ended = (log.event(text) for text in ("waits for", "begins", "done after"))
    assert waits["approval"]
    assert "audit" not in waits
    assert [event["approval"] for event in (begun, ended)] == [waits["approval"]] * 2
    assert [event["actor"] for event in (waits, begun, ended)] == [DEV] * 3, "not who approved"


def test_a_message_that_waits_for_slack_is_logged_with_its_change(
    dev: MemoryPerson, world: World, log: Log
) -> None:
    world.runs("web")
    world.slack.faults.fail(methods=("chat.postMessage",), seconds=5)

    dev.asks("scale web=3", "✅ web")

    audit = log.event("begins")["audit"]
    again = [event for event in log.events() if "trying again" in event["event"]]
    assert again
    assert {event["audit"] for event in again} == {audit}


def test_the_next_bot_logs_under_the_same_ids(dev: MemoryPerson, world: World, log: Log) -> None:
    world.runs("web")
    world.bot.crashes_after_its_change()
    dev.types("/swarm scale web=3")
    assert world.clock.run(lambda: world.bot.party.crashed, 30)

    world.start_bot()
    dev.sees("✅ web")

    begun, found, ended = (log.event(text) for text in ("begins", "going on", "done after"))
    for name in ("actor", "audit", "rollout"):
        assert begun[name] == found[name] == ended[name]


@runs_freely
def test_what_ci_sends_is_followed_by_the_id_that_it_was_told(
    dev: MemoryPerson, world: World, log: Log
) -> None:
    world.runs("web", replicas=2)
    ci = Pipeline.named(world.bot, "jenkins-shop")

    sent = ci.sends("docker service update --image shop/web:2.0 web")
    ci.ends(sent)
    dev.sees("✅ web")

    assert {log.event(text)["command"] for text in ("begins", "done after")} == {sent}
    assert "jenkins-shop" in log.event("begins")["actor"]
