"""What the doctor's looks at services share: the services, and the parts of their specifications;
pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.doctor.probes import Probes
from bot.model import Service, Spec, TaskState
from bot.model.completion import RestartCondition
from bot.swarm.scheduler.layout import TaskLayout, kept_with_layout
from bot.swarm.spec.compact import kept
from bot.watch.evaluation import Evaluation


@dataclass(frozen=True, slots=True)
class SeenServices:
    """The services, and what is known of them."""

    evaluation: Evaluation
    probes: Probes

    @property
    def layout(self) -> TaskLayout:
        """Where their tasks lie."""
        return self.evaluation.layout


@kept_with_layout
def running(layout: TaskLayout) -> tuple[Service, ...]:
    """The services that should run now: neither jobs, nor scaled to nothing."""
    return tuple(
        service
        for service in layout.services.values()
        if not service.mode.is_job and service.replicas != 0
    )


@kept_with_layout
def lasting(layout: TaskLayout) -> tuple[Service, ...]:
    """Those of them that should run all the time."""
    return tuple(filter(_is_to_go_on, running(layout)))


@kept_with_layout
def by_image(layout: TaskLayout) -> Mapping[str, Sequence[Service]]:
    """The services that should run now, by image (as written)."""
    services: defaultdict[str, list[Service]] = defaultdict(list)
    for service in running(layout):
        services[str(service.image)].append(service)
    return services


def lies_on(service: Service, layout: TaskLayout) -> tuple[str, ...]:
    """The names of the nodes on which it runs."""
    nodes = layout.nodes
    names = {
        nodes[task.node_id].name
        for task in layout.tasks_of.get(service.id, ())
        if task.state == TaskState.RUNNING and task.node_id in nodes
    }
    return tuple(sorted(names))


# ---- parts of a specification


@kept
def health_test(spec: Spec) -> tuple[str, ...]:
    """What asks for its health; empty where that is for the image to say."""
    container = _template(spec).get("ContainerSpec") or {}
    return tuple((container.get("Healthcheck") or {}).get("Test") or ())


@kept
def goes_on_failing(spec: Spec) -> bool:
    """Whether an update goes on though new tasks fail."""
    return bool(_update(spec).get("FailureAction") == "continue")


@kept
def updates_all_at_once(spec: Spec) -> bool:
    """Whether an update stops all tasks together."""
    # Where nothing is configured the engine takes one at a time; 0 stands for all.
    return _update(spec).get("Parallelism") == 0 and _update(spec).get("Order") != "start-first"


@kept
def has_memory_limit(spec: Spec) -> bool:
    """Whether its tasks may take so much memory and no more."""
    return bool(((_template(spec).get("Resources") or {}).get("Limits") or {}).get("MemoryBytes"))


def _template(spec: Spec) -> Mapping[str, Any]:
    """What its tasks are made of."""
    return spec.get("TaskTemplate") or {}


def _update(spec: Spec) -> Mapping[str, Any]:
    """How it is updated."""
    return spec.get("UpdateConfig") or {}


def _is_to_go_on(service: Service) -> bool:
    """Whether it is to run for as long as it is there: not where its work was done, or where it is
    never started again and serves nobody from outside."""
    never_again = service.restart is RestartCondition.NONE
    return not (service.one_shot and (never_again or service.completion is not None))


def names_of(services: Sequence[Service]) -> tuple[str, ...]:
    """Their names."""
    return tuple(service.name for service in services)
