"""The Home tab: what there is at once, and buttons for who may press them."""

from __future__ import annotations

import pytest

from bot.settings import PolicyRule
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import FREELY, OPERATORS, World

STATUS_IS_FOR_OPERATORS = (PolicyRule(commands=("status",), ask=("operator",)), *FREELY)
LEADS_APPROVE = (PolicyRule(commands=("*",), ask=("operator",), approve=("operator",)),)
SHOWN_WITHIN = 66.0
"""Seconds: a minute at most, and a few between two looks."""


def test_it_shows_what_there_is_to_who_opened_it(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web")

    home = dev.opens_home()

    assert "🟢 Swarm is healthy" in home.text
    assert "3 managers, 1 may fail · 4 nodes Ready · 1 service" in home.text
    assert home.buttons[:2] == ["Deploy", "Scale"]
    assert home.menus == [["Services", "Nodes", "Doctor", "Help"]]
    assert "Rolling now" not in home.text
    assert lead.home is None, "nobody is shown what they have not opened"


def test_what_goes_on_is_shown_within_a_minute(dev: MemoryPerson, world: World) -> None:
    world.runs("web", replicas=3)
    dev.opens_home()
    dev.types("/swarm deploy web shop/web:2.0 --delay 40s")
    dev.sees("🔵 web → ")

    moving = dev.sees_home("Rolling now", timeout=SHOWN_WITHIN)

    assert "🔵 web → " in moving.text
    assert "asked by dev" in moving.text
    dev.sees("✅ web is on")
    assert world.clock.run(lambda: dev.home and "Rolling now" not in dev.home.text, SHOWN_WITHIN)


def test_what_is_pressed_there_is_answered_in_private_and_changes_are_shown_to_all(
    dev: MemoryPerson, guest: MemoryPerson, world: World
) -> None:
    world.runs("web", replicas=1)
    home = dev.opens_home()

    asked = dev.chooses("Services", on=home)
    assert dev.sees("1 service", after=asked).channel == "dm-dev"
    guest.does_not_see("1 service", after=asked)

    asked = dev.clicks("Scale", on=home)
    dev.sees_modal("Scale a service", after=asked)
    dev.submits(service="web", replicas="3")
    assert dev.sees("✅ web · replicas 1 → 3", after=asked).channel == "ops"
    dev.sees("web 1 → 3 · it is shown in #ops", channel="dm")
    assert world.replicas_of("web") == 3

    seen = home.view.seq
    dev.clicks("Refresh", on=home)
    assert world.clock.run(lambda: dev.home and dev.home.view.seq > seen, 15)


def test_a_guest_sees_what_a_guest_may(guest: MemoryPerson, world: World) -> None:
    world.runs("web")

    home = guest.opens_home()

    assert "🟢 Swarm is healthy" in home.text
    assert "node1" in home.text
    assert home.buttons == ["Services", "Nodes", "Refresh"]
    assert home.menus == [["Doctor", "Help"]]
    asked = guest.clicks("Services", on=home)
    assert guest.sees("1 service", after=asked).channel == "dm-guest"


@pytest.mark.world(rules=STATUS_IS_FOR_OPERATORS)
def test_who_may_not_read_gets_a_sentence(guest: MemoryPerson, world: World) -> None:
    home = guest.opens_home()

    assert home.text.strip() == "✋ You may not see the Swarm here: that is for operator."


@pytest.mark.world(channel="")
def test_without_a_channel_changes_are_shown_to_who_asked(dev: MemoryPerson, world: World) -> None:
    world.runs("web", replicas=1)

    asked = dev.clicks("Scale", on=dev.opens_home())
    dev.sees_modal("Scale a service", after=asked)
    dev.submits(service="web", replicas="2")

    dev.sees("🔵 web 1 → 2", after=asked)
    assert dev.sees("✅ web · replicas 1 → 2", after=asked).channel == "dm-dev"


@pytest.mark.world(OPERATORS, LEADS_APPROVE)
def test_a_change_that_waits_is_decided_there(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web", replicas=1)
    asked = dev.types("/swarm scale web=2")
    dev.sees("needs approval", after=asked)
    assert "Approve" not in dev.opens_home().buttons, "not one's own"
    home = lead.opens_home()
    assert "🟡 web 1 → 2 · asked by dev" in home.text

    asked = lead.clicks("Approve", on=home)

    lead.sees("✅ web · replicas 1 → 2", after=asked)
    assert world.replicas_of("web") == 2
