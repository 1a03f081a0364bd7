"""Runs what waits in the queue for a service when nobody changes the service any more.

The line is planned anew then.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from bot.errors import StoreUnavailableError
from bot.model import Actor, Ending, Place, Standing
from bot.model.hold import Queued
from bot.pipeline.request import Request, Turn
from bot.policy.holds import holding
from bot.store.queue import QueueCall
from bot.store.store import Store

CALLED = 30.0
"""Seconds: who was called and has not begun by then is called again, for the bot that called is
gone."""


@dataclass(frozen=True)
class QueueRunner:
    """One round over everybody who waits. `verified` reads anew who somebody is."""

    store: Store
    execute: Callable[[Request], None]
    verified: Callable[[Actor], Actor]
    pool: Executor
    now: Callable[[], datetime]

    def run(self) -> None:
        """With Redis away nobody's turn comes."""
        try:
            self.store.queue.put_back(
                [call for call in self.store.queue.called() if self._is_abandoned(call)]
            )
            for service_id in dict.fromkeys(
                waiting.service_id for waiting in self.store.queue.all()
            ):
                self._call(service_id)
        except StoreUnavailableError:
            return

    def _is_abandoned(self, call: QueueCall) -> bool:
        return self.store.ages.of("call", f"{call.queued_id} {call.at.isoformat()}") > CALLED

    def _call(self, service_id: str) -> None:
        if self.store.locks.of(f"service:{service_id}"):
            return
        if self._is_held(service_id):
            return
        called = self.store.queue.pop(service_id, self.now())
        if called:
            self.pool.submit(self._begin, called)

    def _begin(self, called: Queued) -> None:
        place = Place(called.channel, called.thread)
        turn = Turn(called, partial(self._take, called))
        actor = self.verified(called.actor)
        if actor.standing is Standing.UNKNOWN:
            # Their turn does not pass because Slack does not say who they are: they are called
            # again.
            return
        self.execute(Request(called.again, actor, place, turn=turn))
        if self.store.queue.get(called.id) is None:
            self.store.sealed.forget(called.sealed)

    def _take(self, called: Queued) -> bool:
        return self.store.queue.begin(called.id) and self._is_first(called)

    def _is_held(self, service_id: str) -> bool:
        """Whether a hold or a freeze keeps the first of this service waiting."""
        now = self.now()
        first = next(
            waiting for waiting in self.store.queue.all() if waiting.service_id == service_id
        )
        hold = holding(self.store.holds.all(now), first.service, first.actor, now)
        return hold is not None

    def _is_first(self, called: Queued) -> bool:
        """Write down that its turn came; False where it came before, and somebody put it back."""
        if self.store.replays.is_used(called.id, called.at):
            return False
        turn = self.store.audit.intend(
            called.actor,
            {"command": "queue", "flags": {"line": called.line}},
            {"title": f"{called.title}: its turn in line", "services": [called.service]},
            called.channel,
            self.now(),
            request=called.id,
        )
        self.store.audit.conclude(turn, {"ending": Ending.DONE, "why": ""}, 0.0, self.now())
        return True
