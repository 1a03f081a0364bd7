"""How a deploy can end: what the channel sees, and what the Swarm then is."""

from __future__ import annotations

import re
import time

import pytest

from playground.workspace.person import Person
from tests.scenario.conftest import People
from tests.scenario.running import RunningBot, eventually
from tests.scenario.swarm import Site


def test_a_good_image_rolls_slot_by_slot_and_the_service_runs_its_digest(
    dev: Person, site: Site
) -> None:
    site.runs(
        "web",
        "web:v1",
        "--replicas",
        "4",
        "--label",
        "team=shop",
        "--limit-memory",
        "64M",
        "--env",
        "A=1",
        health_checked=True,
    )
    before = site.spec("web")

    typed = time.monotonic()
    dev.types(f"/swarm deploy web {site.image('web:v2')} --parallelism 2 --delay 1s")

    message = dev.sees("🔵 web →")
    assert time.monotonic() - typed < 3
    dev.sees("✅ web is on", timeout=60)
    assert len([said for said in dev.messages("ops") if not said.in_thread]) == 1
    assert "4/4" in message.text
    assert "asked by dev" in message.text
    seen = {part for version in message.life for part in version.split()}
    assert {"0/4", "2/4", "4/4"} <= seen, "the bar moved slot by slot"
    assert any("v1" in version for version in message.life), (
        "the plan names what the service comes from"
    )
    assert site.is_on("web", "web:v2")
    expected = site.with_image(before, site.running_image("web"))
    expected["UpdateConfig"] |= {"Parallelism": 2, "Delay": 1_000_000_000}
    assert site.spec("web") == expected


def test_a_plain_deploy_changes_the_image_and_nothing_else(dev: Person, site: Site) -> None:
    site.runs(
        "web",
        "web:v1",
        "--mount",
        "type=tmpfs,dst=/tmp",
        "--update-monitor",
        "1s",
        "--placement-pref",
        "spread=node.id",
    )
    before = site.spec("web")

    dev.types(f"/swarm deploy web {site.image('web:v2')}")
    dev.sees("✅ web is on", timeout=60)

    assert site.is_on("web", "web:v2")
    assert site.spec("web") == site.with_image(before, site.running_image("web"))


def test_a_broken_image_is_rolled_back_and_the_channel_learns_why(dev: Person, site: Site) -> None:
    site.runs("web", "web:v1", "--replicas", "2")
    before = site.spec("web")

    dev.types(f"/swarm deploy web {site.image('web:broken')}")

    message = dev.sees("↩️ web rolled back", timeout=60)
    assert "exit code 3" in message.text
    assert "FATAL: cannot read /etc/shop.conf" in message.text
    assert "Retry" in message.buttons
    assert site.spec("web") == before


def test_a_sick_image_pauses_and_the_button_rolls_back(dev: Person, site: Site) -> None:
    site.runs("web", "web:v1", "--replicas", "2", health_checked=True)

    dev.types(f"/swarm deploy web {site.image('web:sick')} --failure-action pause")
    paused = dev.sees("⏸ web", timeout=60)
    assert "health check" in paused.text

    clicked = dev.clicks("Roll back", on=paused)
    dev.sees("✅ web is", timeout=60, after=clicked)
    assert site.is_on("web", "web:v1")


def test_what_swarm_would_wait_for_for_ever_ends_at_the_deadline(dev: Person, site: Site) -> None:
    site.runs("web", "web:v1", "--replicas", "2")
    site.cluster.docker("service", "update", "--detach", "--reserve-memory", "500G", "web")

    dev.types(f"/swarm deploy web {site.image('web:v2')} --timeout 6s")

    message = dev.sees("❌ web", timeout=30)
    assert "reservation" in message.text
    assert "is not back on" in message.text, "what it goes back to cannot run there either"


def test_start_first_without_room_is_rolled_back_at_the_deadline(dev: Person, site: Site) -> None:
    site.runs(
        "web",
        "web:v1",
        "--replicas",
        "4",
        "--replicas-max-per-node",
        "1",
        "--update-order",
        "start-first",
    )

    dev.types(f"/swarm deploy web {site.image('web:v2')} --timeout 4s")

    message = dev.sees("↩️ web rolled back", timeout=30)
    assert any("start-first" in version for version in message.life)
    assert "runs as many replicas as" in message.text
    assert site.is_on("web", "web:v1")


def test_what_cannot_work_is_refused_at_planning(dev: Person, site: Site) -> None:
    site.runs("web")
    version = site.inspect("web")["Version"]

    asked = dev.types(f"/swarm deploy web {site.image('web:v99')}")
    assert dev.sees("web:v99", after=asked).ephemeral
    asked = dev.types(f"/swarm deploy web {site.image('web:arm')}")
    assert dev.sees("linux/arm64", after=asked).ephemeral

    site.cluster.registry.stop()
    try:
        asked = dev.types(f"/swarm deploy web {site.image('web:v2')}")
        assert dev.sees("registry", timeout=20, after=asked).ephemeral
        asked = dev.types(
            f"/swarm deploy web {site.image('web:v2')} --resolve-image never --timeout 3s"
        )
        told = dev.sees("not resolved", timeout=20, after=asked)
        assert not told.ephemeral
        # Nodes that have the image run it, others cannot pull it; while it lasts it has a deadline.
        eventually(lambda: "gives up" not in told.text, 60, lambda: told.text)
        assert re.match("✅|❌|⏸|↩️", told.text)
    finally:
        site.cluster.registry.start()
    assert site.inspect("web")["Version"] != version, "only the last one was let through"


def test_the_same_image_again_restarts_nothing_unless_forced(dev: Person, site: Site) -> None:
    site.runs("web", "web:v1", "--replicas", "2")
    tasks = site.tasks("web")

    dev.types(f"/swarm deploy web {site.image('web:v1')}")
    assert dev.sees("nothing to change").ephemeral
    assert site.tasks("web") == tasks

    asked = dev.types(f"/swarm deploy web {site.image('web:v1')} --force")
    dev.sees("✅ web", timeout=60, after=asked)
    eventually(lambda: not set(site.tasks("web")) & set(tasks), 60)


@pytest.mark.costs(20)
def test_a_second_deploy_learns_who_is_rolling_and_waits_in_line(
    dev: Person, people: People, site: Site
) -> None:
    site.runs("web", "web:v1", "--replicas", "2")
    dev.types(f"/swarm deploy web {site.image('web:v2')} --delay 2s")
    dev.sees("1/2", timeout=30)

    asked = people.lead.types(f"/swarm deploy web {site.image('web:v1')} --parallelism 2")
    refusal = people.lead.sees("dev", after=asked)
    assert refusal.ephemeral
    assert "web:v2" in refusal.text
    people.lead.clicks("Queue", on=refusal)
    people.lead.sees("in line", after=asked)

    dev.sees(re.compile("✅ web is on .*web:v2"), timeout=60)
    dev.sees(re.compile("✅ web is on .*web:v1"), timeout=60)
    assert site.is_on("web", "web:v1")


def test_a_change_by_hand_in_mid_rollout_is_noticed(dev: Person, site: Site) -> None:
    site.runs("web", "web:v1", "--replicas", "2")
    dev.types(f"/swarm deploy web {site.image('web:v2')} --delay 5s")
    message = dev.sees("1/2", timeout=30)

    site.cluster.docker("service", "update", "--detach", "--label-add", "by=hand", "web")

    dev.sees("superseded by a change outside swarmbot", timeout=20)
    assert "✅" not in message.text


def test_a_global_service_has_a_place_on_every_node(dev: Person, site: Site) -> None:
    site.runs("web", "web:v1", "--mode", "global", "--update-parallelism", "2")

    dev.types(f"/swarm deploy web {site.image('web:v2')}")

    assert "4/4" in dev.sees("✅ web is on", timeout=90).text
    assert site.is_on("web", "web:v2")


@pytest.mark.costs(30)
def test_a_global_service_does_not_wait_for_a_node_that_is_down(dev: Person, site: Site) -> None:
    site.runs("web", "web:v1", "--mode", "global", "--update-parallelism", "3")
    site.cluster.nodes["node4"].stop()
    try:
        eventually(lambda: "Down" in site.cluster.docker("node", "ls"), 40)
        dev.types(f"/swarm deploy web {site.image('web:v2')} --timeout 60s")
        assert "3/3" in dev.sees("✅ web is on", timeout=90).text
    finally:
        site.cluster.nodes["node4"].start()


@pytest.mark.costs(40)
def test_a_bot_that_is_killed_goes_on_with_the_same_message(
    dev: Person, site: Site, bot: RunningBot
) -> None:
    site.runs("web", "web:v1", "--replicas", "2")
    dev.types(f"/swarm deploy web {site.image('web:v2')} --delay 4s")
    message = dev.sees("1/2", timeout=30)

    bot.kill()
    bot.start()

    ended = dev.sees("✅ web is on", timeout=90)
    assert ended == message, "it is the same message that goes on"
    assert len([said for said in dev.messages("ops") if not said.in_thread]) == 1
    assert site.is_on("web", "web:v2")
    asked = dev.types("/swarm scale web=1")
    dev.sees("✅ web", timeout=60, after=asked)
    eventually(
        lambda: bot.open_intents() == 0, 15, lambda: "the audit does not know how each change ended"
    )


@pytest.mark.costs(40)
def test_a_manager_that_is_lost_in_mid_rollout_does_not_matter(
    dev: Person, site: Site, bot: RunningBot
) -> None:
    site.runs("web", "web:v1", "--replicas", "2", "--constraint", "node.hostname!=node1")
    dev.types(f"/swarm deploy web {site.image('web:v2')} --delay 4s")
    dev.sees("1/2", timeout=30)

    site.cluster.nodes["node1"].stop()
    try:
        dev.sees("✅ web is on", timeout=120)
        assert site.is_on("web", "web:v2")
    finally:
        site.cluster.nodes["node1"].start()
