"""The one short path from a request to its answer: parse, plan, decide, hold, apply, render."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.changes import own_stack
from bot.clock import Stopping
from bot.command import masking
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
    BeyondRightsError,
    LockedError,
    NotAllowedError,
    NotGrantedError,
    PlanOutdatedError,
    StoreUnavailableError,
    SwarmbotError,
    UnsupportedError,
    error_code,
)
from bot.log_ids import bound
from bot.metrics import Metrics
from bot.model import Actor, Ending, Kind, MessageRef, Outcome, Place, Plan
from bot.model.approval import NOTHING_TO_CHANGE, Approval, ApprovalState
from bot.model.sent_command import SentEnding
from bot.pipeline import disclosure, rights, spans
from bot.pipeline.answers import Answers
from bot.pipeline.approvals import ApprovalFlow
from bot.pipeline.command_reports import CommandReports
from bot.pipeline.decided import Decided
from bot.pipeline.disclosure import Listener
from bot.pipeline.execution import ChangeExecutor
from bot.pipeline.reading import read, told
from bot.pipeline.request import Request
from bot.policy import decide, turn
from bot.policy.holds import refuse_held
from bot.registry.reader import RegistryReader
from bot.registry.transport import HttpTransport
from bot.render import holds, plans
from bot.render.errors import explain
from bot.rollout.roller import Roller
from bot.settings import Settings
from bot.store.lease import Lease
from bot.store.store import Store
from bot.swarm.swarm import Swarm

REPLAYED = "used before"
"""The result of a request that was written back into Redis after it had run or ended."""
IN_LINE, LEAVE_LINE, WITHDRAW = "queue", "queue rm", "withdraw"
"""The commands by which another one waits in line, and by which that and a request are taken
back."""


@dataclass(frozen=True)
class Pipeline:
    """Everything between the doors and the Swarm."""

    swarm: Swarm
    store: Store
    answers: Answers
    roller: Roller
    executor: ChangeExecutor
    approvals: ApprovalFlow
    table: Table
    settings: Settings
    metrics: Metrics
    now: Callable[[], datetime]
    stopping: Stopping
    reports: CommandReports
    registry: RegistryReader = field(default_factory=lambda: RegistryReader(HttpTransport()))

    def execute(self, request: Request) -> None:
        """Do what was asked and answer; never raises."""
        with (
            spans.asked(request),
            self.reports.at(request.actor),
            self.answers.errors_told(request),
        ):
            command = read(request, self.store, self.table, self.settings)
            spans.is_read(command)
            judged = command.judged(self.store, self.table)
            context = self._context(judged, request.actor, request.actor)
            listener = Listener(request.actor, self.settings, type(judged))
            with self.metrics.timed(command.full_name()), told(listener):
                if isinstance(command, Query):
                    self.answers.answer(request, command.run(context))
                    return
                if isinstance(command, ApprovalAction):
                    self._take_step(request, command, context)
                    return
                assert isinstance(command, Change), "a command reads, changes or decides"
                self._ping(command)
                plan = own_stack.marked(context, command, command.plan(context))
                spans.is_planned(plan)
                decision = self._decide(command, plan, request.actor)
                if plan.noop_reason:
                    request.take_turn()
                    self.answers.answer(request, plans.noop(plan), SentEnding.NOTHING_TO_CHANGE)
                    return
                self._refuse_held(command, plan, request.actor)
                if not self._is_as_queued(request, plan):
                    return
                self.answers.say_where(request, plan, decision)
                if isinstance(decision, decide.Ask):
                    self._ask(request, command, plan, decision)
                else:
                    self._run_at_once(request, command, context, plan)

    def resume(self, approval: Approval) -> None:
        """The same path, entered after *decide*, for what was approved; never raises.

        It is planned when its locks are there, and runs once and as it was approved, or its message
        shows what it has become. Whatever comes once it runs, or later, changes nothing.
        """
        with (
            spans.approved(approval),
            self.reports.at(approval.actor),
            bound(approval=approval.id),
            self.approvals.errors_shown(approval),
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
        actor = self.approvals.known(approval.actor)
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
                self.answers.tell(place, claimed.actor, outcome)
                if outcome and outcome.private:
                    self.approvals.show_end(claimed)

    def _ping(self, command: Change[Plan]) -> None:
        """Raise StoreUnavailableError, with what does the same by hand, where Redis is away."""
        try:
            self.store.ping()
        except StoreUnavailableError as error:
            raise replace(error, by_hand=docker_line(command, self.table)) from None

    # ---- whoever has waited in line

    def _is_as_queued(self, request: Request, plan: Plan) -> bool:
        """Whether it comes to what was queued; where it does not, who waited is asked."""
        queued = request.turn.queued if request.turn else None
        parts = turn.new_parts(queued.plan, plan) if queued and queued.plan else ()
        if queued and parts and request.take_turn():
            message = holds.another_change(queued, parts)
            self.answers.answer(request, message, SentEnding.REFUSED)
        return not parts

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
        except (BeyondRightsError, NotAllowedError, NotGrantedError) as error:
            raise disclosure.refusal(error, actor, self.settings) from None

    def _ask(
        self, request: Request, command: Change[Plan], plan: Plan, decision: decide.Ask
    ) -> None:
        if not request.take_turn() or not self.reports.may_go_on(request.actor):
            return
        if has_secret(command):
            raise UnsupportedError(
                "what was typed cannot wait for approval, for it is written nowhere",
                "Leave it empty.",
            )
        self.approvals.ask(command, plan, decision, request.actor, self.answers.where(request))

    def _take_step(self, request: Request, command: ApprovalAction, context: Context) -> None:
        """A step on a request; one that is refused is counted with the other refusals."""
        with bound(approval=command.approval):
            self.approvals.remember()
            if request.place.button:
                met = MessageRef(request.place.channel, request.place.button)
                self.store.approvals.stands(command.approval, met)
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
            self.answers.say_step(request, approval)
            if approval.state.ended:
                self.approvals.ended(approval)
            else:
                self.approvals.show(approval)
            if approval.state is ApprovalState.APPROVED:
                self.resume(approval)

    def withdraw(self, actor: Actor, approval_id: str) -> None:
        """Take back what CI has asked for, and waits for approval. Raises what keeps it from
        that."""
        command = self.table.by_name[WITHDRAW].model_validate({"approval": approval_id})
        assert isinstance(command, ApprovalAction), "withdrawing is a step on a request"
        self._take_step(
            Request("", actor, Place("")), command, self._context(command, actor, actor)
        )

    def leave_line(self, actor: Actor, queued_id: str) -> None:
        """Take back what CI has asked for, and waits in line. Raises what keeps it from that."""
        command = self.table.by_name[LEAVE_LINE].model_validate({"id": queued_id})
        assert isinstance(command, Change), "leaving the line is a change"
        context = self._context(command, actor, actor)
        where = self.answers.where(Request("", actor, Place("")))
        self._run(Decided(command, command.plan(context), context, *where), lambda: True)

    def _conclude(self, audit: str, ending: Ending, why: str = "") -> None:
        self.store.audit.conclude(audit, {"ending": ending, "why": why}, 0.0, self.now())

    # ---- hold and apply

    def _run_at_once(
        self, request: Request, command: Change[Plan], context: Context, plan: Plan
    ) -> None:
        try:
            outcome = self._run(
                Decided(command, plan, context, *self.answers.where(request)),
                request.take_turn,
            )
        except LockedError as error:
            if request.turn:
                raise
            again = masking.again(command, self.store, self.table)
            if request.actor.origin and len(plan.targets) == 1:
                # There is no button for CI: it stands in line by itself.
                in_line = self.table.by_name[IN_LINE].model_validate({"line": again})
                self.execute(replace(request, text="", command=in_line))
            else:
                self.answers.answer(request, explain.busy(error, again), SentEnding.REFUSED)
        else:
            self.answers.tell(request.place, request.actor, outcome)

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
            refused_channels=self.answers.refused_channels,
            registry=self.registry,
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


def _is_same(plan: Plan, before: Plan) -> bool:
    """Whether both plans do the same, to the same."""
    return plan.fingerprint == before.fingerprint and set(plan.targets) == set(before.targets)
