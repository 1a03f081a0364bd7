"""Keeps an eye on the Swarm: looks, judges, remembers, tells. Events only say where to look at
once.

Whatever an event says is looked up; and everything is looked at anew on a timer, so that an event
that never came costs half a minute, not an outage.
"""

from __future__ import annotations

import logging
import math
import threading
from collections import ChainMap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.clock import boot_seconds
from bot.errors import LeaseLostError, StoreUnavailableError
from bot.model.alert_facts import AlertKind
from bot.model.incident import AlertState, Memory, Silence, acknowledged
from bot.rollout.outside import OutsideChanges
from bot.settings import WatchSettings
from bot.store.leader import Leader
from bot.store.store import Store
from bot.swarm.engine.events import Event
from bot.swarm.engine.failover import LONGEST_SECONDS
from bot.watch.clock_steps import in_step
from bot.watch.evaluate import judge
from bot.watch.snapshot import Snapshot
from jobs.hints import Hints
from jobs.notifier import Notifier
from jobs.observer import AFTERMATH, AT_HAND, URGENT, WHOLE, Observer, Scope
from jobs.scheduler import Job, cut_off

log = logging.getLogger(__name__)

SCOPES = {"node": (Scope.NODES,), "service": (Scope.SERVICES,)}
"""Where to look when there is an event of this kind."""
REST = 10
"""Of its time the watch spends a tenth at most with looks at everything that nobody asked for."""
NODES_EVERY = 5.0
RECONCILE_EVERY = 30.0
CERTIFICATES_DEADLINE = 120.0
LOOK_DEADLINE = LONGEST_SECONDS + 15.0
"""On a busy machine all tasks of a large Swarm take their time."""
CERTIFICATES_EVERY = 6 * 3600.0
STALE = 90.0
"""Seconds after which a watch that has not seen the whole stands still."""


@dataclass
class Watch:
    """The watch of one bot; only the leader's looks."""

    observer: Observer
    store: Store
    notifier: Notifier
    leader: Leader
    settings: WatchSettings
    now: Callable[[], datetime]
    outside: OutsideChanges
    _world: Snapshot | None = None
    _read_at: dict[str, float] = field(default_factory=dict)
    _memory: Memory | None = None
    _fence: int = 0
    _silences: tuple[Silence, ...] = ()
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _noting: threading.Lock = field(default_factory=threading.Lock)
    looked_at: float = -math.inf
    """When it last looked, in monotonic seconds."""
    _saw_whole: float | None = None
    monotonic: Callable[[], float] = boot_seconds
    _judged_at: float = 0.0
    """When the memory was judged last, in monotonic seconds."""
    _urgent: Hints = field(init=False)
    _at_hand: Hints = field(init=False)
    _thorough: Hints = field(init=False)

    def __post_init__(self) -> None:
        self._urgent = Hints("watch", self._heed, urgent=True)
        self._at_hand = Hints("watch engines", self._look_closer)
        self._thorough = Hints("watch whole", self._look_closer)

    # ---- what the clock calls

    def jobs(self) -> tuple[Job, ...]:
        """The looks that are due without anybody's hint."""
        return (
            Job("engines", NODES_EVERY, self.engines, deadline=LOOK_DEADLINE),
            Job("nodes", NODES_EVERY, self.nodes, deadline=LOOK_DEADLINE),
            Job("reconcile", RECONCILE_EVERY, self.whole, deadline=LOOK_DEADLINE),
            Job("certificates", RECONCILE_EVERY, self.certificates, deadline=CERTIFICATES_DEADLINE),
        )

    def engines(self) -> None:
        """What engines say of themselves, which waits for nothing else; the very first look is at
        everything."""
        if self._world or not self.leader.leads:
            self.look(AT_HAND)

    def nodes(self) -> None:
        """The nodes; all else too where something is wrong, so that its end is seen soon."""
        self.look(WHOLE if self._in_trouble() and self._has_rested() else URGENT)

    def whole(self) -> None:
        """The full comparison: finds what no event told."""
        self.look(WHOLE)

    def certificates(self) -> None:
        """Every certificate; also called often, to see soon that one in trouble was renewed."""
        if self._certificates_are_due():
            self.look(frozenset({Scope.CERTIFICATES, Scope.CLUSTER}))

    def look(self, scopes: frozenset[Scope]) -> None:
        """Look at these parts of the world, and judge all of it."""
        if not self.leader.leads:
            self._stand_down()
            return
        begun = self.monotonic()
        parts = self.observer.look(scopes if self._world else scopes | WHOLE, self._world)
        for seen in parts if self._world else (ChainMap(*map(dict, parts)),):
            with self._lock:
                if not cut_off():
                    self._take_in(seen, begun)
                    self._judge()
                    self.looked_at = self.monotonic()
        if scopes != URGENT:
            self.observer.prepare()
            self._note_outside()

    # ---- what events and people ask for

    def hint(self, *scopes: Scope) -> None:
        """Something may have happened there; returns at once."""
        wanted = frozenset(scopes)
        self._urgent.give(wanted & URGENT)
        self._at_hand.give(wanted & AT_HAND)
        self._thorough.give(wanted - URGENT - AT_HAND)

    def heard(self, event: Event) -> None:
        """An event says that something happened; what, is looked up."""
        self.hint(*SCOPES.get(event.kind, ()))

    def joined(self, engine: str) -> None:
        """A stream of events has begun anew: what happened before may have been missed."""
        log.debug("listening to %s", engine)
        self.hint(*WHOLE)

    def start(self) -> None:
        """Begin to heed hints."""
        for hints in (self._urgent, self._at_hand, self._thorough):
            hints.start()

    def stop(self) -> None:
        """Heed no more."""
        for hints in (self._urgent, self._at_hand, self._thorough):
            hints.stop()
        self.notifier.leave()
        self.observer.close()

    def stands_still(self) -> str:
        """Why nobody would be told of anything; empty where the whole was seen lately."""
        if self._saw_whole is None:
            return "has seen nothing yet"
        ago = self.monotonic() - self._saw_whole
        return "" if ago <= STALE else f"saw nothing for {ago:.0f} s"

    # ---- parts

    def _look_closer(self, wanted: frozenset[Scope]) -> None:
        if wanted:
            self.look(wanted)

    def _heed(self, wanted: frozenset[Scope]) -> None:
        if wanted and self._world:
            with self.observer.right_of_way():
                self.look(wanted)
        elif wanted:
            self.look(wanted)
        elif self.leader.leads and self._people_spoke():
            with self._lock:
                self._judge()

    def _people_spoke(self) -> bool:
        """Whether somebody acknowledged or silenced something since the last look, through
        whichever bot."""
        memory, silences = self._memory, self._silences
        return memory is not None and (self._heard(memory) != memory or self._silences != silences)

    def _take_in(self, seen: Mapping[str, object], begun: float) -> None:
        """What was read earlier than what is known already is no news."""
        fresh = {
            name: value for name, value in seen.items() if self._read_at.get(name, 0.0) <= begun
        }
        self._read_at |= dict.fromkeys(fresh, begun)
        if "nodes" in fresh:
            fresh["nodes_at"] = self.now()
        self._world = replace(self._world or Snapshot(at=self.now()), **fresh)  # type: ignore[arg-type]
        if "services" in fresh:
            self._saw_whole = self.monotonic()

    def _judge(self) -> None:
        assert self._world
        # Both clocks at once: what is asked below may wait long for a Redis that stands still.
        now, moment = self.now(), self.monotonic()
        world = self.observer.completed(self._world, now)
        before = in_step(self._recalled(), moment - self._judged_at, now)
        layout = self.observer.layout(world)
        verdict = judge(world, self._heard(before), self.settings, layout)
        try:
            self.store.alerts.save(verdict.memory, self.leader.fence)
        except StoreUnavailableError:
            log.warning("the watch goes on from its own memory: Redis is away")
        except LeaseLostError:
            self._stand_down()
            return
        self._memory, self._judged_at = verdict.memory, moment
        self.notifier.tell(before.incidents, verdict.memory.incidents.values(), self._silences, now)
        for note in verdict.notes:
            self.notifier.note(note, self._silences)
        if any(incident.state is not AlertState.RESOLVED for incident in verdict.changed):
            self.hint(*AFTERMATH)

    def _note_outside(self) -> None:
        """Write down what others changed, after people were told what is wrong: of thousands of
        services that is thousands of calls to Redis, and no look waits for it."""
        services = self._world.services if self._world else None
        if not services or cut_off():
            return
        if self._noting.acquire(blocking=False):
            try:
                self.outside.take_in(services, self.now())
            finally:
                self._noting.release()

    def _recalled(self) -> Memory:
        """What is remembered: this bot's own, as long as it leads without a break; else what the
        last leader left."""
        if self._memory is None or self._fence != self.leader.fence:
            try:
                self._memory = self.store.alerts.memory()
                self._judged_at = self.monotonic() - self.store.alerts.memory_age()
            except StoreUnavailableError:
                self._memory = self._memory or Memory()
            self._fence = self.leader.fence
            self.notifier.forget()
        return self._memory

    def _heard(self, memory: Memory) -> Memory:
        """The memory with what people said to the incidents since, through whichever bot."""
        try:
            acks, self._silences = self.store.alerts.acks(), self.store.alerts.silences(self.now())
        except StoreUnavailableError:
            return memory
        return acknowledged(memory, acks)

    def _certificates_are_due(self) -> bool:
        read = self._read_at.get(Scope.CERTIFICATES)
        if read is None or self.monotonic() - read > CERTIFICATES_EVERY:
            return True
        open_now = self._memory.incidents.values() if self._memory else ()
        return any(
            incident.state is AlertState.FIRING and incident.kind is AlertKind.CERTIFICATE
            for incident in open_now
        )

    def _has_rested(self) -> bool:
        """Whether the last look at all tasks is long enough ago for what it took: of thousands that
        is seconds."""
        took = self._world.tasks_took if self._world else 0.0
        return self.monotonic() - self._read_at.get(Scope.TASKS, 0.0) >= REST * took

    def _in_trouble(self) -> bool:
        return self._memory is not None and any(
            incident.state is not AlertState.RESOLVED
            for incident in self._memory.incidents.values()
        )

    def _stand_down(self) -> None:
        self._memory, self._world = None, None
        self._read_at.clear()
        self.observer.forget()
