"""What the watch looks at: reads one part of the world at a time, so that an event costs only what
it is about."""

from __future__ import annotations

import time
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from bot.clock import Stopping, utc_now
from bot.doctor.examine import prepare
from bot.errors import NoLeaderError, NotAManagerError, StoreUnavailableError, SwarmbotError
from bot.model import NodeState
from bot.settings import WatchSettings
from bot.store.store import Store
from bot.swarm.engine.reach import hosts_that_answer
from bot.swarm.scheduler.layout import TaskLayout
from bot.swarm.swarm import Swarm
from bot.watch.snapshot import Snapshot
from bot.workers import Workers
from jobs.shared_read import SharedRead

Seen = Mapping[str, Any]
"""Fields of an `Snapshot`, as they were just seen."""


class Scope(StrEnum):
    """The parts of the world."""

    ENGINES = "engines"
    HOSTS = "answering_hosts"
    NODES = "nodes"
    SERVICES = "services"
    TASKS = "tasks"
    CLUSTER = "cluster"
    CERTIFICATES = "certificates"


AT_HAND = frozenset({Scope.ENGINES, Scope.HOSTS})
"""What engines and hosts say of themselves, also while the managers elect a leader (ten seconds
were seen) and say nothing of anything else: that a manager is locked, above all."""
AFTERMATH = (Scope.ENGINES, Scope.HOSTS, Scope.SERVICES, Scope.TASKS)
"""What is looked at after people were told of something: it takes longer, for what is gone does not
answer."""
URGENT = frozenset({Scope.NODES})
"""What never waits for anything else that is being read: whether a node is Down."""
WHOLE = frozenset(Scope) - {Scope.CERTIFICATES}
"""Certificates change by the day, and reading them opens connections to every host."""


TOGETHER = 2.0
"""Seconds within which all that comes is judged at once; longer than engines take to say how they
are."""
MOST_READS, MOST_AT_HAND = 6, 4
PAST = timedelta(minutes=15)
"""What was stopped earlier does not matter any more: no judge looks back for longer."""


@dataclass(frozen=True)
class Observer:
    """Looks at the Swarm, at Redis and at the bot itself. `slack` says what is wrong with Slack,
    `hanging` which jobs hang."""

    swarm: Swarm
    store: Store
    watch: WatchSettings
    slack: Callable[[], str]
    hanging: Callable[[], tuple[str, ...]]
    stopping: Stopping = field(default_factory=Stopping)
    _side: Workers = field(
        default_factory=lambda: Workers(MOST_READS, thread_name_prefix="observer")
    )
    _quick: Workers = field(
        default_factory=lambda: Workers(MOST_AT_HAND, thread_name_prefix="observer at hand")
    )
    """For what is at hand: it waits for no read that hangs."""
    _services: SharedRead[Seen] = field(init=False)
    _tasks: SharedRead[Seen] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_services", SharedRead(self._read_services))
        object.__setattr__(self, "_tasks", SharedRead(self._read_tasks))

    def look(self, scopes: frozenset[Scope], known: Snapshot | None) -> Iterator[Seen]:
        """The fields that these scopes stand for, in parts where some take longer than others: what
        has come waits for nothing. What nobody could say is None. Never raises what an engine says.

        `known` is the world as it was, which says whose hosts to try.
        """
        readers = self._readers(known)
        if len(scopes) == 1:
            # In this thread: those of the others may all be reading.
            (scope,) = scopes
            yield _asked(scope, readers[scope])
            return
        yield from _as_they_come({self._begun(scope, readers[scope]) for scope in sorted(scopes)})

    def completed(self, world: Snapshot, now: datetime) -> Snapshot:
        """The world at this moment, with what Redis and the bot itself know of it."""
        world = replace(world, at=now, slack=self.slack(), hanging=self.hanging())
        try:
            return replace(
                world,
                locks=self.store.locks.locked(_targets(world)),
                rollouts=self.store.rollouts.recent(),
                registries=self.store.new_images.away(),
                redis="",
            )
        except StoreUnavailableError as away:
            return replace(world, redis=away.reason or "no answer")

    def layout(self, world: Snapshot) -> TaskLayout:
        """Where everything lies in this world; kept for whoever judges the same."""
        seen = self.swarm.last_seen
        seen.layout = world.layout(seen.layout)
        return seen.layout

    def prepare(self) -> None:
        """Work out in the background what the doctor will ask of what was seen last."""
        prepare(self.swarm.last_seen.layout)

    def right_of_way(self) -> AbstractContextManager[None]:
        """Whoever reads thousands of tasks or services waits meanwhile."""
        return self.swarm.right_of_way.taken()

    def forget(self) -> None:
        """Keep nothing of what was read: another bot watches."""
        self._services.forget()
        self._tasks.forget()
        self.swarm.last_seen.forget_lists()

    def close(self) -> None:
        """Wait for nothing that is still being read."""
        for pool in (self._quick, self._side):
            pool.shutdown(wait=False, cancel_futures=True)

    def _begun(self, scope: Scope, read: Callable[[], Seen]) -> Future[Seen]:
        pool = self._quick if scope in AT_HAND else self._side
        return pool.submit(_asked, scope, read)

    def _readers(self, known: Snapshot | None) -> Mapping[Scope, Callable[[], Seen]]:
        swarm = self.swarm
        return {
            Scope.ENGINES: lambda: {"engines": swarm.engines.states()},
            Scope.HOSTS: lambda: {"answering_hosts": _hosts(known)},
            Scope.NODES: self._nodes,
            Scope.SERVICES: self._services,
            Scope.TASKS: self._tasks,
            Scope.CLUSTER: lambda: {"cluster": swarm.cluster.inspect()},
            Scope.CERTIFICATES: lambda: {
                "certificates": swarm.certificates.read(
                    self.watch.endpoints, self.watch.certificate_agent, self.stopping
                )
            },
        }

    def _read_services(self) -> Seen:
        return _asked(Scope.SERVICES, lambda: {"services": self.swarm.services.list()})

    def _read_tasks(self) -> Seen:
        return _asked(Scope.TASKS, self._all_tasks)

    def _all_tasks(self) -> Seen:
        begun = time.monotonic()
        tasks = self.swarm.services.tasks_since(utc_now() - PAST)
        return {"tasks": tasks, "tasks_took": time.monotonic() - begun}

    def _nodes(self) -> Seen:
        try:
            return {"nodes": self.swarm.nodes.list(), "leaderless": ""}
        except (NoLeaderError, NotAManagerError) as error:
            return {
                "nodes": None,
                "leaderless": getattr(error, "reason", "") or "no engine is a manager",
            }


def _as_they_come(reading: set[Future[Seen]]) -> Iterator[Seen]:
    while reading:
        done, reading = wait(reading, TOGETHER)
        if not done:
            done, reading = wait(reading, return_when=FIRST_COMPLETED)
        yield ChainMap(*(dict(part.result()) for part in done))


def _hosts(known: Snapshot | None) -> frozenset[str]:
    """The managers (ids) that are Down though their hosts still answer: it is the engine that does
    not."""
    nodes = known.nodes if known and known.nodes else ()
    gone = {
        node.id: node.address
        for node in nodes
        if node.state == NodeState.DOWN and node.manager and node.address
    }
    answering = hosts_that_answer(tuple(gone.values())) if gone else frozenset()
    return frozenset(node_id for node_id, address in gone.items() if address in answering)


def _asked(scope: Scope, read: Callable[[], Seen]) -> Seen:
    """What was read; None where no engine could say it, which is not the same as nothing."""
    try:
        return read()
    except SwarmbotError:
        return {scope.value: None}


def _targets(world: Snapshot) -> list[str]:
    """Everything that the bot may be changing, by the names of its locks."""
    services = [f"service:{service.id}" for service in world.services or ()]
    return services + [f"node:{node.id}" for node in world.nodes or ()]
