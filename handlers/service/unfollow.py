"""Ending the following of a rollout before its end, so that its service is free for others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from bot.command import masking
from bot.command.fields import Argument, Name
from bot.command.model import Change, Command, Context, Table
from bot.errors import SealedGoneError
from bot.model import Ending, Outcome, Plan, Rollout
from bot.render import plans
from bot.rollout.run import Run
from bot.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class UnfollowPlan(Plan):
    """The rollout that is not to be followed any more."""

    rollout: Rollout | None


class Unfollow(Change[UnfollowPlan]):
    """Follow the rollout of a service no more, so that the service can be changed before the
    deadline.

    Nothing is changed by it: Swarm goes on with the update by itself, and swarmbot no longer rolls
    it back. Who may send the line of the rollout may do so.
    """

    names: ClassVar = ("unfollow",)
    heeds_holds: ClassVar = False
    examples: ClassVar = ("unfollow web",)

    service: Annotated[Name, Argument("SERVICE")]

    def judged(self, store: Store, table: Table) -> Command:
        """The rules of what is followed count."""
        named = [
            rollout
            for rollout in store.rollouts.running()
            if self.service in (rollout.service, rollout.service_id)
        ]
        return _sent(named[0], store, table) if named else self

    def plan(self, context: Context) -> UnfollowPlan:
        """Find the rollout that runs."""
        service = context.swarm.services.find(self.service)
        running = context.store.rollouts.of_service(service.id)
        command = _sent(running, context.store, context.table) if running else self
        return UnfollowPlan(
            title=f"end the following of {service.name}",
            targets=(),
            fingerprint=running.id if running else "",
            services=(service.name,),
            ruled_by=command.full_name(),
            needs_approval=False,
            noop_reason="" if running else f"no rollout of {service.name} is followed",
            rollout=running,
        )

    def apply(self, context: Context, plan: UnfollowPlan, run: Run) -> Outcome:
        """Leave the wish for whoever follows it; where it has ended meanwhile, nobody does."""
        del run
        assert plan.rollout, "without a rollout there is nothing to change"
        context.store.rollouts.ask_unfollow(plan.rollout.id, context.actor)
        message = plans.followed_no_more(plan.rollout)
        return Outcome(ending=Ending.DONE, title=plan.title, seconds=0.0, private=message)


COMMANDS: tuple[type[Command], ...] = (Unfollow,)


def _sent(rollout: Rollout, store: Store, table: Table) -> Command:
    """The command that began the rollout."""
    try:
        return masking.read(rollout.again, store, table).meant()
    except SealedGoneError:
        return masking.read(rollout.line, store, table).meant()
