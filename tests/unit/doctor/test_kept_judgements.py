"""What is kept from one look to the next never changes what is found: whatever happens to a Swarm,
watch and doctor say the same as if they judged it for the first time."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from operator import is_
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.doctor.examine import examine, prepare
from bot.doctor.probes import Probes
from bot.model import Image, Mode, Node, Port, Service, Task, UpdateStatus
from bot.model.advice import Advice
from bot.model.cluster import Network, RegistryAnswer
from bot.model.completion import Completion, RestartCondition
from bot.model.incident import Memory
from bot.settings import WatchSettings
from bot.swarm.last_seen import LastSeen, Observed, unchanged
from bot.swarm.scheduler.layout import NO_LAYOUT, TaskLayout
from bot.swarm.spec.compact import CompactSpec
from bot.watch.evaluate import judge
from bot.watch.evaluation import Evaluation
from bot.watch.snapshot import Judgement, Snapshot
from tests.unit.watch.world import ENGINES, NOW, cluster, manager, node, task

MB = 1 << 20
WATCH = WatchSettings()
PROBES = Probes(
    registry={"shop/web:1.0": RegistryAnswer.MISSING},
    health_checks={"shop/web:1.0": False},
    networks=(
        Network(id="net1", name="small", driver="overlay", scope="swarm", subnets=("10.9.0.0/29",)),
    ),
)


def of(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


@st.composite
def any_node(draw: st.DrawFn, number: int) -> Node:
    fields = {
        "state": draw(of("ready", "ready", "ready", "down", "unknown")),
        "availability": draw(of("active", "active", "drain", "pause")),
        "labels": {"zone": draw(of("a", "b"))},
        "memory": draw(of(64, 256)) * MB,
        "engine": draw(of("28.5.2", "20.10.24")),
        "updated": NOW - timedelta(hours=draw(of(1, 40))),
    }
    return manager(number, leader=True, **fields) if number == 1 else node(number, **fields)


@st.composite
def any_spec(draw: st.DrawFn, name: str) -> CompactSpec:
    mounts = [{"Type": "volume", "Source": "data", "Target": "/data"}]
    container = {
        "Image": "shop/web:1.0",
        "Mounts": draw(of([], [], mounts)),
        "Healthcheck": draw(of({}, {"Test": ["NONE"]}, {"Test": ["CMD", "true"]})),
    }
    placement = {
        "Constraints": draw(of([], [], ["node.labels.zone==a"], ["node.labels.zone==c"])),
        "Preferences": draw(of([], [{"Spread": {"SpreadDescriptor": "node.labels.zone"}}])),
        "MaxReplicas": draw(of(0, 0, 1)),
    }
    resources = {
        "Reservations": draw(of({}, {"MemoryBytes": 60 * MB}, {"MemoryBytes": 300 * MB})),
        "Limits": draw(of({}, {"MemoryBytes": 99 * MB})),
    }
    template = {
        "ContainerSpec": container,
        "Placement": placement,
        "Resources": resources,
        "Networks": draw(of([], [{"Target": "net1"}], [{"Target": "small"}])),
    }
    update = {
        "Parallelism": draw(of(0, 1)),
        "Order": draw(of("start-first", "stop-first")),
        "FailureAction": draw(of("continue", "pause")),
    }
    return CompactSpec({"Name": name, "TaskTemplate": template, "UpdateConfig": update})


@st.composite
def any_service(draw: st.DrawFn, name: str) -> Service:
    mode = draw(of(Mode.REPLICATED, Mode.REPLICATED, Mode.GLOBAL, Mode.REPLICATED_JOB))
    state = draw(of("", "", "updating", "paused", "rollback_completed"))
    return Service(
        id=f"s-{name}",
        name=name,
        version=1,
        mode=mode,
        image=draw(of(Image("shop/web", "1.0"), Image("shop/api", "latest", "sha256:1"))),
        spec=draw(any_spec(name)),
        replicas=None if mode.is_global else draw(of(0, 1, 2, 4)),
        ports=draw(of((), (Port(80, 8080, mode="host"),))),
        update=UpdateStatus(state, started=NOW, completed=NOW) if state else None,
        updated=NOW - timedelta(seconds=draw(of(10, 300))),
        restart=draw(of(RestartCondition.ANY, RestartCondition.NONE)),
        completion=draw(of(None, None, Completion(done=frozenset({"1"}), failed=frozenset()))),
    )


@st.composite
def any_task(draw: st.DrawFn, name: str, slot: int) -> Task:
    state = draw(of("running", "running", "running", "pending", "failed", "complete", "shutdown"))
    return task(
        name,
        slot,
        draw(st.integers(1, 5)),
        state,
        draw(of("running", "running", "shutdown")),
        id=f"{name}.{slot}",
        error=draw(of("task: non-zero exit (1)", "no such image", "")) if state == "failed" else "",
        at=NOW - timedelta(seconds=draw(of(1, 100, 900))),
        created=NOW - timedelta(seconds=draw(of(30, 7200))),
    )


Change = tuple[str, Any, int]
"""What a thing is called, what it is now (None: it is gone), and after how many seconds."""


@st.composite
def any_change(draw: st.DrawFn) -> Change:
    seconds = draw(of(1, 5, 70, 700))
    name, number = draw(of("web", "api", "db")), draw(st.integers(1, 4))
    things: dict[str, st.SearchStrategy[Any]] = {
        f"node {number}": any_node(number),
        f"service {name}": any_service(name),
        f"task {name}.{number}": any_task(name, number),
        "nothing": st.none(),
    }
    key = draw(of(*things))
    gone = number != 1 and draw(of(False, False, True))
    return key, None if gone else draw(things[key]), seconds


class World:
    """A Swarm, and what a watch keeps of it from look to look."""

    def __init__(self) -> None:
        self.things: dict[str, Any] = {}
        self.seen, self.memory, self.at = LastSeen(), Memory(), NOW

    def changes(self, key: str, thing: Any, seconds: int) -> None:
        self.at += timedelta(seconds=seconds)
        if thing is None:
            self.things.pop(key, None)
        else:
            self.things[key] = thing

    def listed(self, kind: str) -> tuple[Any, ...]:
        """All of a kind, as an engine lists it: new objects each time."""
        chosen = (self.things[key] for key in sorted(self.things) if key.startswith(kind))
        return tuple(deepcopy(thing) for thing in chosen)

    def anew(self) -> Snapshot:
        return Snapshot(
            at=self.at,
            engines=ENGINES,
            nodes=self.listed("node"),
            services=self.listed("service"),
            tasks=self.listed("task"),
            cluster=cluster(),
        )

    def looked_at(self) -> Snapshot:
        """The same as whoever reads it keeps it."""
        anew, seen = self.anew(), self.seen
        nodes = unchanged(seen.nodes, tuple(seen.known_nodes.shared(anew.nodes or ())))
        services = unchanged(seen.services, tuple(seen.known_services.shared(anew.services or ())))
        tasks = unchanged(seen.tasks, tuple(seen.known_tasks.shared(anew.tasks or ())))
        seen.known_nodes.replace(nodes)
        seen.known_services.replace(services)
        seen.known_tasks.replace(tasks)
        seen.nodes, seen.services, seen.tasks = (
            Observed(nodes, 0),
            Observed(services, 0),
            Observed(tasks, 0),
        )
        return replace(anew, nodes=nodes, services=services, tasks=tasks)

    def watched(self, snapshot: Snapshot, kept: TaskLayout) -> Judgement:
        return judge(snapshot, self.memory, WATCH, kept)

    def examined(self, snapshot: Snapshot, kept: TaskLayout) -> tuple[Advice, ...]:
        return examine(Evaluation.at_a_glance(snapshot, self.memory, WATCH, kept), PROBES)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(any_change(), st.booleans(), st.booleans()), min_size=4, max_size=25))
def test_what_is_kept_changes_no_finding(steps: list[tuple[Change, bool, bool]]) -> None:
    world = World()
    for change, looks, prepares in steps:
        world.changes(*change)
        if not looks:
            continue
        kept, anew = world.looked_at(), world.anew()
        layout = world.seen.layout = kept.layout(world.seen.layout)
        assert layout.tasks is kept.tasks
        if prepares:
            prepare(layout)
        expected = world.watched(anew, NO_LAYOUT)
        assert world.watched(kept, layout) == expected
        assert world.examined(kept, layout) == world.examined(anew, NO_LAYOUT)
        # The doctor needs nothing of what the watch alone remembers.
        whole = Evaluation.of(anew, world.memory, WATCH)
        assert world.examined(kept, layout) == examine(whole, PROBES)
        world.memory = expected.memory


def test_a_look_at_what_has_not_changed_keeps_the_layout() -> None:
    world = World()
    world.changes("node 1", manager(1, leader=True), 1)
    first = world.looked_at()
    layout = first.layout()
    again = world.looked_at()
    assert again.layout(layout) is layout
    world.changes("task web.1", task("web", 1, 1), 1)
    changed = world.looked_at()
    assert changed.layout(layout) is not layout
    assert all(map(is_, changed.nodes or (), first.nodes or ()))
