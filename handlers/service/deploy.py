"""Rolling a service to another image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from bot.changes import (
    content_check,
    image_check,
    login_refresh,
    rollout_plan,
    room_check,
    standing,
    volume_check,
)
from bot.changes.service_flags import WITH_REGISTRY_AUTH, Count
from bot.command import line
from bot.command.fields import Argument, Duration, ImageReference, Lookup, Name, Option, Timeout
from bot.command.model import Change, Command, Context, Form
from bot.errors import PausedUpdateError, UnsupportedError
from bot.model import (
    Difference,
    Image,
    Node,
    Outcome,
    ResolvedImage,
    Service,
    Spec,
)
from bot.model.duration import nanoseconds, write_duration
from bot.rollout.run import Run
from bot.swarm.spec import edit


class DeployForm(Form):
    """What the modal of `deploy` asks for."""

    title: ClassVar = "Deploy a service"
    submit: ClassVar = "Deploy"

    service: Annotated[Name, Lookup("service")]
    image: ImageReference = Field(description="name and tag, such as shop/web:2.0")
    parallelism: Count | None = Field(None, description="tasks at a time, 0 for all at once")
    delay: Duration | None = Field(None, description="pause between them, such as 10s")
    reason: str = Field("", max_length=200, description="why, for the audit")

    def command(self) -> Deploy:
        """The deploy with these flags."""
        return Deploy(**self.model_dump(exclude_defaults=True))


class Deploy(Change[rollout_plan.RollPlan]):
    """Roll a service to another image, a few tasks at a time.

    The tag is resolved to a digest once, and every task runs that digest. Where tasks fail, the
    service goes back to what it ran before; `--failure-action pause` stops there instead.
    """

    names: ClassVar = ("deploy",)
    looks_again: ClassVar = False
    form: ClassVar = DeployForm
    examples: ClassVar = (
        "deploy web shop/web:2.0",
        "deploy web shop/web:2.0 --parallelism 2 --delay 10s",
    )

    service: Annotated[Name, Argument("SERVICE")]
    image: Annotated[ImageReference, Argument("IMAGE")]
    parallelism: Count | None = Field(None, description="tasks at a time, 0 for all at once")
    delay: Duration | None = Field(None, description="pause between them, such as 10s")
    order: Literal["stop-first", "start-first"] | None = Field(
        None, description="stop-first or start-first"
    )
    failure_action: Literal["rollback", "pause", "continue"] | None = Field(
        None, description="rollback (default), pause or continue"
    )
    monitor: Duration | None = Field(None, description="how long a task has to stay up")
    max_failure_ratio: float | None = Field(
        None, ge=0, le=1, description="share of tasks that may fail, 0 to 1"
    )
    force: bool = Field(False, description="restart the tasks though nothing changes")
    go_on: bool = Field(False, description="though Swarm has paused this very update")
    resolve_image: Literal["always", "changed", "never"] = Field(
        "always", description="always (default), changed or never"
    )
    with_registry_auth: bool = Field(False, description=WITH_REGISTRY_AUTH)
    timeout: Timeout = Field(
        rollout_plan.ROLLOUT_TIMEOUT, description="when it counts as failed (default 10m)"
    )
    reason: Annotated[str, Option(metavar="TEXT")] = Field(
        "", max_length=200, description="why, for the audit"
    )

    def plan(self, context: Context) -> rollout_plan.RollPlan:
        """Resolve the image, compare it with the nodes, and say what would change."""
        service = context.swarm.services.find(self.service)
        nodes = context.swarm.nodes.list()
        resolved, warnings = self._resolve(context, service, nodes)
        wanted = self._update_config(service.spec)
        changed = edit.with_update_config(service.spec, wanted)
        if resolved.image != service.image:
            changed = edit.with_image(changed, resolved)
        if self.force:
            changed = edit.forced(changed)
        _refuse_jobs(service)
        planned = rollout_plan.plan(
            service,
            changed,
            title=f"{service.name} → {resolved.image.tagged}",
            noop_reason=f"{service.name} already runs {resolved.image.tagged}",
            changes=(
                *rollout_plan.image_change(service.image, resolved.image),
                *_config_changes(service.spec, wanted),
            ),
            warnings=(
                *warnings,
                *room_check.warnings(context, service, nodes, changed),
                *volume_check.warnings(service, nodes, changed),
                *standing.warnings(context, service, changed),
            ),
            rolls_back=self.failure_action in (None, "rollback"),
            goes_on=True,
            dangers=content_check.dangers(context, service.spec, changed, service.id),
        )
        if planned.goes_on and not self.go_on:
            raise PausedUpdateError(
                service.name,
                service.image,
                standing.done(context, service),
                service.replicas,
                line.write(self.model_copy(update={"service": service.id, "go_on": True})),
            )
        if self.with_registry_auth:
            planned = login_refresh.planned(context, service, planned)
        return replace(planned, before=standing.last_good(context, service))

    def docker_words(self) -> Sequence[str]:
        """`docker service update`, which does not roll back by itself."""
        return ("service", "update", f"--image={self.image}", self.service)

    def apply(self, context: Context, plan: rollout_plan.RollPlan, run: Run) -> Outcome:
        """Roll it, and follow it to its end."""
        rollout = rollout_plan.begin(self, context, plan, run, self.timeout)
        return context.roller.run(
            replace(rollout, reason=self.reason, with_auth=self.with_registry_auth),
            plan.service,
            plan.spec,
            run,
        )

    def _resolve(
        self, context: Context, service: Service, nodes: tuple[Node, ...]
    ) -> tuple[ResolvedImage, tuple[str, ...]]:
        image = Image.parse(self.image)
        if self.resolve_image == "never":
            return image_check.as_it_is(context, image)
        if self.resolve_image == "changed" and image.tagged == service.image.tagged:
            return ResolvedImage(service.image), standing.kept_digest(context, service, image)
        return image_check.resolve(context, image, service, nodes)

    def _update_config(self, current: Spec) -> Mapping[str, Any]:
        """What the flags say, in the Engine API's words.

        The default `rollback` is the bot's own doing, and changes nothing here; only where Swarm
        itself would go on regardless (`continue`), it has to be told to stop.
        """
        given = {
            "Parallelism": self.parallelism,
            "Delay": None if self.delay is None else nanoseconds(self.delay),
            "Order": self.order,
            "FailureAction": self.failure_action,
            "Monitor": None if self.monitor is None else nanoseconds(self.monitor),
            "MaxFailureRatio": self.max_failure_ratio,
        }
        if (
            self.failure_action is None
            and edit.update_config(current)["FailureAction"] == "continue"
        ):
            given["FailureAction"] = "rollback"
        before = edit.update_config(current)
        return {
            key: value
            for key, value in given.items()
            if value is not None and before.get(key, 0) != value
        }


COMMANDS: tuple[type[Command], ...] = (Deploy,)


def _refuse_jobs(service: Service) -> None:
    if service.mode.is_job:
        raise UnsupportedError(
            f"{service.name} is a job, and jobs are not rolled",
            "Remove it, and create it with the new image.",
        )


_FLAGS = {
    "Parallelism": "update-parallelism",
    "Delay": "update-delay",
    "Order": "update-order",
    "FailureAction": "update-failure-action",
    "Monitor": "update-monitor",
    "MaxFailureRatio": "update-max-failure-ratio",
}


def _config_changes(before: Spec, wanted: Mapping[str, Any]) -> tuple[Difference, ...]:
    old = edit.update_config(before)
    return tuple(
        Difference(_FLAGS[key], _shown(key, old.get(key, 0)), _shown(key, value))
        for key, value in wanted.items()
    )


def _shown(key: str, value: Any) -> str:
    return (
        write_duration(timedelta(microseconds=value / 1000))
        if key in ("Delay", "Monitor")
        else str(value)
    )
