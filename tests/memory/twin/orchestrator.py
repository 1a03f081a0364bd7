"""Keeps as many tasks as each service is to have: slots, nodes and jobs of the Swarm in memory."""

from __future__ import annotations

from tests.memory.twin import agents, pull_options
from tests.memory.twin.cluster import ENDED, Cluster, Json, copied, count_of, mode_of
from tests.memory.twin.placing import is_eligible

HISTORY = 5
WANTED = ("ready", "running")


def orchestrate(cluster: Cluster, service: Json) -> None:
    """Create, replace and remove tasks of one service."""
    mode = mode_of(service["Spec"])
    if mode.endswith("Job"):
        _job(cluster, service, mode)
        return
    _wake(cluster, service)
    for task in _wanted(cluster, service):
        if task["Status"]["State"] in ENDED:
            _restart(cluster, service, task)
        elif _must_leave(cluster, service, task):
            agents.ask_to_stop(cluster, task)
            if mode == "Replicated":
                new_task(cluster, service, task["Slot"])
    if mode == "Replicated":
        _count(cluster, service)
    else:
        _cover(cluster, service)
    _forget_old(cluster, service)


def new_task(
    cluster: Cluster, service: Json, slot: int, *, node: str = "", desired: str = "running"
) -> Json:
    """Create a task of the service's specification of now."""
    task = cluster.new(
        "task",
        Spec=copied(service["Spec"]["TaskTemplate"]),
        ServiceID=service["ID"],
        Status={"Timestamp": cluster.time(), "State": "new", "Message": "created"},
        DesiredState=desired,
        **({"Slot": slot} if slot else {}),
        **({"NodeID": node} if node else {}),
    )
    if "JobStatus" in service:
        task["JobIteration"] = copied(service["JobStatus"]["JobIteration"])
    agents.begin(cluster, task)
    return task


def is_dirty(service: Json, task: Json) -> bool:
    """Whether a task is not of the service's specification of now."""
    wanted = service["Spec"]["TaskTemplate"]
    if task["Status"]["State"] in ("ready", "starting", "running"):
        return bool(pull_options.without(task["Spec"]) != pull_options.without(wanted))
    return bool(task["Spec"] != wanted)


def remove_service(cluster: Cluster, service: Json) -> None:
    """Remove a service; its tasks stop, and are gone with that."""
    del cluster.services[service["ID"]]
    for task in cluster.tasks_of(service):
        agents.ask_to_stop(cluster, task, "remove")


def clean(cluster: Cluster) -> None:
    """Forget tasks that were to be removed and have ended."""
    for task in list(cluster.tasks.values()):
        if task["DesiredState"] == "remove" and task["Status"]["State"] in ENDED:
            del cluster.tasks[task["ID"]]
            del cluster.lives[task["ID"]]


def is_waiting(cluster: Cluster, service: Json) -> bool:
    """Whether something of the service has yet to happen."""
    return any(
        agents.is_moving(cluster, task)
        or (task["DesiredState"] in WANTED and task["Status"]["State"] in ENDED)
        for task in cluster.tasks_of(service)
    )


def _wanted(cluster: Cluster, service: Json) -> list[Json]:
    return [t for t in cluster.tasks_of(service) if t["DesiredState"] in WANTED]


def _wake(cluster: Cluster, service: Json) -> None:
    """A task that replaces one that ended begins after the restart delay."""
    for task in _wanted(cluster, service):
        life = cluster.lives[task["ID"]]
        if task["DesiredState"] == "ready" and life.wakes and cluster.seconds >= life.wakes:
            task["DesiredState"] = "running"
            cluster.touch(task)


def _restart(cluster: Cluster, service: Json, task: Json) -> None:
    policy = task["Spec"].get("RestartPolicy") or {}
    condition = policy.get("Condition") or "any"
    ended_well = task["Status"]["State"] == "complete"
    task["DesiredState"] = "shutdown"
    cluster.touch(task)
    slot, node = task.get("Slot", 0), "" if task.get("Slot") else task["NodeID"]
    if condition == "none" or (condition == "on-failure" and ended_well):
        cluster.lives[task["ID"]].kept = True
        return
    successor = new_task(cluster, service, slot, node=node, desired="ready")
    cluster.lives[successor["ID"]].wakes = cluster.seconds + agents.restart_delay(task)


def _must_leave(cluster: Cluster, service: Json, task: Json) -> bool:
    if not task.get("NodeID"):
        return False
    node = cluster.nodes.get(task["NodeID"])
    if node is None or node["Spec"]["Availability"] == "drain":
        return True
    if mode_of(service["Spec"]) == "Replicated":
        return bool(node["Status"]["State"] == "down")
    return False


def _count(cluster: Cluster, service: Json) -> None:
    """As many slots as replicas."""
    slots: dict[int, list[Json]] = {}
    for task in cluster.tasks_of(service):
        if task["DesiredState"] in WANTED or cluster.lives[task["ID"]].kept:
            slots.setdefault(task["Slot"], []).append(task)
    wanted = count_of(service["Spec"])
    free = (number for number in range(1, wanted + len(slots) + 1) if number not in slots)
    for _ in range(wanted - len(slots)):
        new_task(cluster, service, next(free))
    for slot in sorted(slots, reverse=True)[: max(0, len(slots) - wanted)]:
        for task in slots[slot]:
            agents.ask_to_stop(cluster, task, "remove")


def _cover(cluster: Cluster, service: Json) -> None:
    """One task on each node that a global service may run on."""
    there = {task.get("NodeID") for task in _wanted(cluster, service)}
    kept = {t.get("NodeID") for t in cluster.tasks_of(service) if cluster.lives[t["ID"]].kept}
    for node in cluster.nodes.values():
        able = is_eligible(cluster, service, node)
        if able and node["ID"] not in there | kept | cluster.between.get(service["ID"], set()):
            new_task(cluster, service, 0, node=node["ID"])


def _job(cluster: Cluster, service: Json, mode: str) -> None:
    """Tasks that are to run to their end, of the iteration of now."""
    iteration = service["JobStatus"]["JobIteration"]["Index"]
    current, failed = [], []
    for task in cluster.tasks_of(service):
        if task["JobIteration"]["Index"] != iteration:
            agents.ask_to_stop(cluster, task, "remove")
        elif task["Status"]["State"] in ("failed", "rejected"):
            failed.append(task)
        else:
            current.append(task)
    if not failed or _may_try_again(cluster, failed):
        _fill_job(cluster, service, mode, current)


def _may_try_again(cluster: Cluster, failed: list[Json]) -> bool:
    """Whether tasks of a job that failed are to be replaced now."""
    policy = failed[-1]["Spec"].get("RestartPolicy") or {}
    last = max(cluster.lives[task["ID"]].since for task in failed)
    again = (policy.get("Condition") or "any") != "none"
    return again and cluster.seconds >= last + agents.restart_delay(failed[-1])


def _fill_job(cluster: Cluster, service: Json, mode: str, current: list[Json]) -> None:
    if mode == "GlobalJob":
        there = {task["NodeID"] for task in current}
        for node in cluster.nodes.values():
            if is_eligible(cluster, service, node) and node["ID"] not in there:
                new_task(cluster, service, 0, node=node["ID"], desired="complete")
    else:
        for slot in range(len(current), count_of(service["Spec"])):
            new_task(cluster, service, slot, desired="complete")


def _forget_old(cluster: Cluster, service: Json) -> None:
    """Of each slot only the last tasks are kept."""
    past: dict[object, list[Json]] = {}
    for task in cluster.tasks_of(service):
        if task["DesiredState"] == "shutdown" and task["Status"]["State"] in ENDED:
            past.setdefault(task.get("Slot") or task.get("NodeID"), []).append(task)
    for tasks in past.values():
        for task in tasks[: -(HISTORY - 1)]:
            del cluster.tasks[task["ID"]]
            del cluster.lives[task["ID"]]
