"""The one short path from a request to its answer: parse, plan, decide, hold, apply, render."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from bot.changes import own_stack
from bot.clock import Stopping
from bot.command import line, masking
from bot.command.by_hand import docker_line
from bot.command.model import (
    ApprovalAction,
    Change,
    Command,
    Context,
    Query,
    Table,
    has_secret,
)
from bot.errors import (
    AlreadyApprovedError,
    ApprovalClosedError,
    ApprovalNotFoundError,
    LockedError,
    NotAllowedError,
    NotApproverError,
    NotGrantedError,
    NotHolderError,
    NotRequesterError,
    OnHoldError,
    OutsiderError,
    PlanOutdatedError,
    ReadOnlyError,
    SelfApprovalError,
    StoreUnavailableError,
    SwarmbotError,
    TooManyLinesError,
    UnsupportedError,
    error_code,
)
from bot.metrics import Metrics
from bot.model import Actor, Ending, Kind, Message, Outcome, Place, Plan
from bot.model.approval import NOTHING_TO_CHANGE, Approval, ApprovalState
from bot.model.audit import Refusal
from bot.model.hold import Queued
from bot.pipeline import disclosure, rights
from bot.pipeline.approvals import ApprovalFlow
from bot.pipeline.disclosure import Listener
from bot.pipeline.execution import ChangeExecutor, Decided
from bot.policy import decide, turn
from bot.policy.holds import refuse_held
from bot.poster import Poster
from bot.render import holds, plans
from bot.render.errors import explain
from bot.rollout.roller import Roller
from bot.settings import Settings
from bot.store.locks import Lease
from bot.store.store import Store
from bot.swarm.swarm import Swarm

log = logging.getLogger(__name__)

REFUSALS = (
    AlreadyApprovedError,
    ApprovalClosedError,
    ApprovalNotFoundError,
    NotAllowedError,
    NotApproverError,
    NotGrantedError,
    NotHolderError,
    NotRequesterError,
    OnHoldError,
    OutsiderError,
    ReadOnlyError,
    SelfApprovalError,
)
"""What somebody tried and may not do; counted, for whoever looks for a pattern in it."""

_REQUEST_ID = re.compile(r"[0-9a-f]{1,32}")

REPLAYED = "used before"
"""The result of a request that was written back into Redis after it had run or ended."""


@dataclass(frozen=True, slots=True)
class Turn:
    """That a change which waited in line was called.

    `take` gives up its place, which is done directly before anything comes of it; False where
    somebody else took it.
    """

    queued: Queued
    take: Callable[[], bool]


KEEPS_PLACE = (LockedError, OnHoldError)
"""What meets somebody who is called and does not cost them their place."""


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks for, as typed or as a button stored it, and where the answer goes.

    A modal has already made a `command` of it. `turn`: it has waited in line.
    """

    text: str
    actor: Actor
    place: Place
    command: Command | None = None
    turn: Turn | None = None


@contextmanager
def _told(listener: Listener) -> Iterator[None]:
    """Errors go on as this person may hear them."""
    try:
        yield
    except SwarmbotError as error:
        raise listener.heard(error) from None


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
    stopping: Stopping

    def execute(self, request: Request) -> None:
        """Do what was asked and answer; never raises."""
        with self._answered(request):
            rights.refuse_outsider(request.actor, self.settings)
            rights.refuse_form(request.text, request.actor, self.table, self.settings)
            typed = request.command or masking.read(request.text, self.store, self.table)
            command = typed.meant()
            judged = command.judged(self.store, self.table)
            context = self._context(judged, request.actor, request.actor)
            listener = Listener(request.actor, self.settings, type(judged))
            with self.metrics.timed(command.full_name()), _told(listener):
                rights.refuse_early(judged, request.actor, self.settings)
                if isinstance(command, Query):
                    self._answer(request, command.run(context))
                    return
                if isinstance(command, ApprovalAction):
                    self._take_step(request, command, context)
                    return
                assert isinstance(command, Change), "a command reads, changes or decides"
                self._ping(command)
                plan = own_stack.marked(context, command, command.plan(context))
                decision = self._decide(command, plan, request.actor)
                if plan.noop_reason:
                    self._take_turn(request)
                    self._answer(request, plans.noop(plan))
                    return
                self._refuse_held(command, plan, request.actor)
                if not self._is_as_queued(request, plan):
                    return
                self._say_where(request, plan, decision)
                if isinstance(decision, decide.Ask):
                    if not self._take_turn(request):
                        return
                    self._ask(request, command, plan, decision)
                else:
                    self._run_at_once(request, command, context, plan)

    def resume(self, approval: Approval) -> None:
        """The same path, entered after *decide*, for what was approved; never raises.

        It is planned when its locks are there, and runs once and as it was approved, or its message
        shows what it has become. Whatever comes once it runs, or later, changes nothing.
        """
        with (
            self._shown(approval),
            self.store.locks.acquire(
                approval.plan.targets, approval.actor.name, approval.plan.title
            ) as lease,
        ):
            stored = self.store.approvals.get(approval.id)
            if stored is None or stored.state is not ApprovalState.APPROVED:
                return
            if self.store.replays.is_used(stored.id, stored.asked):
                self.approvals.settle(stored, REPLAYED)
            else:
                self._resume(stored, lease)

    def _resume(self, approval: Approval, lease: Lease) -> None:
        command = self.approvals.restored(approval)
        actor = self.approvals.verified(approval.actor)
        context = self._context(command.judged(self.store, self.table), approval.actor, actor)
        plan = own_stack.marked(context, command, command.plan(context))
        if plan.noop_reason:
            self.approvals.settle(approval, NOTHING_TO_CHANGE)
            return
        decision = self._decide(command, plan, actor)
        self._refuse_held(command, plan, actor)
        if not _is_same(plan, approval.plan):
            self.approvals.renew(approval, plan, decision)
        elif self.approvals.recounted(approval, decision):
            claimed = self.approvals.claimed(approval)
            if claimed:
                place = Place(claimed.channel, claimed.thread)
                outcome = self.executor.perform(
                    Decided(command, plan, context, place.channel, place.thread, claimed), lease
                )
                self._tell(place, claimed.actor, outcome)
                if outcome and outcome.private:
                    self.approvals.show_end(claimed)

    def _ping(self, command: Change[Plan]) -> None:
        """Raise StoreUnavailableError, with what does the same by hand, where Redis is away."""
        try:
            self.store.ping()
        except StoreUnavailableError as error:
            raise replace(error, by_hand=docker_line(command, self.table)) from None

    # ---- whoever has waited in line

    def _take_turn(self, request: Request) -> bool:
        """Give up the place in line, where there is one; False where somebody else took it."""
        return request.turn is None or request.turn.take()

    def _is_as_queued(self, request: Request, plan: Plan) -> bool:
        """Whether it comes to what was queued; where it does not, who waited is asked."""
        queued = request.turn.queued if request.turn else None
        parts = turn.new_parts(queued.plan, plan) if queued and queued.plan else ()
        if queued and parts and self._take_turn(request):
            self._answer(request, holds.another_change(queued, parts))
        return not parts

    def _keeps_place(self, request: Request, error: SwarmbotError) -> bool:
        """Whether it goes on waiting in line; else its turn is over."""
        if request.turn is None:
            return False
        try:
            if isinstance(error, KEEPS_PLACE):
                self.store.queue.wait_again(request.turn.queued.id)
                return True
            request.turn.take()
        except StoreUnavailableError:
            # Its place is as it was; it is called again later.
            return True
        return False

    # ---- decide

    def _refuse_held(self, command: Change[Plan], plan: Plan, actor: Actor) -> None:
        """Raise OnHoldError where a hold keeps this person from it.

        What locks nothing changes nothing by itself: a rollout that runs may be turned back whoever
        holds its service.
        """
        if plan.kind is not Kind.READ and command.heeds_holds and plan.targets:
            refuse_held(self.store.holds.all(self.now()), plan, actor, self.now())

    def _decide(self, command: Change[Plan], plan: Plan, actor: Actor) -> decide.Allow | decide.Ask:
        """What the rules say. Raises where they refuse."""
        decision = decide.decide(actor, command.full_name(), plan, self.settings)
        try:
            return decide.permitted(decision, command.full_name())
        except (NotAllowedError, NotGrantedError) as error:
            raise disclosure.refusal(error, actor, self.settings) from None

    def _ask(
        self, request: Request, command: Change[Plan], plan: Plan, decision: decide.Ask
    ) -> None:
        if has_secret(command):
            raise UnsupportedError(
                "what was typed cannot wait for approval, for it is written nowhere",
                "Leave it empty.",
            )
        self.approvals.ask(command, plan, decision, request.actor, self._where(request))

    def _take_step(self, request: Request, command: ApprovalAction, context: Context) -> None:
        """A step on a request; one that is refused is counted with the other refusals."""
        self.approvals.remember()
        command.refuse(context)
        audit = self.store.audit.intend(
            request.actor,
            masking.audited(command, self.table),
            {},
            request.place.channel,
            self.now(),
            request=command.approval,
        )
        try:
            approval = command.take(context)
        except SwarmbotError as error:
            self._conclude(audit, Ending.FAILED, error_code(error))
            raise
        self._conclude(audit, Ending.DONE)
        if approval.state.ended:
            self.approvals.ended(approval)
        else:
            self.approvals.show(approval)
        if approval.state is ApprovalState.APPROVED:
            self.resume(approval)

    def _conclude(self, audit: str, ending: Ending, why: str = "") -> None:
        self.store.audit.conclude(audit, {"ending": ending, "why": why}, 0.0, self.now())

    # ---- hold and apply

    def _run_at_once(
        self, request: Request, command: Change[Plan], context: Context, plan: Plan
    ) -> None:
        try:
            outcome = self._run(
                Decided(command, plan, context, *self._where(request)),
                partial(self._take_turn, request),
            )
        except LockedError as error:
            if request.turn:
                raise
            self._answer(
                request, explain.busy(error, masking.again(command, self.store, self.table))
            )
        else:
            self._tell(request.place, request.actor, outcome)

    def _run(self, decided: Decided, take_turn: Callable[[], bool]) -> Outcome | None:
        """Lock what the plan targets, look at the plan again, and apply it.

        None where its outcome is told elsewhere. Raises LockedError where somebody else is changing
        one of the targets, and PlanOutdatedError where the plan would be another one by now.
        """
        plan, context = decided.plan, decided.context
        with self.store.locks.acquire(plan.targets, context.actor.name, plan.title) as lease:
            if plan.targets and decided.command.looks_again:
                again = own_stack.marked(context, decided.command, decided.command.plan(context))
                if again.noop_reason or not _is_same(again, plan):
                    raise PlanOutdatedError(plan.title, "what it is about")
                decided = replace(decided, plan=again)
            return None if not take_turn() else self.executor.perform(decided, lease)

    # ---- render

    def _say_where(self, request: Request, plan: Plan, decision: decide.Decision) -> None:
        """Say in which other channel it is shown.

        What locks nothing, such as a look at a token, is shown in none.
        """
        shown = bool(plan.targets) or isinstance(decision, decide.Ask)
        channel = self._where(request)[0]
        if shown and channel != request.place.channel:
            is_direct = channel == request.actor.id
            self._answer(request, plans.elsewhere(plan, "" if is_direct else channel))

    def _tell(self, place: Place, actor: Actor, outcome: Outcome | None) -> None:
        """Say what an outcome has for who asked alone."""
        for message in (outcome.private, outcome.private_note) if outcome else ():
            if message:
                self.poster.answer(place, actor.id, message)

    def _where(self, request: Request) -> tuple[str, str]:
        """Channel and thread in which a change is shown.

        That is where changes belong, or where it was asked for. The Home tab is no channel: where
        no other is configured, it is shown to who asked.
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

    def _context(self, command: Command, actor: Actor, judged: Actor) -> Context:
        """The same for one command, which finds what `judged` may see: who asks, as Slack knows
        them now."""
        sight = rights.sight(command, judged, self.settings)
        context = self.context(actor)
        return replace(context, swarm=self.swarm.seen_by(sight))

    def offered(
        self, actor: Actor, command: type[Command], kind: str
    ) -> Callable[[str], bool] | None:
        """Which names of this kind the form of a command offers to somebody; None where they may
        not ask for it at all."""
        return rights.offered(actor, command, kind, self.settings)

    @contextmanager
    def _answered(self, request: Request) -> Iterator[None]:
        """Whatever goes wrong becomes a private answer.

        A fault of the bot's own gets a reference into the log.
        """
        try:
            yield
        except SwarmbotError as error:
            if self._keeps_place(request, error):
                return
            self._answer(request, explain.explain(error))
            if isinstance(error, REFUSALS):
                self._count_refusal(request, error_code(error))
        except Exception:
            reference = secrets.token_hex(4)
            log.exception("request %s failed", reference)
            self._keeps_place(request, SwarmbotError())
            self._answer(request, explain.unexpected(reference))

    def _count_refusal(self, request: Request, why: str) -> None:
        """Count it, and keep it for a while: a person, a command and an hour are one record."""
        self.metrics.refused(why)
        named = line.bare(request.text, self.table)
        command = type(request.command) if request.command else named[0] if named else None
        refusal = Refusal(
            at=self.now(),
            actor_id=request.actor.id,
            actor=request.actor.name,
            command=command.full_name() if command else "again",
            why=why,
            source=request.place.channel,
            request=self._request_id(request),
        )
        with suppress(StoreUnavailableError):
            self.store.refusals.count(refusal)

    def _request_id(self, request: Request) -> str:
        """The id of the request for approval that a line is about; empty for what is no id."""
        try:
            typed = request.command or line.parse(request.text, self.table)
        except SwarmbotError:
            return ""
        about = typed.approval if isinstance(typed, ApprovalAction) else ""
        return about if _REQUEST_ID.fullmatch(about) else ""

    def slow_down(self, request: Request) -> None:
        """Tell somebody that they send more lines than are taken."""
        self.metrics.refused(error_code(TooManyLinesError()))
        self._answer(request, explain.explain(TooManyLinesError()))

    @contextmanager
    def _shown(self, approval: Approval) -> Iterator[None]:
        """Whatever keeps a request from its run is shown in its message.

        What only delays it is tried again by the next round of `jobs.approvals`.
        """
        try:
            yield
        except (LockedError, StoreUnavailableError):
            log.info(
                "request %s waits: what it changes is being changed, or Redis is away", approval.id
            )
        except SwarmbotError as error:
            self._not_run(approval, error)
        except Exception:
            log.exception("request %s failed", approval.id)
            self._not_run(approval, SwarmbotError())

    def _not_run(self, approval: Approval, error: SwarmbotError) -> None:
        if self.approvals.give_up(approval, error_code(error)) and approval.message:
            self.poster.edit(approval.message, explain.explain(error), True)


def _is_same(plan: Plan, before: Plan) -> bool:
    """Whether both plans do the same, to the same."""
    return plan.fingerprint == before.fingerprint and set(plan.targets) == set(before.targets)
