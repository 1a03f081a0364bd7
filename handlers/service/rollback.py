"""Bringing a service back to an image that it ran before, and the list of those."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, ClassVar

from pydantic import Field

from bot.changes import content_check, rollout_plan, volume_check, way_back
from bot.command.fields import Argument, Detach, Name, Quiet, Timeout
from bot.command.model import Change, Command, Context, Query
from bot.errors import (
    ButtonOutdatedError,
    ChangeUnderWayError,
    NoRevisionError,
    NothingToRollBackError,
    RollbackQuestionError,
    RolloutEndedError,
    UnsureRollbackError,
)
from bot.model import Ending, Message, Outcome, Plan, ResolvedImage, Revision, Rollout, Service
from bot.model.bounds import MOST_COUNT
from bot.model.revisions import UNSURE, before, of_image
from bot.model.rollout import WishAnswer
from bot.render import plans
from bot.render.objects import service_history
from bot.rollout.outside import known_with_outside
from bot.rollout.run import Run
from bot.swarm.spec import edit

SKEW = timedelta(seconds=30)
"""The Swarm's clock, by which changes outside are dated, and the bot's may differ."""
_LATEST = 4_102_444_800
"""The year 2100, in seconds since 1970."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InterruptPlan(Plan):
    """A rollout that runs and is to be rolled back by whoever follows it."""

    rollout: Rollout


class Rollback(Change[rollout_plan.RollPlan | InterruptPlan]):
    """Bring a service back to the image it ran before, or to a named revision; the replica count
    stays.

    While a rollout of the service runs, it is that rollout which turns back. A rollback that
    Swarm paused half-way is finished. What was changed outside swarmbot is asked about first.
    """

    names: ClassVar = ("rollback", "service rollback")
    looks_again: ClassVar = False
    examples: ClassVar = ("rollback web", "rollback web --to 3")

    service: Annotated[Name, Argument("SERVICE")]
    to: int | None = Field(
        None, ge=1, le=MOST_COUNT, description="number of the revision, see `history`"
    )
    of: str = Field(
        "", max_length=40, description="only what this change did, as its button has it"
    )
    ask: bool = Field(False, description="ask before it is done, as the shortcut of a message does")
    seen: int | None = Field(
        None, ge=1, le=_LATEST, description="only what ran at this UNIX time, as alerts have it"
    )
    timeout: Timeout = Field(
        rollout_plan.ROLLOUT_TIMEOUT, description="when it counts as failed (default 10m)"
    )
    detach: Detach = False
    quiet: Quiet = False

    def plan(self, context: Context) -> rollout_plan.RollPlan | InterruptPlan:
        """Find the revision to go back to; raises RollbackQuestionError where it asks first."""
        planned = self._planned(context)
        if self.ask and not planned.noop_reason:
            raise self._question(planned)
        return planned

    def _planned(self, context: Context) -> rollout_plan.RollPlan | InterruptPlan:
        service = context.swarm.services.find(self.service)
        subject = self._subject(context, service)
        running = context.store.rollouts.of_service(service.id)
        if running and self.to is None:
            return _interrupt(context, service, running, subject)
        known = known_with_outside(context.store, service, context.now())
        if self.to is None and _stopped_half_way(service, subject):
            return _finish(service, known)
        if self.ask and subject and subject.before == subject.after:
            raise NothingToRollBackError(service.name, subject.verb)
        target = self._target(service, known, subject, context.now())
        warnings = way_back.check(context, service, target, known)
        spec = service.spec
        if target.image != service.image:
            spec = edit.with_image(service.spec, ResolvedImage(target.image))
        planned = rollout_plan.plan(
            service,
            spec,
            title=f"{service.name} → {target.image.tagged}",
            noop_reason=f"{service.name} already runs {target.image.tagged}",
            changes=rollout_plan.image_change(service.image, target.image),
            warnings=(*warnings, *volume_check.asked(context, service, spec)),
            goes_on=True,
            dangers=content_check.dangers(context, service.spec, spec, service.id),
        )
        return replace(planned, back_to=target)

    def _question(self, planned: rollout_plan.RollPlan | InterruptPlan) -> RollbackQuestionError:
        line = f"rollback {self.service} --of {self.of}" if self.of else f"rollback {self.service}"
        if isinstance(planned, InterruptPlan):
            running = planned.rollout
            return RollbackQuestionError(
                running.service, running.after, running.before, line, runs=True
            )
        now = planned.service.image
        target = planned.back_to.image if planned.back_to else now
        return RollbackQuestionError(planned.service.name, now, target, line)

    def docker_words(self) -> Sequence[str]:
        """Docker's goes to the specification of before, and to no other revision."""
        return ("service", "rollback", self.service) if self.to is None else ()

    def apply(
        self, context: Context, plan: rollout_plan.RollPlan | InterruptPlan, run: Run
    ) -> Outcome:
        """Roll back, or leave the wish for whoever follows the rollout."""
        if isinstance(plan, InterruptPlan):
            answer = context.store.rollouts.ask_rollback(plan.rollout.id, context.actor)
            if answer is WishAnswer.LEFT_BEFORE:
                raise ChangeUnderWayError(plan.rollout.service, "rollback")
            if answer is WishAnswer.TOO_LATE:
                raise RolloutEndedError(plan.rollout)
            message = plans.turning_back(plan.rollout)
            return Outcome(ending=Ending.DONE, title=plan.title, seconds=0.0, private=message)
        return context.roller.run(
            rollout_plan.begin(self, context, plan, run, self.timeout), plan.service, plan.spec, run
        )

    def _subject(self, context: Context, service: Service) -> Rollout | None:
        """The change that the pressed button stands under."""
        if not self.of:
            return None
        subject = context.store.rollouts.get(self.of)
        if subject is None or subject.service_id != service.id:
            raise ButtonOutdatedError(service.name)
        return subject

    def _target(
        self,
        service: Service,
        known: tuple[Revision, ...],
        subject: Rollout | None,
        now: datetime,
    ) -> Revision:
        numbers = tuple(revision.number for revision in known)
        current = of_image(known, service.image)
        if self.to is not None:
            target = next((revision for revision in known if revision.number == self.to), None)
        elif subject:
            target = of_image(known, subject.before)
        else:
            target = before(known, service.image)
        if target is None:
            raise NoRevisionError(service.name, self.to, numbers)
        if self.to is not None or current is None or target.image == service.image:
            return target
        late = self._is_late(service, current, subject)
        if late or (not subject and current.note in UNSURE):
            raise UnsureRollbackError(
                service.name, service.id, current, target, now, since_message=late
            )
        return target

    def _is_late(self, service: Service, current: Revision, subject: Rollout | None) -> bool:
        """Whether the service was changed after the message whose button was pressed."""
        if subject:
            return service.image != subject.after
        return self.seen is not None and current.at > datetime.fromtimestamp(self.seen, UTC) + SKEW


class History(Query):
    """List the images that a service ran, with the numbers that `rollback --to` takes."""

    names: ClassVar = ("history", "service history")
    about_services: ClassVar = True
    examples: ClassVar = ("history web",)

    service: Annotated[Name, Argument("SERVICE")]

    def run(self, context: Context) -> Message:
        """Read the bot's own record; what was changed outside the bot shows as such."""
        service = context.swarm.services.find(self.service)
        known = known_with_outside(context.store, service, context.now())
        return service_history.history(service, known, context.now())


COMMANDS: tuple[type[Command], ...] = (Rollback, History)


def _interrupt(
    context: Context, service: Service, running: Rollout, subject: Rollout | None
) -> InterruptPlan:
    """Let the rollout that runs turn back.

    Raises ChangeUnderWayError where it turns back already, or is not what is to be undone.
    """
    rollouts = context.store.rollouts
    if running.rollback_by or running.to_previous or rollouts.rollback_wish(running.id):
        raise ChangeUnderWayError(service.name, "rollback")
    is_other = subject is not None and subject.id != running.id
    if is_other or running.verb.endswith(("rollback", "scale")):
        raise ChangeUnderWayError(service.name, running.verb)
    return InterruptPlan(
        title=f"{service.name} back to {running.before.tagged}",
        targets=(),
        fingerprint=running.id,
        services=(service.name,),
        rollout=running,
    )


def _stopped_half_way(service: Service, subject: Rollout | None) -> bool:
    """Whether Swarm paused a rollback to what the button or the line asks for."""
    paused = service.update is not None and service.update.state == "rollback_paused"
    return paused and (subject is None or service.image in (subject.before, subject.after))


def _finish(service: Service, known: tuple[Revision, ...]) -> rollout_plan.RollPlan:
    planned = rollout_plan.plan(
        service,
        service.spec,
        title=f"{service.name} → {service.image.tagged}, which finishes the rollback",
        changes=(),
        goes_on=True,
    )
    return replace(planned, back_to=of_image(known, service.image))
