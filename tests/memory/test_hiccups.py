"""Slack does not always say who somebody is: that is no refusal, and nothing is lost by it."""

from __future__ import annotations

import pytest

from bot.settings import PolicyRule, Role
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import DEV, LEAD, OPERATORS, World

LOOK_UP = ("users.info",)
ROLES = (Role(name="operator", users=(DEV,)), Role(name="lead", users=(LEAD,)))
APPROVED = (PolicyRule(commands=("*",), ask=("operator",), approve=("lead",)),)
BY_GROUP = (Role(name="operator", groups=("S0OPS",)),)


def passes(world: World, seconds: float) -> None:
    world.clock.run(lambda: False, seconds)


def test_the_last_known_answer_counts_for_some_minutes(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    dev.asks("status", "3 managers")
    passes(world, 100)
    world.slack.faults.fail(methods=LOOK_UP, seconds=3600)

    dev.asks("scale web=3", "✅ web")
    passes(world, 400)
    dev.asks("scale web=4", "Slack does not say who you are")
    assert world.replicas_of("web") == 3


def test_a_request_waits_until_slack_says_who_asks(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    world.slack.faults.fail(methods=LOOK_UP, seconds=20)

    begun = world.clock.seconds
    dev.asks("scale web=3", "✅ web")

    assert 20 <= world.clock.seconds - begun < 40


@pytest.mark.world(BY_GROUP)
def test_a_group_that_slack_does_not_read_now_is_not_empty(
    lead: MemoryPerson, world: World
) -> None:
    world.runs("web")
    world.slack.faults.rate_limit(methods=("usergroups.users.list",), seconds=20)
    lead.asks("scale web=3", "✅ web")


@pytest.mark.world(ROLES, APPROVED)
def test_an_approved_request_is_not_lost(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web")
    request = dev.asks("scale web=3", "web")
    passes(world, 400)
    lead.asks("status", "3 managers")
    world.slack.faults.fail(methods=LOOK_UP, seconds=30)

    lead.clicks("Approve", on=request)
    passes(world, 20)
    assert world.replicas_of("web") == 2
    assert "not run" not in world.everything_said()

    dev.sees("✅ web")
    assert world.replicas_of("web") == 3


@pytest.mark.world(OPERATORS)
def test_a_mention_has_the_name_of_who_wrote_it(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    said = dev.sees("✅ web", after=dev.types("@swarmbot scale web=3")).text
    assert "asked by dev" in said
    assert DEV not in said
    told = dev.asks("audit --service web").text
    assert "dev" in told
    (entry,) = world.bot.store.audit.entries(service="web")
    assert (entry.actor.id, entry.actor.name) == (DEV, "dev")
