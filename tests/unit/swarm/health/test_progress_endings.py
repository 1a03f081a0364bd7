"""How a rollout ends otherwise than done, and what holds for any tasks at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Image, Mode, Node, Phase, Progress, Service, Task, TaskState, UpdateStatus
from bot.swarm.health.progress import tried
from tests.unit.swarm.looks import BACK, EXPECTED, FOUR_NEW, after_monitor, look, seen
from tests.unit.swarm.values import V1, V2, node, nodes, old, service, spec, task

FOUR_OLD = tuple(task(slot, f"node{slot}", image=V1) for slot in range(1, 5))


def test_paused_carries_the_engine_s_word() -> None:
    word = "update paused due to failure or early termination of task xyz"
    paused = service(update=UpdateStatus("paused", word))
    progress = seen(look(paused, (old(1, "node1"),)))
    assert (progress.phase, progress.message) == (Phase.PAUSED, word)


@pytest.mark.parametrize(
    ("state", "message", "asked", "phase"),
    [
        (
            "rollback_started",
            "update rolled back due to failure of task xyz",
            False,
            Phase.ROLLING_BACK,
        ),
        ("rollback_completed", "rollback completed", False, Phase.ROLLED_BACK),
        (
            "rollback_paused",
            "rollback paused due to failure of task xyz",
            False,
            Phase.ROLLBACK_PAUSED,
        ),
        ("rollback_unheard_of", "", False, Phase.ROLLING_BACK),
        ("rollback_started", "manually requested rollback", True, Phase.ROLLING_BACK),
        ("rollback_completed", "manually requested rollback", True, Phase.ROLLED_BACK),
        ("rollback_started", "manually requested rollback", False, Phase.SUPERSEDED),
    ],
)
def test_rollbacks(state: str, message: str, asked: bool, phase: Phase) -> None:
    this = service(image=V1, spec=BACK, update=UpdateStatus(state, message))
    progress = seen(look(this, FOUR_OLD), expected=replace(EXPECTED, rollback_asked=asked))
    assert (progress.phase, progress.message) == (phase, message)


def test_rolled_back_is_said_when_the_tasks_run_and_not_when_swarm_says_so() -> None:
    this = service(image=V1, spec=BACK, state="rollback_completed")
    waits = (*FOUR_OLD[:3], replace(FOUR_OLD[3], state=TaskState.READY))
    assert seen(look(this, waits, 0), look(this, waits, 29)).phase is Phase.ROLLING_BACK
    assert seen(look(this, waits, 0), look(this, FOUR_OLD, 5)).phase is Phase.ROLLED_BACK
    progress = seen(look(this, waits, 0), look(this, waits, 30))
    assert (progress.phase, progress.done, progress.total) == (Phase.ROLLED_BACK, 3, 4)


@pytest.mark.parametrize(
    ("state", "phase"),
    [
        ("rollback_started", Phase.ROLLING),
        ("rollback_paused", Phase.PAUSED),
        ("rollback_completed", Phase.COMPLETED),
    ],
)
def test_a_rollback_that_is_itself_what_was_asked_for_is_an_update(
    state: str, phase: Phase
) -> None:
    this = service(update=UpdateStatus(state, "manually requested rollback"))
    assert seen(look(this, FOUR_NEW), expected=replace(EXPECTED, to_previous=True)).phase is phase
    other_service = service(spec=spec(V1, ForceUpdate=7), state=state)
    assert (
        seen(look(other_service, FOUR_NEW), expected=replace(EXPECTED, to_previous=True)).phase
        is Phase.SUPERSEDED
    )


def test_a_rollback_to_something_else_than_before_is_somebody_else_s() -> None:
    this = service(spec=spec(V1, ForceUpdate=7), state="rollback_completed")
    assert seen(look(this, FOUR_NEW)).phase is Phase.SUPERSEDED
    assert (
        seen(look(this, FOUR_NEW), expected=replace(EXPECTED, before_hash="")).phase
        is Phase.ROLLED_BACK
    )


@pytest.mark.parametrize("state", ["", "updating", "paused", "completed"])
def test_a_changed_specification_supersedes(state: str) -> None:
    this = service(spec=spec(V2, ForceUpdate=1), state=state)
    assert after_monitor(this, FOUR_NEW).phase is Phase.SUPERSEDED


def test_removed() -> None:
    assert seen(look(service(), FOUR_NEW), look(None)) == Progress(Phase.REMOVED, 0, 0)


@pytest.mark.parametrize(
    ("state", "image", "phase"),
    [
        ("", V2, Phase.TIMED_OUT),
        ("updating", V2, Phase.TIMED_OUT),
        ("paused", V2, Phase.PAUSED),
        ("rollback_started", V1, Phase.TIMED_OUT),
        ("rollback_completed", V1, Phase.ROLLED_BACK),
    ],
)
def test_the_deadline_ends_only_what_has_not_ended(state: str, image: Image, phase: Phase) -> None:
    this = service(spec=spec(image), state=state)
    assert seen(look(this, (old(1, "node1"),), 600)).phase is phase
    assert seen(look(this, (old(1, "node1"),), 599)).phase is not Phase.TIMED_OUT


def test_done_at_the_deadline_is_done() -> None:
    assert (
        seen(look(service(), FOUR_NEW, 595), look(service(), FOUR_NEW, 600)).phase
        is Phase.COMPLETED
    )


def test_tried_counts_slots_and_nodes_once() -> None:
    tasks = (
        task(1, "node1", "failed"),
        task(1, "node2", "failed"),
        task(2, "node1"),
        old(3, "node1"),
    )
    assert tried(tasks, str(V2)) == 2
    assert tried((task(0, "node1"), task(0, "node2"), task(0, "node2")), str(V2)) == 2


# ---- whatever the tasks are

STATES = st.sampled_from(
    [
        "new",
        "pending",
        "assigned",
        "preparing",
        "starting",
        "running",
        "complete",
        "failed",
        "rejected",
        "shutdown",
        "unknown",
    ]
)
DESIRED = st.sampled_from(["ready", "running", "complete", "shutdown", "remove"])
TASKS = st.lists(
    st.builds(
        lambda make, slot, on, state, desired, iteration: make(
            slot, on, state, desired, job_iteration=iteration
        ),
        st.sampled_from([task, old]),
        st.integers(0, 4),
        st.sampled_from(["", "node1", "node2", "node3", "gone"]),
        STATES,
        DESIRED,
        st.sampled_from([None, 1, 2]),
    ),
    max_size=10,
).map(tuple)
UPDATES = st.sampled_from(
    [
        "",
        "updating",
        "paused",
        "completed",
        "rollback_started",
        "rollback_completed",
        "rollback_paused",
        "odd",
    ]
)
AMONG = st.builds(
    lambda states, availability: nodes(
        *(
            node(f"node{n}", state=state, availability=availability)
            for n, state in enumerate(states, 1)
        )
    ),
    st.tuples(*[st.sampled_from(["ready", "down", "unknown"])] * 3),
    st.sampled_from(["active", "pause", "drain"]),
)


SERVICES = st.builds(
    lambda mode, replicas, state: service(
        mode, replicas, state, job_iteration=2 if "job" in mode else None
    ),
    st.sampled_from(Mode),
    st.integers(0, 4),
    UPDATES,
)


@given(TASKS, SERVICES, AMONG, st.sampled_from([0.0, 5.0, 600.0]))
def test_never_complete_while_a_place_is_not_up_to_date(
    tasks: tuple[Task, ...], this: Service, among: Mapping[str, Node], at: float
) -> None:
    progress = seen(look(this, tasks, 0, among), look(this, tasks, at, among))
    assert 0 <= progress.done <= progress.total
    if progress.phase is Phase.COMPLETED:
        assert progress.done == progress.total == len(progress.slots)
        assert all(slot.done for slot in progress.slots)
    if at >= 600:
        assert progress.phase.ended
