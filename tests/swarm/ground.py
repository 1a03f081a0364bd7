"""What the cases of the contract stand on, and what they share."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any, Protocol

from bot.model import Service
from bot.swarm.swarm import Swarm

Json = dict[str, Any]
SECOND = 1_000_000_000
UNASKED: Json = {"Test": ["NONE"]}
"""No health check: to ask takes an engine four programs, each second for each task."""


class Ground(Protocol):
    """A Swarm to try things on."""

    @property
    def swarm(self) -> Swarm:
        """The Swarm, by the bot's own operations."""
        ...

    def image(self, name: str) -> str:
        """The full name of `web:v1` and its like."""
        ...

    def until(self, true: Callable[[], object], seconds: float = 40.0) -> None:
        """Let time pass until it is so; fails where it never is."""
        ...


def spec(ground: Ground, name: str = "web", replicas: int = 2, **more: Any) -> Json:
    """A service that stops at once, and is watched for a second."""
    task = more.pop("TaskTemplate", {})
    container = {
        "Image": ground.image("web:v1"),
        "StopGracePeriod": SECOND,
        "Healthcheck": UNASKED,
    }
    policy = {"Condition": "any", "Delay": SECOND}
    return {
        "Name": name,
        "TaskTemplate": {"ContainerSpec": container, "RestartPolicy": policy, **task},
        "Mode": {"Replicated": {"Replicas": replicas}},
        "UpdateConfig": {"Parallelism": 1, "Monitor": SECOND, "FailureAction": "pause"},
        "RollbackConfig": {"Parallelism": 1, "Monitor": SECOND, "FailureAction": "pause"},
        **more,
    }


def running(ground: Ground, service_id: str) -> set[str]:
    """Ids of the tasks that are meant to run, and do."""
    tasks = ground.swarm.services.tasks(service_id, running=True)
    return {task.id for task in tasks if task.state == "running"}


def created(ground: Ground, body: Json) -> Service:
    """A service, as soon as it runs as it should."""
    service_id = ground.swarm.services.create(body)
    service = ground.swarm.services.get(service_id)
    ground.until(lambda: len(running(ground, service_id)) == service.replicas)
    return service


def changed(ground: Ground, service_id: str, change: Callable[[Json], object]) -> Service:
    """Post a changed specification, and return the service as it is then."""
    service = ground.swarm.services.get(service_id)
    body = deepcopy(dict(service.spec))
    change(body)
    ground.swarm.services.update(service, body)
    return ground.swarm.services.get(service_id)


def with_image(ground: Ground, name: str, action: str = "pause") -> Callable[[Json], object]:
    """The change to another image, and what is to happen where it fails."""

    def change(body: Json) -> None:
        body["TaskTemplate"]["ContainerSpec"]["Image"] = ground.image(name)
        body["UpdateConfig"]["FailureAction"] = action

    return change


def state(ground: Ground, service_id: str) -> str:
    """Swarm's word on the last update; empty where it has none."""
    update = ground.swarm.services.get(service_id).update
    return update.state if update else ""


def message(ground: Ground, service_id: str) -> str:
    """Swarm's sentence on the last update."""
    update = ground.swarm.services.get(service_id).update
    return update.message if update else ""
