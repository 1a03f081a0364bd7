"""People of elsewhere: who is no member of the workspace reads what the file lets them, and
payloads of another workspace get no answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.settings import ReadsSettings, Role
from playground.workspace.model import TEAM, Installation, User
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import FREELY, World

ELSEWHERE, GRID = "T0ELSEWHER", "E0GRID0001"
GIL = "U0GUEST001"
GUEST_ROLE = (Role(name="operator", users=(GIL,)),)
NOTHING = ReadsSettings()
GUESTS = "✋ swarmbot neither shows nor does this for guests of the workspace."
STRANGERS = "✋ swarmbot neither shows nor does this for people of other workspaces."
NOBODY = "✋ swarmbot answers people of this workspace alone."
LINES = (
    "",
    "status",
    "help",
    "help deploy",
    "no such thing",
    "service ps web",
    "scale",
    "scale web=3",
    "deploy payroll shop/web:1.0",
    "approve abc",
    'queue "scale web=3"',
)


def becomes(world: World, name: str, **fields: Any) -> MemoryPerson:
    """Somebody who is something else than before."""
    directory = world.slack.state.directory
    directory.invite(replace(directory.user(name), **fields))
    return world.person(name)


def stranger(world: World) -> MemoryPerson:
    """Somebody of another workspace, in a channel that is shared with it."""
    directory = world.slack.state.directory
    directory.invite(User("U0STRANGE1", "sam", "Sam Stranger", team=ELSEWHERE))
    for channel in ("ops", "alerts"):
        known = directory.channel(channel)
        directory.channels[known.id] = replace(known, is_ext_shared=True)
    return world.person("sam")


@pytest.mark.world(GUEST_ROLE, FREELY, reads=NOTHING)
@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"is_restricted": True}, GUESTS),
        ({"is_restricted": False, "is_ultra_restricted": True}, GUESTS),
        ({"is_bot": True}, NOBODY),
        ({"deleted": True}, NOBODY),
        ({"team": ELSEWHERE}, STRANGERS),
    ],
)
def test_who_is_no_member_is_told_so_and_nothing_else(
    world: World, fields: dict[str, Any], said: str
) -> None:
    world.runs("web")
    person = becomes(world, "guest", **fields)

    for line in LINES:
        assert person.asks(line).text == said
        world.clock.leap(10)
    home = person.opens_home()
    assert home.text.strip() == said
    assert world.replicas_of("web") == 2


@pytest.mark.world(reads=NOTHING)
def test_a_stranger_who_mentions_the_bot_in_a_shared_channel_is_told_nothing(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web")
    person = stranger(world)

    asked = person.types("@swarmbot services")

    assert person.sees("", after=asked).text == STRANGERS
    assert "web" in dev.sees("web", after=dev.types("@swarmbot services")).text


@pytest.mark.world(reads=ReadsSettings(strangers=("status",)))
def test_the_file_opens_single_reads(guest: MemoryPerson, world: World) -> None:
    world.runs("web")
    person = stranger(world)

    person.sees("3 managers", after=person.types("@swarmbot status"))
    for line in ("services", "help", "approve abc"):
        assert person.sees("", after=person.types(f"@swarmbot {line}")).text == STRANGERS
    assert guest.asks("status").text == GUESTS


@pytest.mark.world(reads=NOTHING)
def test_a_payload_for_another_workspace_is_not_answered(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    directory = world.slack.state.directory
    dev.types("/swarm scale")
    modal = dev.sees_modal("Scale")
    directory.payloads_for = Installation(ELSEWHERE)
    before = dev.now

    assert dev.suggestions("Service", "", on=modal) == []
    dev.types("/swarm status")
    dev.types("@swarmbot status")
    dev.types("/swarm scale web=5")

    dev.does_not_see("", after=before)
    assert world.replicas_of("web") == 2
    directory.payloads_for = directory.installed
    dev.closes_modal()
    dev.asks("status", "3 managers")


@pytest.mark.world((Role(name="operator", users=("W0DANA0001",)),), FREELY, reads=NOTHING)
@pytest.mark.parametrize("for_all", [True, False])
def test_on_grid_the_organisation_is_what_counts(world: World, for_all: bool) -> None:
    world.runs("web")
    directory = world.slack.state.directory
    directory.installs(Installation(TEAM, GRID, for_all))
    directory.invite(User("W0DANA0001", "dana", "Dana Grid", team="T0BRANCH01", enterprise=GRID))
    directory.invite(User("W0OTHER001", "otto", "Otto Other", team="T0OTHER001", enterprise="E0X"))
    dana, otto = world.person("dana"), world.person("otto")

    dana.asks("scale web=3", "✅ web")
    dana.sees("web", after=dana.types("@swarmbot services"))
    assert otto.asks("services").text == STRANGERS
    directory.payloads_for = Installation("T0OTHER001", "E0X", for_all)
    before = dana.now
    dana.types("/swarm services")
    dana.does_not_see("", after=before)
