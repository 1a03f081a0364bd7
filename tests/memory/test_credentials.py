"""Credentials of registries on the way of a change: whatever starts tasks carries those of its own
registry, and of no other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.check import logins
from bot.settings import RegistrySettings
from tests.memory.twin import pull_options
from tests.memory.twin.pool import Authorized
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import OPERATORS, World

OURS, THEIRS, OPEN = "ours.example:5000", "theirs.example", "open.example"
WEB = f"{OURS}/web"


class Place:
    """Passwords in files, and registries that want them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.passwords = {OURS: "morning-token", THEIRS: "their-token"}
        for host, password in self.passwords.items():
            self.file(host).write_text(password)
            os.utime(self.file(host), (0, 0))
        self.world = World(
            OPERATORS,
            registries=(
                *(
                    RegistrySettings(host=host, username="robot", password_file=self.file(host))
                    for host in self.passwords
                ),
                RegistrySettings(host="*"),
            ),
        )
        self.world.registry.guarded.update(self.passwords)
        for tag in ("1.0", "2.0", "3.0"):
            for host in (OURS, THEIRS, OPEN):
                self.world.registry.push(f"{host}/web:{tag}")

    def file(self, host: str) -> Path:
        return self.folder / host.partition(":")[0]

    def replaces(self, host: str, password: str, *, in_file: bool = True) -> None:
        """The registry wants another password, and an operator writes it down."""
        self.world.registry.guarded[host] = password
        if in_file:
            self.file(host).write_text(password)

    @property
    def asked(self) -> list[Authorized]:
        """Every request by which registries are asked."""
        return [
            sent
            for bot in self.world.bots
            for wire in bot.engines.wires.values()
            for sent in wire.authorized
            if sent.path.startswith(("/services", "/distribution"))
        ]

    def comes_up_elsewhere(self, name: str) -> bool:
        """Whether a service runs whole after a node went down, on nodes that lack its image."""
        swarm = self.world.swarm
        swarm.cluster.pulled.clear()
        service = swarm.cluster.service(name)
        ids = {task["NodeID"] for task in swarm.cluster.tasks_of(service)}
        nodes = {node["ID"]: node["Description"]["Hostname"] for node in self.world.nodes()}
        swarm.stop_node(next(nodes[id_] for id_ in ids))
        swarm.settle()
        wanted = [t for t in swarm.cluster.tasks_of(service) if t["DesiredState"] == "running"]
        states = {t["Status"]["State"] for t in wanted if t["NodeID"] in swarm.cluster.nodes}
        return states == {"running"}

    def runs(self, name: str, image: str, replicas: int = 2) -> None:
        """A service that people created with their own login."""
        guarded = dict(self.world.registry.guarded)
        self.world.registry.guarded.clear()
        self.world.runs(name, image, replicas)
        self.world.registry.guarded.update(guarded)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path)
    yield place
    place.world.finish()
    place.world.end()


@pytest.fixture
def dev(place: Place) -> MemoryPerson:
    return place.world.person("dev")


def host_of(sent: Authorized) -> str:
    """The registry that the request is about."""
    if sent.path.startswith("/distribution/"):
        return sent.path.split("/")[2]
    return str(sent.body["TaskTemplate"]["ContainerSpec"]["Image"]).partition("/")[0]


def proper(place: Place) -> None:
    """Each request had the password of its own registry, as it was, and of no other one."""
    for sent in place.asked:
        if sent.params.get("rollback") != "previous":
            expected = place.passwords.get(host_of(sent), "")
            assert pull_options.password(sent.auth) == expected, sent


LINES = (
    "scale web=3",
    f"deploy web {WEB}:2.0",
    f"deploy web {WEB}:2.0 --resolve-image never",
    f"deploy web {THEIRS}/web:2.0",
    f"deploy web {OPEN}/web:2.0",
    f"service update --image {WEB}:2.0 web",
    "service update --force web",
    "service update --env-add A=1 web",
    "service update --label-add a=1 web",
    f"service create --name new {WEB}:1.0",
    f"service create --name new {THEIRS}/web:1.0",
    f"service create --name new {OPEN}/web:1.0",
)


@pytest.mark.parametrize("line", LINES)
def test_whatever_starts_tasks_has_the_login_of_its_own_registry(
    place: Place, dev: MemoryPerson, line: str
) -> None:
    place.runs("web", f"{WEB}:1.0")

    dev.types(f"/swarm {line}")
    dev.sees("✅")

    posts = [sent for sent in place.asked if sent.path.startswith("/services")]
    assert posts
    proper(place)
    assert place.world.swarm.cluster.tasks
    assert all(
        password not in place.world.everything_said() + repr(place.world.everything_in_redis())
        for password in place.passwords.values()
    )


def test_a_rollback_by_the_bot_and_one_by_hand_carry_it_too(
    place: Place, dev: MemoryPerson
) -> None:
    place.runs("web", f"{WEB}:1.0")
    dev.asks(f"deploy web {WEB}:2.0", "✅ web")
    dev.asks("rollback web", "✅ web")
    dev.asks("service update --rollback web", "✅ web")

    proper(place)
    by_swarm = [sent for sent in place.asked if sent.params.get("rollback") == "previous"]
    assert [pull_options.password(sent.auth) for sent in by_swarm] == ["morning-token"]


def test_swarm_s_own_way_back_gets_the_login_of_the_image_that_it_goes_back_to(
    place: Place, dev: MemoryPerson
) -> None:
    place.runs("web", f"{WEB}:1.0")
    place.world.registry.push(f"{THEIRS}/web:broken", exits=3)

    dev.types(f"/swarm deploy web {THEIRS}/web:broken")
    dev.sees("↩️ web rolled back")

    back = [sent for sent in place.asked if sent.params.get("rollback") == "previous"]
    assert {pull_options.password(sent.auth) for sent in back} == {"morning-token"}


def test_a_token_that_is_replaced_under_the_running_bot_works_at_the_next_command(
    place: Place, dev: MemoryPerson
) -> None:
    place.runs("web", f"{WEB}:1.0")
    dev.asks(f"deploy web {WEB}:2.0", "✅ web")

    place.replaces(OURS, "evening-token", in_file=False)
    dev.types(f"/swarm deploy web {WEB}:3.0")
    refused = dev.sees(f"was refused by {OURS}")
    assert str(place.file(OURS)) in refused.text
    place.replaces(OURS, "evening-token")

    dev.asks(f"deploy web {WEB}:3.0", "✅ web")


def test_a_broken_image_goes_back_though_the_token_of_then_has_expired(
    place: Place, dev: MemoryPerson
) -> None:
    """The nodes have lost the old image meanwhile, so that they have to ask for it again."""
    place.runs("web", f"{WEB}:1.0")
    dev.asks("scale web=3", "✅ web")
    place.world.registry.push(f"{WEB}:broken", exits=3)
    place.replaces(OURS, "evening-token")
    place.world.swarm.cluster.pulled.clear()

    dev.types(f"/swarm deploy web {WEB}:broken")

    dev.sees("↩️ web rolled back")


def test_another_bot_that_takes_a_change_up_sends_it_too(place: Place, dev: MemoryPerson) -> None:
    world = place.world
    place.runs("web", f"{WEB}:1.0", 4)
    place.world.registry.push(f"{WEB}:broken", exits=3, after=0.7)
    world.start_bot()
    first = world.bots[0]
    dev.types(f"/swarm deploy web {WEB}:broken")
    dev.sees("🔵 web →")
    first.crash()

    dev.sees("↩️ web rolled back")
    sent = [
        sent
        for wire in world.bots[1].engines.wires.values()
        for sent in wire.authorized
        if sent.path.startswith("/services")
    ]
    assert {pull_options.password(one.auth) for one in sent} == {"morning-token"}


@pytest.mark.parametrize("line", ["service update --label-add a=1 once", "scale once=3"])
def test_work_that_is_done_is_not_done_again_for_a_new_token(
    place: Place, dev: MemoryPerson, line: str
) -> None:
    place.world.registry.push(f"{OURS}/tool:1", exits=0, after=0.2)
    place.world.registry.guarded.clear()
    place.world.runs("once", f"{OURS}/tool:1", Task={"RestartPolicy": {"Condition": "none"}})
    before = len(place.world.swarm.cluster.tasks)

    dev.asks(line, "✅ once")

    more = 1 if "scale" in line else 0
    assert len(place.world.swarm.cluster.tasks) == before + more
    proper_posts = [sent for sent in place.asked if sent.path.startswith("/services")]
    assert {sent.auth for sent in proper_posts} == {""}


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
