"""Stacks: what `docker stack deploy` made, found again by its label."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, ClassVar

from pydantic import Field

from bot.changes import fate
from bot.changes.sequence import Say, Step, carry_out
from bot.command.elsewhere import OTHER_ORCHESTRATOR
from bot.command.fields import Argument, Detach, Name
from bot.command.list_flags import FormatFlag, ListFlags, TaskListFlags
from bot.command.model import Change, Command, Context, Query
from bot.errors import UnknownNameError
from bot.model import Ending, Kind, Message, Outcome, Plan, Service
from bot.model.change import Fate
from bot.model.cluster import Stack
from bot.model.english import agree, listed, shortlist
from bot.policy import visible
from bot.render.cli import objects
from bot.render.cli.listing import none_fits
from bot.render.objects import placed_tasks, services, stack_list
from bot.rollout.run import Run
from bot.swarm import filters, waiting
from bot.swarm.health.diagnosis import diagnose, unwell
from bot.swarm.names import nearest
from bot.swarm.objects import used_by
from bot.swarm.objects.stacks import stacks
from bot.swarm.spec.edit import fingerprint
from bot.swarm.swarm import Swarm

STACK_END_SECONDS = 60.0
"""For tasks to end before their networks can go; by default each has 10 s to stop."""


class StackLs(FormatFlag, Query):
    """List the stacks, with the number of their services, networks, secrets and configs."""

    names: ClassVar = ("stack ls", "stack list")
    about_services: ClassVar = True
    elsewhere: ClassVar = {"--orchestrator": OTHER_ORCHESTRATOR}

    def run(self, context: Context) -> Message:
        """Four calls to an engine."""
        every = _all(context)
        if self.printed:
            return self.print(objects.stacks(every), self.full_name())
        return stack_list.listed(every)


class StackServices(ListFlags, Query):
    """List the services of a stack."""

    names: ClassVar = ("stack services",)
    about_services: ClassVar = True
    conditions: ClassVar = filters.SERVICES
    examples: ClassVar = ("stack services shop",)
    elsewhere: ClassVar = {"--orchestrator": OTHER_ORCHESTRATOR}

    stack: Annotated[Name, Argument("STACK")]

    def run(self, context: Context) -> Message:
        """Four calls to an engine."""
        listed = self.kept(_find(context, _all(context), self.stack).services)
        if self.printed:
            return self.print(objects.services(listed), self.full_name())
        if self.filter and not listed:
            return none_fits("service", self.filter)
        return services.listed(listed, context.now())


class StackPs(TaskListFlags, Query):
    """List the tasks of a stack: where each runs, and why it failed."""

    names: ClassVar = ("stack ps",)
    about_services: ClassVar = True
    examples: ClassVar = ("stack ps shop",)
    elsewhere: ClassVar = {"--orchestrator": OTHER_ORCHESTRATOR}

    stack: Annotated[Name, Argument("STACK")]

    def run(self, context: Context) -> Message:
        """One call a service, and five more."""
        members = _find(context, _all(context), self.stack).services
        nodes = {node.id: node for node in context.swarm.nodes.list()}
        tasks = [task for service in members for task in context.swarm.services.tasks(service.id)]
        known = {service.id: service for service in members}
        fitting = self.fitting(tasks, known, nodes)
        if self.printed:
            return self.print_tasks(fitting, self.full_name(), context.now())
        if self.filter and not fitting:
            return none_fits("task", self.filter)
        findings = diagnose(unwell(tasks, context.now()), nodes)
        only = {named.task.id for named in fitting} if self.filter else None
        view = placed_tasks.TaskContext(known, context.now(), nodes, self.no_trunc, only)
        return placed_tasks.of_stack(self.stack, tasks, view, findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class StackRemovalPlan(Plan):
    """Stacks as they are, without what other services use."""

    stacks: tuple[Stack, ...]


class StackRm(Change[StackRemovalPlan]):
    """Remove stacks: their services, then their secrets, configs and networks."""

    names: ClassVar = ("stack rm", "stack remove", "stack down")
    kind: ClassVar = Kind.DANGER
    examples: ClassVar = ("stack rm shop",)
    elsewhere: ClassVar = {"--orchestrator": OTHER_ORCHESTRATOR}

    stacks: Annotated[tuple[Name, ...], Argument("STACK")] = Field(min_length=1)
    detach: Detach = False

    def plan(self, context: Context) -> StackRemovalPlan:
        """Say by name what goes, and what stays because others use it."""
        every = _removable(context)
        named = tuple(_find(context, every, name) for name in dict.fromkeys(self.stacks))
        going = {service.id for stack in named for service in stack.services}
        others = [service for service in context.swarm.services.list() if service.id not in going]
        kept = [_without_used(context, stack, others) for stack in named]
        return StackRemovalPlan(
            title=(
                f"remove {agree(len(named), 'stack', 'stacks')} "
                f"{', '.join(stack.name for stack in named)}"
            ),
            kind=Kind.DANGER,
            targets=tuple(f"service:{service_id}" for service_id in going)
            or tuple(f"stack:{s.name}" for s in named),
            fingerprint=_fingerprint(named),
            services=tuple(service.name for stack in named for service in stack.services),
            summary=" · ".join(part for stack in named for part in _parts(stack)),
            warnings=tuple(warning for _, warnings in kept for warning in warnings),
            stacks=tuple(stack for stack, _ in kept),
        )

    def fate(self, context: Context, planned: str) -> Fate:
        """Whether they are gone."""
        find = partial(_find, context, _removable(context))
        return fate.of_removal(self, context, planned, find, self.stacks)

    def apply(self, context: Context, plan: StackRemovalPlan, run: Run) -> Outcome:
        """Remove in the order in which nothing is in use any more."""
        names = listed([stack.name for stack in plan.stacks])
        title = (
            f"{agree(len(plan.stacks), 'stack', 'stacks')} {names} "
            f"{agree(len(plan.stacks), 'is', 'are')} gone"
        )
        return carry_out(context, plan, run, title, _steps(context, plan.stacks))


COMMANDS: tuple[type[Command], ...] = (StackLs, StackServices, StackPs, StackRm)


# ---- finding


def _all(context: Context) -> tuple[Stack, ...]:
    """All stacks; for somebody who sees some services only, those in which they see one."""
    swarm = context.swarm
    every = stacks(
        swarm.services.list(),
        swarm.stored_objects.secrets(),
        swarm.stored_objects.configs(),
        swarm.networks.list(),
    )
    limited = swarm.sight is not None and swarm.sight.lists and not swarm.sight.sees("")
    return tuple(stack for stack in every if stack.services) if limited else every


def _removable(context: Context) -> tuple[Stack, ...]:
    """The stacks that somebody may remove: all of their services are theirs to remove."""
    every, sight = _all(context), context.swarm.sight
    if sight is None:
        return every
    return tuple(
        stack
        for stack in every
        if all(sight.sees(service.name) for service in stack.services)
        and (stack.services or sight.sees(""))
    )


def _find(context: Context, every: Iterable[Stack], name: str) -> Stack:
    by_name = {stack.name: stack for stack in every}
    if name in by_name:
        return by_name[name]
    near, sight = nearest(name, tuple(by_name)), context.swarm.sight
    refusal = sight.refusal(name, near) if sight else None
    if refusal is None or isinstance(refusal, UnknownNameError):
        raise UnknownNameError("stack", name, near)
    raise refusal


# ---- removing


def _without_used(context: Context, stack: Stack, others: list[Service]) -> tuple[Stack, list[str]]:
    """What of a stack can go, and a sentence for everything that services outside of it use."""
    users_of = {
        **used_by.of_stored((*stack.secrets, *stack.configs), others),
        **used_by.of_networks(stack.networks, others),
    }
    named = [
        *((stored.kind, stored.id, stored.name) for stored in (*stack.secrets, *stack.configs)),
        *(("network", network.id, network.name) for network in stack.networks),
    ]
    warnings = [
        f"{kind} {name} stays, for others use it: "
        f"{', '.join(visible.told(users_of[id_], context.actor, context.settings))}"
        for kind, id_, name in named
        if users_of[id_]
    ]
    going = replace(
        stack,
        secrets=tuple(secret for secret in stack.secrets if not users_of[secret.id]),
        configs=tuple(config for config in stack.configs if not users_of[config.id]),
        networks=tuple(network for network in stack.networks if not users_of[network.id]),
    )
    return going, warnings


def _steps(context: Context, going: Iterable[Stack]) -> Iterable[Step]:
    swarm, stopping = context.swarm, context.stopping

    def step(kind: str, removals: dict[str, Callable[[], None]], say: Say) -> Ending:
        for removal in removals.values():
            waiting.remove(removal, STACK_END_SECONDS, stopping)
        say(f"{_counted(kind, tuple(removals))} removed")
        return Ending.DONE

    for stack in going:
        for kind, removals in _removals(swarm, stack).items():
            if removals:
                yield partial(step, kind, removals)


def _removals(swarm: Swarm, stack: Stack) -> dict[str, dict[str, Callable[[], None]]]:
    """What removes each part of a stack, by its kind and its name, in the order in which they can
    go: what uses others comes first."""
    remove_service, remove_network = swarm.services.remove, swarm.networks.remove
    remove_stored = swarm.stored_objects.remove
    return {
        "service": {
            service.name: partial(remove_service, service.id) for service in stack.services
        },
        "secret": {secret.name: partial(remove_stored, secret) for secret in stack.secrets},
        "config": {config.name: partial(remove_stored, config) for config in stack.configs},
        "network": {
            network.name: partial(remove_network, network.id) for network in stack.networks
        },
    }


# ---- words


def _parts(stack: Stack) -> Iterable[str]:
    names = {
        "service": [service.name for service in stack.services],
        "secret": [secret.name for secret in stack.secrets],
        "config": [config.name for config in stack.configs],
        "network": [network.name for network in stack.networks],
    }
    return (_counted(kind, tuple(members)) for kind, members in names.items() if members)


def _counted(kind: str, names: tuple[str, ...]) -> str:
    """`2 services: shop_api, shop_web`."""
    shown = shortlist(names, 8)
    return f"{len(names)} {kind}{'' if len(names) == 1 else 's'}: {shown}"


def _fingerprint(named: tuple[Stack, ...]) -> str:
    services = [
        f"{service.id}:{fingerprint(service.spec)}" for stack in named for service in stack.services
    ]
    rest = [
        *(stored.id for stack in named for stored in (*stack.secrets, *stack.configs)),
        *(network.id for stack in named for network in stack.networks),
    ]
    return ",".join([*services, *rest])
