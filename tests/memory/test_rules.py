"""Rules mean what they say: by whichever name, for all that a pattern covers, also for falls."""

from __future__ import annotations

import pytest

from bot.settings import PolicyRule, Role
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import DEV, LEAD, World

ROLES = (Role(name="dev", users=(DEV,)), Role(name="lead", users=(LEAD,)))
FOR_LEAD = PolicyRule(commands=("*",), ask=("lead",))
SCALES = PolicyRule(commands=("scale",), ask=("dev",), approve=("lead",))
FEW = PolicyRule(commands=("scale",), ask=("dev",), approve=("lead",), over_replicas=20)
WEB = PolicyRule(commands=("*",), services=("web*",), ask=("dev", "lead"))


@pytest.mark.world(ROLES, (SCALES, PolicyRule(commands=("*",), ask=("dev", "lead"))))
def test_a_short_form_in_a_rule_counts(dev: MemoryPerson, world: World) -> None:
    world.runs("web")

    dev.asks("scale web=3", "needs approval")

    assert world.replicas_of("web") == 2


@pytest.mark.world(ROLES, (FEW, FOR_LEAD))
@pytest.mark.parametrize("count", [0, 3, 5])
def test_a_fall_by_half_needs_approval(dev: MemoryPerson, world: World, count: int) -> None:
    world.runs("web", replicas=10)

    dev.asks(f"scale web={count}", "needs approval")

    assert world.replicas_of("web") == 10


@pytest.mark.world(ROLES, (FEW, FOR_LEAD))
def test_a_small_fall_needs_none(dev: MemoryPerson, world: World) -> None:
    world.runs("web", replicas=10)

    dev.asks("scale web=6", "✅ web · replicas 10 → 6")


@pytest.mark.world(ROLES, (WEB, FOR_LEAD))
@pytest.mark.parametrize(
    "line",
    [
        "silence '*' --for 365d",
        "silence 'w*' --for 1h",
        "hold '*' mine",
        "hold 'w*' mine",
        "freeze mine",
        "unfreeze",
        "silence quorum --for 1h",
    ],
)
def test_a_pattern_takes_rules_for_all_that_it_covers(
    dev: MemoryPerson, lead: MemoryPerson, world: World, line: str
) -> None:
    world.runs("web")
    if line == "unfreeze":
        lead.asks("freeze mine", "❄️")

    assert "that is for lead" in dev.asks(line, "You may not").text


@pytest.mark.world(ROLES, (WEB, FOR_LEAD))
def test_ones_own_services_may_be_held_and_silenced(dev: MemoryPerson, world: World) -> None:
    world.runs("web")

    dev.asks("silence 'web*' --for 1h", "silence")
    dev.asks("silence web --for 1h", "silence")
    dev.asks("hold 'web*' mine", "✋ web")
    dev.asks("release 'web*'", "released")


@pytest.mark.world(ROLES, (FOR_LEAD,))
@pytest.mark.parametrize(
    "line",
    [
        "swarm join-token worker --rotate",
        "swarm join-token manager",
        "swarm unlock-key --rotate",
        "swarm unlock-key",
    ],
)
def test_a_freeze_holds_for_the_rotation_of_tokens_and_keys(
    lead: MemoryPerson, world: World, line: str
) -> None:
    world.swarm.cluster.swarm["Spec"]["EncryptionConfig"]["AutoLockManagers"] = True
    lead.asks("freeze mine", "❄️")

    said = lead.asks(line)

    assert ("Everything is frozen" in said.text) is ("--rotate" in line)


@pytest.mark.world(ROLES, (FOR_LEAD,))
def test_jobs_on_every_node_are_a_change(dev: MemoryPerson, world: World) -> None:
    del world

    for line in ("certs --workers", "certs workers"):
        assert dev.asks(line).text.startswith("✋ You may not certs workers: that is for lead")


@pytest.mark.world(ROLES, (PolicyRule(commands=("swarm ca",), ask=("lead",)),))
def test_the_root_is_shown_to_those_whom_rules_name(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    del world

    assert dev.asks("swarm ca").text.startswith("✋ You may not swarm ca")
    assert not lead.asks("swarm ca").text.startswith("✋")
