"""Credentials of registries on the way of a change: whatever starts tasks carries those of its own
registry, and of no other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

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
