"""The Home tab of a real Swarm: what there is, what goes on, and its buttons."""

from __future__ import annotations

import re

import pytest

from playground.workspace.person import Person
from tests.scenario.conftest import People
from tests.scenario.running import RunningBot, eventually
from tests.scenario.swarm import Site

pytestmark = pytest.mark.own_bot


@pytest.mark.costs(25)
def test_it_shows_what_there_is_and_what_goes_on(
    dev: Person, people: People, site: Site, bot: RunningBot
) -> None:
    site.runs("web", "web:v1", "--replicas", "2")

    home = dev.opens_home()

    assert "🟢 Swarm is healthy" in home.text
    assert "3 managers, 1 may fail · 4 nodes Ready · 1 service" in home.text
    assert all(node in home.text for node in ("node1", "node2", "node3", "node4", "Leader"))
    assert home.buttons[:2] == ["Deploy", "Scale"]
    assert home.menus == [["Services", "Nodes", "Doctor", "Help"]]
    assert "Rolling now" not in home.text

    dev.types(f"/swarm deploy web {site.image('web:v2')} --delay 90s")
    dev.sees("🔵 web → ")
    moving = dev.opens_home()
    assert "Rolling now" in moving.text
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
