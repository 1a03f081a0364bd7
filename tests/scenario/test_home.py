"""The Home tab: what there is at once, what changes within a minute, and buttons for who may press
them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from playground.cluster import Cluster
from playground.workspace import Workspace
from playground.workspace.person import Person
from tests.scenario.conftest import People
from tests.scenario.running import RunningBot, bot_for, eventually
from tests.scenario.swarm import Site

pytestmark = pytest.mark.own_bot

SHOWN_WITHIN = 66.0
"""A minute at most, and the two seconds between two looks."""


@pytest.mark.costs(70)
@pytest.mark.timeout(300)
def test_it_shows_what_there_is_and_what_goes_on(
    dev: Person, people: People, site: Site, bot: RunningBot
) -> None:
    site.runs("web", "web:v1", "--replicas", "2", "--update-monitor", "1s")

    home = dev.opens_home()

    assert "🟢 Swarm is healthy" in home.text
    assert "3 managers, 1 may fail · 4 nodes Ready · 1 service" in home.text
    assert all(node in home.text for node in ("node1", "node2", "node3", "node4", "Leader"))
    assert home.buttons[:4] == ["Deploy", "Scale", "Services", "Nodes"]
    assert "Rolling now" not in home.text

    dev.types(f"/swarm deploy web {site.image('web:v2')} --delay 90s")
    moving = dev.sees_home("Rolling now", timeout=SHOWN_WITHIN)
    assert "🔵 web → " in moving.text
    assert "asked by dev" in moving.text
    versions = moving.view.seq
    asked = dev.clicks("Roll back", on=moving)
    dev.sees("↩️ web rolled back", timeout=60, after=asked, channel="ops")
    dev.sees("turns back", after=asked, channel="dm-dev")
    dev.clicks("Refresh", on=moving)
    eventually(lambda: dev.home and "Rolling now" not in dev.home.text, 15, dev.screen)
    assert dev.home is not None
    assert dev.home.view.seq > versions
    assert re.search(r"certificates: first ends in \d+ d", dev.home.text)
    assert people.lead.home is None, "nobody is shown what they have not opened"
    assert people.guest.home is None


def test_what_is_pressed_there_is_answered_in_private_and_changes_are_shown_to_all(
    dev: Person, guest: Person, site: Site
) -> None:
    site.runs("web", "web:v1")
    home = dev.opens_home()

    asked = dev.clicks("Services", on=home)
    answer = dev.sees("1 service", after=asked)
    assert answer.channel == "dm-dev"
    guest.does_not_see("1 service", after=asked)

    asked = dev.clicks("Scale", on=home)
    dev.sees_modal("Scale a service", after=asked)
    dev.submits(service="web", replicas="3")
    message = dev.sees("✅ web · replicas 1 → 3", timeout=30, after=asked)
    dev.sees("web 1 → 3 · it is shown in #ops", channel="dm")
    assert message.channel == "ops"
    assert site.replicas("web") == 3

    seen = home.view.seq
    dev.clicks("Refresh", on=home)
    eventually(lambda: dev.home and dev.home.view.seq > seen, 15)


def test_a_guest_sees_what_a_guest_may(guest: Person, site: Site) -> None:
    site.runs("web", "web:v1")

    home = guest.opens_home()

    assert "🟢 Swarm is healthy" in home.text
    assert "node1" in home.text
    assert home.buttons == ["Services", "Nodes", "Doctor", "Help", "Refresh"]
    asked = guest.clicks("Services", on=home)
    assert guest.sees("1 service", after=asked).channel == "dm-guest"


def test_who_may_not_read_gets_a_sentence_and_without_a_channel_changes_are_shown_to_who_asked(
    cluster: Cluster, workspace: Workspace, people: People, site: Site, tmp_path: Path
) -> None:
    site.runs("web", "web:v1")
    bot = bot_for(cluster, workspace, tmp_path)
    reading = '[[rules]]\ncommands = ["status"]\nask = ["operator"]\n\n[[rules]]\n'
    bot.config = bot.config.replace("[[rules]]\n", reading, 1).partition("\n")[2]
    bot.start()
    try:
        home = people.guest.opens_home()
        assert home.text.strip() == "✋ You may not see the Swarm here: that is for operator."
        asked = people.dev.clicks("Scale", on=people.dev.opens_home())
        people.dev.sees_modal("Scale a service", after=asked)
        people.dev.submits(service="web", replicas="2")
        people.dev.sees("🔵 web 1 → 2", after=asked)
        assert (
            people.dev.sees("✅ web · replicas 1 → 2", timeout=30, after=asked).channel == "dm-dev"
        )
    finally:
        bot.stop()


def test_a_change_that_waits_is_decided_there(
    cluster: Cluster, workspace: Workspace, people: People, site: Site, tmp_path: Path
) -> None:
    site.runs("web", "web:v1")
    bot = bot_for(cluster, workspace, tmp_path)
    bot.config += 'approve = ["operator"]\n'
    bot.start()
    try:
        asked = people.dev.types("/swarm scale web=2")
        people.dev.sees("needs approval", after=asked)
        assert "Approve" not in people.dev.opens_home().buttons, "not one's own"
        home = people.lead.opens_home()
        assert "🟡 web 1 → 2 · asked by dev" in home.text
        asked = people.lead.clicks("Approve", on=home)
        people.lead.sees("✅ web · replicas 1 → 2", timeout=30, after=asked)
        assert site.replicas("web") == 2
    finally:
        bot.stop()
