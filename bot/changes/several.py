"""Rollouts of several services that are one change: one record, one message, one audit entry.

The record says which services there are and how each ended. So whoever takes it up after a crash
goes on with what runs, begins what has not begun, and leaves what somebody changed meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.changes import rollout_plan
from bot.changes.rollout_plan import RollPlan
from bot.command.model import Command, Context, written
from bot.errors import (
    ChangeInterruptedError,
    LeaseLostError,
    StoreUnavailableError,
    SwarmbotError,
)
from bot.model import Ending, Outcome, Plan, Progress, Rollout
from bot.model.batch import Batch, Member
from bot.policy.approval_steps import bare
from bot.render.errors import explain
from bot.rollout.run import Run

Planned = Callable[[str], tuple[Command, RollPlan] | None]
"""The command that does the same to one service alone, and its plan as it would be now; None where
there is nothing to do."""
Shown = Callable[[Rollout, Progress], None]


def recorded(
    command: Command, context: Context, plan: Plan, rolls: Sequence[RollPlan], run: Run
) -> Batch:
    """The record of the whole change, which is stored before anything of it is done."""
    batch = Batch(
        id=run.id,
        command=written(command),
        plan=bare(plan),
        actor=context.actor,
        channel=run.channel,
        audit=run.audit,
        started=context.now(),
        members=tuple(
            Member(
                roll.service.name,
                roll.title,
                roll.service.id,
                f"{run.id}-{number}",
                roll.fingerprint,
            )
            for number, roll in enumerate(rolls)
        ),
        approved_by=run.approved_by,
        request=run.request,
        shown_as=run.shown_as,
        thread=run.thread,
        trace=run.trace,
    )
    context.store.batches.save(batch, run.lease.fence)
    return batch


@dataclass
class Several:
    """One such change under way, from wherever it stands."""

    context: Context
    batch: Batch
    run: Run
    planned: Planned
    timeout: timedelta

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def member(self, name: str, show: Shown) -> Outcome:
        """Do it to this service, or go on with it, or say how it ended; tells it in one line.

        What cannot be done to it does not keep the others from theirs. Raises LeaseLostError.
        """
        member = next(member for member in self.batch.members if member.name == name)
        if member.ending is None:
            outcome = self._done(member, show)
            self._note(replace(member, ending=outcome.ending, line=outcome.lines[0]))
        else:
            outcome = _known(member)
        if outcome.rollout:
            with suppress(StoreUnavailableError):
                self.context.roller.close(outcome.rollout, outcome.ending, self.run.lease.fence)
        return outcome

    def _done(self, member: Member, show: Shown) -> Outcome:
        run = replace(self.run, id=member.rollout, part_of=self.batch.id, show=show)
        try:
            left = self.context.store.rollouts.unfinished(member.rollout)
            if left:
                with suppress(ChangeInterruptedError):
                    outcome = self.context.roller.recover(left, run)
                    return rollout_plan.in_one_line(member.title, outcome)
            planned = self.planned(member.name)
            if planned is None or planned[1].fingerprint != member.fingerprint:
                return self._failed(member, "not touched: it was changed meanwhile")
            command, roll = planned
            outcome = rollout_plan.roll(command, self.context, roll, run, self.timeout)
        except LeaseLostError:
            raise
        except SwarmbotError as error:
            return self._failed(member, f"failed: {explain.words(error).sentence}")
        return rollout_plan.in_one_line(member.title, outcome)

    def _failed(self, member: Member, why: str) -> Outcome:
        with suppress(StoreUnavailableError):
            left = self.context.store.rollouts.unfinished(member.rollout)
            if left:
                self.context.roller.close(left, Ending.FAILED, self.run.lease.fence)
        return Outcome(
            ending=Ending.FAILED,
            title=member.title,
            seconds=0.0,
            lines=(f"{member.title} · {why}",),
        )

    def _note(self, member: Member) -> None:
        """Write down how one of them ended; it goes on without Redis, for Swarm does too."""
        with self._lock, suppress(StoreUnavailableError):
            members = tuple(
                member if known.name == member.name else known for known in self.batch.members
            )
            self.batch = replace(self.batch, members=members)
            self.context.store.batches.save(self.batch, self.run.lease.fence)


def _known(member: Member) -> Outcome:
    return Outcome(
        ending=member.ending or Ending.FAILED, title=member.title, seconds=0.0, lines=(member.line,)
    )
