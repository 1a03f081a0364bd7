"""How a deploy can end: what the channel sees, and what the Swarm then is."""

from __future__ import annotations

import copy
from pathlib import Path

from playground.cluster import Cluster
from playground.workspace import Workspace
from playground.workspace.person import Person
from tests.scenario.bot import RunningBot, bot_for, eventually
from tests.scenario.conftest import People
from tests.scenario.swarm import Site


def test_a_good_image_rolls_slot_by_slot_and_the_service_runs_its_digest(dev: Person, site: Site) -> None:
    site.runs("web", "web:v1", "--replicas", "4", "--label", "team=shop", "--limit-memory", "64M", "--env", "A=1")
    before = site.spec("web")

    dev.types(f"/swarm deploy web {site.image('web:v2')} --parallelism 2 --delay 2s")

    message = dev.sees("🔵 web →")
    dev.sees("✅ web is on", timeout=60)
    assert "4/4" in message.text
    assert "asked by dev" in message.text
    assert {"0/4", "2/4", "4/4"} <= {part for version in message.history for part in version.text.split()}
    assert "v1" in message.history[0].text, "the plan names what the service comes from"
    assert site.is_on("web", "web:v2")
    assert site.spec("web") == only_changed(before, site.spec("web"), parallelism=2, delay=2_000_000_000)


def test_a_plain_deploy_changes_the_image_and_nothing_else(dev: Person, site: Site) -> None:
    site.runs("web", "web:v1", "--mount", "type=tmpfs,dst=/tmp", "--update-monitor", "1s", "--constraint", "node.role==manager")
    before = site.spec("web")

    dev.types(f"/swarm deploy web {site.image('web:v2')}")
    dev.sees("✅ web is on", timeout=60)

    after = site.spec("web")
    assert after["TaskTemplate"]["ContainerSpec"].pop("Image") != before["TaskTemplate"]["ContainerSpec"].pop("Image")
    assert after == before


def test_a_broken_image_is_rolled_back_and_the_channel_learns_why(dev: Person, site: Site) -> None:
    site.runs("web", "web:v1", "--replicas", "2", "--update-monitor", "2s")

    dev.types(f"/swarm deploy web {site.image('web:broken')}")

    message = dev.sees("↩️ web rolled back", timeout=60)
    assert "exit code 3" in message.text
    assert "FATAL: cannot read /etc/shop.conf" in message.text
    assert "Retry" in message.buttons
    assert site.is_on("web", "web:v1")


def test_a_sick_image_pauses_and_the_button_rolls_back(dev: Person, site: Site) -> None:
    site.runs("web", "web:v1", "--replicas", "2", "--update-monitor", "2s")
    dev.types(f"/swarm deploy web {site.image('web:v2')}")
    dev.sees("✅ web is on", timeout=60)

    dev.types(f"/swarm deploy web {site.image('web:sick')} --failure-action pause")
    paused = dev.sees("⏸ web", timeout=60)
    assert "health check" in paused.text

    dev.clicks("Roll back", on=paused)
    dev.sees("✅ web is on", timeout=60, after=paused)
    assert site.is_on("web", "web:v2")


def test_a_constraint_that_no_node_fulfils_ends_at_the_deadline(dev: Person, site: Site) -> None:
    site.runs("web", "web:v1", "--replicas", "2")
    site.cluster.docker("service", "update", "-d", "--constraint-add", "node.labels.zone==moon", "web")

    dev.types(f"/swarm deploy web {site.image('web:v2')} --timeout 6s")

    message = dev.sees("❌ web", timeout=30)
    assert "constraint" in message.text
    assert "Roll back" in message.buttons


def test_a_reservation_that_no_node_has_ends_at_the_deadline(dev: Person, site: Site) -> None:
    site.runs("web", "web:v1")
    site.cluster.docker("service", "update", "-d", "--reserve-memory", "500G", "web")

    dev.types(f"/swarm deploy web {site.image('web:v2')} --timeout 6s")

    message = dev.sees("❌ web", timeout=30)
    assert "reservation" in message.text
    assert "Roll back" in message.buttons


def test_what_cannot_work_is_refused_at_planning(dev: Person, site: Site) -> None:
    site.runs("web")
    version = site.inspect("web")["Version"]

    dev.types(f"/swarm deploy web {site.image('web:v99')}")
    assert "web:v99" in dev.sees("❌ The registry has no").text
    dev.types(f"/swarm deploy web {site.image('web:arm')}")
    assert "linux/arm64" in dev.sees("❌ No build").text

    site.cluster.registry.stop()
    try:
        dev.types(f"/swarm deploy web {site.image('web:v2')}")
        dev.sees("❌ The registry", timeout=20)
    finally:
        site.cluster.registry.start()
    assert site.inspect("web")["Version"] == version


def test_resolve_image_never_goes_on_with_a_warning(dev: Person, site: Site) -> None:
    site.runs("web")

    dev.types(f"/swarm deploy web {site.image('web:v2')} --resolve-image never")

    message = dev.sees("✅ web is on", timeout=60)
    assert any("not resolved" in version.text for version in message.history)
    assert site.running_image("web") == site.image("web:v2")


def test_what_is_mistyped_gets_one_sentence(dev: Person, site: Site) -> None:
    site.runs("web")
    cases = {
        "deploy wbe shop/web:2": "Did you mean `web`?",
        "deploy web http://shop:x": "an image reference",
        f"deploy web {site.image('web:v2')} --parallelism -1": "at least 0",
        f"deploy web {site.image('web:v2')} --delay 20": "a duration with a unit",
        "deploy": "SERVICE",
        "deplyo web x": "deploy",
    }
    for line, said in cases.items():
        dev.types(f"/swarm {line}")
        answer = dev.sees(said)
        assert answer.ephemeral, line


def test_the_same_image_again_restarts_nothing_unless_forced(dev: Person, site: Site) -> None:
    site.runs("web", "web:v1", "--replicas", "2")
    tasks = site.tasks("web")

    dev.types(f"/swarm deploy web {site.image('web:v1')}")
    assert dev.sees("already runs").ephemeral
    assert site.tasks("web") == tasks

    dev.types(f"/swarm deploy web {site.image('web:v1')} --force")
    dev.sees("✅ web is on", timeout=60)
    assert not set(site.tasks("web")) & set(tasks)


def test_a_second_deploy_learns_who_is_rolling(
    dev: Person, people: People, site: Site, cluster: Cluster, workspace: Workspace, folder: Path
) -> None:
    site.runs("web", "web:v1", "--replicas", "2")
    dev.types(f"/swarm deploy web {site.image('web:slow')}")
    dev.sees("🔵 web →")

    people.lead.types(f"/swarm deploy web {site.image('web:v2')}")
    refusal = people.lead.sees("dev")
    assert refusal.ephemeral
    assert "web:slow" in refusal.text
    assert not site.is_on("web", "web:v2")


def test_a_bot_that_is_killed_goes_on_with_the_same_message(
    people: People, site: Site, cluster: Cluster, workspace: Workspace, folder: Path
) -> None:
    with running(bot_for(cluster, workspace, folder)) as own:
        site.runs("web", "web:v1", "--replicas", "3")
        people.dev.types(f"/swarm deploy web {site.image('web:v2')} --delay 4s")
        message = people.dev.sees("1/3", timeout=30)

        own.kill()
        own.start()

        people.dev.sees("✅ web is on", timeout=90)
        assert message.text.startswith("✅ web is on"), "it is the same message"
        assert site.is_on("web", "web:v2")
        people.dev.types("/swarm deploy web " + site.image("web:v1"))
        people.dev.sees("✅ web is on", timeout=90, after=message)
