"""CI sends commands over HTTP and follows them to their end."""

from __future__ import annotations

import pytest

from bot.model import Actor
from bot.settings import PolicyRule, Role
from tests.memory.twin.ci import Pipeline
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import DEV, LEAD, World

CALLERS = {"jenkins": Actor(DEV, "CI jenkins-shop"), "gitlab": Actor(LEAD, "CI gitlab-blog")}
BY_LEAD = {
    "roles": (Role(name="operator", users=(DEV, LEAD)), Role(name="lead", users=(LEAD,))),
    "rules": (PolicyRule(commands=("*",), ask=("operator",), approve=("lead",)),),
}


@pytest.fixture
def ci(world: World) -> Pipeline:
    """A pipeline whose token is good."""
    return Pipeline(world.bot, CALLERS, "jenkins")


def test_a_deploy_runs_to_its_end_with_events(
    world: World, ci: Pipeline, dev: MemoryPerson
) -> None:
    world.runs("web", replicas=2)
    sent = ci.sends("docker service update --image shop/web:2.0 web")
    assert ci.reads(sent)["state"] == "accepted"
    ended = ci.ends(sent)
    assert ended["ending"] == "completed"
    assert ended["line"] == "service update --image=shop/web:2.0 web"
    assert ended["asked_by"] == "CI jenkins-shop"
    assert world.image_of("web") == "shop/web:2.0"
    events = ci.events(sent)
    states = [event.data["state"] for event in events]
    assert states[0] == "accepted"
    assert states[-1] == "ended"
    assert any("1/2" in event.data["text"] for event in events), [e.data["text"] for e in events]
    assert {event.kind for event in events} == {"state"}
    numbers = [int(event.id) for event in events]
    assert numbers == sorted(set(numbers))
    assert events[-1].data == ended
    assert ci.events(sent, after=events[-2].id) == events[-1:]
    dev.sees("✅ web")
