"""What every command that changes a service's specification shares: the plan, and the record of the rollout it starts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bot import line
from bot.command import Change, Context
from bot.duration import write_duration
from bot.model import Difference, Image, Plan, Rollout, Service, Spec
from bot.rollouts import Run
from bot.swarm import spec as specs

TIMEOUT = timedelta(minutes=10)
"""When a rollout counts as failed, where nothing else is said: Swarm itself would wait for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RollPlan(Plan):
    """An update of one service: the specification to post, and the image that it comes to."""

    service: Service
    spec: Spec
    after: Image
    rolls_back: bool


def plan(  # noqa: PLR0913 - what a plan says has that many independent parts
    service: Service,
    changed: Spec,
    *,
    title: str,
    changes: tuple[Difference, ...],
    rolls_back: bool = False,
    warnings: tuple[str, ...] = (),
    nothing: str = "",
    replicas: int | None = None,
) -> RollPlan:
    """Plan to post `changed`. `title` names subject and goal; `nothing` is said where the specification stays the same."""
    same = specs.fingerprint(changed) == specs.fingerprint(service.spec)
    return RollPlan(
        title=title,
        targets=(f"service:{service.id}",),
        fingerprint=f"{specs.fingerprint(changed)}:{service.version}",
        services=(service.name,),
        replicas=replicas,
        changes=changes,
        summary=summary(changed, rolls_back),
        warnings=warnings,
        nothing=(nothing or f"{service.name} is set up like that already") if same else "",
        service=service,
        spec=changed,
        after=specs.image_of(changed),
        rolls_back=rolls_back,
    )


def begin(command: Change, context: Context, plan: RollPlan, run: Run, timeout: timedelta = TIMEOUT) -> Rollout:
    """The record of a rollout that is about to start."""
    now = context.now()
    return Rollout(
        id=run.id,
        verb=command.full_name(),
        line=line.write(command),
        service_id=plan.service.id,
        service=plan.service.name,
        actor=context.actor,
        before=plan.service.image,
        after=plan.after,
        version=plan.service.version,
        started=now,
        deadline=now + timeout,
        summary=plan.summary,
        warnings=plan.warnings,
        changes=plan.changes,
        rolls_back=plan.rolls_back,
    )


def image_change(before: Image, after: Image) -> tuple[Difference, ...]:
    """The difference that another image makes, if it is another."""
    return (Difference("image", str(before), str(after)),) if before != after else ()


def summary(changed: Spec, rolls_back: bool) -> str:
    """How Swarm will roll it: `4 replicas, 2 at a time, 2s apart · rolls back on failure`."""
    config = specs.update_config(changed)
    replicas = specs.replicas_of(changed)
    count = "on every node" if replicas is None else f"{replicas} replica{'' if replicas == 1 else 's'}"
    at_once = f"{config['Parallelism']} at a time" if config["Parallelism"] else "all at once"
    delay = write_duration(timedelta(microseconds=config.get("Delay", 0) / 1000))
    apart = f", {delay} apart" if delay != "0s" else ""
    action = "rolls back" if rolls_back else _ACTIONS[config["FailureAction"]]
    return f"{count}, {at_once}{apart} · {action} on failure"


_ACTIONS = {"pause": "pauses", "rollback": "rolls back", "continue": "goes on"}
