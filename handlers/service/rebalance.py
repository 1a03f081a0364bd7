"""Spreading services anew over the nodes that may run them.

Swarm itself moves nothing that runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from pydantic import Field

from bot.changes import rollout_plan, several
from bot.changes.rollout_plan import RollPlan
from bot.changes.several import Several
from bot.command.fields import Argument, Name, Timeout
from bot.command.model import Change, Command, Context
from bot.errors import SwarmbotError
from bot.model import Ending, Outcome, Plan, Progress, Rollout
from bot.model.batch import Batch
from bot.render.rollout import rollout_message
from bot.rollout.run import Run
from bot.swarm.scheduler.balance import Spread
from handlers.service.rebalance_choice import (
    forced_roll,
    listed,
    look_at,
    named_service,
    of_all,
    of_named,
    restart_warnings,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RebalancePlan(Plan):
    """The services to restart, in this order."""

    rolls: tuple[RollPlan, ...]


class Rebalance(Change[RebalancePlan]):
    """Spread services anew over the nodes, by a rolling forced update of one after the other.

    Swarm moves nothing that runs, so a node that came back stays empty until something new starts.
    Without names: every replicated service of which a node could run one more that has at least two
    fewer than another. What has one replica only is left out unless it is named. All tasks of a
    service restart, at the pace of its own update settings.
    """

    names: ClassVar = ("rebalance",)
    looks_again: ClassVar = False
    examples: ClassVar = ("rebalance", "rebalance web api")

    services: Annotated[tuple[Name, ...], Argument("SERVICE")] = ()
    timeout: Timeout = Field(
        rollout_plan.ROLLOUT_TIMEOUT, description="when a service counts as failed (default 10m)"
    )

    def plan(self, context: Context) -> RebalancePlan:
        """Say which services restart, and where their tasks lie now."""
        named = tuple(named_service(context, name) for name in self.services)
        look = look_at(context)
        if named:
            wanted, left_out, nothing = of_named(look, named)
        else:
            wanted, left_out, nothing = of_all(context, look)
        rolls = tuple(forced_roll(spread, look.nodes) for spread in wanted)
        names = [spread.service.name for spread in wanted]
        return RebalancePlan(
            title=f"rebalance {listed(names)}".strip(),
            targets=tuple(target for roll in rolls for target in roll.targets),
            fingerprint=" ".join(roll.fingerprint for roll in rolls),
            services=tuple(names),
            summary=listed([f"{spread.service.name}: {spread.words}" for spread in wanted], "; "),
            warnings=(
                *restart_warnings(names),
                *(warning for roll in rolls for warning in roll.warnings),
                *left_out,
            ),
            noop_reason="" if rolls else nothing,
            rolls=rolls,
        )

    def docker_words(self) -> Sequence[str]:
        """A forced update, of one service at a time."""
        alone = len(self.services) == 1
        return ("service", "update", "--force", *self.services) if alone else ()

    def apply(self, context: Context, plan: RebalancePlan, run: Run) -> Outcome:
        """Restart one service after the other.

        Where one does not end well, the rest stays as it is.
        """
        if len(plan.rolls) == 1:
            outcome = rollout_plan.roll(self, context, plan.rolls[0], run, self.timeout)
            return replace(
                outcome, lines=(*outcome.lines, *_where(context, [plan.rolls[0].service.id]))
            )
        batch = several.recorded(self, context, plan, plan.rolls, run)
        rolls = {roll.service.name: (self._alone(roll), roll) for roll in plan.rolls}
        return _one_by_one(Several(context, batch, run, rolls.get, self.timeout))

    def take_up(self, context: Context, batch: Batch, run: Run) -> Outcome:
        """Go on with the one that runs, and with the rest after it."""
        ids = {member.name: member.service_id for member in batch.members}

        def planned(name: str) -> tuple[Command, RollPlan] | None:
            look = look_at(context)
            spread = look.spreads.get(ids[name])
            roll = forced_roll(spread, look.nodes) if spread else None
            return (self._alone(roll), roll) if roll else None

        return _one_by_one(Several(context, batch, run, planned, self.timeout))

    def _alone(self, roll: RollPlan) -> Rebalance:
        return Rebalance(services=(roll.service.name,), timeout=self.timeout)


COMMANDS: tuple[type[Command], ...] = (Rebalance,)


def _one_by_one(change: Several) -> Outcome:
    """One service after the other; where one does not end well, the rest stays as it is."""
    context, batch, outcomes = change.context, change.batch, list[Outcome]()
    for member in batch.members:
        show = _shown(context, change.run, outcomes, len(batch.members))
        outcomes.append(change.member(member.name, show))
        if outcomes[-1].ending is not Ending.DONE:
            break
    begun = batch.members[: len(outcomes)]
    untouched = [member.name for member in batch.members[len(outcomes) :]]
    return Outcome(
        ending=outcomes[-1].ending,
        title=batch.plan.title,
        seconds=(context.now() - batch.started).total_seconds(),
        lines=(
            *(line for outcome in outcomes for line in outcome.lines),
            *_where(context, [member.service_id for member in begun]),
            *([f"not touched: {listed(untouched)}"] if untouched else []),
        ),
    )


def _shown(
    context: Context, run: Run, outcomes: Sequence[Outcome], count: int
) -> Callable[[Rollout, Progress], None]:
    """One message: the service that rolls, and what was done before it."""

    def show(rollout: Rollout, progress: Progress) -> None:
        done = [line for outcome in outcomes for line in outcome.lines]
        run.tell(
            rollout_message.one_of(
                rollout, progress, context.now(), (len(outcomes) + 1, count), done
            )
        )

    return show


def _where(context: Context, ids: Iterable[str]) -> list[str]:
    """Where the tasks of these services lie now; nothing where nobody can say."""
    with suppress(SwarmbotError):
        spreads = look_at(context).spreads
        return [_now(spreads[service_id]) for service_id in ids if service_id in spreads]
    return []


def _now(spread: Spread) -> str:
    uneven = (
        " · still uneven: Swarm found no room elsewhere when they started" if spread.uneven else ""
    )
    return f"{spread.service.name} now: {spread.words}{uneven}"
