"""The one short path from a request to its answer: parse, plan, decide, hold, apply, render."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot import line, policy
from bot.command import Change, Command, Context, Query, Table
from bot.errors import LockHeld, LockLost, NotAllowed, ReadOnly, StoreAway, SwarmbotError
from bot.live import Live
from bot.metrics import Metrics
from bot.model import Actor, Ending, Message, Outcome, Place, Plan, Rollout
from bot.poster import Poster
from bot.render import errors, plans
from bot.rollouts import Roller, Run, Stopping
from bot.settings import Settings
from bot.store.locks import Held
from bot.store.store import Store
from bot.swarm.swarm import Swarm

log = logging.getLogger(__name__)

WRITE_AGAIN = 0.5
"""Seconds between two tries to write down what happened, while Redis is away."""


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks for, as typed or as a button stored it, and where the answer goes.

    A modal has already made a `command` of it.
    """

    text: str
    actor: Actor
    place: Place
    command: Command | None = None


@dataclass(frozen=True)
class Pipeline:
    """Everything between the doors and the Swarm."""

    swarm: Swarm
    store: Store
    poster: Poster
    roller: Roller
    table: Table
    settings: Settings
    metrics: Metrics
    now: Callable[[], datetime]

    def execute(self, request: Request) -> None:
        """Do what was asked and answer; never raises."""
        with self._answered(request):
            command = request.command or line.parse(request.text, self.table)
            context = self._context(request.actor)
            with self.metrics.timed(command.full_name()):
                if isinstance(command, Query):
                    self._allow_read(request.actor, command)
                    self._answer(request, command.run(context))
                elif isinstance(command, Change):
                    self._change(request, command, context)

    def adopt(self, rollout: Rollout) -> None:
        """Go on with a rollout whose bot is gone; nothing where another bot was quicker."""
        reason = f"{rollout.verb} {rollout.after}"
        try:
            with self.store.locks.hold([f"service:{rollout.service_id}"], rollout.actor.name, reason) as held:
                current = self.store.rollouts.unfinished(rollout.id)
                if current:
                    self._adopted(current, held)
        except (LockHeld, StoreAway, Stopping):
            return

    # ---- a change

    def _change(self, request: Request, command: Change, context: Context) -> None:
        self.store.ping()
        plan = command.plan(context)
        if plan.nothing:
            self._answer(request, plans.nothing(plan))
            return
        self._decide(request.actor, command, plan)
        with self.store.locks.hold(plan.targets, request.actor.name, plan.title) as held:
            self._perform(request, command, context, plan, held)

    def _decide(self, actor: Actor, command: Command, plan: Plan) -> None:
        decision = policy.decide(actor, command.full_name(), plan, self.settings)
        if isinstance(decision, policy.Deny):
            if decision.read_only:
                raise ReadOnly(command.full_name())
            raise NotAllowed(command.full_name(), decision.roles, decision.target)

    def _perform(self, request: Request, command: Change, context: Context, plan: Plan, held: Held) -> None:
        run_id, started = secrets.token_hex(5), self.now()
        audit = self.store.audit.intend(
            request.actor, written(command), plans.recorded(plan), request.place.channel, started
        )
        live = self._live(request.place, run_id)
        try:
            outcome = command.apply(context, plan, Run(run_id, live.channel, held, audit, live.show, live.tell))
        except Stopping:
            return
        except Exception as error:
            if isinstance(error, LockLost) and live.rollout:
                # Whoever has the lock found the rollout's record and goes on with it, message and audit included.
                return
            seconds, why = self._since(started), type(error).__name__
            if live.failed(error):
                self._insist(lambda: self._record(audit, Ending.FAILED, seconds, why))
                return
            with suppress(StoreAway):
                self._record(audit, Ending.FAILED, seconds, why)
            raise
        for message in (outcome.private, outcome.aside):
            if message:
                self._answer(request, message)
        self._end(outcome, audit, live, held, plan)

    def _adopted(self, rollout: Rollout, held: Held) -> None:
        live = self._live(Place(rollout.channel), rollout.id)
        live.message, live.rollout = self.store.rollouts.message(rollout.id), rollout
        try:
            outcome = self.roller.recover(rollout, Run(rollout.id, live.channel, held, rollout.audit, live.show))
        except (Stopping, LockLost):
            return
        except SwarmbotError as error:
            seconds, why = self._since(rollout.started), type(error).__name__
            live.failed(error)
            self._insist(lambda: self._record(rollout.audit, Ending.FAILED, seconds, why))
            return
        self._end(outcome, rollout.audit, live, held)

    def _end(self, outcome: Outcome, audit: str, live: Live, held: Held, plan: Plan | None = None) -> None:
        """Message, record and audit say the same."""

        def written() -> None:
            if outcome.rollout:
                self.roller.close(outcome.rollout, outcome.ending, held.fence)
            self._record(audit, outcome.ending, outcome.seconds)

        live.ended(outcome, plan)
        self.metrics.ended(outcome)
        self._insist(written)

    def _insist(self, write: Callable[[], None]) -> None:
        """Write down what happened, as soon as Redis takes it. Where the bot ends before that, the next one finds out."""
        while True:
            try:
                write()
            except StoreAway:
                if not self.roller.stopping.wait(WRITE_AGAIN):
                    continue
            except LockLost:
                log.warning("another bot took over meanwhile, and writes down the end")
            return

    def _since(self, started: datetime) -> float:
        return (self.now() - started).total_seconds()

    def _record(self, audit: str, ending: Ending, seconds: float, why: str = "") -> None:
        self.store.audit.conclude(audit, {"ending": ending, "why": why}, seconds, self.now())

    # ---- answers

    def _live(self, place: Place, run_id: str) -> Live:
        channel = self.settings.channel or place.channel
        thread = place.thread if channel == place.channel else ""
        return Live(self.poster, self.store, channel, thread, run_id, self.now)

    def _answer(self, request: Request, message: Message) -> None:
        self.poster.answer(request.place, request.actor.id, message)

    def _context(self, actor: Actor) -> Context:
        return Context(self.swarm, self.store, self.roller, self.table, self.settings, actor, self.now)

    def _allow_read(self, actor: Actor, command: Command) -> None:
        decision = policy.may_read(actor, command.full_name(), self.settings)
        if isinstance(decision, policy.Deny):
            raise NotAllowed(command.full_name(), decision.roles)

    @contextmanager
    def _answered(self, request: Request) -> Iterator[None]:
        """Whatever goes wrong becomes a private answer; a fault of the bot's own gets a reference into the log."""
        try:
            yield
        except SwarmbotError as error:
            self._answer(request, errors.explain(error))
        except Exception:
            reference = secrets.token_hex(4)
            log.exception("request %s failed", reference)
            self._answer(request, errors.unexpected(reference))


def written(command: Command) -> dict[str, Any]:
    """A command as the audit records it and as it waits for approval."""
    return {"command": command.full_name(), **command.model_dump(mode="json", exclude_defaults=True)}
