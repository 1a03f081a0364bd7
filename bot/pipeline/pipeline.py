"""The one short path from a request to its answer: parse, plan, decide, hold, apply, render."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from bot.command import line
from bot.command.model import (
    ApprovalAction,
    Change,
    Command,
    Context,
    Query,
    Table,
    audited,
    has_secret,
)
from bot.errors import (
    LockedError,
    NotAllowedError,
    OnHoldError,
    ReadOnlyError,
    StoreUnavailableError,
    SwarmbotError,
    UnsupportedError,
)
from bot.metrics import Metrics
from bot.model import Actor, Ending, Kind, Message, Outcome, Place, Plan
from bot.model.approval import Approval, ApprovalState
from bot.pipeline.approvals import ApprovalFlow
from bot.pipeline.execution import ChangeExecutor, Decided
from bot.policy import approval_steps, decide
from bot.policy.holds import holding
from bot.poster import Poster
from bot.render import plans
from bot.render.errors import explain
from bot.rollout.roller import Roller
from bot.settings import Settings
from bot.store.store import Store
from bot.swarm.swarm import Swarm

log = logging.getLogger(__name__)


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
    executor: ChangeExecutor
    approvals: ApprovalFlow
    table: Table
    settings: Settings
    metrics: Metrics
    now: Callable[[], datetime]
    stopping: threading.Event

    def execute(self, request: Request) -> None:
        """Do what was asked and answer; never raises."""
        with self._answered(request):
            command = request.command or line.parse(request.text, self.table)
            context = self.context(request.actor)
            with self.metrics.timed(command.full_name()):
                if isinstance(command, Query):
                    self._allow_read(request.actor, command)
                    self._answer(request, command.run(context))
                elif isinstance(command, ApprovalAction):
                    self._vote(request, command, context)
                elif isinstance(command, Change):
                    self._change(request, command, context)

    def resume(self, approval: Approval) -> None:
        """The same path, entered after *decide*: what was approved runs once, or its message shows
        what it has become."""
        try:
            command = self.approvals.restored(approval)
            context = self.context(approval.actor)
            plan = command.plan(context)
            if plan.noop_reason:
                self.approvals.settle(approval, "nothing to change")
                return
            self._heed_holds(approval.actor, command, plan)
            self._refuse(self.approvals.decision(approval, plan), command)
            if plan.fingerprint != approval.plan.fingerprint:
                self.approvals.renew(approval, plan)
            elif self.approvals.recounted(approval, plan):
                self._run_approved(approval, command, context, plan)
        except (LockedError, StoreUnavailableError):
            log.info(
                "request %s waits: what it changes is being changed, or Redis is away", approval.id
            )
        except SwarmbotError as error:
            self._not_run(approval, error)
        except Exception:
            log.exception("request %s failed", approval.id)
            self._not_run(approval, SwarmbotError())

    # ---- a change

    def _change(self, request: Request, command: Change[Plan], context: Context) -> None:
        self.store.ping()
        plan = command.plan(context)
        if plan.noop_reason:
            self._answer(request, plans.noop(plan))
            return
        if plan.kind is not Kind.READ:
            self._heed_holds(request.actor, command, plan)
        decision = decide.decide(request.actor, command.full_name(), plan, self.settings)
        self._refuse(decision, command)
        self._say_where(request, plan, decision)
        if not isinstance(decision, decide.Ask):
            self._run(request, command, context, plan)
        elif has_secret(command):
            raise UnsupportedError(
                "what was typed cannot wait for approval, for it is written nowhere",
                "Leave it empty.",
            )
        else:
            self.approvals.ask(command, plan, decision, request.actor, self._where(request))

    def _say_where(self, request: Request, plan: Plan, decision: decide.Decision) -> None:
        """Say in which other channel it is shown; what locks nothing, such as a look at a token, is
        shown in none."""
        shown = bool(plan.targets) or isinstance(decision, decide.Ask)
        if shown and self._where(request)[0] != request.place.channel:
            self._answer(request, plans.elsewhere(plan, self.settings.channel))

    def _run(self, request: Request, command: Change[Plan], context: Context, plan: Plan) -> None:
        try:
            with self.store.locks.acquire(plan.targets, request.actor.name, plan.title) as lease:
                outcome = self.executor.perform(
                    Decided(command, plan, context, *self._where(request)), lease
                )
        except LockedError as error:
            self._answer(request, explain.busy(error, line.write(command)))
        else:
            self._tell(request.place, request.actor, outcome)

    def _tell(self, place: Place, actor: Actor, outcome: Outcome | None) -> None:
        """Say what an outcome has for who asked alone."""
        for message in (outcome.private, outcome.private_note) if outcome else ():
            if message:
                self.poster.answer(place, actor.id, message)

    def _vote(self, request: Request, command: ApprovalAction, context: Context) -> None:
        """A step on a request; that it was tried is audited too, also where it is refused."""
        self.approvals.remember()
        audit = self.store.audit.intend(
            request.actor, audited(command), {}, request.place.channel, self.now()
        )
        try:
            approval = command.take(context)
        except SwarmbotError as error:
            self._conclude(audit, type(error).__name__)
            raise
        self._conclude(audit)
        (self.approvals.ended if approval.state.ended else self.approvals.show)(approval)
        if approval.state is ApprovalState.APPROVED:
            self.resume(approval)

    def _conclude(self, audit: str, why: str = "") -> None:
        ending = Ending.FAILED if why else Ending.DONE
        self.store.audit.conclude(audit, {"ending": ending, "why": why}, 0.0, self.now())

    def _heed_holds(self, actor: Actor, command: Change[Plan], plan: Plan) -> None:
        """What locks nothing changes nothing by itself: a rollout that runs may be turned back
        whoever holds its service."""
        if command.heeds_holds and plan.targets:
            held = self.store.holds.all(self.now())
            for name in plan.services or ("",):
                hold = holding(held, name, actor, self.now())
                if hold:
                    raise OnHoldError(hold, name or plan.title)

    def _refuse(self, decision: decide.Decision, command: Command) -> None:
        if isinstance(decision, decide.Deny):
            if decision.read_only:
                raise ReadOnlyError(command.full_name())
            if decision.split:
                raise UnsupportedError(
                    "these services need different approvers", "Send one line for each of them."
                )
            raise NotAllowedError(command.full_name(), decision.roles, decision.target)

    def _run_approved(
        self, approval: Approval, command: Change[Plan], context: Context, plan: Plan
    ) -> None:
        with self.store.locks.acquire(plan.targets, approval.actor.name, plan.title) as lease:
            claim = partial(approval_steps.claim, bot=self.approvals.bot, now=self.now())
            claimed = self.store.approvals.apply(approval.id, claim)
            if claimed is None:
                return
            decided = Decided(command, plan, context, approval.channel, approval.thread, claimed)
            outcome = self.executor.perform(decided, lease)
        self._tell(Place(approval.channel, approval.thread), approval.actor, outcome)
        if outcome and outcome.private:
            self._show_end(approval)

    def _show_end(self, approval: Approval) -> None:
        """Nothing but the request itself tells the channel how a change ended whose outcome is
        private."""
        ended = self.store.approvals.get(approval.id)
        if ended:
            self.approvals.show(ended)

    def _not_run(self, approval: Approval, error: SwarmbotError) -> None:
        if self.approvals.give_up(approval, type(error).__name__) and approval.message:
            self.poster.edit(approval.message, explain.explain(error), True)

    # ---- answers

    def _where(self, request: Request) -> tuple[str, str]:
        """Channel and thread in which a change is shown: where changes belong, or where it was
        asked for.

        The Home tab is no channel: where no other is configured, it is shown to who asked.
        """
        place = request.place
        channel = self.settings.channel or place.channel or request.actor.id
        return channel, place.thread if channel == place.channel else ""

    def _answer(self, request: Request, message: Message) -> None:
        self.poster.answer(request.place, request.actor.id, message)

    def context(self, actor: Actor) -> Context:
        """What a command may use while it runs for this person."""
        return Context(
            self.swarm,
            self.store,
            self.roller,
            self.table,
            self.settings,
            actor,
            self.now,
            stopping=self.stopping,
        )

    def _allow_read(self, actor: Actor, command: Command) -> None:
        decision = decide.may_read(actor, command.full_name(), self.settings)
        if isinstance(decision, decide.Deny):
            raise NotAllowedError(command.full_name(), decision.roles)

    @contextmanager
    def _answered(self, request: Request) -> Iterator[None]:
        """Whatever goes wrong becomes a private answer; a fault of the bot's own gets a reference
        into the log."""
        try:
            yield
        except SwarmbotError as error:
            self._answer(request, explain.explain(error))
        except Exception:
            reference = secrets.token_hex(4)
            log.exception("request %s failed", reference)
            self._answer(request, explain.unexpected(reference))
