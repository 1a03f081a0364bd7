"""Where the bot may not post: a place is found before anything runs, and what runs goes on being
told."""

from __future__ import annotations

import pytest

from bot.model import Actor, Place
from bot.pipeline.request import Request
from bot.settings import PolicyRule, Role
from playground.workspace.model import Channel
from tests.memory.test_approvals import ROLES as APPROVERS
from tests.memory.test_approvals import TWO
from tests.memory.twin.slack_twin import MemoryPerson, number_of
from tests.memory.twin.world import FREELY, OPERATORS, World

WITH_APPROVAL = (PolicyRule(commands=("*",), ask=("operator",), approve=("operator",)),)
NOTHING_CHANGED = "Nothing was changed"
PLACES = ("direct messages of others", "a private channel", "an archived channel")


def place(world: World, kind: str) -> Channel:
    """A channel in which the bot may not post, where people can type all the same."""
    directory = world.slack.state.directory
    if kind == "direct messages of others":
        return directory.between("dev", "lead")
    if kind == "a private channel":
        return directory.removes_app("alerts", is_private=True)
    return directory.changes_channel("alerts", is_archived=True)


@pytest.mark.world(channel="")
@pytest.mark.parametrize("kind", PLACES)
def test_a_change_that_nobody_would_see_is_refused(
    dev: MemoryPerson, world: World, kind: str
) -> None:
    world.runs("web")
    where = place(world, kind)

    asked = dev.types("/swarm scale web=3", where.name)

    assert dev.sees(NOTHING_CHANGED, after=asked).ephemeral
    assert world.replicas_of("web") == 2


@pytest.mark.world(OPERATORS, WITH_APPROVAL, channel="")
@pytest.mark.parametrize("kind", PLACES)
def test_a_request_for_approval_that_nobody_would_see_does_not_wait(
    dev: MemoryPerson, world: World, kind: str
) -> None:
    world.runs("web")
    where = place(world, kind)

    dev.sees(NOTHING_CHANGED, after=dev.types("/swarm scale web=3", where.name))

    assert not world.bot.store.approvals.open()


@pytest.mark.world(watch={"digest_channel": "C0GENERAL1"}, channel="")
def test_the_refusal_names_a_channel_that_takes_it(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    where = place(world, "a private channel")

    told = dev.sees(NOTHING_CHANGED, after=dev.types("/swarm scale web=3", where.name)).text

    assert "/invite @swarmbot" in told
    assert "or ask in #general" in told


def test_where_the_channel_is_gone_a_change_is_shown_where_it_was_asked_for(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web")
    world.slack.state.directory.changes_channel("ops", is_archived=True)

    asked = dev.types("/swarm scale web=3", "alerts")

    dev.sees("✅ web · replicas 2 → 3", after=asked, channel="alerts")


@pytest.mark.world(channel="")
def test_reads_are_answered_where_the_bot_may_not_post(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    where = place(world, "direct messages of others")

    assert dev.sees("web", after=dev.types("/swarm services", where.name)).ephemeral


@pytest.mark.parametrize(
    ("fields", "because"),
    [({"is_archived": True}, "it is archived"), ({"is_private": True}, "swarmbot is no member")],
)
def test_a_rollout_whose_channel_is_lost_goes_on_with_who_asked(
    dev: MemoryPerson, world: World, fields: dict[str, bool], because: str
) -> None:
    world.runs("web", replicas=3)
    dev.types("/swarm deploy web shop/web:2.0 --delay 2s")
    dev.sees("1/3")

    lost = dev.now
    world.slack.state.directory.removes_app("ops", **fields)

    done = dev.sees("✅ web is on", channel="dm", after=lost)
    assert any(because in reply.text for reply in done.thread)


def test_a_change_that_a_restricted_channel_refuses_is_shown_to_who_asked(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web")
    world.slack.state.directory.changes_channel("ops", posting="restricted_action")

    dev.types("/swarm scale web=3")

    done = dev.sees("✅ web · replicas 2 → 3", channel="dm")
    assert any("only some people may post" in reply.text for reply in done.thread)
    asked = dev.types("/swarm scale web=4")
    dev.sees(NOTHING_CHANGED, after=asked)
    world.slack.state.directory.changes_channel("ops", posting="")
    world.clock.leap(61)
    dev.sees("✅ web · replicas 3 → 4", channel="ops", after=dev.types("/swarm scale web=4"))


@pytest.mark.world((Role(name="operator", users=("U0DEV00001", "U0LEAD0001")),), FREELY)
def test_a_channel_that_takes_messages_again_is_used_again(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    directory = world.slack.state.directory
    directory.changes_channel("ops", is_archived=True)
    dev.sees(NOTHING_CHANGED, after=dev.types("/swarm scale web=3"))

    directory.changes_channel("ops", is_archived=False)
    world.clock.leap(61)

    dev.sees("✅ web · replicas 2 → 3", after=dev.types("/swarm scale web=3"), channel="ops")


def test_status_and_readiness_name_a_channel_that_takes_nothing(
    dev: MemoryPerson, world: World
) -> None:
    world.slack.state.directory.changes_channel("ops", is_archived=True)
    assert not world.bot.reach.problem()
    world.clock.leap(61)

    assert world.bot.reach.problem() == "C0OPS00001 takes no messages: is_archived"
    assert "#ops takes no messages of swarmbot (it is archived)" in dev.asks("status").text

    world.slack.state.directory.changes_channel("ops", is_archived=False)
    world.clock.leap(61)
    assert not world.bot.reach.problem()


def test_files_that_a_channel_refuses_are_said_and_sent_to_who_asked(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web", replicas=3)
    directory = world.slack.state.directory
    directory.removes_app("ops")

    dev.types("/swarm deploy web shop/web:2.0")
    done = dev.sees("✅ web is on", channel="ops")

    details = dev.sees("was sent to who asked as a direct message", channel="ops")
    assert details in done.thread
    assert "/invite @swarmbot" in details.text
    (sent,) = [message for message in dev.messages("dm") if message.files]
    assert sent.files[0].name.endswith(".png")


@pytest.mark.world(channel="")
def test_from_the_home_tab_a_change_is_shown_to_who_asked(dev: MemoryPerson, world: World) -> None:
    world.runs("web", replicas=3)
    dev.types("/swarm deploy web shop/web:2.0", "ops")
    dev.sees("✅ web is on", channel="ops")
    place = Place("", trigger="")

    world.bot.pipeline.execute(Request("scale web=2", Actor(dev.id, "dev"), place))

    dev.sees("it is shown in your direct messages", channel="dm")
    dev.sees("✅ web · replicas 3 → 2", channel="dm")


@pytest.mark.world(APPROVERS, TWO)
def test_who_decides_in_another_channel_is_told_what_came_of_it(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    ops = world.person("ops")
    world.runs("web")
    dev.types("/swarm scale web=5")
    request = lead.sees("🟡")
    number = number_of(request)

    moment = lead.types(f"/swarm approve {number}", "alerts")
    told = lead.sees("1 of 2 approved: lead · it is shown in #ops", channel="alerts", after=moment)
    assert told.ephemeral
    world.slack.state.directory.changes_channel("ops", is_archived=True)
    world.clock.leap(61)
    moment = ops.types(f"/swarm approve {number}", "alerts")
    told = ops.sees("🔵 web 2 → 5 · approved, begins", channel="alerts", after=moment)
    assert "shown in" not in told.text, "nobody sees anything there now"

    dev.sees("✅ web · replicas 2 → 5", channel="dm")
    assert "1 of 2" in lead.reads(request), "which is how it stood when the channel was archived"
