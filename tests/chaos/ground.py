"""Where chaos happens: the Swarm, two bots with a wire to each engine, their Redis and their
workspace."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from redis import Redis

from bot.store.anchor import AnchorFile
from bot.store.store import Store
from playground.cluster import Cluster
from playground.images import Health, Image
from playground.node import Node
from playground.workspace import Workspace
from tests.chaos.wire import Journal, Wire
from tests.scenario.running import KEYS, RunningBot, bot_for, eventually
from tests.scenario.swarm import Site
from tests.store.conftest import Server

SERVICES = ("web", "api")
REPLICAS = 2
MOST_UNAPPROVED = 3
"""More replicas than these need an approval, and so does each deploy of `api`."""

POLICY = """
[[registries]]
host = "*"

[[roles]]
name = "operator"
users = ["{dev}", "{ops}"]

[[roles]]
name = "lead"
users = ["{lead}", "{ops}"]

[[rules]]
commands = ["service scale"]
ask = ["operator", "lead"]
approve = ["lead"]
over_replicas = {most}

[[rules]]
commands = ["deploy"]
services = ["api"]
ask = ["operator", "lead"]
approve = ["lead"]

[[rules]]
commands = ["*"]
ask = ["operator", "lead"]
"""

FAKE_CLOCK = {
    "LD_PRELOAD": "/usr/$LIB/faketime/libfaketimeMT.so.1",
    "FAKETIME_NO_CACHE": "1",
    "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    "PYTHONPATH": str(Path(__file__).parent / "under_libfaketime"),
}
"""Only the wall clock can be set on a machine: libfaketime is to leave the others alone."""

FATES = {
    "good": Image("", "", warm_up=0),
    "exits": Image("", "", health=None, command=("sh", "-c", "echo FATAL; exit 3")),
    "sick": Image("", "", health=Health("exit 1"), stop_status=1),
}
"""What becomes of an image that somebody deploys."""


@dataclass(eq=False)
class ChaosBot:
    """One bot, its wires to the engines, and its wall clock."""

    name: str
    process: RunningBot
    wires: dict[str, Wire]
    clock: Path
    frozen: bool = False

    @property
    def well(self) -> bool:
        return self.process.is_running and not self.frozen

    def is_well(self) -> None:
        """End what was done to it."""
        self.set_clock(0)
        self.process.thaw()
        self.frozen = False
        if not self.process.is_running:
            self.process.launch()

    def set_clock(self, ahead: int) -> None:
        """Step its wall clock to so many seconds from the true time."""
        unfinished = self.clock.with_suffix(".new")
        unfinished.write_text(f"{ahead:+d}")
        unfinished.replace(self.clock)


@dataclass(eq=False)
class Ground:
    """Everything that people, faults and the judge need."""

    cluster: Cluster
    workspace: Workspace
    redis: Server
    bots: list[ChaosBot]
    journal: Journal
    store: Store
    site: Site = field(init=False)
    down: set[str] = field(default_factory=set)
    """Engines that do not run, or hang."""
    redis_away: bool = False
    emptied_at: float = 0.0
    """When Redis was emptied last in this round (seconds since 1970); 0 where it was not."""
    killed: bool = False
    """Whether a bot was killed in this round."""
    tags: int = 0
    _tags: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.site = Site(self.cluster)

    @property
    def nobody_knows(self) -> bool:
        """Whether a bot died in a round in which Redis forgot what that bot was about."""
        return self.emptied and self.killed

    @property
    def emptied(self) -> bool:
        return self.emptied_at > 0

    @property
    def leader(self) -> Node | None:
        """The engine that leads the Swarm now; None where none does."""
        with suppress(Exception), self.cluster.manager.api() as api:
            for node in api.nodes():
                if node.get("ManagerStatus", {}).get("Leader"):
                    return self.cluster.nodes[node["Description"]["Hostname"]]
        return None

    def new_image(self, fate: str) -> str:
        """Push an image that nobody has seen before; returns its full name."""
        with self._tags:
            self.tags += 1
            tag = f"t{self.tags}-{fate}"
        kind = FATES[fate]
        self.cluster.registry.push(
            Image(
                tag,
                tag,
                health=kind.health,
                warm_up=kind.warm_up,
                stop_status=kind.stop_status,
                command=kind.command,
            )
        )
        return self.cluster.image(f"web:{tag}")

    def kill_engine(self, node: Node) -> None:
        self.down.add(node.name)
        self._wires(node.name, Wire.close)
        node.kill()

    def start_engine(self, node: Node) -> None:
        node.start(wait=False)
        eventually(lambda: node.answers, 30, lambda: f"the engine of {node.name} does not answer")
        self._wires(node.name, Wire.open)
        self.down.discard(node.name)

    def all_is_well(self) -> None:
        """End every fault and wait until bots and Swarm are whole again."""
        self.workspace.faults.clear()
        if self.redis_away:
            self.redis.start()
            self.redis_away = False
        if self.emptied:
            self._forget_the_head_of_the_audit()
        for name in list(self.down):
            node = self.cluster.nodes[name]
            node.thaw()
            self.start_engine(node)
        for bot in self.bots:
            bot.is_well()
        eventually(lambda: not any(map(self._misses, self.bots)), 90, self._unready)
        eventually(self._all_nodes_ready, 60, lambda: f"{self.cluster.status()}")

    def _forget_the_head_of_the_audit(self) -> None:
        """What the operators do when the bot told them that the audit is gone."""
        for bot in self.bots:
            anchor = AnchorFile.under(bot.process.folder / "data")
            with anchor.locked():
                anchor.path.unlink(missing_ok=True)

    def make_whole(self) -> None:
        """Services that the last round left broken are made anew."""
        for name in SERVICES:
            if not self._is_good(name):
                with suppress(Exception):
                    self.cluster.docker("service", "rm", name)
                self.site.runs(name, "web:v1", "--replicas", str(REPLICAS), health_checked=True)

    def _is_good(self, name: str) -> bool:
        try:
            service = self.site.inspect(name)
        except Exception:  # noqa: BLE001 - it is made anew then
            return False
        state = service.get("UpdateStatus", {}).get("State", "completed")
        image = self.site.running_image(name)
        return state in ("completed", "rollback_completed") and not any(
            f"-{fate}@" in image for fate in FATES if fate != "good"
        )

    def _all_nodes_ready(self) -> bool:
        with self.cluster.manager.api() as api:
            return all(node["Status"]["State"] == "ready" for node in api.nodes())

    def _misses(self, bot: ChaosBot) -> dict[str, str]:
        return bot.process.missing()

    def _unready(self) -> str:
        missing = {bot: bot.process.missing() for bot in self.bots}
        words = [bot.process.last_words() for bot, missed in missing.items() if missed]
        return "\n".join((f"not ready: {list(missing.values())}", *words))

    def _wires(self, engine: str, do: Callable[[Wire], None]) -> None:
        for bot in self.bots:
            if wire := bot.wires.get(engine):
                do(wire)


@contextmanager
def ground(cluster: Cluster) -> Iterator[Ground]:
    """Two bots that run, on an empty Swarm with two services."""
    with tempfile.TemporaryDirectory(prefix="chaos-") as name, Workspace() as workspace:
        folder = Path(name)
        (folder / "r").mkdir()
        server = Server(folder / "r")
        server.start()
        journal = Journal(
            Redis.from_url(server.url, decode_responses=True, socket_timeout=0.2, protocol=2)
        )
        bots = [
            _bot(f"bot{number}", cluster, workspace, folder, server, journal) for number in (1, 2)
        ]
        store = Store.connect(server.url, KEYS)
        where = Ground(cluster, workspace, server, bots, journal, store)
        try:
            where.make_whole()
            where.all_is_well()
            yield where
        finally:
            _end(where)


def _end(where: Ground) -> None:
    for bot in where.bots:
        bot.process.thaw()
        if bot.process.is_running:
            bot.process.kill()
        for wire in bot.wires.values():
            wire.close()
    for name in where.down:
        where.cluster.nodes[name].thaw()
    where.store.close()
    where.redis.thaw()
    where.redis.kill()


def _bot(
    name: str,
    cluster: Cluster,
    workspace: Workspace,
    folder: Path,
    redis: Server,
    journal: Journal,
) -> ChaosBot:
    clock = folder / f"{name}.clock"
    more = {**FAKE_CLOCK, "FAKETIME_TIMESTAMP_FILE": str(clock), "REDIS_URL": redis.url}
    process = bot_for(cluster, workspace, folder / name, **more)
    people = {person: workspace.person(person).id for person in ("dev", "lead", "ops")}
    head, _, _ = process.config.partition("[[registries]]")
    process.config = head + POLICY.format(**people, most=MOST_UNAPPROVED)
    wires = {}
    for node in cluster.nodes.values():
        if node.is_manager:
            wires[node.name] = Wire(name, node.socket, folder / f"{name}-{node.name}", journal)
            wires[node.name].open()
            process.config = process.config.replace(node.url, wires[node.name].url)
    bot = ChaosBot(name, process, wires, clock)
    bot.set_clock(0)
    return bot
