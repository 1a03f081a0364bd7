"""A real Docker Swarm on this machine: three managers and a worker, with a registry, for the demo
and for the tests."""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from playground import cgroups, engines, formation, wipe
from playground.errors import NoManagerError
from playground.network import Bridge, Cable
from playground.node import Node, start_together
from playground.processes import wait_until
from playground.registry import Registry

ROOT = Path("/var/lib/swarmbot-playground")
MANAGERS = 3
NODES = 4
LOCK_SECONDS = 30.0


@dataclass(frozen=True)
class NodeStatus:
    """What can be said of one node: `swarm` by itself (active, inactive, locked), `member` by its
    manager."""

    name: str
    url: str
    engine: str
    linked: bool
    swarm: str
    member: str

    def __str__(self) -> str:
        link = "" if self.linked else ", cut off"
        member = self.member or "no member"
        return (
            f"{self.name}  engine {self.engine}{link}, swarm {self.swarm or '-'}, {member}  "
            f"{self.url}"
        )


@dataclass(frozen=True)
class ClusterStatus:
    """What can be said of a cluster now."""

    number: int
    registry: str
    registry_runs: bool
    nodes: tuple[NodeStatus, ...]

    def __str__(self) -> str:
        registry = f"registry  {self.registry} {'up' if self.registry_runs else 'down'}"
        return "\n".join([registry, *map(str, self.nodes)])


def _silent(_step: str) -> None:
    """Says nothing."""


class Cluster:
    """The Swarm with a number from 1 to 254. Clusters of different numbers share nothing and run
    side by side.

    Needs root on Linux. All it keeps lies in `root` (at most 50 characters); where there was no
    /var/lib/docker, it leaves an empty one, on which each node mounts its own data.
    """

    def __init__(self, number: int = 99, root: Path | None = None) -> None:
        self.number = number
        self.root = root or ROOT / str(number)
        self.bridge = Bridge(number)
        self.registry = Registry(self.bridge.gateway, self.root / "registry")

    @property
    def founded(self) -> str:
        """The id of the Swarm; another one when it was founded anew. Raises NoManagerError."""
        with self.manager.api() as api:
            return str(api.inspect_swarm()["ID"])

    @cached_property
    def nodes(self) -> dict[str, Node]:
        """node1, node2, node3 (managers) and node4 (worker)."""
        return {node.name: node for node in map(self._node, range(1, NODES + 1))}

    @property
    def manager(self) -> Node:
        """The first node that is a manager with a leader, after an election where one is due;
        raises NoManagerError."""
        manager = formation.await_manager(list(self.nodes.values()))
        if manager is None:
            raise NoManagerError(self.number)
        return manager

    def up(
        self, *, swarm: bool = True, engine: str = "", say: Callable[[str], None] = _silent
    ) -> None:
        """Bring the cluster up, or what is missing of it; `say` hears one line a step. Raises
        PlaygroundError.

        `swarm=False`: engines that are in no Swarm at all. What the Swarm runs, and what was set on
        its nodes, stays. `engine` is one of `engines.CHOICES`, and stays the engine until the
        cluster is taken down.
        """
        with self._alone():
            for position, node in enumerate(self.nodes.values(), 1):
                if engine:
                    node.choose_engine(engines.of_node(engine, position))
            say("network: one bridge, four machines")
            self.bridge.up()
            for node in self.nodes.values():
                node.cable.lay()
                node.thaw()
            say("engines: starting what is down")
            for node in self.nodes.values():
                node.start(wait=False)
            say("registry: starting, with the images web:v1, v2, plain, slow, sick, broken, arm")
            self.registry.start()
            self.registry.fill()
            start_together(list(self.nodes.values()))
            say("swarm: three managers and a worker" if swarm else "swarm: none")
            if swarm:
                formation.form(list(self.nodes.values()))
            else:
                formation.dissolve(list(self.nodes.values()))

    def down(self) -> None:
        """End and remove everything of the cluster: processes, namespaces, bridge, cgroups,
        directory."""
        with self._alone():
            for node in self.nodes.values():
                node.kill()
                node.cable.remove()
            self.registry.stop()
            self.bridge.down()
            cgroups.remove(self.bridge.name)
            shutil.rmtree(self.root)
            _remove_if_empty(self.root.parent)

    def reset(self, *, engine: str = "") -> None:
        """As after the first up: no services, networks, secrets, configs, labels; nodes active in
        their first role, with that engine where one is given."""
        self.up(engine=engine)
        wipe.wipe(list(self.nodes.values()), self.manager)

    def status(self) -> ClusterStatus:
        """What can be said of the cluster now; never raises because something is down."""
        nodes = list(self.nodes.values())
        manager = formation.find_manager(nodes)
        listed = formation.members(manager) if manager else []
        members = {
            member["Description"].get("Hostname"): formation.describe(member) for member in listed
        }
        states = tuple(_status(node, members.get(node.name, "")) for node in nodes)
        return ClusterStatus(self.number, self.registry.address, self.registry.is_running, states)

    def docker(self, *arguments: str) -> str:
        """Run the docker command line against a healthy manager; raises NoManagerError,
        CommandFailedError."""
        return self.manager.docker(*arguments)

    def image(self, name: str) -> str:
        """The full name of an image in the cluster's registry: `web:v1` →
        `10.99.0.254:5000/web:v1`."""
        return f"{self.registry.address}/{name}"

    def lock(self, name: str) -> str:
        """Switch autolock on and restart the node, so that it stands locked, and another one leads;
        returns the unlock key. Raises NoManagerError where none does."""
        self.docker("swarm", "update", "--autolock=true")
        key = self.docker("swarm", "unlock-key", "--quiet").strip()
        node = self.nodes[name]
        node.stop()
        node.start()
        wait_until(lambda: node.swarm_state == "locked", f"{name} is locked", LOCK_SECONDS)
        # Where it led, the others may still be electing a leader.
        _ = self.manager
        return key

    def _node(self, position: int) -> Node:
        name = f"node{position}"
        cable = Cable(self.bridge, name, position)
        return Node(cable, self.root / name, self.registry.address, is_manager=position <= MANAGERS)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Only one process at a time brings a cluster up or down; the others wait for it."""
        directory = _lock_directory(self.root)
        try:
            yield
        finally:
            os.close(directory)


def _lock_directory(path: Path) -> int:
    while True:
        path.mkdir(mode=0o711, parents=True, exist_ok=True)
        directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(directory, fcntl.LOCK_EX)
        # Who waited may hold a directory that the one before removed.
        if path.exists() and path.stat().st_ino == os.fstat(directory).st_ino:
            return directory
        os.close(directory)


def _status(node: Node, member: str) -> NodeStatus:
    engine = "frozen" if node.is_frozen else "up" if node.is_running else "down"
    state = node.swarm_state if engine == "up" else ""
    return NodeStatus(node.name, node.url, engine, node.cable.is_linked, state, member)


def _remove_if_empty(directory: Path) -> None:
    with suppress(OSError):
        directory.rmdir()
