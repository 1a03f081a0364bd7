"""Scale, drain, rebalance and doctor speak of one scheduler: asked about the same Swarm, they agree
on which nodes may take a task and how many tasks fit."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.changes import node_plan
from bot.changes.node_plan import SwarmSnapshot
from bot.clock import Stopping
from bot.command.model import Context
from bot.doctor import nodes as doctor_nodes
from bot.doctor.probes import Probes
from bot.model import Actor, Availability, Kind, Node, Port, Service, Task
from bot.model.advice_facts import NoSpareRoom
from bot.model.incident import Memory
from bot.settings import WatchSettings
from bot.watch.evaluation import Evaluation
from bot.watch.snapshot import Snapshot
from handlers.service.rebalance import Rebalance
from handlers.service.scale import Scale
from tests.unit.swarm.values import AMD64, ARM64, NOW, node, service, spec, task

MB = 1 << 20
LEAVING = node("leaving", labels={"zone": "a"}, platform=ARM64, memory=100_000 * MB)
"""A node that may run everything, and is to go."""


@dataclass(frozen=True)
class Listed:
    """What the room of the Swarm with nodes, or services, lists."""

    found: tuple[Any, ...]
    running: tuple[Task, ...] = ()

    def list(self) -> tuple[Any, ...]:
        return self.found

    def find(self, name: str) -> Any:
        return next(item for item in self.found if item.name == name)

    def tasks(self, *, running: bool) -> tuple[Task, ...]:
        assert running
        return self.running


@dataclass(frozen=True)
class Swarm:
    """A Swarm with one service, `web`, and others that take room."""

    members: tuple[Node, ...]
    web: Service
    others: tuple[Service, ...] = ()
    running: tuple[Task, ...] = ()

    @property
    def nodes(self) -> Listed:
        return Listed(self.members)

    @property
    def services(self) -> Listed:
        return Listed((self.web, *self.others), self.running)

    @property
    def context(self) -> Context:
        parts: tuple[Any, ...] = (self, None, None, None, None, Actor("U1", "dev"), lambda: NOW)
        return Context(*parts, stopping=Stopping())

    def with_leaving(self, count: int) -> Swarm:
        """The same with so many tasks of `web` on a node that is to go."""
        tasks = tuple(task(slot, "leaving", id=f"web.{slot}") for slot in range(1, count + 1))
        return replace(
            self,
            members=(LEAVING, *self.members),
            web=replace(self.web, replicas=count),
            running=(*tasks, *self.running),
        )


def suits(web: Service, node: Node) -> bool:
    """Swarm's filters that ask only what the node is, one after the other."""
    placement = web.spec["TaskTemplate"]["Placement"]
    if node.state != "ready" or node.availability != "active":
        return False
    if placement["Constraints"] and node.labels.get("zone") != "a":
        return False
    return not placement["Platforms"] or node.platform == ARM64


def expected_room(swarm: Swarm, node: Node) -> int:
    """How many tasks of `web` the node takes; 99 stands for any number."""
    if not suits(swarm.web, node):
        return 0
    limits = [swarm.web.spec["TaskTemplate"]["Placement"]["MaxReplicas"] or 99]
    here = [task.service_id for task in swarm.running if task.node_id == node.id]
    others = [service for service in swarm.others if service.id in here]
    if swarm.web.ports:
        limits.append(0 if any(service.ports for service in others) else 1)
    needed = _reserved(swarm.web)
    if needed:
        used = sum(_reserved(service) for service in others)
        limits.append(max(0, (node.memory - used) // needed))
    return min(limits)


def lacks_memory(swarm: Swarm) -> bool:
    """Whether memory alone keeps tasks from a place: the doctor speaks of nothing else."""
    return not swarm.web.ports and not swarm.web.spec["TaskTemplate"]["Placement"]["MaxReplicas"]


def _reserved(owner: Service) -> int:
    return int(owner.spec["TaskTemplate"]["Resources"]["Reservations"]["MemoryBytes"])


def made(
    name: str,
    *,
    memory: int = 0,
    port: bool = False,
    constrained: bool = False,
    arm: bool = False,
    most: int = 0,
) -> Service:
    platforms = [{"OS": ARM64.os, "Architecture": ARM64.architecture}] if arm else []
    return service(
        id="s1" if name == "web" else f"s-{name}",
        name=name,
        replicas=0,
        ports=(Port(80, 8080, mode="host"),) if port else (),
        spec={"Mode": {"Replicated": {"Replicas": 0}}}
        | spec(
            Placement={
                "Constraints": ["node.labels.zone==a"] if constrained else [],
                "Platforms": platforms,
                "MaxReplicas": most,
            },
            Resources={"Reservations": {"MemoryBytes": memory * MB}},
        ),
    )


@st.composite
def swarms(draw: st.DrawFn) -> Swarm:
    web = made(
        "web",
        memory=draw(st.sampled_from([0, 200, 300])),
        port=draw(st.booleans()),
        constrained=draw(st.booleans()),
        arm=draw(st.booleans()),
        most=draw(st.sampled_from([0, 0, 1, 2])),
    )
    members = [
        node(
            f"node{number}",
            availability=draw(st.sampled_from(["active", "active", "active", "pause", "drain"])),
            state=draw(st.sampled_from(["ready", "ready", "ready", "down"])),
            labels={"zone": draw(st.sampled_from(["a", "a", "b"]))},
            platform=draw(st.sampled_from([AMD64, ARM64])),
            memory=draw(st.sampled_from([400, 1000])) * MB,
        )
        for number in range(1, draw(st.integers(1, 5)) + 1)
    ]
    # What others run takes room: a port on the nodes, and memory.
    others = (made("holder", port=True), made("big", memory=300))
    running = [
        task(slot, member.name, service_id=owner.id, id=f"{owner.name}.{member.name}")
        for slot, member in enumerate(members)
        for owner in others
        if draw(st.booleans())
    ]
    return Swarm(tuple(members), web, others, tuple(running))


WANTED = 7


def scale_fits(swarm: Swarm) -> int:
    plan = Scale(targets=(f"web={WANTED}",)).plan(swarm.context)
    match = re.search(r"web has room for (\d+) of", " ".join(plan.warnings))
    return int(match[1]) if match else WANTED


def drain_fits(swarm: Swarm) -> tuple[bool, int]:
    with_web = swarm.with_leaving(WANTED)
    look = SwarmSnapshot(with_web.members, with_web.services.found, with_web.running)
    plan = node_plan.plan(
        look,
        [(LEAVING, replace(LEAVING, availability=Availability.DRAIN))],
        title="drain leaving",
        kind=Kind.CHANGE,
    )
    (move,) = plan.moving
    return move.able, move.placed


def rebalance_moves(swarm: Swarm) -> bool:
    return bool(Rebalance(services=("web",)).plan(swarm.with_leaving(2).context).rolls)


def doctor_warns(swarm: Swarm) -> bool:
    with_web = swarm.with_leaving(WANTED)
    snapshot = Snapshot(
        at=NOW,
        nodes=with_web.members,
        services=with_web.services.found,
        tasks=with_web.running,
    )
    evaluation = Evaluation.of(snapshot, Memory(), WatchSettings())
    warning = NoSpareRoom(node="leaving", services=("web",))
    return warning in [advice.facts for advice in doctor_nodes.examine(evaluation, Probes())]


@given(swarms())
def test_scale_drain_rebalance_and_doctor_agree(swarm: Swarm) -> None:
    rooms = [expected_room(swarm, member) for member in swarm.members]
    fit = min(WANTED, sum(rooms))
    able, placed = drain_fits(swarm)
    assert scale_fits(swarm) == fit
    assert placed == fit
    assert rebalance_moves(swarm) is (fit > 0)
    assert able is any(suits(swarm.web, member) for member in swarm.members)
    if _reserved(swarm.web) and lacks_memory(swarm):
        assert doctor_warns(swarm) is (able and placed < WANTED)
