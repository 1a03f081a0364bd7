"""Credentials of registries on the way of a change: whatever starts tasks carries those of its own
registry, and of no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import PolicyRule
from tests.memory.twin import pull_options
from tests.memory.twin.pool import Authorized
from tests.memory.twin.private import OPEN, OURS, THEIRS, WEB, Place
from tests.memory.twin.slack_twin import MemoryPerson


@pytest.fixture
def dev(place: Place) -> MemoryPerson:
    return place.world.person("dev")


def host_of(sent: Authorized) -> str:
    """The registry that the request is about."""
    if sent.path.startswith("/distribution/"):
        return sent.path.split("/")[2]
    return str(sent.body["TaskTemplate"]["ContainerSpec"]["Image"]).partition("/")[0]


def proper(place: Place) -> None:
    """Each request had the password of its own registry, as it was, and of no other one."""
    for sent in place.asked:
        if sent.params.get("rollback") != "previous":
            expected = place.passwords.get(host_of(sent), "")
            assert pull_options.password(sent.auth) == expected, sent


LINES = (
    "scale web=3",
    "scale web=3 api=2",
    f"deploy web {WEB}:2.0",
    f"deploy web {WEB}:2.0 --resolve-image never",
    f"deploy web {THEIRS}/web:2.0",
    f"deploy web {OPEN}/web:2.0",
    f"service update --image {WEB}:2.0 web",
    "service update --force web",
    "service update --env-add A=1 web",
    "service update --label-add a=1 web",
    f"service create --name new {WEB}:1.0",
    f"service create --name new {THEIRS}/web:1.0",
    f"service create --name new {OPEN}/web:1.0",
)


@pytest.mark.parametrize("line", LINES)
def test_whatever_starts_tasks_has_the_login_of_its_own_registry(
    place: Place, dev: MemoryPerson, line: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    place.runs("web", f"{WEB}:1.0")
    place.runs("api", f"{THEIRS}/web:1.0", 1)

    dev.types(f"/swarm {line}")
    dev.sees("✅")

    posts = [sent for sent in place.asked if sent.path.startswith("/services")]
    assert posts
    proper(place)
    assert place.world.swarm.cluster.tasks
    place.tells_nothing(caplog.text)


def test_a_rollback_by_the_bot_and_one_by_hand_carry_it_too(
    place: Place, dev: MemoryPerson
) -> None:
    place.runs("web", f"{WEB}:1.0")
    dev.asks(f"deploy web {WEB}:2.0", "✅ web")
    dev.asks("rollback web", "✅ web")
    dev.asks("service update --rollback web", "✅ web")

    proper(place)
    by_swarm = [sent for sent in place.asked if sent.params.get("rollback") == "previous"]
    assert [pull_options.password(sent.auth) for sent in by_swarm] == ["morning-token"]


def test_swarm_s_own_way_back_gets_the_login_of_the_image_that_it_goes_back_to(
    place: Place, dev: MemoryPerson
) -> None:
    place.runs("web", f"{WEB}:1.0")
    place.world.registry.push(f"{THEIRS}/web:broken", exits=3)

    dev.types(f"/swarm deploy web {THEIRS}/web:broken")
    dev.sees("↩️ web rolled back")

    back = [sent for sent in place.asked if sent.params.get("rollback") == "previous"]
    assert {pull_options.password(sent.auth) for sent in back} == {"morning-token"}


def test_a_token_that_is_replaced_under_the_running_bot_works_at_the_next_command(
    place: Place, dev: MemoryPerson
) -> None:
    place.runs("web", f"{WEB}:1.0")
    dev.asks(f"deploy web {WEB}:2.0", "✅ web")

    place.replaces(OURS, "evening-token", in_file=False)
    dev.types(f"/swarm deploy web {WEB}:3.0")
    refused = dev.sees(f"was refused by {OURS}")
    assert str(place.file(OURS)) in refused.text
    place.replaces(OURS, "evening-token")

    dev.asks(f"deploy web {WEB}:3.0", "✅ web")


def test_a_broken_image_goes_back_though_the_token_of_then_has_expired(
    place: Place, dev: MemoryPerson
) -> None:
    """The nodes have lost the old image meanwhile, so that they have to ask for it again."""
    place.runs("web", f"{WEB}:1.0")
    dev.asks("scale web=3", "✅ web")
    place.world.registry.push(f"{WEB}:broken", exits=3)
    place.replaces(OURS, "evening-token")
    place.world.swarm.cluster.pulled.clear()

    dev.types(f"/swarm deploy web {WEB}:broken")

    dev.sees("↩️ web rolled back")


def test_another_bot_that_takes_a_change_up_sends_it_too(place: Place, dev: MemoryPerson) -> None:
    world = place.world
    place.runs("web", f"{WEB}:1.0", 4)
    place.world.registry.push(f"{WEB}:broken", exits=3, after=0.7)
    world.start_bot()
    first = world.bots[0]
    dev.types(f"/swarm deploy web {WEB}:broken")
    dev.sees("🔵 web →")
    first.crash()

    dev.sees("↩️ web rolled back")
    sent = [
        sent
        for wire in world.bots[1].engines.wires.values()
        for sent in wire.authorized
        if sent.path.startswith("/services")
    ]
    assert {pull_options.password(one.auth) for one in sent} == {"morning-token"}


@pytest.mark.parametrize("line", ["service update --label-add a=1 once", "scale once=3"])
def test_work_that_is_done_is_not_done_again_for_a_new_token(
    place: Place, dev: MemoryPerson, line: str
) -> None:
    place.world.registry.push(f"{OURS}/tool:1", exits=0, after=0.2)
    place.world.registry.guarded.clear()
    place.world.runs("once", f"{OURS}/tool:1", Task={"RestartPolicy": {"Condition": "none"}})
    before = len(place.world.swarm.cluster.tasks)

    dev.asks(line, "✅ once")

    more = 1 if "scale" in line else 0
    assert len(place.world.swarm.cluster.tasks) == before + more
    proper_posts = [sent for sent in place.asked if sent.path.startswith("/services")]
    assert {sent.auth for sent in proper_posts} == {""}


def test_a_rebalance_carries_it_too(place: Place, dev: MemoryPerson) -> None:
    place.world.swarm.stop_node("node4")
    place.runs("web", f"{WEB}:1.0", 6)
    place.world.swarm.start_node("node4")
    place.world.swarm.settle()

    dev.types("/swarm rebalance web")
    dev.sees("✅ web")

    assert any(sent.auth for sent in place.asked if sent.path.endswith("/update"))
    proper(place)


def test_what_is_approved_carries_the_token_of_the_approval(tmp_path: Path) -> None:
    rules = (PolicyRule(commands=("*",), ask=("operator",), approve=("operator",)),)
    place = Place(tmp_path, rules)
    dev, lead = place.world.person("dev"), place.world.person("lead")
    place.runs("web", f"{WEB}:1.0")
    dev.types("/swarm scale web=3")
    asked = lead.sees("needs approval")
    place.replaces(OURS, "evening-token")

    lead.clicks("Approve", on=asked)
    lead.sees("✅ web")

    (posted,) = [sent for sent in place.asked if sent.path.endswith("/update")]
    assert pull_options.password(posted.auth) == "evening-token"
    place.world.hears_everything()
    place.world.finish()
    place.world.end()
