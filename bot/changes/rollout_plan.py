"""What every command that changes a service's specification shares.

The plan, and the record of the rollout that it starts.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.command import masking
from bot.command.model import Command, Context
from bot.model import (
    Difference,
    Ending,
    Image,
    Outcome,
    Plan,
    Progress,
    Revision,
    Rollout,
    Service,
    Spec,
    english,
)
from bot.model.danger import Danger
from bot.model.duration import write_duration
from bot.model.english import plural
from bot.render.causes import cause_words
from bot.render.rollout import rollout_message
from bot.render.slack import blocks
from bot.rollout.run import Run
from bot.swarm.spec import edit, read
from bot.swarm.spec.details import details

ROLLOUT_TIMEOUT = timedelta(minutes=10)
"""When a rollout counts as failed, where nothing else is said: Swarm itself would wait for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RollPlan(Plan):
    """An update of one service: the specification to post, and the image that it comes to."""

    service: Service
    spec: Spec
    after: Image
    rolls_back: bool
    goes_on: bool = False
    """The specification stands there already, and its paused update goes on when it is posted."""
    back_to: Revision | None = None
    """The revision that a rollback goes to."""
    before: Image | None = None
    """The image to go back to, where the service stands in the middle of an update."""


def plan(  # noqa: PLR0913 - what a plan says has that many independent parts
    service: Service,
    changed: Spec,
    *,
    title: str,
    changes: tuple[Difference, ...],
    rolls_back: bool = False,
    warnings: tuple[str, ...] = (),
    noop_reason: str = "",
    replicas: int | None = None,
    dangers: tuple[Danger, ...] = (),
    goes_on: bool = False,
) -> RollPlan:
    """Plan to post `changed`.

    `title` names subject and goal; `noop_reason` is said where the specification stays the same,
    unless it is posted again so that its paused update `goes_on`.
    """
    same = edit.fingerprint(changed) == edit.fingerprint(service.spec)
    goes_on = goes_on and same and is_paused(service)
    noop = (noop_reason or f"{service.name} is set up like that already") if same else ""
    return RollPlan(
        title=title,
        targets=(f"service:{service.id}",),
        fingerprint=":".join(map(edit.fingerprint, (changed, service.spec))) + f":{service.id}",
        services=(service.name,),
        replicas=replicas,
        falls=_falls(service, replicas),
        image=edit.image_of(changed).name if edit.image_of(changed) != service.image else "",
        dangers=dangers,
        changes=changes,
        summary=summary(changed, rolls_back),
        warnings=(*(danger.words for danger in dangers), *warnings),
        noop_reason="" if goes_on else noop,
        details=details(service.spec, changed),
        service=service,
        spec=changed,
        after=edit.image_of(changed),
        rolls_back=rolls_back,
        goes_on=goes_on,
    )


def is_paused(service: Service) -> bool:
    """Whether Swarm paused the update or the rollback of this service."""
    return service.update is not None and service.update.state in ("paused", "rollback_paused")


def _falls(service: Service, replicas: int | None) -> bool:
    """Whether this count is none, or at most half of what the service is to run now."""
    before = service.replicas or 0
    return replicas is not None and replicas < before and replicas * 2 <= before


def begin(
    command: Command,
    context: Context,
    plan: RollPlan,
    run: Run,
    timeout: timedelta = ROLLOUT_TIMEOUT,
) -> Rollout:
    """The record of a rollout that is about to start."""
    now = context.now()
    return Rollout(
        id=run.id,
        verb=command.full_name(),
        line=masking.shown_line(command, context.table),
        sealed=masking.seal(command, context.store, context.table),
        service_id=plan.service.id,
        service=plan.service.name,
        actor=context.actor,
        before=plan.before or plan.service.image,
        after=plan.after,
        version=plan.service.version,
        started=now,
        deadline=now + timeout,
        summary=plan.summary,
        warnings=plan.warnings,
        changes=plan.changes,
        rolls_back=plan.rolls_back,
        goes_on=plan.goes_on,
        back_to=plan.back_to,
        part_of=run.part_of,
    )


def roll(
    command: Command,
    context: Context,
    plan: RollPlan,
    run: Run,
    timeout: timedelta = ROLLOUT_TIMEOUT,
) -> Outcome:
    """Post the specification and follow it to its end."""
    return context.roller.run(
        begin(command, context, plan, run, timeout), plan.service, plan.spec, run
    )


def in_one_line(title: str, outcome: Outcome) -> Outcome:
    """The end of one of several services."""
    return replace(outcome, title=title, lines=(_line(title, outcome),))


class Together:
    """One message for several rollouts, which report from threads of their own."""

    def __init__(self, context: Context, run: Run) -> None:
        self._context, self._run = context, run
        self._seen: dict[str, tuple[Rollout, Progress]] = {}
        self._lock = threading.Lock()

    def show(self, rollout: Rollout, progress: Progress) -> None:
        """Show all of them, this one anew."""
        with self._lock:
            self._seen[rollout.service] = rollout, progress
            now = self._context.now()
            shown = [rollout_message.rolling(*self._seen[name], now) for name in sorted(self._seen)]
            self._run.tell(blocks.together(shown))


def image_change(before: Image, after: Image) -> tuple[Difference, ...]:
    """The difference that another image makes, if it is another."""
    return (Difference("image", str(before), str(after)),) if before != after else ()


def summary(changed: Spec, rolls_back: bool) -> str:
    """How Swarm will roll it: `4 replicas, 2 at a time, 2s apart · rolls back on failure`."""
    config = edit.update_config(changed)
    replicas = read.replicas(changed)
    count = "on every node" if replicas is None else plural(replicas, "replica")
    at_once = f"{config['Parallelism']} at a time" if config["Parallelism"] else "all at once"
    delay = write_duration(timedelta(microseconds=config.get("Delay", 0) / 1000))
    apart = f", {delay} apart" if delay != "0s" else ""
    action = "rolls back" if rolls_back else _ACTIONS[config["FailureAction"]]
    return f"{count}, {at_once}{apart} · {action} on failure"


_ACTIONS = {"pause": "pauses", "rollback": "rolls back", "continue": "goes on"}


def _line(title: str, outcome: Outcome) -> str:
    progress = outcome.progress
    count = f"{progress.done}/{progress.total}" if progress else ""
    causes = (
        [cause_words(finding.cause).text for finding in progress.findings[:1]]
        if progress and outcome.ending is not Ending.DONE
        else []
    )
    parts = [
        title,
        count,
        "" if outcome.ending is Ending.DONE else str(outcome.ending),
        *causes,
    ]
    return " · ".join([*(part for part in parts if part), english.seconds(outcome.seconds)])
