"""A world with private registries, whose passwords the bot has in files."""

from __future__ import annotations

import base64
import os
from pathlib import Path

from bot.settings import PolicyRule, RegistrySettings
from tests.memory.twin.pool import Authorized
from tests.memory.twin.world import FREELY, OPERATORS, World

OURS, THEIRS, OPEN = "ours.example:5000", "theirs.example", "open.example"
WEB = f"{OURS}/web"


class Place:
    """Passwords in files, and registries that want them."""

    def __init__(self, folder: Path, rules: tuple[PolicyRule, ...] = FREELY) -> None:
        self.folder = folder
        self.passwords = {OURS: "morning-token", THEIRS: "their-token"}
        for host, password in self.passwords.items():
            self.file(host).write_text(password)
            os.utime(self.file(host), (0, 0))
        self.world = World(
            OPERATORS,
            rules,
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

    def tells_nothing(self, log: str) -> None:
        """No password stands in a message, in Redis or in the log, in whatever form."""
        told = self.world.everything_said() + repr(self.world.everything_in_redis()) + log
        for password in self.passwords.values():
            coded = base64.b64encode(password.encode()).decode().rstrip("=")
            assert password not in told
            assert coded[:-2] not in told
        assert not any(sent.auth and sent.auth in told for sent in self.asked)

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
