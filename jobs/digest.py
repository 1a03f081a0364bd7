"""The daily digest: gathered from everything, and posted once, whichever bots run and however often
they start."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from bot.errors import StoreUnavailableError, SwarmbotError
from bot.model.alert_facts import AlertKind
from bot.model.hold import Hold
from bot.model.incident import Memory, Problem
from bot.poster import Poster
from bot.render.digest import Day, Ending, digest
from bot.reports import change, health
from bot.settings import Settings
from bot.store.store import Store
from bot.swarm.swarm import Swarm
from bot.watch.evaluation import Evaluation
from bot.watch.rules import certificates
from bot.watch.snapshot import Snapshot
from jobs.recipients import other_places
from jobs.scheduler import cut_off

log = logging.getLogger(__name__)

DAY = timedelta(days=1)
LATE = timedelta(hours=1)
"""A bot that starts later than this after the time says nothing before tomorrow."""
MOST_CHANGES = 1000
CLAIMED_SECONDS = 2 * 86_400


@dataclass
class Digest:
    """One round: nothing but a look at the clock, except once a day."""

    swarm: Swarm
    store: Store
    poster: Poster
    settings: Settings
    now: Callable[[], datetime]
    _done: date | None = field(default=None, init=False)

    def run(self) -> None:
        """Post it when its time has come. With Redis away it may come from each bot: twice does
        less harm than never."""
        now = self.now()
        if not self._due(now):
            return
        day = self._day(now)
        if cut_off():
            return
        self._done = now.date()
        if self.store.seen.claim(f"digest:{now.date()}", CLAIMED_SECONDS):
            self.poster.post(self._channel, digest(day), elsewhere=other_places(self.settings))

    @property
    def _channel(self) -> str:
        return self.settings.watch.digest_channel or self.settings.channel

    def _due(self, now: datetime) -> bool:
        at = self.settings.watch.digest
        if not at or not self._channel or self._done == now.date():
            return False
        begins = datetime.combine(now.date(), time.fromisoformat(at), now.tzinfo)
        return begins <= now < begins + LATE

    def _day(self, now: datetime) -> Day:
        """What cannot be read is left out, and said so."""
        unknown, audit = [], ""
        seen = None
        with suppress(SwarmbotError):
            seen = health(self.swarm, self.store, now)
        try:
            head = self.store.audit.head()
            audit = f"{head.entries} with the hash {head.hash}" if head.entries else ""
            entries = self.store.alerts.history(now - DAY)
            changes = tuple(
                map(change, self.store.audit.entries(since=now - DAY, limit=MOST_CHANGES))
            )
            waiting: tuple[Ending, ...] = (
                *(hold for hold in self.store.holds.all(now) if _ends_soon(hold, now)),
                *self.store.approvals.open(),
            )
        except StoreUnavailableError:
            unknown, entries, changes, waiting = (
                ["alerts, changes and holds: Redis is away"],
                (),
                (),
                (),
            )
        try:
            ends = self._certificates(now)
        except SwarmbotError:
            ends = ()
            unknown += ["certificates"]
        return Day(
            health=seen,
            entries=entries,
            changes=changes,
            endings=(*ends, *waiting),
            unknown=tuple(unknown),
            audit=audit,
        )

    def _certificates(self, now: datetime) -> tuple[Problem, ...]:
        """As the watch judges them, or it would say one thing and the digest another."""
        watch = self.settings.watch
        snapshot = Snapshot(at=now, certificates=self.swarm.certificates.read(watch.endpoints))
        problems = certificates.judge(Evaluation.of(snapshot, Memory(), watch)).problems
        return tuple(problem for problem in problems if problem.kind is AlertKind.CERTIFICATE)


def _ends_soon(hold: Hold, now: datetime) -> bool:
    return hold.until is not None and hold.until - now < DAY
