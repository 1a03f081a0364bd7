"""What the doctor says of the credentials with which nodes pull: those that Swarm has stored with a
service are needed when a node fails, long after they were set; pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from bot.doctor.specifications import SeenServices, names_of, running
from bot.model import Service
from bot.model.advice import Advice
from bot.model.advice_facts import LoginMissing, OldLogins
from bot.model.completion import RestartCondition
from bot.model.incident import Severity
from bot.model.registry_login import LoginSource
from bot.model.stored_login import LoginState
from bot.swarm.scheduler.layout import TaskLayout, kept_with_layout


@kept_with_layout
def _by_registry(layout: TaskLayout) -> Mapping[str, Sequence[Service]]:
    services: defaultdict[str, list[Service]] = defaultdict(list)
    for service in running(layout):
        services[service.image.registry].append(service)
    return services


def logins(view: SeenServices) -> Iterator[Advice]:
    """One finding a registry, of each kind."""
    known = view.probes.logins
    for host, services in _by_registry(view.layout).items():
        source = known.sources.get(host)
        if source is None or not source.place:
            continue
        if source.fault:
            yield Advice(Severity.WARNING, LoginMissing(source=source, services=names_of(services)))
        yield from _stored(source, services, known.states)


def _stored(
    source: LoginSource, services: Sequence[Service], states: Mapping[str, LoginState]
) -> Iterator[Advice]:
    for state, severity in (
        (LoginState.OLD, Severity.WARNING),
        (LoginState.UNKNOWN, Severity.NOTE),
    ):
        such = [service for service in services if states.get(service.id) is state]
        if such:
            facts = OldLogins(
                source=source,
                services=names_of(such),
                refreshable=_refreshable(such),
                is_certain=state is LoginState.OLD,
            )
            yield Advice(severity, facts)


def _refreshable(services: Sequence[Service]) -> tuple[tuple[str, str], ...]:
    """Ids and names of those that get credentials without a task starting again."""
    always = (service for service in services if service.restart is RestartCondition.ANY)
    return tuple((service.id, service.name) for service in always)
