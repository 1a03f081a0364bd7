"""Setting how many tasks services run: nothing that runs restarts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field, model_validator

from bot.changes import rollout_plan, several, standing, volume_check
from bot.changes.rollout_plan import RollPlan
from bot.changes.service_flags import Replicas
from bot.changes.several import Several
from bot.command.fields import Argument, Detach, Lookup, Name, Timeout, refuse_long
from bot.command.model import Change, Command, Context, Form
from bot.errors import UnsupportedError
from bot.model import Difference, Ending, Mode, Outcome, Plan, Service
from bot.model.batch import Batch
from bot.model.bounds import MOST_REPLICAS, at_most
from bot.model.placement import Placement
from bot.model.slash import SLASH
from bot.render.objects import networks
from bot.render.objects.placement_cautions import shortage_in_words
from bot.rollout.run import Run
from bot.swarm.health.addresses import address_uses
from bot.swarm.objects import used_by
from bot.swarm.scheduler import capacity
from bot.swarm.scheduler.layout import TaskLayout
from bot.swarm.spec import edit

_TARGET = re.compile(r"\A(?P<service>[A-Za-z0-9][\w.-]*)=(?P<count>\d+)", re.ASCII)
_FEWEST_NODES = 3
"""More nodes than this are counted rather than named."""


def _target(text: str) -> str:
    target = _TARGET.fullmatch(text)
    if not target:
        raise ValueError("a service and a whole number, such as web=5")
    refuse_long(target["service"])
    if at_most(target["count"], MOST_REPLICAS) is None:
        raise ValueError(f"a service and at most {MOST_REPLICAS} tasks, such as web=5")
    return text


Target = Annotated[str, AfterValidator(_target)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalePlan(Plan):
    """The services to scale, each with its own plan."""

    rolls: tuple[RollPlan, ...]


class ScaleForm(Form):
    """What `scale` asks for when nothing else is typed."""

    title: ClassVar = "Scale a service"
    submit: ClassVar = "Scale"

    service: Annotated[Name, Lookup("service")]
    replicas: Replicas = Field(description="tasks that it is to run")

    def command(self) -> Scale:
        """The scale of this one service."""
        return Scale(targets=(f"{self.service}={self.replicas}",))


class Scale(Change[ScalePlan]):
    """Set the number of tasks of services; what runs goes on running.

    For a job it is the number of completions.
    """

    names: ClassVar = ("service scale", "scale")
    looks_again: ClassVar = False
    form: ClassVar = ScaleForm
    examples: ClassVar = ("scale web=5", "scale web=5 api=2")

    targets: Annotated[tuple[Target, ...], Argument("SERVICE=REPLICAS")] = Field(min_length=1)
    detach: Detach = False
    timeout: Timeout = Field(
        rollout_plan.ROLLOUT_TIMEOUT, description="when it counts as failed (default 10m)"
    )

    @model_validator(mode="after")
    def _each_once(self) -> Scale:
        names = [text.partition("=")[0] for text in self.targets]
        twice = next((name for name in names if names.count(name) > 1), "")
        if twice:
            raise ValueError(f"{twice} is given more than once")
        return self

    def plan(self, context: Context) -> ScalePlan:
        """Say from what to what, and whether there is room."""
        rolls = tuple(
            {
                roll.service.id: roll for roll in (_plan(context, text) for text in self.targets)
            }.values()
        )
        wanted = [roll for roll in rolls if not roll.noop_reason]
        only = rolls[0] if len(rolls) == 1 else None
        return ScalePlan(
            title=only.title if only else ", ".join(roll.title for roll in rolls),
            targets=tuple(target for roll in rolls for target in roll.targets),
            fingerprint=" ".join(roll.fingerprint for roll in rolls),
            services=tuple(roll.service.name for roll in rolls),
            replicas=max(roll.replicas or 0 for roll in rolls),
            falls=any(roll.falls for roll in rolls),
            changes=tuple(_named(change, roll) for roll in rolls for change in roll.changes),
            summary="; ".join(roll.summary for roll in wanted),
            warnings=tuple(warning for roll in rolls for warning in roll.warnings),
            noop_reason="" if wanted else "; ".join(roll.noop_reason for roll in rolls),
            rolls=tuple(wanted),
        )

    def apply(self, context: Context, plan: ScalePlan, run: Run) -> Outcome:
        """Scale them side by side, and follow each to its own end."""
        if len(plan.rolls) == 1:
            return rollout_plan.roll(self, context, plan.rolls[0], run, self.timeout)
        batch = several.recorded(self, context, plan, plan.rolls, run)
        rolls = {roll.service.name: (self._alone(roll), roll) for roll in plan.rolls}
        return self._together(Several(context, batch, run, rolls.get, self.timeout))

    def take_up(self, context: Context, batch: Batch, run: Run) -> Outcome:
        """Go on with those that run, and begin those that have not begun."""

        def planned(name: str) -> tuple[Command, RollPlan] | None:
            (target,) = (text for text in self.targets if text.partition("=")[0] == name)
            alone = Scale(targets=(target,), timeout=self.timeout)
            rolls = alone.plan(context).rolls
            return (alone, rolls[0]) if rolls else None

        return self._together(Several(context, batch, run, planned, self.timeout))

    def _together(self, change: Several) -> Outcome:
        context, batch = change.context, change.batch
        shown = rollout_plan.Together(context, change.run)
        outcomes = context.stopping.side_by_side(
            [partial(change.member, member.name, shown.show) for member in batch.members]
        )
        bad = next(
            (outcome.ending for outcome in outcomes if outcome.ending is not Ending.DONE),
            Ending.DONE,
        )
        return Outcome(
            ending=bad,
            title=", ".join(outcome.title for outcome in outcomes),
            seconds=(context.now() - batch.started).total_seconds(),
            lines=tuple(line for outcome in outcomes for line in outcome.lines),
        )

    def _alone(self, roll: RollPlan) -> Scale:
        return Scale(targets=(f"{roll.service.name}={roll.replicas}",), timeout=self.timeout)


COMMANDS: tuple[type[Command], ...] = (Scale,)


def _plan(context: Context, text: str) -> RollPlan:
    name, _, count = text.partition("=")
    service = context.swarm.services.find(name)
    if service.mode.is_global:
        raise UnsupportedError(
            (
                f"{service.name} is {service.mode}: it runs one task on every node that its "
                "constraints allow"
            ),
            (
                f"Change those by `{SLASH} service update --constraint-add … {service.name}`, or "
                "create it anew as replicated."
            ),
        )
    before, after = service.replicas or 0, int(count)
    free = _room(context, service, after - before)
    changed = edit.with_replicas(service.spec, after)
    roll = rollout_plan.plan(
        service,
        changed,
        title=f"{service.name} {before} → {after}",
        changes=(Difference("replicas", str(before), str(after)),),
        warnings=(
            *_warnings(service, before, after, free),
            *_addresses(context, service, before, after),
            *volume_check.asked(context, service, changed),
            *standing.paused(context, service, changed),
        ),
        noop_reason=f"{service.name} has {after} already",
        replicas=after,
    )
    return replace(roll, summary=_summary(service, before, after, free))


def _room(context: Context, service: Service, more: int) -> Placement:
    if more <= 0 or service.mode is not Mode.REPLICATED:
        return Placement()
    swarm = context.swarm
    return capacity.more(
        service, more, swarm.nodes.list(), swarm.services.list(), swarm.services.tasks(running=True)
    )


def _addresses(context: Context, service: Service, before: int, after: int) -> Iterator[str]:
    """A sentence for each network that has too few addresses for so many tasks."""
    if after <= before or not used_by.has_networks(service):
        return
    swarm = context.swarm
    services = [
        replace(other, replicas=after) if other.id == service.id else other
        for other in swarm.services.list()
    ]
    tasks = swarm.services.tasks(running=True)
    for use in address_uses(swarm.networks.list(), TaskLayout.of(services, (), tasks)):
        if service.name in use.services and (use.short or use.addresses is None):
            yield networks.short_of_addresses(use)


def _summary(service: Service, before: int, after: int, free: Placement) -> str:
    if after <= before:
        return f"{service.name}: {before - after} of {before} stop, the rest goes on"
    places = [name for name, _ in free.nodes]
    named = ", ".join(places) if len(places) <= _FEWEST_NODES else f"{len(places)} nodes"
    where = f" on {named}" if places else ""
    return f"{service.name}: {after - before} more{where}, what runs goes on"


def _warnings(service: Service, before: int, after: int, free: Placement) -> tuple[str, ...]:
    if free.shortage is None:
        return ()
    why = shortage_in_words(free.shortage)
    return (f"{service.name} has room for {free.placed} of {after - before} more: {why}",)


def _named(change: Difference, roll: RollPlan) -> Difference:
    return replace(change, field=f"{change.field} {roll.service.name}")
