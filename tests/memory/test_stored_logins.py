"""Credentials that Swarm has stored with services: renewed without a restart, and told of before
they are needed."""

from __future__ import annotations

import pytest

from bot.check import logins
from tests.memory.twin import pull_options
from tests.memory.twin.private import OPEN, OURS, THEIRS, WEB, Place
from tests.memory.twin.slack_twin import MemoryPerson


@pytest.fixture
def dev(place: Place) -> MemoryPerson:
    return place.world.person("dev")


def test_a_service_gets_the_credentials_of_now_and_no_task_starts_again(
    place: Place, dev: MemoryPerson
) -> None:
    place.runs("web", f"{WEB}:1.0")
    tasks = set(place.world.swarm.cluster.tasks)

    dev.types("/swarm service update --with-registry-auth web")
    dev.sees("✅ web")

    assert set(place.world.swarm.cluster.tasks) == tasks
    template = place.world.swarm.cluster.service("web")["Spec"]["TaskTemplate"]
    assert pull_options.password(pull_options.of(template)) == "morning-token"


@pytest.mark.parametrize(
    "line",
    ["service update --with-registry-auth web", f"deploy web {OPEN}/web:1.0 --with-registry-auth"],
)
def test_without_credentials_the_bot_says_where_it_looked(
    place: Place, dev: MemoryPerson, line: str
) -> None:
    place.runs("web", f"{OPEN}/web:1.0")

    dev.asks(line, f"the bot has no credentials for {OPEN}")


def test_an_update_that_stands_paused_does_not_go_on_for_a_new_login(
    place: Place, dev: MemoryPerson
) -> None:
    place.runs("web", f"{WEB}:1.0")
    place.world.registry.push(f"{WEB}:broken", exits=3)
    dev.types(f"/swarm deploy web {WEB}:broken --failure-action pause")
    dev.sees("⏸ web paused")

    dev.types("/swarm service update --with-registry-auth web")
    dev.sees("under way or paused")


def test_a_deploy_of_what_runs_already_gives_it_the_login_too(
    place: Place, dev: MemoryPerson
) -> None:
    place.runs("web", f"{WEB}:1.0")
    tasks = set(place.world.swarm.cluster.tasks)

    dev.asks(f"deploy web {WEB}:1.0 --with-registry-auth", "✅ web")

    assert set(place.world.swarm.cluster.tasks) == tasks


def test_the_doctor_finds_stored_credentials_that_are_too_old_and_a_button_mends_that(
    place: Place, dev: MemoryPerson
) -> None:
    place.runs("web", f"{WEB}:1.0")
    dev.types("/swarm doctor")
    unknown = dev.sees("has no credentials for ours.example:5000 from the bot")
    dev.clicks("Refresh web", on=unknown)
    dev.sees("✅ web: registry login refreshed")
    dev.types("/swarm doctor")
    dev.sees("1 risk · 2 hints")

    place.replaces(OURS, "evening-token")
    dev.types("/swarm doctor")
    old = dev.sees("has older credentials for ours.example:5000 stored")
    assert str(place.file(OURS)) in old.text
    tasks = set(place.world.swarm.cluster.tasks)
    clicked = dev.clicks("Refresh web", on=old)
    dev.sees("✅ web", after=clicked)

    assert set(place.world.swarm.cluster.tasks) == tasks
    assert place.comes_up_elsewhere("web")


def test_the_doctor_says_what_cannot_be_read(place: Place, dev: MemoryPerson) -> None:
    place.runs("web", f"{WEB}:1.0")
    place.file(OURS).unlink()

    dev.types("/swarm doctor")

    said = dev.sees("gives no credentials for ours.example:5000: there is no such file")
    assert "Refresh" not in said.text


def test_the_check_tries_each(place: Place) -> None:
    swarm = place.world.bot.swarm
    ours, theirs = (f"credentials for {host} from {place.file(host)}" for host in (OURS, THEIRS))
    assert dict(logins(swarm)) == {ours: "", theirs: ""}

    place.replaces(OURS, "evening-token", in_file=False)
    place.file(THEIRS).unlink()

    assert dict(logins(swarm)) == {
        ours: f"{place.file(OURS)} was refused by {OURS}",
        theirs: f"{place.file(THEIRS)} gives no credentials for {THEIRS}: there is no such file",
    }


def test_a_drain_says_whose_tasks_may_not_come_up_elsewhere(
    place: Place, dev: MemoryPerson
) -> None:
    place.runs("web", f"{WEB}:1.0")
    dev.asks("service update --with-registry-auth web", "✅ web")
    place.file(OURS).write_text("evening-token")

    dev.types("/swarm node update --availability drain node1")

    dev.sees("✅ node1")
    assert "web has old registry credentials stored" in place.world.everything_said()


def test_many_services_get_another_token_with_one_press(place: Place, dev: MemoryPerson) -> None:
    for name in ("api", "web", "worker"):
        place.runs(name, f"{WEB}:1.0")
    tasks = set(place.world.swarm.cluster.tasks)
    dev.asks("service refresh-login web", "✅ web")
    dev.asks("service refresh-login web", "they have the credentials of now already")
    place.replaces(OURS, "evening-token")

    dev.types("/swarm service refresh-login api web worker")
    dev.sees("✅ api, web and worker: registry login refreshed")

    assert set(place.world.swarm.cluster.tasks) == tasks
    stored = {
        pull_options.password(pull_options.of(service["Spec"]["TaskTemplate"]))
        for service in place.world.swarm.cluster.services.values()
    }
    assert stored == {"evening-token"}
    dev.types("/swarm doctor")
    dev.sees("1 risk · 2 hints")


def test_a_refresh_is_refused_whole_where_one_of_them_would_be_started_again(
    place: Place, dev: MemoryPerson
) -> None:
    place.runs("web", f"{WEB}:1.0")
    place.world.registry.push(f"{OURS}/tool:1", exits=0, after=0.2)
    place.world.runs("once", f"{OURS}/tool:1", Task={"RestartPolicy": {"Condition": "none"}})
    posts = len([sent for sent in place.asked if sent.path.endswith("/update")])

    dev.types("/swarm service refresh-login web once")
    dev.sees("may have ended with their work done")

    assert len([sent for sent in place.asked if sent.path.endswith("/update")]) == posts
