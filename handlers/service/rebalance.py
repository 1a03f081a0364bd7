"""Spreading services anew over the nodes that may run them.

Swarm itself moves nothing that runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from pydantic import Field

from bot.changes import rollout_plan, several, volume_check
from bot.changes.rollout_plan import RollPlan
from bot.changes.several import Several
from bot.command.fields import Argument, Name, Timeout
from bot.command.model import Change, Command, Context
from bot.errors import SwarmbotError, UnsupportedError
from bot.model import Ending, Mode, Node, Outcome, Plan, Progress, Rollout, Service, Task
from bot.model.batch import Batch
from bot.model.english import agree, shortlist
from bot.policy.holds import holding
from bot.render.objects import volume_cautions
from bot.render.objects.placement_cautions import obstacles_in_words
from bot.render.rollout import rollout_message
from bot.rollout.run import Run
from bot.swarm.scheduler import balance, obstacles
from bot.swarm.scheduler.balance import Spread
from bot.swarm.scheduler.local_data import local_volumes
from bot.swarm.spec import edit

_SERVICES_NAMED = 8
"""Of more services than this, the rest is counted."""
_ROLLS = ("updating", "rollback_started")
_STANDS = ("paused", "rollback_paused")


@dataclass(frozen=True, slots=True, kw_only=True)
class RebalancePlan(Plan):
    """The services to restart, in this order."""

    rolls: tuple[RollPlan, ...]


@dataclass(frozen=True, slots=True)
class _Placement:
    """The Swarm as it lies."""

    services: tuple[Service, ...]
    nodes: tuple[Node, ...]
    tasks: tuple[Task, ...]

    @property
    def spreads(self) -> dict[str, Spread]:
        """How each replicated service lies, by id."""
        spreads = balance.spreads(self.services, self.nodes, self.tasks)
        return {spread.service.id: spread for spread in spreads}


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
        named = tuple(_named(context, name) for name in self.services)
        look = _look(context)
        if named:
            wanted, left_out, nothing = _of_named(look, named)
        else:
            wanted, left_out, nothing = _of_all(context, look)
        rolls = tuple(_roll(spread, look.nodes) for spread in wanted)
        names = [spread.service.name for spread in wanted]
        return RebalancePlan(
            title=f"rebalance {_listed(names)}".strip(),
            targets=tuple(target for roll in rolls for target in roll.targets),
            fingerprint=" ".join(roll.fingerprint for roll in rolls),
            services=tuple(names),
            summary=_listed([f"{spread.service.name}: {spread.words}" for spread in wanted], "; "),
            warnings=(
                *_restart(names),
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
            look = _look(context)
            spread = look.spreads.get(ids[name])
            roll = _roll(spread, look.nodes) if spread else None
            return (self._alone(roll), roll) if roll else None

        return _one_by_one(Several(context, batch, run, planned, self.timeout))

    def _alone(self, roll: RollPlan) -> Rebalance:
        return Rebalance(services=(roll.service.name,), timeout=self.timeout)


COMMANDS: tuple[type[Command], ...] = (Rebalance,)


# ---- what is to be done


def _look(context: Context) -> _Placement:
    swarm = context.swarm
    return _Placement(swarm.services.list(), swarm.nodes.list(), swarm.services.tasks(running=True))


def _of_named(look: _Placement, named: Iterable[Service]) -> tuple[list[Spread], list[str], str]:
    """Of the named services those for which it changes something.

    With what is said of the others, and what is said where there are no others.
    """
    ids = dict.fromkeys(service.id for service in named)
    spreads = [look.spreads[service_id] for service_id in ids if service_id in look.spreads]
    wanted = [spread for spread in spreads if spread.uneven or spread.movable]
    even = [
        f"{spread.service.name} lies as evenly as it can: {spread.words}"
        for spread in spreads
        if spread not in wanted
    ]
    return wanted, [f"{text} · it stays" for text in even], "; ".join(even)


def _named(context: Context, name: str) -> Service:
    service = context.swarm.services.find(name)
    if service.mode is not Mode.REPLICATED:
        raise UnsupportedError(
            f"{service.name} is {service.mode}: where its tasks lie is not a matter of balance",
            "Only replicated services can be spread anew.",
        )
    return service


def _of_all(context: Context, look: _Placement) -> tuple[list[Spread], list[str], str]:
    """The uneven services that may be restarted now.

    With a sentence for each that may not, and what is said where there is none at all.
    """
    spreads = tuple(look.spreads.values())
    uneven = [spread for spread in spreads if spread.uneven]
    why = {spread.service.id: _not_now(context, spread.service) for spread in uneven}
    left_out = [
        f"{spread.service.name} is left out: {why[spread.service.id]}"
        for spread in uneven
        if why[spread.service.id]
    ]
    nothing = "; ".join(left_out) or "every replicated service lies as evenly as it can"
    hint = _hint(look, [spread.service.name for spread in spreads if spread.movable])
    return [spread for spread in uneven if not why[spread.service.id]], left_out, f"{nothing}{hint}"


def _not_now(context: Context, service: Service) -> str:
    """Why nobody should restart it along with others; empty where nothing speaks against it.

    A freeze stops them all.
    """
    if volumes := local_volumes(service.spec):
        return volume_cautions.left_out(volumes)
    state = service.update.state if service.update else ""
    if state in _ROLLS:
        return "an update of it rolls"
    if state in _STANDS:
        return "its last update stands half done, and a restart would spread that"
    hold = holding(
        context.store.holds.all(context.now()), service.name, context.actor, context.now()
    )
    return f"{hold.owner.name} holds it" if hold and not hold.freeze else ""


def _hint(look: _Placement, movable: Sequence[str]) -> str:
    empty = balance.unused(look.nodes, look.tasks)
    nodes = (
        (
            f". {_listed(empty)} {agree(len(empty), 'runs', 'run')} nothing: what starts next "
            "goes there"
        )
        if empty
        else ""
    )
    named = (
        f". Named, {_listed(movable[:1])} would move: `/swarm rebalance {movable[0]}`"
        if empty and movable
        else ""
    )
    return nodes + named


def _roll(spread: Spread, nodes: Sequence[Node]) -> RollPlan:
    service = spread.service
    changed = edit.forced(service.spec)
    return rollout_plan.plan(
        service,
        changed,
        title=service.name,
        changes=(),
        warnings=(
            *_gap(service),
            *obstacles_in_words(obstacles.in_the_way(service, nodes, changed)),
            *volume_check.warnings(service, nodes, changed),
        ),
    )


def _restart(names: Sequence[str]) -> list[str]:
    """What a forced update really does."""
    if not names:
        return []
    whose = names[0] if len(names) == 1 else "these services"
    one_by_one = "" if len(names) == 1 else ", one service after the other"
    return [f"a forced update restarts every task of {whose}, not only those that move{one_by_one}"]


def _gap(service: Service) -> tuple[str, ...]:
    config = edit.update_config(service.spec)
    if config["Order"] == "start-first":
        return ()
    if service.replicas == 1:
        return (
            (
                f"{service.name} has one replica: it is away from when that stops until the "
                "new one runs"
            ),
        )
    at_once = config["Parallelism"] or service.replicas or 0
    return (
        (f"all tasks of {service.name} stop at once, by its update settings",)
        if at_once >= (service.replicas or 0)
        else ()
    )


# ---- while it is done, and after


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
            *([f"not touched: {_listed(untouched)}"] if untouched else []),
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
        spreads = _look(context).spreads
        return [_now(spreads[service_id]) for service_id in ids if service_id in spreads]
    return []


def _now(spread: Spread) -> str:
    uneven = (
        " · still uneven: Swarm found no room elsewhere when they started" if spread.uneven else ""
    )
    return f"{spread.service.name} now: {spread.words}{uneven}"


def _listed(texts: Sequence[str], mark: str = ", ") -> str:
    return shortlist(texts, _SERVICES_NAMED, mark)
