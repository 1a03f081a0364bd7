"""What the doctor's looks at services share: the services, and the parts of their specifications;
pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.doctor.probes import Probes
from bot.model import Service, TaskState
from bot.model.completion import RestartCondition
from bot.watch.evaluation import Evaluation


@dataclass(frozen=True, slots=True)
class RunningServices:
    """The services that should run all the time, and what is known of them."""

    services: tuple[Service, ...]
    evaluation: Evaluation
    probes: Probes


def lies_on(service: Service, view: RunningServices) -> tuple[str, ...]:
    """The names of the nodes on which it runs."""
    nodes = view.evaluation.nodes
    names = {
        nodes[task.node_id].name
        for task in view.evaluation.tasks_of.get(service.id, ())
        if task.state == TaskState.RUNNING and task.node_id in nodes
    }
    return tuple(sorted(names))


# ---- parts of a specification


def template_of(service: Service) -> Mapping[str, Any]:
    """What its tasks are made of."""
    return service.spec.get("TaskTemplate") or {}


def container_of(service: Service) -> Mapping[str, Any]:
    """What its containers are made of."""
    return template_of(service).get("ContainerSpec") or {}


def config_of(service: Service) -> Mapping[str, Any]:
    """How it is updated."""
    return service.spec.get("UpdateConfig") or {}


def is_to_go_on(service: Service) -> bool:
    """Whether it is to run for as long as it is there: not where its work was done, or where it is
    never started again and serves nobody from outside."""
    never_again = service.restart is RestartCondition.NONE
    return not (service.one_shot and (never_again or service.completion is not None))


def limits_of(service: Service) -> Mapping[str, Any]:
    """What its tasks may take."""
    return (template_of(service).get("Resources") or {}).get("Limits") or {}


def names_of(services: Sequence[Service]) -> tuple[str, ...]:
    """Their names."""
    return tuple(service.name for service in services)
