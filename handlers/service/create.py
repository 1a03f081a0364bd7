"""Creating services and jobs, with the flags of `docker service create`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, model_validator

from bot.changes import content_check, image_check, login_refresh, port_check, rollout_plan
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
    Replicas,
    Resource,
    ServiceFlags,
    Setting,
    Spread,
    Ulimit,
)
from bot.command.elsewhere import FILE
from bot.command.fields import (
    Argument,
    ImageReference,
    Lookup,
    Name,
    Option,
    SecretPairs,
    SecretTexts,
    SecretValues,
    SecretWords,
    by_line,
)
from bot.command.model import Change, Command, Context, Form
from bot.errors import NameTakenError
from bot.model import Difference, Image, Mode, Node, Outcome, ResolvedImage, Service, Spec
from bot.model.english import plural
from bot.model.swarm import networks_of
from bot.render.objects.placement_cautions import obstacles_in_words, shortage_in_words
from bot.rollout.run import Run
from bot.swarm import resolve_names
from bot.swarm.scheduler import capacity, obstacles
from bot.swarm.spec import create, credentials, edit, ports, read, scalars, update
from bot.swarm.spec.details import details

_JOBS = ("replicated-job", "global-job")
_GLOBAL = ("global", "global-job")


class CreateForm(Form):
    """What `service create` asks for when nothing else is typed.

    These are the flags that most services need.
    """

    title: ClassVar = "Create a service"
    submit: ClassVar = "Create"

    name: Name
    image: ImageReference = Field(description="name and tag, such as shop/web:2.0")
    replicas: Replicas = Field(1)
    publish: Published | None = Field(None, description="port, such as 8081:8080")
    network: Annotated[tuple[Name, ...], Lookup("network")] = ()
    env: Annotated[tuple[Pair, ...], BeforeValidator(by_line)] = Field(
        (), title="Variables", description="one a line, KEY=VALUE"
    )
    constraint: Annotated[tuple[Constraint, ...], BeforeValidator(by_line)] = Field(
        (), title="Constraints", description="one a line, such as node.labels.zone==a"
    )

    def command(self) -> Create:
        """The same as a line with these flags."""
        given = self.model_dump(exclude_defaults=True, exclude={"publish"})
        return Create(**given, publish=(self.publish,) if self.publish else ())


class Create(ServiceFlags, Change[RollPlan]):
    """Create a service, and follow it until its tasks run; a job until it is complete.

    Flags end at the image: what follows it is the command that the container runs.
    """

    names: ClassVar = ("service create",)
    looks_again: ClassVar = False
    form: ClassVar = CreateForm
    flags_first: ClassVar = True
    examples: ClassVar = (
        "service create --name web -p 8081:8080 --replicas 3 --network uber-net shop/web:2.0",
        'service create --name job --mode replicated-job shop/tool:1 sh -c "echo hi"',
    )

    elsewhere: ClassVar = {"--env-file": f"{FILE}; give each variable by `--env KEY=VALUE`"}

    image: Annotated[ImageReference, Argument("IMAGE")]
    command: Annotated[tuple[str, ...], Argument("COMMAND"), SecretWords] = ()
    name: Name | None = Field(None, description="name of the service")
    mode: Literal["replicated", "global", "replicated-job", "global-job"] | None = Field(
        None, description="replicated (default), global, replicated-job or global-job"
    )
    max_concurrent: Count | None = Field(
        None, description="tasks of a job at a time (default: all)"
    )
    publish: Annotated[tuple[Published, ...], Option(("--publish", "-p"))] = Field(
        (), description="port, such as 8081:8080 or published=8081,target=8080,mode=host"
    )
    network: tuple[Attached, ...] = Field(
        (), description="network, such as uber-net or name=uber-net,alias=front"
    )
    mount: Annotated[tuple[Mounted, ...], SecretTexts] = Field(
        (), description="such as type=volume,source=data,target=/data"
    )
    env: Annotated[tuple[Pair, ...], Option(("--env", "-e")), SecretValues] = Field(
        (), description="variable, KEY=VALUE"
    )
    label: Annotated[tuple[Pair, ...], Option(("--label", "-l")), SecretPairs] = Field(
        (), description="label of the service"
    )
    container_label: Annotated[tuple[Pair, ...], SecretPairs] = Field(
        (), description="label of its containers"
    )
    constraint: tuple[Constraint, ...] = Field(
        (), description="which nodes, such as node.labels.zone==a"
    )
    placement_pref: tuple[Spread, ...] = Field(
        (), description="how to spread, such as spread=node.labels.zone"
    )
    secret: tuple[FileOf, ...] = Field(
        (), description="such as key or source=key,target=web.key,mode=0400"
    )
    config: tuple[FileOf, ...] = Field(
        (), description="such as conf or source=conf,target=/etc/web.conf"
    )
    host: tuple[Host, ...] = Field((), description="name and address, such as db:10.0.0.7")
    dns: tuple[Address, ...] = Field((), description="address of a name server")
    dns_search: tuple[str, ...] = Field((), description="domain to search in")
    dns_option: tuple[str, ...] = Field((), description="option of the resolver")
    group: tuple[str, ...] = Field((), description="further group of the user")
    sysctl: tuple[Setting, ...] = Field((), description="setting of the kernel, KEY=VALUE")
    ulimit: tuple[Ulimit, ...] = Field((), description="such as nofile=1024:2048")
    generic_resource: tuple[Resource, ...] = Field(
        (), description="resource to reserve, such as GPU=2"
    )

    @model_validator(mode="after")
    def _fits_the_mode(self) -> Create:
        flags = self.given()
        if self.mode in _GLOBAL and (self.replicas is not None or self.replicas_max_per_node):
            raise ValueError(
                f"`--mode {self.mode}` runs one task a node, so it goes with no `--replicas…`"
            )
        if self.max_concurrent is not None and self.mode != "replicated-job":
            raise ValueError("`--max-concurrent` is for `--mode replicated-job`")
        if self.mode in _JOBS and any(flag.startswith(("update_", "rollback_")) for flag in flags):
            raise ValueError(
                "a job is never rolled, so it goes with no `--update-…` and no `--rollback-…`"
            )
        return self

    def services_to_judge(self) -> tuple[str, ...]:
        """The name that it is to have."""
        return (self.name or "",)

    def plan(self, context: Context) -> RollPlan:
        """Look everything up that the flags name, resolve the image, and say what will be there."""
        flags = self.given()
        resolve_names.refuse_too_new(context.swarm, flags)
        others = context.swarm.services.list()
        nodes = context.swarm.nodes.list()
        if any(service.name == self.name for service in others):
            raise NameTakenError("service", self.name or "")
        ids = resolve_names.ids(context.swarm, flags)
        image = Image.parse(self.image)
        named = ResolvedImage(image_check.with_tag(image))
        wanted = _service(create.create(flags, named, self.command, ids))
        port_check.refuse_taken(wanted, others)
        resolve = (
            image_check.resolve(context, image, wanted, nodes)
            if self.resolves
            else image_check.as_it_is(context, image)
        )
        service = _service(create.create(flags, resolve[0], self.command, ids))
        dangers = content_check.dangers(context, {}, service.spec)
        warnings = (
            *(danger.words for danger in dangers),
            *resolve[1],
            *(login_refresh.warnings(context, service.image) if self.with_registry_auth else ()),
            *_room(context, service, nodes, others),
            *_reach(ids.networks, others),
        )
        return RollPlan(
            title=f"{self.name or 'a service'} with {service.image.tagged}",
            targets=(f"service:{self.name or edit.fingerprint(service.spec)}",),
            fingerprint=edit.fingerprint(service.spec),
            services=(self.name,) if self.name else (),
            image=service.image.name,
            dangers=dangers,
            changes=_differences(flags, service),
            summary=_summary(service),
            warnings=warnings,
            details=details({}, service.spec),
            service=service,
            spec=service.spec,
            after=service.image,
            rolls_back=False,
        )

    def apply(self, context: Context, plan: RollPlan, run: Run) -> Outcome:
        """Create it, and follow it to its end."""
        rollout = rollout_plan.begin(self, context, plan, run, self.timeout)
        return context.roller.create(
            replace(rollout, with_auth=self.with_registry_auth), plan.spec, run
        )


COMMANDS: tuple[type[Command], ...] = (Create,)


def _service(spec: Spec) -> Service:
    """The service that the specification would be, before it has an id."""
    return read.service({"ID": "", "Version": {"Index": 0}, "Spec": spec})


def _room(
    context: Context, service: Service, nodes: Sequence[Node], others: Sequence[Service]
) -> tuple[str, ...]:
    """What stands in the way of its tasks, the places on the nodes included."""
    warnings = obstacles_in_words(obstacles.in_the_way(service, nodes, service.spec))
    if warnings or service.mode is not Mode.REPLICATED or not service.replicas:
        return warnings
    tasks = context.swarm.services.tasks(running=True)
    free = capacity.more(service, service.replicas, nodes, others, tasks)
    if free.shortage is None:
        return ()
    why = shortage_in_words(free.shortage)
    return (f"there is room for {free.placed} of {service.replicas} tasks: {why}",)


def _reach(networks: Mapping[str, str], others: Sequence[Service]) -> tuple[str, ...]:
    """A warning for overlay networks that no service uses yet.

    People look for them on the nodes, and miss them there.
    """
    used = {attached.get("Target") for service in others for attached in networks_of(service.spec)}
    new = [
        name
        for name, id_ in networks.items()
        if name not in resolve_names.OF_EVERY_NODE and id_ not in used
    ]
    return tuple(
        f"no service uses {name} yet: a node gets it with the first task there, and until "
        "then it is missing on the "
        "others, as it should be"
        for name in new
    )


def _differences(flags: scalars.Flags, service: Service) -> tuple[Difference, ...]:
    names = (
        "mode",
        "publish",
        "network",
        "mount",
        "env",
        "label",
        "container_label",
        "constraint",
        "placement_pref",
    )
    more = (
        "secret",
        "config",
        "host",
        "dns",
        "dns_search",
        "dns_option",
        "group",
        "sysctl",
        "ulimit",
        "cap_add",
    )
    rest = ("generic_resource", "log_driver", "log_opt")
    listed = [
        difference
        for name in (*names, *more, *rest)
        for difference in update.listed(flags, name.replace("_", "-"))
    ]
    image = Difference("image", "", str(service.image))
    return (
        image,
        *listed,
        *scalars.changes({}, service.spec, flags),
        *credentials.changes({}, service.spec),
    )


def _summary(service: Service) -> str:
    if service.replicas is None:
        count = "one task a node"
    else:
        count = plural(
            service.replicas, "replica" if service.mode is Mode.REPLICATED else "completion"
        )
    published = ", ".join(ports.text(port) for port in service.ports)
    return f"{count}, publishes {published}" if published else count
