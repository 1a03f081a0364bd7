"""Waiting in line for a service that somebody else is changing."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from bot.changes import own_stack
from bot.command import masking
from bot.command.fields import Argument, OtherLine
from bot.command.model import Change, Command, Context, Query, Table
from bot.errors import UnsupportedError
from bot.model import Ending, Message, Outcome, Plan
from bot.model.bounds import MOST_NAME
from bot.model.hold import Queued
from bot.model.pipeline_caller import Origin
from bot.model.sent_command import Report, SentEnding, SentState
from bot.model.slash import SLASH
from bot.policy.approval_steps import bare
from bot.render import holds, plain
from bot.rollout.run import Run
from bot.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePlan(Plan):
    """What is to wait: the command, and the service that it waits for."""

    command: Command
    change: str
    service_id: str
    waits: Plan


class QueueUp(Change[QueuePlan]):
    """Let a change wait until nobody changes its service any more; it is planned anew then, and
    asks for approval anew.

    Who may queue a line is who may send it.
    """

    names: ClassVar = ("queue",)
    examples: ClassVar = ('queue "deploy web shop/web:2.0"',)

    line: Annotated[str, Argument("LINE"), OtherLine()]

    def judged(self, store: Store, table: Table) -> Command:
        """The rules of what waits count."""
        return masking.read(self.line, store, table).meant()

    def plan(self, context: Context) -> QueuePlan:
        """Plan what waits, so that what cannot work is refused now."""
        command = self.judged(context.store, context.table)
        if not isinstance(command, Change) or isinstance(command, QueueUp):
            raise UnsupportedError(f"{command.full_name()} cannot wait in line", "Send it now.")
        plan = own_stack.marked(context, command, command.plan(context))
        services = [
            target.removeprefix("service:")
            for target in plan.targets
            if target.startswith("service:")
        ]
        if len(services) != 1:
            raise UnsupportedError("only a change of one service can wait in line", "Send it now.")
        return QueuePlan(
            title=f"{plan.title} in line",
            targets=(),
            fingerprint=plan.fingerprint,
            kind=plan.kind,
            services=plan.services,
            replicas=plan.replicas,
            falls=plan.falls,
            image=plan.image,
            dangers=plan.dangers,
            ruled_by=command.full_name(),
            command=command,
            change=plan.title,
            service_id=services[0],
            waits=bare(plan),
        )

    def apply(self, context: Context, plan: QueuePlan, run: Run) -> Outcome:
        """Stand in line."""
        waiting = Queued(
            id=secrets.token_hex(4),
            service_id=plan.service_id,
            service=plan.services[0],
            line=masking.shown_line(plan.command, context.table),
            sealed=masking.seal(plan.command, context.store, context.table),
            title=plan.change,
            fingerprint=plan.fingerprint,
            actor=context.actor,
            channel=run.channel,
            at=context.now(),
            plan=plan.waits,
            trace=run.trace,
        )
        position = context.store.queue.push(waiting)
        lock = context.store.locks.of(f"service:{plan.service_id}")
        message = holds.queued(waiting, position, lock)
        return Outcome(
            ending=Ending.DONE, title=plan.title, seconds=0.0, message=message, waits=True
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LeavingPlan(Plan):
    """The change that is to wait no longer."""

    waiting: Queued


class LeaveQueue(Change[LeavingPlan]):
    """Take a change out of the line in front of a busy service. Who may send it may do so."""

    names: ClassVar = ("queue rm",)
    heeds_holds: ClassVar = False
    examples: ClassVar = ("queue rm 07486b3e",)

    id: Annotated[str, Argument("ID")] = Field(max_length=MOST_NAME)

    def judged(self, store: Store, table: Table) -> Command:
        """The rules of what waits count."""
        waiting = store.queue.get(self.id)
        return masking.read(waiting.again, store, table).meant() if waiting else self

    def plan(self, context: Context) -> LeavingPlan:
        """Find it in the line."""
        waiting = context.store.queue.get(self.id)
        if waiting is None:
            raise UnsupportedError(
                f"nothing with the id {self.id} waits in line: its turn came, or it was taken out",
                f"Look at `{SLASH} queued`.",
            )
        command = self.judged(context.store, context.table)
        return LeavingPlan(
            title=f"{waiting.title} out of the line",
            targets=(),
            fingerprint=waiting.id,
            services=(waiting.service,),
            ruled_by=command.full_name(),
            needs_approval=False,
            waiting=waiting,
        )

    def apply(self, context: Context, plan: LeavingPlan, run: Run) -> Outcome:
        """Take it out; where its turn came meanwhile, say so."""
        del run
        if not context.store.queue.remove(plan.waiting.id):
            raise UnsupportedError(
                f"{plan.waiting.title} waits no longer: its turn came", f"Look at `{SLASH} status`."
            )
        context.store.sealed.forget(plan.waiting.sealed)
        message = holds.left(plan.waiting)
        if origin := plan.waiting.actor.origin:
            context.store.commands.report(origin.command, _left(message, origin), context.now())
        return Outcome(ending=Ending.DONE, title=plan.title, seconds=0.0, message=message)


class Waiting(Query):
    """List what waits in line."""

    names: ClassVar = ("queued",)

    def run(self, context: Context) -> Message:
        """The longest waiting first."""
        return holds.queue(context.store.queue.all(), context.now())


def _left(message: Message, origin: Origin) -> Report:
    return Report(
        state=SentState.ENDED,
        ending=SentEnding.WITHDRAWN,
        text=plain.plain(message),
        attempt=origin.attempt,
    )


COMMANDS: tuple[type[Command], ...] = (QueueUp, LeaveQueue, Waiting)
