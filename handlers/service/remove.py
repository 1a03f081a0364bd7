"""Removing services.

The Docker CLI asks nothing, so the bot shows what goes, and says afterwards what went.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from bot.changes import fate
from bot.command.fields import Argument, Name
from bot.command.model import Change, Command, Context
from bot.errors import UnknownNameError
from bot.model import Difference, Ending, Kind, Outcome, Plan, Service
from bot.model.change import Fate
from bot.model.english import agree, plural
from bot.rollout.run import Run
from bot.swarm.spec import ports
from bot.swarm.spec.edit import fingerprint

STOP_WATCHED_SECONDS = 20.0
"""Seconds for which the tasks of removed services are watched: most stop within their grace period
of ten."""
STOP_LOOK_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalPlan(Plan):
    """The services that go, and how many tasks of each run by their id."""

    gone: tuple[Service, ...]
    running: Mapping[str, int]


class Remove(Change[RemovalPlan]):
    """Remove services with all their tasks. Networks, secrets, configs and volumes stay."""

    names: ClassVar = ("service rm",)
    kind: ClassVar = Kind.DANGER
    examples: ClassVar = ("service rm web", "service rm web api")

    services: Annotated[tuple[Name, ...], Argument("SERVICE")] = Field(min_length=1)

    def plan(self, context: Context) -> RemovalPlan:
        """Find them all before any goes, and say what each takes along."""
        named = {service.id: service for service in map(context.swarm.services.find, self.services)}
        gone = tuple(named.values())
        running = _running(context, gone)
        names = [service.name for service in gone]
        return RemovalPlan(
            title=f"remove {', '.join(names)}",
            kind=Kind.DANGER,
            targets=tuple(f"service:{service.id}" for service in gone),
            fingerprint=" ".join(f"{service.id}:{fingerprint(service.spec)}" for service in gone),
            services=tuple(names),
            changes=tuple(
                Difference(service.name, _described(service, running[service.id]), "removed")
                for service in gone
            ),
            summary=(
                f"{plural(len(gone), 'service')} with "
                f"{plural(sum(running.values()), 'running task')}"
            ),
            warnings=_warnings(context, gone),
            gone=gone,
            running=running,
        )

    def fate(self, context: Context, planned: str) -> Fate:
        """Whether they are gone."""
        return fate.of_removal(self, context, planned, context.swarm.services.find, self.services)

    def apply(self, context: Context, plan: RemovalPlan, run: Run) -> Outcome:  # noqa: ARG002 - it takes no lock of its own
        """Remove them one after the other, and wait until their tasks have stopped."""
        started = context.now()
        for service in plan.gone:
            _remove(context, service)
        left = _watch(context, plan.gone)
        return Outcome(
            ending=Ending.DONE,
            title=f"{', '.join(service.name for service in plan.gone)} removed",
            seconds=(context.now() - started).total_seconds(),
            lines=tuple(
                _went(service, plan.running[service.id], left[service.id]) for service in plan.gone
            ),
        )


COMMANDS: tuple[type[Command], ...] = (Remove,)


def _remove(context: Context, service: Service) -> None:
    """Remove it; one that is gone already is as it should be."""
    with suppress(UnknownNameError):
        context.swarm.services.remove(service.id)


def _running(context: Context, services: Sequence[Service]) -> Counter[str]:
    """How many tasks of each service run.

    All tasks are asked for: of a service that is gone, the engine refuses to say.
    """
    ids = {service.id for service in services}
    tasks = context.swarm.services.tasks()
    return Counter(
        task.service_id for task in tasks if task.service_id in ids and not task.state.terminal
    )


def _watch(context: Context, services: Sequence[Service]) -> Counter[str]:
    until = context.stopping.monotonic() + STOP_WATCHED_SECONDS
    while (left := _running(context, services)) and context.stopping.monotonic() < until:
        if context.stopping.wait(STOP_LOOK_SECONDS):
            break
    return left


def _described(service: Service, running: int) -> str:
    published = (
        [f"publishes {', '.join(ports.text(port) for port in service.ports)}"]
        if service.ports
        else []
    )
    stack = [f"of stack {service.stack}"] if service.stack else []
    return ", ".join([plural(running, "task"), *published, *stack])


def _warnings(context: Context, services: Sequence[Service]) -> tuple[str, ...]:
    in_stacks = [
        (
            f"{service.name} is part of stack {service.stack}: the next `docker stack deploy` "
            "brings it back"
        )
        for service in services
        if service.stack
    ]
    rolling = [
        service.name for service in services if context.store.rollouts.of_service(service.id)
    ]
    return (*in_stacks, *(f"a rollout of {name} is under way" for name in rolling))


def _went(service: Service, before: int, left: int) -> str:
    free = [str(port.published) for port in service.ports if port.published]
    ports_free = (
        f", {agree(len(free), 'port', 'ports')} {', '.join(free)} free again" if free else ""
    )
    if left:
        return f"{service.name} is gone; {left} of {plural(before, 'task')} still stopping"
    return f"{service.name} is gone, {plural(before, 'task')} stopped{ports_free}"
