"""How far a rollout is: tables of hand-made tasks, as swarmkit makes them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.model import Failure, Mode, NodeState, Phase, Progress, Slot, Task, TaskState
from bot.rollout.steps import Steps
from bot.swarm.spec.edit import fingerprint
from tests.unit.swarm.looks import (
    EXPECTED,
    FOUR_NEW,
    ON_EVERY_NODE,
    after_monitor,
    counted,
    look,
    seen,
)
from tests.unit.swarm.values import FOUR, V2, node, nodes, old, service, spec, task

MORNING, MINUTE = datetime(2026, 3, 4, 8, tzinfo=UTC), timedelta(minutes=1)


# ---- a rolling update of four replicas, slot by slot


@pytest.mark.parametrize("done", range(5))
def test_slot_by_slot(done: int) -> None:
    tasks = tuple(task(n, f"node{n}") if n <= done else old(n, f"node{n}") for n in range(1, 5))
    progress = after_monitor(service(state="updating"), tasks)
    assert counted(progress) == (Phase.ROLLING, done, 4)
    assert [slot.image for slot in progress.slots] == ["2.0"] * done + ["1.1"] * (4 - done)
    assert [slot.key for slot in progress.slots] == ["1", "2", "3", "4"]


def test_slots_are_in_the_order_of_their_numbers() -> None:
    tasks = tuple(task(n, "node1") for n in (10, 2, 1, 11, 3))
    assert [slot.key for slot in seen(look(service(replicas=5), tasks)).slots] == [
        "1",
        "2",
        "3",
        "10",
        "11",
    ]


def test_start_first_shows_the_new_task_of_a_slot_and_waits_until_the_old_one_is_stopped() -> None:
    starting = (old(1, "node1"), task(1, "node2", "starting", "ready"))
    both = (old(1, "node1"), task(1, "node2"))
    single = service(replicas=1, state="updating")
    assert [(slot.state, slot.node, slot.done) for slot in seen(look(single, starting)).slots] == [
        ("starting", "node2", False)
    ]
    assert counted(after_monitor(service(replicas=1), both)) == (Phase.ROLLING, 1, 1)
    assert after_monitor(service(replicas=1, state="completed"), both).phase is Phase.ROLLING


def test_between_the_stop_of_the_old_task_and_the_start_of_the_new_one_a_slot_is_not_done() -> None:
    stopped = old(1, "node1", "running", "shutdown")
    waiting = task(1, "", "pending", "ready")
    assert counted(seen(look(service(replicas=1), (stopped,)))) == (Phase.ROLLING, 0, 1)
    assert [slot.state for slot in seen(look(service(replicas=1), (stopped, waiting))).slots] == [
        "pending"
    ]


def test_a_failed_task_does_not_speak_for_its_slot_once_another_is_tried() -> None:
    failed = task(1, "node1", "failed", "shutdown", error="task: non-zero exit (3)")
    again = task(1, "node2", "starting", "running")
    progress = seen(look(service(replicas=1), (failed, again)))
    assert [(slot.node, slot.state, slot.error) for slot in progress.slots] == [
        ("node2", "starting", "")
    ]


def test_the_newest_of_several_tries_speaks() -> None:
    tries = (task(1, "node1", "starting"), task(1, "node2", "preparing"))
    assert [slot.node for slot in seen(look(service(replicas=1), tries)).slots] == ["node2"]
    assert [slot.node for slot in seen(look(service(replicas=1), tries[::-1])).slots] == ["node2"]


def test_a_task_that_is_desired_ready_is_not_done_though_it_runs() -> None:
    assert seen(look(service(replicas=1), (task(1, "node1", "running", "ready"),))).done == 0


def test_a_task_without_a_known_node_is_shown_with_the_begin_of_its_id() -> None:
    tasks = (task(1, node_id="abcdefghijklmnop"),)
    assert [slot.node for slot in seen(look(service(replicas=1), tasks)).slots] == ["abcdefghijkl"]


def test_an_image_without_a_tag_is_shown_by_its_name() -> None:
    tasks = (task(1, "node1", image=replace(V2, tag="")),)
    assert [slot.image for slot in seen(look(service(replicas=1), tasks)).slots] == ["shop/web"]


# ---- when it is done


@pytest.mark.parametrize(
    ("at", "phase"), [(0, Phase.ROLLING), (4.9, Phase.ROLLING), (5, Phase.COMPLETED)]
)
def test_without_a_word_of_the_engine_it_has_to_stay_up_for_the_monitor_time(
    at: float, phase: Phase
) -> None:
    assert counted(seen(look(service(), FOUR_NEW), look(service(), FOUR_NEW, at))) == (phase, 4, 4)


def test_a_break_starts_the_watch_again() -> None:
    failing = (*FOUR_NEW[:3], task(4, "node4", "starting"))
    looks = [look(service(), FOUR_NEW), look(service(), failing, 4), look(service(), FOUR_NEW, 6)]
    assert seen(*looks, look(service(), FOUR_NEW, 10)).phase is Phase.ROLLING
    assert seen(*looks, look(service(), FOUR_NEW, 11)).phase is Phase.COMPLETED


def test_the_engine_may_say_it_earlier() -> None:
    assert seen(look(service(state="completed"), FOUR_NEW)).phase is Phase.COMPLETED


def test_the_engine_is_not_believed_while_a_slot_is_not_done() -> None:
    tasks = (*FOUR_NEW[:3], task(4, "node4", "failed", "shutdown"))
    assert counted(after_monitor(service(state="completed"), tasks)) == (Phase.ROLLING, 3, 4)


def test_while_the_engine_still_updates_it_is_not_done() -> None:
    assert after_monitor(service(state="updating"), FOUR_NEW).phase is Phase.ROLLING


def test_an_unknown_word_of_the_engine_counts_as_none() -> None:
    assert after_monitor(service(state="pondering"), FOUR_NEW).phase is Phase.COMPLETED


def test_replicas_0_is_done_at_once_and_only_when_nothing_is_left() -> None:
    none = service(replicas=0)
    assert counted(seen(look(none))) == (Phase.COMPLETED, 0, 0)
    assert counted(seen(look(none, (task(1, "node1", "running", "remove"),)))) == (
        Phase.COMPLETED,
        0,
        0,
    )
    assert seen(look(none, (task(1, "node1"),))).phase is Phase.ROLLING


def test_one_replica() -> None:
    assert counted(after_monitor(service(replicas=1), (task(1, "node1"),))) == (
        Phase.COMPLETED,
        1,
        1,
    )


def test_scaled_up_without_an_update_status() -> None:
    pending = (*FOUR_NEW[:2], task(3, "", "pending"), task(4, "", "new"))
    assert counted(after_monitor(service(), pending)) == (Phase.ROLLING, 2, 4)
    assert counted(after_monitor(service(), FOUR_NEW)) == (Phase.COMPLETED, 4, 4)


def test_scaled_down_waits_until_the_surplus_is_gone() -> None:
    two = service(replicas=2)
    assert counted(after_monitor(two, FOUR_NEW)) == (Phase.ROLLING, 2, 2)
    going = tuple(replace(task, desired=TaskState.REMOVE) for task in FOUR_NEW[2:])
    assert counted(after_monitor(two, (*FOUR_NEW[:2], *going))) == (Phase.COMPLETED, 2, 2)


# ---- nodes that are down


def test_a_replacement_elsewhere_stands_for_the_task_on_a_node_that_is_down() -> None:
    among = nodes(node("node1", state="down"), node("node2"))
    lost = task(1, "node1", "running", "shutdown")
    progress = after_monitor(service(replicas=1), (lost, task(1, "node2")), among)
    assert (counted(progress), progress.waiting_for) == ((Phase.COMPLETED, 1, 1), ())


def test_a_task_that_is_not_replaced_yet_does_not_count_and_its_node_is_named() -> None:
    among = nodes(node("node1", state="down"), node("node2"))
    progress = after_monitor(service(replicas=2), (task(1, "node1"), task(2, "node2")), among)
    assert (counted(progress), progress.waiting_for) == ((Phase.ROLLING, 1, 2), ("node1",))


@pytest.mark.parametrize("desired", ["running", "ready", "shutdown"])
def test_a_global_service_does_not_wait_for_a_node_that_is_down_and_names_it(desired: str) -> None:
    among = {**FOUR, "id-node4": node("node4", state="down")}
    tasks = (*ON_EVERY_NODE[:3], old(0, "node4", "running", desired))
    progress = after_monitor(service(Mode.GLOBAL), tasks, among)
    assert (counted(progress), progress.waiting_for) == ((Phase.COMPLETED, 3, 3), ("node4",))


def test_swarm_may_hang_in_updating_for_a_node_that_is_down() -> None:
    among = {**FOUR, "id-node4": node("node4", state="down")}
    tasks = (*ON_EVERY_NODE[:3], task(0, "node4", "assigned", "ready"))
    assert (
        after_monitor(service(Mode.GLOBAL, state="updating"), tasks, among).phase is Phase.COMPLETED
    )


def test_a_node_that_is_unknown_after_a_change_of_leader_counts_as_before() -> None:
    among = nodes(*(replace(node, state=NodeState.UNKNOWN) for node in FOUR.values()))
    assert counted(after_monitor(service(), FOUR_NEW, among)) == (Phase.COMPLETED, 4, 4)


# ---- global services


@pytest.mark.parametrize("done", range(5))
def test_a_global_service_node_by_node(done: int) -> None:
    tasks = tuple((task if n <= done else old)(0, f"node{n}") for n in range(1, 5))
    progress = after_monitor(service(Mode.GLOBAL), tasks)
    assert counted(progress) == (Phase.COMPLETED if done == 4 else Phase.ROLLING, done, 4)
    assert [slot.key for slot in progress.slots] == ["node1", "node2", "node3", "node4"]


def test_a_node_between_old_and_new_task_still_counts() -> None:
    tasks = (*ON_EVERY_NODE[:3], old(0, "node4", "running", "shutdown"))
    assert counted(after_monitor(service(Mode.GLOBAL), tasks)) == (Phase.ROLLING, 3, 4)
    assert counted(after_monitor(service(Mode.GLOBAL), ())) == (Phase.ROLLING, 0, 4)


def test_only_nodes_that_fulfil_the_constraints_count() -> None:
    template = spec(V2, Placement={"Constraints": ["node.hostname!=node4"]})
    this = service(Mode.GLOBAL, spec=template)
    expected = replace(EXPECTED, spec_hash=fingerprint(template))
    assert counted(after_monitor(this, ON_EVERY_NODE[:3], expected=expected)) == (
        Phase.COMPLETED,
        3,
        3,
    )


def test_a_global_service_is_not_updated_on_a_paused_node_and_does_not_wait_for_it() -> None:
    among = {**FOUR, "id-node4": node("node4", availability="pause")}
    tasks = (*ON_EVERY_NODE[:3], old(0, "node4"))
    assert counted(after_monitor(service(Mode.GLOBAL), tasks, among)) == (Phase.COMPLETED, 3, 3)
    assert counted(after_monitor(service(Mode.GLOBAL), ON_EVERY_NODE, among)) == (
        Phase.COMPLETED,
        4,
        4,
    )


# ---- jobs


def job_task(slot: int, on: str, state: str, iteration: int = 2) -> Task:
    desired = "shutdown" if state == "failed" else "complete"
    return task(slot, on, state, desired, job_iteration=iteration)


def test_a_job_is_done_when_its_tasks_are_complete_without_any_watching() -> None:
    job = service(Mode.REPLICATED_JOB, replicas=2, job_iteration=2)
    first, second = job_task(0, "node1", "complete"), job_task(1, "node2", "complete")
    assert counted(seen(look(job, (first, job_task(1, "node2", "running"))))) == (
        Phase.ROLLING,
        1,
        2,
    )
    assert counted(seen(look(job, (first, second)))) == (Phase.COMPLETED, 2, 2)


def test_the_slots_of_a_job_begin_at_0_and_a_retry_on_another_node_is_the_same_slot() -> None:
    job = service(Mode.REPLICATED_JOB, replicas=2, job_iteration=2)
    tasks = (
        job_task(0, "node1", "failed"),
        job_task(0, "node2", "complete"),
        job_task(1, "node3", "complete"),
    )
    progress = seen(look(job, tasks))
    assert counted(progress) == (Phase.COMPLETED, 2, 2)
    assert [(slot.key, slot.node) for slot in progress.slots] == [("0", "node2"), ("1", "node3")]


def test_tasks_of_an_earlier_run_of_a_job_do_not_count() -> None:
    job = service(Mode.REPLICATED_JOB, replicas=1, job_iteration=2)
    assert counted(seen(look(job, (job_task(0, "node1", "complete", 1),)))) == (Phase.ROLLING, 0, 1)


def test_a_global_job_runs_once_on_every_node() -> None:
    job = service(Mode.GLOBAL_JOB, job_iteration=2)
    tasks = tuple(job_task(0, f"node{n}", "complete") for n in range(1, 5))
    assert counted(seen(look(job, tasks[:3]))) == (Phase.ROLLING, 3, 4)
    assert counted(seen(look(job, tasks))) == (Phase.COMPLETED, 4, 4)


def test_a_place_knows_its_newest_failure() -> None:
    first = replace(
        task(1, "node1", "failed", "shutdown", error="exit 1"), id="f1", created=MORNING
    )
    second = replace(
        task(1, "node2", "rejected", "shutdown", error="exit 2"), id="f2", created=MORNING + MINUTE
    )
    again = task(1, "node2", "starting", "running")
    progress = seen(look(service(replicas=1), (second, first, again)))
    assert progress.slots[0].failed == Failure("f2", "node2", TaskState.REJECTED, "2.0", "exit 2")
    assert seen(look(service(replicas=1), (again,))).slots[0].failed is None


def test_the_steps_of_a_rollout_tell_each_failure_once_and_none_of_before() -> None:
    def at(state: str, *failed: str) -> Progress:
        newest = Failure(failed[-1], "node1", TaskState.FAILED, "2.0", "exit 3") if failed else None
        return Progress(
            Phase.ROLLING,
            0,
            1,
            (Slot("1", "node1", TaskState(state), "2.0", False, failed=newest),),
        )

    steps = Steps(lambda: 0.0)
    for progress in (
        at("running", "old"),
        at("starting", "old"),
        at("ready", "old", "a"),
        at("ready", "a"),
        at("ready", "b"),
    ):
        steps.add(progress, MORNING)

    assert [step.state for step in steps.seen] == [
        "running",
        "starting",
        "failed",
        "ready",
        "failed",
    ]
    assert steps.seen[2].error == "exit 3"
