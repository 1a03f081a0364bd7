"""Changing services, with the flags of `docker service update`: what they say, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from bot.changes import (
    content_check,
    image_check,
    login_refresh,
    port_check,
    rollout_plan,
    room_check,
    standing,
    volume_check,
)
from bot.changes.rollout_plan import RollPlan
from bot.changes.service_flags import (
    Address,
    Attached,
    Constraint,
    Count,
    FileOf,
    Host,
    Mounted,
    Pair,
    Published,
    Resource,
    ServiceFlags,
    Setting,
    Spread,
    Ulimit,
    Words,
)
from bot.command.fields import (
    Argument,
    ImageReference,
    Name,
    SecretLine,
    SecretPairs,
    SecretTexts,
    SecretValues,
)
from bot.command.model import Change, Command, Context
from bot.errors import UnsupportedError
from bot.model import Difference, Image, Outcome, ResolvedImage, Service, Spec
from bot.model.slash import SLASH
from bot.rollout.run import Run
from bot.swarm import resolve_names
from bot.swarm.spec import edit, read, update
from bot.swarm.spec.scalars import Flags

_ALONE = {"service", "rollback", "detach", "quiet", "timeout"}
"""What may stand beside `--rollback`."""


class Update(ServiceFlags, Change[RollPlan]):
    """Change how a service is set up, and follow it while its tasks are replaced where they have to
    be.

    Only what the flags say changes. `--rollback` brings back what Swarm has as the service's
    previous specification, whatever the last change was; `rollback SERVICE` goes back to an image
    by its revision, and keeps the replica count.
    """

    names: ClassVar = ("service update",)
    looks_again: ClassVar = False
    examples: ClassVar = (
        "service update --image shop/web:2.0 --update-parallelism 2 --update-delay 20s web",
        "service update --env-add A=1 --env-rm B --publish-add 8082:8080 web",
        "service update --force web",
    )

    service: Annotated[Name, Argument("SERVICE")]
    image: ImageReference | None = Field(None, description="image to run")
    max_concurrent: Count | None = Field(None, description="tasks of a job at a time")
    args: Annotated[Words | None, SecretLine] = Field(
        None, description="command that the container runs"
    )
    force: bool = Field(False, description="restart the tasks though nothing changes")
    rollback: bool = Field(False, description="back to the previous specification")
    env_add: Annotated[tuple[Pair, ...], SecretValues] = Field(
        (), description="variable to add or replace, KEY=VALUE"
    )
    env_rm: tuple[str, ...] = Field((), description="variable to remove, by its name")
    publish_add: tuple[Published, ...] = Field((), description="port to publish, such as 8081:8080")
    publish_rm: tuple[Published, ...] = Field(
        (), description="port to remove, by its port in the container"
    )
    network_add: tuple[Attached, ...] = Field((), description="network to attach to")
    network_rm: tuple[str, ...] = Field((), description="network to leave")
    mount_add: Annotated[tuple[Mounted, ...], SecretTexts] = Field(
        (), description="mount to add or replace"
    )
    mount_rm: tuple[str, ...] = Field((), description="mount to remove, by its target")
    label_add: Annotated[tuple[Pair, ...], SecretPairs] = Field(
        (), description="label to add or replace"
    )
    label_rm: tuple[str, ...] = Field((), description="label to remove")
    container_label_add: Annotated[tuple[Pair, ...], SecretPairs] = Field(
        (), description="label of the containers to add or replace"
    )
    container_label_rm: tuple[str, ...] = Field((), description="label of the containers to remove")
    constraint_add: tuple[Constraint, ...] = Field(
        (), description="constraint to add, such as node.labels.zone==a"
    )
    constraint_rm: tuple[str, ...] = Field((), description="constraint to remove")
    placement_pref_add: tuple[Spread, ...] = Field(
        (), description="how to spread, such as spread=node.labels.zone"
    )
    placement_pref_rm: tuple[Spread, ...] = Field((), description="preference to remove")
    secret_add: tuple[FileOf, ...] = Field((), description="secret to add")
    secret_rm: tuple[str, ...] = Field((), description="secret to remove")
    config_add: tuple[FileOf, ...] = Field((), description="config to add")
    config_rm: tuple[str, ...] = Field((), description="config to remove")
    host_add: tuple[Host, ...] = Field(
        (), description="name and address to add, such as db:10.0.0.7"
    )
    host_rm: tuple[str, ...] = Field((), description="name to remove, or name:address")
    dns_add: tuple[Address, ...] = Field((), description="name server to add")
    dns_rm: tuple[str, ...] = Field((), description="name server to remove")
    dns_search_add: tuple[str, ...] = Field((), description="domain to search in")
    dns_search_rm: tuple[str, ...] = Field((), description="domain to search in no more")
    dns_option_add: tuple[str, ...] = Field((), description="option of the resolver to add")
    dns_option_rm: tuple[str, ...] = Field((), description="option of the resolver to remove")
    group_add: tuple[str, ...] = Field((), description="further group of the user to add")
    group_rm: tuple[str, ...] = Field((), description="group to remove")
    sysctl_add: tuple[Setting, ...] = Field(
        (), description="setting of the kernel to add or replace"
    )
    sysctl_rm: tuple[str, ...] = Field((), description="setting to remove")
    ulimit_add: tuple[Ulimit, ...] = Field(
        (), description="limit to add or replace, such as nofile=1024:2048"
    )
    ulimit_rm: tuple[str, ...] = Field((), description="limit to remove")
    generic_resource_add: tuple[Resource, ...] = Field(
        (), description="resource to reserve, such as GPU=2"
    )
    generic_resource_rm: tuple[str, ...] = Field((), description="resource to reserve no more")

    @model_validator(mode="after")
    def _rollback_alone(self) -> Update:
        others = sorted(set(self.given()) - _ALONE)
        if self.rollback and others:
            raise ValueError(
                f"`--rollback` stands alone, without `--{others[0].replace('_', '-')}`"
            )
        return self

    def plan(self, context: Context) -> RollPlan:
        """Read the service, make the flags' specification of it, and say what differs."""
        service = context.swarm.services.find(self.service)
        if self.rollback:
            return _to_previous(context, service)
        flags = self.given()
        resolve_names.refuse_too_new(context.swarm, flags)
        nodes = context.swarm.nodes.list()
        changed: Spec = update.change(service.spec, flags, resolve_names.ids(context.swarm, flags))
        resolved, warnings = ResolvedImage(service.image), tuple[str, ...]()
        if self.image:
            image = Image.parse(self.image)
            wanted = replace(service, spec=changed)
            asks = (
                image_check.resolve(context, image, wanted, nodes)
                if self.resolves
                else image_check.as_it_is(context, image)
            )
            resolved, warnings = asks
            changed = (
                edit.with_image(changed, resolved) if resolved.image != service.image else changed
            )
        after = _with(service, changed)
        if self.publish_add:
            port_check.refuse_taken(after, context.swarm.services.list())
        changes = (
            *rollout_plan.image_change(service.image, resolved.image),
            *update.changes(service.spec, changed, flags),
        )
        planned = rollout_plan.plan(
            service,
            changed,
            title=_title(service, resolved.image, flags),
            changes=changes,
            warnings=(
                *warnings,
                *room_check.warnings(context, after, nodes, changed),
                *volume_check.warnings(service, nodes, changed),
                *standing.paused(context, service, changed),
            ),
            dangers=content_check.dangers(context, service.spec, changed, service.id),
        )
        return (
            login_refresh.planned(context, service, planned) if self.with_registry_auth else planned
        )

    def apply(self, context: Context, plan: RollPlan, run: Run) -> Outcome:
        """Post it, and follow it to its end."""
        rollout = rollout_plan.begin(self, context, plan, run, self.timeout)
        rollout = replace(rollout, with_auth=self.with_registry_auth, to_previous=self.rollback)
        if self.rollback:
            rollout = replace(rollout, verb="service rollback")
        return context.roller.run(rollout, plan.service, plan.spec, run)


COMMANDS: tuple[type[Command], ...] = (Update,)


def _to_previous(context: Context, service: Service) -> RollPlan:
    if service.previous is None:
        raise UnsupportedError(
            f"Swarm has no previous specification of {service.name}: it keeps one update "
            "back, and none after it "
            "rolled back by itself",
            f"`{SLASH} rollback {service.name}` goes by the bot's own record",
        )
    image = edit.image_of(service.previous)
    # What the service had then too, it had with this image and command.
    dangers = content_check.dangers(context, service.spec, service.previous, service.id)
    return rollout_plan.plan(
        service,
        service.previous,
        title=f"{service.name} back to its previous specification",
        changes=(
            *rollout_plan.image_change(service.image, image),
            *_other_changes(service, service.previous),
        ),
        dangers=tuple(danger for danger in dangers if not danger.held),
    )


def _other_changes(service: Service, previous: Spec) -> tuple[Difference, ...]:
    differences = edit.differences(service.spec, previous)
    return tuple(
        difference
        for difference in differences
        if not difference.field.endswith(("ContainerSpec.Image", ".ForceUpdate"))
    )


def _with(service: Service, spec: Spec) -> Service:
    """The service as it will be with another specification."""
    raw = {"ID": service.id, "Version": {"Index": service.version}, "Spec": spec}
    return read.service(raw)


def _title(service: Service, image: Image, flags: Flags) -> str:
    if image != service.image:
        return f"{service.name} → {image.tagged}"
    spoken = [
        flag.replace("_", "-")
        for flag in flags
        if flag not in ("service", "image", "detach", "quiet")
    ]
    return f"{service.name} · {', '.join(spoken[:3])}" if spoken else service.name
