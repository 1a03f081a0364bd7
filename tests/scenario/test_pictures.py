"""Pictures where people rather look than read: each comes after its message, says in words what it
shows, and is a PNG."""

from __future__ import annotations

import pytest

from playground.workspace import Message
from playground.workspace.model import StoredFile
from playground.workspace.person import Person
from tests.scenario.conftest import People
from tests.scenario.running import RunningBot
from tests.scenario.swarm import Site

PNG = b"\x89PNG\r\n\x1a\n"


def picture(message: Message) -> StoredFile:
    (file,) = message.files
    assert file.content is not None
    assert file.content.startswith(PNG)
    assert len(file.content) < 100_000
    return file


def test_the_map_goes_to_who_asked_alone_and_names_every_node(
    guest: Person, people: People, site: Site
) -> None:
    site.runs("web", "web:v1", "--replicas", "5")

    asked = guest.types("/swarm map")
    answer = guest.sees("🟢 Swarm · 4 nodes · 5 tasks", after=asked)
    assert answer.ephemeral
    assert "all nodes Ready, all tasks as they should be" in answer.text
    alt = picture(guest.sees("📎 Swarm · 4 nodes", channel="dm", timeout=20)).alt
    assert all(f"node{number} (" in alt for number in range(1, 5))
    assert "Leader, Ready, Active" in alt
    assert "web v1" in alt
    people.dev.does_not_see("📎", within=0.2)


def test_a_map_shows_what_is_down_and_what_finds_no_node(dev: Person, site: Site) -> None:
    site.cluster.docker("node", "update", "--availability", "drain", "node4")
    site.runs("late", "web:v1", "--detach", "--constraint", "node.labels.zone==moon")

    answer = dev.sees("🟠 Swarm", after=dev.types("/swarm map"))
    assert "1 waiting for a node" in answer.text
    alt = picture(dev.sees("📎 Swarm · 4 nodes", channel="dm", timeout=20)).alt
    assert "node4 Drain" in alt
    assert "On no node" in alt
    assert "late v1 1 waiting for a node" in alt


@pytest.mark.costs(25)
def test_the_end_of_a_deploy_brings_its_timeline_into_the_thread(
    dev: Person, bot: RunningBot, site: Site
) -> None:
    site.runs("web", "web:v1", "--replicas", "2", "--update-delay", "1s")

    dev.types(f"/swarm deploy web {site.image('web:v2')}")
    end = dev.sees("✅ web is on", timeout=60)
    shared = dev.sees("📎 Timeline of web · done", timeout=20)
    assert shared.posted.thread_ts == end.ts
    alt = picture(shared).alt
    assert alt.startswith("Timeline of web: done after")
    assert alt.count("old task gone after") == 2
    assert alt.count("up after") == 2

    dev.types(f"/swarm deploy web {site.image('web:broken')}")
    end = dev.sees("↩️ web rolled back", timeout=90)
    shared = dev.sees("📎 Timeline of web · rolled back", timeout=20)
    assert shared.posted.thread_ts == end.ts
    alt = picture(shared).alt
    assert "exit code 3" in alt
    assert "failed" in alt
    assert "back on the old image after" in alt

    asked = dev.types("/swarm history web")
    assert dev.sees("web runs", after=asked).ephemeral
    chart = picture(dev.sees("📎 web · 3 deploys", channel="dm", timeout=20)).alt
    assert "web:v2, runs now" in chart
    assert "web:broken, rolled back" in chart
    assert "web:v1, first seen" in chart
    assert "could not be drawn" not in bot.log
