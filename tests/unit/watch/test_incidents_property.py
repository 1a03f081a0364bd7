"""Whatever is seen, lost, seen twice or late: each incident opens once and closes once, and a full
look tells the truth."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bot.model import Node, NodeState, Reachability, Service, Task
from bot.model.alert_facts import AlertKind
from bot.model.cluster import EngineState
from bot.model.incident import AlertState, Incident, Memory
from bot.settings import WatchSettings
from bot.watch.evaluate import judge
from bot.watch.snapshot import Snapshot
from tests.unit.watch.world import FOUR, NOW, cluster, engine, locked, service, silent, task

PLACES = {"web": (1, 2, 3, 4), "api": (1, 4), "db": (4,), "one": (2,)}
"""Where each service runs while all is well."""
SCOPES = ("engines", "nodes", "services", "tasks", "cluster", "certificates")
LONG = timedelta(hours=2)
PARTS = st.sets(st.sampled_from(SCOPES))
SOME_NODE = st.integers(2, 4)
SOME_SERVICE = st.sampled_from(sorted(PLACES))


class Looks(RuleBasedStateMachine):
    """A Swarm that breaks and mends, and a watch that sees some of it, some time."""

    @initialize()
    def begin(self) -> None:
        self.at = NOW
        self.states = dict.fromkeys(range(1, 5), "ready")
        self.locked: set[int] = set()
        self.missing: set[str] = set()
        self.redis = ""
        self.memory = Memory()
        self.open: dict[str, Incident] = {}
        self.closed: dict[str, int] = {}
        self.opened: dict[str, int] = {}
        self.late: Snapshot | None = None
        self.look(SCOPES)

    # ---- the world

    @rule(number=SOME_NODE)
    def breaks(self, number: int) -> None:
        """One of node2 to node4 goes Down; node1 leads, and stays."""
        self.states[number] = "down"

    @rule(number=SOME_NODE)
    def mends(self, number: int) -> None:
        self.states[number] = "ready"
        self.locked.discard(number)

    @rule(number=st.integers(2, 3))
    def locks(self, number: int) -> None:
        self.states[number] = "down"
        self.locked.add(number)

    @rule(name=SOME_SERVICE)
    def loses_a_task(self, name: str) -> None:
        self.missing.add(name)

    @rule(name=SOME_SERVICE)
    def gets_it_back(self, name: str) -> None:
        self.missing.discard(name)

    @rule(word=st.sampled_from(("", "connection refused")))
    def redis_comes_and_goes(self, word: str) -> None:
        self.redis = word

    @rule(seconds=st.integers(0, 900))
    def time_passes(self, seconds: int) -> None:
        self.at += timedelta(seconds=seconds)

    # ---- the watch

    @rule(parts=PARTS)
    def looks(self, parts: set[str]) -> None:
        """See these parts of it, and of the others nothing."""
        self.look(parts)

    @rule(parts=PARTS)
    def election(self, parts: set[str]) -> None:
        """Every node is unknown for a moment."""
        self.judge(self.seen({*parts, "nodes"}, unknown=True))

    @rule()
    def sees_something_that_it_judges_later(self) -> None:
        self.late = self.seen(SCOPES)

    @rule()
    def judges_what_it_saw_earlier(self) -> None:
        """As it was then, though it is not so any more."""
        if self.late:
            self.judge(replace(self.late, at=self.at))

    @rule()
    def tells_the_truth_in_the_end(self) -> None:
        """Once nothing new happens, full looks find exactly what is wrong."""
        for _ in range(3):
            self.at += timedelta(seconds=70)
            self.look(SCOPES)
        assert {
            key: sorted({p.kind for p in incident.problems}) for key, incident in self.open.items()
        } == self.truth()

    # ---- what holds at any time

    @invariant()
    def opens_once_and_closes_once(self) -> None:
        firing = {
            incident.id
            for incident in self.memory.incidents.values()
            if incident.state is AlertState.FIRING
        }
        for incident_id, times in self.opened.items():
            assert times - self.closed.get(incident_id, 0) == (incident_id in firing)

    @invariant()
    def does_not_grow(self) -> None:
        assert len(self.memory.incidents) <= 4 + len(PLACES) + 5
        assert len(self.memory.specs) <= len(PLACES)
        assert len(self.memory.silent_until) <= len(PLACES)

    # ---- parts

    def look(self, parts: Iterable[str]) -> None:
        self.judge(self.seen(parts))

    def judge(self, seen: Snapshot) -> None:
        verdict = judge(seen, self.memory, WatchSettings())
        again = judge(seen, verdict.memory, WatchSettings())
        assert (again.memory, again.changed, again.notes) == (verdict.memory, (), ())
        for incident in verdict.changed:
            self.count(incident)
        before = {incident.id: incident for incident in self.memory.incidents.values()}
        for incident in verdict.memory.incidents.values():
            told = incident.id in {changed.id for changed in verdict.changed}
            assert (
                told
                or incident.state is AlertState.PENDING
                or replace(incident, returning=(), leaving=None)
                == replace(before[incident.id], returning=(), leaving=None)
            )
        self.memory = verdict.memory

    def count(self, incident: Incident) -> None:
        assert incident.state is not AlertState.PENDING
        if incident.state is AlertState.FIRING and incident.id not in {
            opened.id for opened in self.open.values()
        }:
            self.opened[incident.id] = self.opened.get(incident.id, 0) + 1
            assert incident.times == self.opened[incident.id]
        if incident.state is AlertState.RESOLVED and incident.subject in self.open:
            self.closed[incident.id] = self.closed.get(incident.id, 0) + 1
        self.open.pop(incident.subject, None)
        if incident.state is AlertState.FIRING:
            self.open[incident.subject] = incident

    def seen(self, parts: Iterable[str], *, unknown: bool = False) -> Snapshot:
        nodes = (
            tuple(replace(node, state=NodeState.UNKNOWN) for node in self.nodes())
            if unknown
            else self.nodes()
        )
        whole: dict[str, Any] = {
            "engines": self.engines(),
            "nodes": nodes,
            "services": SERVICES,
            "tasks": self.tasks(),
            "cluster": cluster(),
            "certificates": (),
        }
        return Snapshot(at=self.at, redis=self.redis, **{part: whole[part] for part in parts})

    def nodes(self) -> tuple[Node, ...]:
        return tuple(
            replace(
                node,
                state=NodeState(self.states[number]),
                manager=node.manager
                and replace(
                    node.manager,
                    reachability=Reachability.REACHABLE
                    if self.states[number] == "ready"
                    else Reachability.UNREACHABLE,
                ),
            )
            for number, node in enumerate(FOUR, 1)
        )

    def engines(self) -> tuple[EngineState, ...]:
        def state(number: int) -> EngineState:
            if number in self.locked:
                return locked(number)
            return engine(number) if self.states[number] == "ready" else silent(number)

        return tuple(map(state, (1, 2, 3)))

    def tasks(self) -> tuple[Task, ...]:
        """Swarm replaces what is on a dead node, on node1; what is missing fails to start."""
        made = []
        for name, places in PLACES.items():
            for slot, place in enumerate(places, 1):
                dead = self.states[place] == "down"
                if dead:
                    made.append(task(name, slot, place, "running", "shutdown"))
                missing = slot == 1 and name in self.missing
                made.append(
                    task(name, slot, 1 if dead else place, "pending" if missing else "running")
                )
        return tuple(made)

    def truth(self) -> dict[str, list[AlertKind]]:
        """What has to be told of after a while."""
        by_subject: dict[str, list[AlertKind]] = {}
        for number, state in self.states.items():
            if state == "down":
                extra = [AlertKind.MANAGER_LOCKED] if number in self.locked else []
                by_subject[f"node:n{number}"] = sorted([AlertKind.NODE_DOWN, *extra])
        explained = {
            below.service
            for opened in self.open.values()
            for p in opened.problems
            for below in p.lost
            if not p.subject.startswith("s")
        }
        for name in self.missing:
            # What a node explains has no alert of its own, unless it was told of before the node
            # went Down.
            if name not in explained or f"service:s-{name}" in self.open:
                by_subject[f"service:s-{name}"] = [AlertKind.SERVICE_BELOW]
        if sum(self.states[number] == "ready" for number in (1, 2, 3)) < 2:
            by_subject["quorum"] = [AlertKind.QUORUM_LOST]
        if self.redis:
            by_subject["bot:redis"] = [AlertKind.REDIS_AWAY]
        if placement := self.open.get("swarm:placement"):
            by_subject["swarm:placement"] = [placement.kind]
        return by_subject


SERVICES: tuple[Service, ...] = tuple(service(name, len(places)) for name, places in PLACES.items())

TestLooks = Looks.TestCase
TestLooks.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
