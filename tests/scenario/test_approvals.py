"""Dangerous things need a second pair of observer, and what was approved is what happens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.cluster import Cluster
from playground.workspace import Workspace
from playground.workspace.person import Person
from tests.scenario.conftest import People
from tests.scenario.running import RunningBot, bot_for, eventually
from tests.scenario.swarm import Site

POLICY = """
[[roles]]
name = "operator"
users = ["{dev}"]

[[roles]]
name = "lead"
groups = ["S0LEADS"]
users = ["{dev}", "{guest}"]

[[rules]]
commands = ["service scale"]
ask = ["operator"]
approve = ["lead"]
over_replicas = 3

[[rules]]
commands = ["*"]
ask = ["operator"]
approve = ["lead"]
grants = [
    "mounts", "capabilities", "networks", "secrets", "ports", "privileged", "managers", "users"
]
"""


pytestmark = pytest.mark.own_bot


@pytest.fixture
def bot(
    cluster: Cluster, workspace: Workspace, people: People, tmp_path: Path
) -> Iterator[RunningBot]:
    """A bot whose changes all need a lead, and dev, who is one, may not approve what dev asked
    for."""
    bot = bot_for(cluster, workspace, tmp_path)
    head, _, _ = bot.config.partition("[[roles]]")
    bot.config = head + POLICY.format(dev=people.dev.id, guest=people.guest.id)
    bot.start()
    yield bot
    bot.stop()


@pytest.mark.costs(20)
def test_scaling_waits_for_the_lead_and_then_runs_once(
    dev: Person, people: People, site: Site, workspace: Workspace
) -> None:
    site.runs("web", "web:v1", "--replicas", "2")
    before = site.tasks("web")

    dev.types("/swarm scale web=3")
    dev.sees("✅ web", timeout=30)
    assert site.replicas("web") == 3, "small ones run at once"

    asked = dev.types("/swarm scale web=5")
    request = people.lead.sees("🟡", after=asked)
    assert "3 → 5" in request.text
    assert {"Approve", "Reject"} <= set(request.buttons)
    assert site.replicas("web") == 3

    clicked = dev.clicks("Approve", on=request)
    assert dev.sees("somebody else", after=clicked).ephemeral
    clicked = people.guest.clicks("Approve", on=request)
    assert people.guest.sees("✋", after=clicked).ephemeral

    workspace.faults.duplicate_envelopes = True
    people.lead.clicks("Approve", on=request)
    done = dev.sees("✅ web", timeout=40, after=clicked)
    workspace.faults.duplicate_envelopes = False
    assert done.ts == request.ts, "the message of the request goes on"
    assert "asked by dev" in done.text
    assert "approved by lead" in done.text
    assert site.replicas("web") == 5
    assert set(before) <= set(site.tasks("web")), "no running task restarted"
    asked = people.lead.types("/swarm audit --service web")
    assert "lead" in people.lead.sees("3 → 5", after=asked).text


def test_a_bot_that_dies_with_a_request_in_hand_loses_nothing(
    dev: Person, people: People, site: Site, bot: RunningBot
) -> None:
    site.runs("web", "web:v1", "--replicas", "2")
    dev.types("/swarm scale web=6")
    request = people.lead.sees("🟡")
    eventually(lambda: bot.has_noted(request), 10)

    bot.kill()
    bot.start()

    asked = dev.types("/swarm approvals")
    assert "web" in dev.sees("waits for approval", after=asked).text
    people.lead.clicks("Approve", on=request)
    dev.sees("✅ web", timeout=40)
    eventually(lambda: site.replicas("web") == 6, 10)
    assert bot.open_intents() == 0
