"""Which tasks ended for good, by the restart condition and what followed them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.model import Mode, Port, Task
from bot.model.completion import Completion, RestartCondition
from bot.swarm.health.completion import completion_of
from tests.unit.swarm.values import NOW, service, task

ANY, NONE, ON_FAILURE = RestartCondition.ANY, RestartCondition.NONE, RestartCondition.ON_FAILURE


def ended(
    slot: int, state: str = "complete", code: int = 0, ago: float = 60, **fields: Any
) -> Task:
    values: dict[str, Any] = {
        "state": state,
        "desired": "shutdown",
        "exit_code": code,
        "created": NOW - timedelta(seconds=ago),
        "at": NOW - timedelta(seconds=ago),
        **fields,
    }
    return task(slot, f"node{slot}", **values)


def waiting(slot: int) -> Task:
    return task(slot, f"node{slot}", state="ready", desired="ready", created=NOW)


DONE = Completion(done=frozenset("1"), at=NOW - timedelta(seconds=60))
FAILED = Completion(failed=frozenset("1"), at=NOW - timedelta(seconds=60), exit_code=3)


@pytest.mark.parametrize(
    ("restart", "tasks", "completion"),
    [
        (NONE, (ended(1),), DONE),
        (ON_FAILURE, (ended(1),), DONE),
        (NONE, (ended(1, "failed", 3),), FAILED),
        (ON_FAILURE, (ended(1, "failed", 3),), FAILED),
        # It is tried again, or runs again after an update.
        (ON_FAILURE, (ended(1, "failed", 3), waiting(1)), None),
        (NONE, (ended(1), task(1, "node1", created=NOW)), None),
        # The last one counts.
        (ON_FAILURE, (ended(1, "failed", 3, ago=120), ended(1)), DONE),
        (NONE, (ended(1, ago=120), ended(1, "failed", 3)), FAILED),
        # What Swarm stopped has not ended by itself; what runs has not ended.
        (NONE, (ended(1, "shutdown"),), None),
        (NONE, (ended(1, "orphaned"),), None),
        (NONE, (task(1, "node1"),), None),
        (NONE, (), None),
        # A node refused it, which has no exit code.
        (NONE, (ended(1, "rejected", exit_code=None),), replace(FAILED, exit_code=None)),
        # Always started again.
        (ANY, (ended(1),), None),
    ],
)
def test_a_slot(
    restart: RestartCondition, tasks: tuple[Task, ...], completion: Completion | None
) -> None:
    assert completion_of(service(replicas=1, restart=restart), tasks) == completion


def test_several_slots_and_the_nodes_of_a_global_service() -> None:
    tasks = (ended(1, ago=30), ended(2, "failed", 5), task(3, "node3"))
    completion = Completion(
        done=frozenset("1"), failed=frozenset("2"), at=NOW - timedelta(seconds=30), exit_code=5
    )
    assert completion_of(service(replicas=3, restart=NONE), tasks) == completion
    on_nodes = completion_of(service(Mode.GLOBAL, restart=NONE), tasks)
    assert on_nodes
    assert (on_nodes.done, on_nodes.failed) == (frozenset({"id-node1"}), frozenset({"id-node2"}))


@pytest.mark.parametrize(
    ("completion", "running", "below"),
    [
        (None, 0, True),
        (Completion(done=frozenset("1")), 0, True),
        (Completion(done=frozenset("1")), 1, False),
        (Completion(done=frozenset("12")), 0, False),
        (Completion(done=frozenset("1"), failed=frozenset("2")), 1, True),
    ],
)
def test_below_is_what_neither_runs_nor_is_done(
    completion: Completion | None, running: int, below: bool
) -> None:
    web = service(replicas=2, restart=NONE, running=running, desired=2, completion=completion)
    assert web.below is below


def test_who_serves_people_from_outside_is_never_done() -> None:
    open_to_all = service(replicas=1, restart=ON_FAILURE, ports=(Port(80, 8080),))
    assert completion_of(open_to_all, (ended(1),)) is None
