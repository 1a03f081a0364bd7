"""Who may do what: a guest reads, an operator changes, and a bot without roles only reads."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from playground.cluster import Cluster
from playground.workspace import Workspace
from playground.workspace.person import Person
from tests.scenario.conftest import People
from tests.scenario.running import bot_for, eventually
from tests.scenario.swarm import Site


def test_a_guest_reads_and_is_told_whom_to_ask_for_a_change(
    dev: Person, guest: Person, site: Site
) -> None:
    site.runs("web", "web:v1", "--update-monitor", "1s")
    version = site.inspect("web")["Version"]

    asked = guest.types("/swarm service ls")
    assert guest.sees("1 service", after=asked).ephemeral
    for line in (f"deploy web {site.image('web:v2')}", "rollback web"):
        asked = guest.types(f"/swarm {line}")
        assert guest.sees("You may not", after=asked).ephemeral, "rights come before looks"
    asked = guest.types("/swarm help")
    listed = guest.sees("what you can type", after=asked).text
    assert "service ls" in listed
    assert "deploy SERVICE" not in listed, "help names only what the reader may do"
    assert site.inspect("web")["Version"] == version

    dev.types(f"/swarm deploy web {site.image('web:v2')}")
    message = guest.sees("✅ web is on", timeout=60)
    site_before = site.running_image("web")
    asked = guest.clicks("Roll back", on=message)
    assert guest.sees("You may not", after=asked).ephemeral, "the click is judged like the line"
    assert site.running_image("web") == site_before


def test_a_bot_without_roles_only_reads_and_says_how_to_change_that(
    cluster: Cluster, workspace: Workspace, people: People, site: Site, tmp_path: Path
) -> None:
    site.runs("web", "web:v1", "--update-monitor", "1s")
    version = site.inspect("web")["Version"]
    bot = bot_for(cluster, workspace, tmp_path)
    bot.config = bot.config.partition("[[roles]]")[0]
    bot.start()
    try:
        asked = people.dev.types("/swarm status")
        people.dev.sees("Swarm is healthy", after=asked)
        asked = people.dev.types(f"/swarm deploy web {site.image('web:v2')}")
        refusal = people.dev.sees("swarmbot only reads", after=asked)
        assert refusal.ephemeral
        assert "[[roles]]" in refusal.text
        assert "swarmbot check" in refusal.text
        assert site.inspect("web")["Version"] == version
    finally:
        bot.stop()


def test_a_guest_who_floods_holds_up_nobody(dev: Person, guest: Person, site: Site) -> None:
    site.runs("web", "web:v1")
    began = guest.now

    def flood() -> None:
        for _ in range(200):
            guest.types("/swarm service ls")

    with ThreadPoolExecutor(1) as pool:
        flooding = pool.submit(flood)
        took = [_seconds_of_status(dev)]
        while not flooding.done() and len(took) < 20:
            took.append(_seconds_of_status(dev))
        flooding.result()

    assert max(took) < 1, took
    guest.sees("You send more lines than swarmbot takes", after=began)
    eventually(lambda: len(guest.messages(after=began)) >= 31, 10)


def _seconds_of_status(person: Person) -> float:
    began = time.monotonic()
    asked = person.types("/swarm status")
    person.sees("Swarm is healthy", after=asked)
    return time.monotonic() - began
