"""A Swarm as values, to be looked at again and again: whoever tells a story changes it, and
looks."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.model import (
    Actor,
    Image,
    ManagerStatus,
    Mode,
    Node,
    Reachability,
    Rollout,
    Service,
    Task,
    TaskState,
)
from bot.model.cluster import ClusterInfo, EngineState
from bot.model.incident import AlertState, Incident, Memory, Note
from bot.render.alerts import alert_notes
from bot.render.alerts.alert_reasons import Reason, reason
from bot.settings import WatchSettings
from bot.swarm.spec import read_cluster
from bot.swarm.spec.edit import fingerprint
from bot.watch.evaluate import judge
from bot.watch.snapshot import Judgement, Snapshot
from tests.unit.swarm.values import of_swarm

NOW = datetime(2026, 3, 4, 14, 5, tzinfo=UTC)
DEV = Actor("U1", "dev")
V1, V2 = Image("shop/web", "1.0"), Image("shop/web", "2.0")


def manager(
    number: int, *, leader: bool = False, reachability: str = "reachable", **fields: Any
) -> Node:
    status = ManagerStatus(leader, Reachability(reachability), f"10.0.0.{number}:2377")
    return node(number, manager=status, **{"role": "manager", **fields})


def node(number: int, **fields: Any) -> Node:
    values = {"role": "worker", "availability": "active", "state": "ready", **fields}
    return Node(id=f"n{number}", name=f"node{number}", **of_swarm(values))


def service(name: str, replicas: int = 2, image: Image = V1, **fields: Any) -> Service:
    mode = {"Replicated": {"Replicas": replicas}}
    spec = {"Name": name, "Mode": mode, "TaskTemplate": {"ContainerSpec": {"Image": str(image)}}}
    values = {
        "version": 1,
        "mode": Mode.REPLICATED,
        "image": image,
        "spec": spec,
        "replicas": replicas,
        **fields,
    }
    return Service(id=f"s-{name}", name=name, **values)


def task(
    of: str, slot: int, on: int, state: str = "running", desired: str = "running", **fields: Any
) -> Task:
    values = {"id": f"{of}.{slot}.n{on}.{state}", "image": V1, **fields}
    return Task(
        service_id=f"s-{of}",
        slot=slot,
        node_id=f"n{on}",
        state=TaskState(state),
        desired=TaskState(desired),
        **values,
    )


def engine(number: int, **fields: Any) -> EngineState:
    values = {
        "reachable": True,
        "swarm": "active",
        "node_id": f"n{number}",
        "node_name": f"node{number}",
        "fault": read_cluster.engine_fault(fields.get("error", "")),
        **fields,
    }
    return EngineState(name=f"node{number}", **{"manager": values["swarm"] == "active", **values})


def locked(number: int) -> EngineState:
    return engine(number, swarm="locked", node_id="")


def silent(number: int, error: str = "connection refused") -> EngineState:
    return EngineState(f"node{number}", False, error=error, fault=read_cluster.engine_fault(error))


def cluster(**fields: Any) -> ClusterInfo:
    values: dict[str, Any] = {
        "id": "c1",
        "version": 1,
        "created": None,
        "updated": None,
        "cert_expiry": timedelta(days=90),
        "force_rotate": 0,
        "external_cas": (),
        "root_rotation": False,
        "trust_root": "",
        "autolock": False,
        "task_history": 5,
        "dispatcher_heartbeat": timedelta(seconds=5),
        "snapshot_interval": 10000,
        "keep_old_snapshots": 0,
        "heartbeat_tick": 1,
        "election_tick": 10,
        "data_path_port": 4789,
        "address_pools": (),
        "subnet_size": 24,
    }
    return ClusterInfo(**{**values, **fields})


def rollout(of: Service, before: Service | None = None, ago: float = 240, **fields: Any) -> Rollout:
    """The bot's rollout that brought the service to what it is."""
    values: dict[str, Any] = {
        "id": f"r-{of.name}",
        "verb": "deploy",
        "line": "",
        "actor": DEV,
        "before": V1,
        "after": V2,
        "version": 1,
        "started": NOW - timedelta(seconds=ago),
        "deadline": NOW + timedelta(minutes=10),
        "spec_hash": fingerprint(of.spec),
        "before_hash": fingerprint(before.spec) if before else "",
    }
    return Rollout(service_id=of.id, service=of.name, **{**values, **fields})


FOUR = (manager(1, leader=True), manager(2), manager(3), node(4))
ENGINES = (engine(1), engine(2), engine(3))
WEB, API = service("web", 4), service("api", 2)
SPREAD = (*(task("web", slot, slot) for slot in range(1, 5)), task("api", 1, 1), task("api", 2, 4))
WELL = Snapshot(
    at=NOW,
    engines=ENGINES,
    nodes=FOUR,
    services=(WEB, API),
    tasks=SPREAD,
    cluster=cluster(),
    certificates=(),
)


@dataclass
class Story:
    """A watch that looks at a Swarm. `sees` says what is otherwise now, from when on; what is not
    said stays as it was."""

    world: Snapshot = WELL
    watch: WatchSettings = field(default_factory=WatchSettings)
    memory: Memory = field(default_factory=Memory)
    verdict: Judgement = field(default_factory=lambda: Judgement(memory=Memory()))

    def sees(self, after: float = 1, **changes: Any) -> Judgement:
        """Look, so many seconds after the last time; and look once more, which must not change
        anything."""
        self.world = replace(self.world, at=self.world.at + timedelta(seconds=after), **changes)
        self.verdict = judge(self.world, self.memory, self.watch)
        again = judge(self.world, self.verdict.memory, self.watch)
        assert again.memory == self.verdict.memory
        assert again.changed == ()
        assert again.notes == ()
        self.memory = self.verdict.memory
        return self.verdict

    def waits(self, seconds: float, step: float = 5) -> list[Incident]:
        """Look every few seconds; what changed on the way."""
        changed: list[Incident] = []
        while seconds > 0:
            changed += self.sees(min(step, seconds)).changed
            seconds -= step
        return changed

    def with_node(self, *nodes: Node) -> tuple[Node, ...]:
        """The nodes, these instead of those with their ids."""
        new = {node.id: node for node in nodes}
        return tuple(new.get(node.id, node) for node in self.world.nodes or FOUR)

    def one(self, subject: str) -> Incident:
        return self.memory.incidents[subject]

    @property
    def firing(self) -> dict[str, Incident]:
        return {
            key: incident
            for key, incident in self.memory.incidents.items()
            if incident.state is AlertState.FIRING
        }

    @property
    def troubles(self) -> dict[str, list[str]]:
        """What people were told of and is not over: by subject, the worst first."""
        return {
            key: [str(p.kind) for p in incident.problems] for key, incident in self.firing.items()
        }

    def reason(self, subject: str) -> Reason:
        """What people are told of the worst problem of a subject."""
        problem = self.one(subject).problems[0]
        return reason(problem.facts, problem.name)

    @property
    def said(self) -> list[str]:
        return [self.text(note) for note in self.verdict.notes]

    @staticmethod
    def text(note: Note) -> str:
        words = alert_notes.words(note.facts, note)
        return f"{words.head}{f': {words.rest}' if words.rest else ''}."


def begun(**changes: Any) -> Story:
    """A story whose watch has seen a Swarm in order for a while."""
    story = Story(replace(WELL, **changes))
    story.sees()
    assert not story.memory.incidents
    return story
