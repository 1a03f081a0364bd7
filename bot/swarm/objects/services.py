"""Services and their tasks.

Specifications are read without the engine's defaults, and posted back whole.
"""

from __future__ import annotations

import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from bot.errors import EngineRefusedError, UnknownNameError
from bot.model import Service, Spec, Task
from bot.model.completion import RestartCondition
from bot.model.natural import natural
from bot.swarm.engine import json_lists
from bot.swarm.engine.client import Client
from bot.swarm.engine.port import EnginePool
from bot.swarm.health.completion import completion_of
from bot.swarm.last_seen import LastSeen, Observed, unchanged
from bot.swarm.names import pick
from bot.swarm.objects.found_task import FoundTask
from bot.swarm.registries.credentials import NO_CREDENTIALS, RegistryCredentials
from bot.swarm.right_of_way import RightOfWay
from bot.swarm.sight import Sight
from bot.swarm.spec import edit, read

Value = TypeVar("Value")
_ADDRESSABLE = re.compile(r"[A-Za-z0-9][\w.-]*")


@dataclass(frozen=True, slots=True)
class Services:
    """The services of the Swarm. Every call raises what `EnginePool.call` raises.

    `sight` limits what can be found, and perhaps what is listed.
    """

    engines: EnginePool
    sight: Sight | None = None
    credentials: RegistryCredentials = NO_CREDENTIALS
    last_seen: LastSeen = field(default_factory=LastSeen)
    right_of_way: RightOfWay = field(default_factory=RightOfWay)

    def list(self) -> tuple[Service, ...]:
        """All services by name, with their counts of tasks; of those that do one piece of work and
        are below their count, at the price of a second call, also how it ended."""

        def ask(client: Client) -> tuple[Service, ...]:
            listed = map(read.listed_service, self.right_of_way.given(client.services()))
            return tuple(self.last_seen.known_services.shared(listed))

        begun = time.monotonic()
        known, listed = self.last_seen.known_services, self._by_name(self.engines.call(ask))
        # Once more, now that it is known how some ended.
        ordered = unchanged(self.last_seen.services, tuple(known.shared(listed)))
        known.replace(ordered)
        self.last_seen.services = Observed(ordered, begun)
        return self._for_whom(ordered)

    def lately(self) -> Observed[tuple[Service, ...]]:
        """All services by name with their counts and specifications; where they are many, as the
        watch saw them last, within a minute."""
        return self._recent() or self._observed(self.list)

    def overview_lately(self) -> Observed[tuple[Service, ...]]:
        """The same for whom specifications do not matter."""
        return self._recent() or self._observed(self.overview)

    def tasks_lately(self) -> Observed[tuple[Task, ...]]:
        """All tasks by service, slot and age; where they are many, as the watch saw them last,
        within a minute, without those that were stopped long before."""
        limited = self.sight is not None and self.sight.lists
        recent = None if limited else self.last_seen.recent_tasks()
        return recent or self._observed(self.tasks)

    def _recent(self) -> Observed[tuple[Service, ...]] | None:
        recent = self.last_seen.recent_services()
        return Observed(self._for_whom(recent.value), recent.at) if recent else None

    def _observed(self, read: Callable[[], Value]) -> Observed[Value]:
        begun = time.monotonic()
        return Observed(read(), begun)

    def overview(self) -> tuple[Service, ...]:
        """The same without specifications, which are most of what an engine sends: who asks such a
        service for one gets SpecNotReadError."""

        def ask(client: Client) -> tuple[Service, ...]:
            listed = client.services(json_lists.SERVICES_OVERVIEW)
            return tuple(map(read.service_without_spec, listed))

        return self._for_whom(self._by_name(self.engines.call(ask)))

    def find(self, name: str) -> Service:
        """A service by name, id, or at least the first four characters of its id.

        It has no counts of tasks: `list` and `tasks` have these. Raises UnknownNameError,
        AmbiguousNameError.
        """
        # One service costs the engine little, all of them much; only a name that is not there is
        # worth that.
        service = self._exactly(name) if _ADDRESSABLE.fullmatch(name) else None
        if service and (self.sight is None or self.sight.sees(service.name)):
            return service
        try:
            picked = pick(
                "service",
                name,
                self._visible(self.overview()),
                lambda candidate: candidate.id,
                lambda candidate: candidate.name,
            )
        except UnknownNameError as error:
            if self.sight is None:
                raise
            known = service.name if service and self.sight.may_hear(service.name) else name
            raise self.sight.refusal(known, error.near) from None
        return self.get(picked.id)

    def get(self, service_id: str) -> Service:
        """The service with this id. Raises UnknownNameError."""
        return read.service(self.engines.call(lambda client: client.service(service_id)))

    def document(self, service: Service) -> Mapping[str, Any]:
        """What the engine says of a service, with dots in place of what may be secret."""
        return edit.masked(self.engines.call(lambda client: client.service(service.id)))

    def find_task(self, task_id: str) -> FoundTask:
        """A task by its id, or the beginning of it. Raises UnknownNameError.

        For somebody who sees some services only it is refused as a service that they may not name,
        whether there is such a task or not.
        """
        try:
            raw = self.engines.call(lambda client: client.task(task_id))
            task = read.task(raw)
            service = self.get(task.service_id)
        except (UnknownNameError, EngineRefusedError):
            # Refused where it is the beginning of several ids.
            if self.sight is None:
                raise
            raise self.sight.refusal(task_id, ()) from None
        if self.sight and not self.sight.sees(service.name):
            raise self.sight.refusal(task_id, ())
        return FoundTask(task, service, edit.masked(raw))

    def tasks(
        self,
        service_id: str | None = None,
        *,
        node_id: str | None = None,
        up_to_date: bool = False,
        running: bool = False,
        marked: bool = False,
    ) -> tuple[Task, ...]:
        """Tasks of a service, of a node or of all, by service, slot and age.

        `up_to_date`: only those of the current specification; `running`: only those that are meant
        to run; `marked`: at the price of a second call, `Task.up_to_date` says which are of the
        current specification (else it is True).
        """
        conditions = {
            "service": service_id,
            "node": node_id,
            "desired-state": "running" if running else None,
        }
        filters = {name: [value] for name, value in conditions.items() if value}

        def ask(client: Client) -> tuple[Task, ...]:
            listed = client.tasks(filters | ({"_up-to-date": ["true"]} if up_to_date else {}))
            tasks = tuple(
                self.last_seen.known_tasks.shared(map(read.task, self.right_of_way.given(listed)))
            )
            if not marked:
                return tasks
            # These come last: a task that is created in between must not look outdated.
            current = {raw["ID"] for raw in client.tasks(filters | {"_up-to-date": ["true"]})}
            return tuple(replace(task, up_to_date=task.id in current) for task in tasks)

        begun = time.monotonic()
        tasks = tuple(sorted(self.engines.call(ask), key=_by_age))
        if not (service_id or node_id or up_to_date):
            self.last_seen.counted(tasks, begun)
        if service_id or self.sight is None or not self.sight.lists:
            return tasks
        visible = {service.id for service in self.overview()}
        return tuple(task for task in tasks if task.service_id in visible)

    def tasks_since(self, since: datetime) -> tuple[Task, ...]:
        """All tasks by service, slot and age, but for those that were stopped before `since`.

        Tasks that were stopped in good order are most of what a manager lists, up to five for each
        place; leaving them out saves most of the time.
        """

        def ask(client: Client) -> tuple[Task, ...]:
            every = self.right_of_way.given(client.tasks())
            listed = (read.task(raw) for raw in every if not read.is_past(raw, since))
            return tuple(self.last_seen.known_tasks.shared(listed))

        begun = time.monotonic()
        listed = tuple(sorted(self.engines.call(ask), key=_by_age))
        tasks = unchanged(self.last_seen.tasks, listed)
        self.last_seen.counted(tasks, begun)
        self.last_seen.tasks = Observed(tasks, begun)
        self.last_seen.known_tasks.replace(tasks)
        return tasks

    def running_by_node(self) -> Observed[Mapping[str, int]]:
        """How many tasks run on each node; where they are many, as they were counted last, within
        a minute."""
        limited = self.sight is not None and self.sight.lists
        recent = None if limited else self.last_seen.recent_running()
        if recent:
            return recent
        running = self._observed(lambda: self.tasks(running=True))
        return Observed(Counter(task.node_id for task in running.value if task.runs), running.at)

    def create(self, spec: Spec, *, with_auth: bool = False) -> str:
        """Create a service and return its id.

        The nodes get the bot's credentials for the registry of its image; `with_auth` those of this
        machine's own Docker configuration, where none are configured. Raises NameTakenError,
        PortTakenError, UnknownNameError (a network, secret or config), EngineRefusedError.
        """
        login = self.credentials.for_image(edit.image_of(spec))
        auth = login.header(with_own=with_auth)

        def create(client: Client) -> str:
            return str(client.create_service(spec, auth)["ID"])

        service_id = self.engines.call_write(create)
        if login.credential and auth:
            self.credentials.posted(service_id, login.credential)
        return service_id

    def update(
        self,
        service: Service,
        spec: Spec,
        *,
        rollback_previous: bool = False,
        with_auth: bool = False,
    ) -> tuple[str, ...]:
        """Post a whole specification against the version that was read; returns warnings.

        With `rollback_previous` the engine returns to its previous specification instead, with the
        credentials that it has stored with that one, whatever it is sent (measured). The nodes get
        credentials as `create` says, but where that would repeat work that is done. Raises
        OutOfSequenceError where the service has changed since, PortTakenError, UnknownNameError,
        EngineRefusedError.
        """
        image = edit.image_of((service.previous or spec) if rollback_previous else spec)
        login = self.credentials.for_image(image)
        repeats = not rollback_previous and _would_repeat_work(service, spec)
        auth = "" if repeats else login.header(with_own=with_auth)

        def update(client: Client) -> tuple[str, ...]:
            raw = {
                "ID": service.id,
                "Version": {"Index": service.version},
                "Spec": {"Name": service.name},
            }
            return tuple(
                client.update_service(raw, spec, rollback=rollback_previous, auth=auth).get(
                    "Warnings"
                )
                or ()
            )

        warnings = self.engines.call_write(update)
        if login.credential and auth and not rollback_previous:
            self.credentials.posted(service.id, login.credential)
        return warnings

    def gives_login(self, service: Service, spec: Spec) -> bool:
        """Whether posting this specification gives the service the bot's credentials of now."""
        login = self.credentials.for_image(edit.image_of(spec))
        return bool(login.header(with_own=False)) and not _would_repeat_work(service, spec)

    def remove(self, service_id: str) -> None:
        """Remove a service with its tasks. Raises UnknownNameError."""
        self.engines.call_write(lambda client: client.remove_service(service_id))

    def _by_name(self, listed: Iterable[Service]) -> tuple[Service, ...]:
        services = self._with_completion(listed)
        return tuple(sorted(services, key=lambda service: (natural(service.name), service.id)))

    def _for_whom(self, services: tuple[Service, ...]) -> tuple[Service, ...]:
        return self._visible(services) if self.sight and self.sight.lists else services

    def _with_completion(self, listed: Iterable[Service]) -> Sequence[Service]:
        services = tuple(listed)
        ended = [
            service.id
            for service in services
            if service.one_shot and (service.below or service.mode.is_global)
        ]
        if not ended:
            return services
        tasks: defaultdict[str, list[Task]] = defaultdict(list)

        def ask(client: Client) -> tuple[Task, ...]:
            return tuple(map(read.task, client.tasks({"service": ended})))

        for task in self.engines.call(ask):
            tasks[task.service_id].append(task)
        return [
            replace(service, completion=completion_of(service, tasks[service.id]))
            if service.id in tasks
            else service
            for service in services
        ]

    def _visible(self, services: tuple[Service, ...]) -> tuple[Service, ...]:
        sight = self.sight
        return tuple(service for service in services if sight is None or sight.sees(service.name))

    def _exactly(self, name: str) -> Service | None:
        try:
            service = self.get(name)
        except (UnknownNameError, EngineRefusedError):
            # Refused where it is the beginning of several ids.
            return None
        # The engine also takes the beginning of an id, however short.
        return service if name in (service.id, service.name) else None


def _by_age(task: Task) -> tuple[str, int, str, float]:
    """Service, slot (or node), then the youngest first, as `docker service ps` has it."""
    return (
        task.service_id,
        task.slot,
        "" if task.slot else task.node_id,
        -(task.created.timestamp() if task.created else 0.0),
    )


def _would_repeat_work(service: Service, spec: Spec) -> bool:
    """Whether other credentials would start tasks again that have ended with their work done.

    Swarm takes them for tasks of another specification (measured); those that run it leaves alone.
    """
    ends = not service.mode.is_job and service.restart is not RestartCondition.ANY
    return ends and spec.get("TaskTemplate") == service.spec.get("TaskTemplate")
