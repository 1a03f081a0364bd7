"""What nodes do with their tasks: pull, start, run, end, stop; one step when it is due."""

from __future__ import annotations

from collections.abc import Callable

from tests.memory.twin import pull_options
from tests.memory.twin.cluster import ENDED, Cluster, Json, Life, seconds_of
from tests.memory.twin.placing import place

STEP = 0.1
STOP_SECONDS = 0.2
UNHEALTHY_AFTER = 0.6


def advance(cluster: Cluster, task: Json) -> None:
    """Bring a task to its next state, if that is due."""
    state, life = task["Status"]["State"], cluster.lives[task["ID"]]
    if state in ENDED or cluster.seconds < life.due or _is_cut_off(cluster, task):
        return
    if task["DesiredState"] in ("shutdown", "remove"):
        _stop(cluster, task, life)
    elif state != "preparing" or task["DesiredState"] != "ready":
        _STEPS[state](cluster, task, life)


def _is_cut_off(cluster: Cluster, task: Json) -> bool:
    """Whether nobody is there who would say anything of a task."""
    node = cluster.nodes.get(task.get("NodeID", ""))
    return node is not None and bool(node["Status"]["State"] == "down")


def begin(cluster: Cluster, task: Json) -> None:
    """A task was created: its first state is due now."""
    cluster.tasks[task["ID"]] = task
    cluster.lives[task["ID"]] = Life(cluster.seconds, cluster.seconds)


def ask_to_stop(cluster: Cluster, task: Json, desired: str = "shutdown") -> None:
    """Let a task stop, within its grace period."""
    if task["DesiredState"] in ("shutdown", "remove"):
        return
    task["DesiredState"] = desired
    cluster.touch(task)
    if task["Status"]["State"] not in ENDED:
        cluster.lives[task["ID"]].due = cluster.seconds + STOP_SECONDS


def is_moving(cluster: Cluster, task: Json) -> bool:
    """Whether a task will change by itself soon; one that waits for a node waits quietly."""
    state, desired = task["Status"]["State"], task["DesiredState"]
    if state in ENDED:
        return False
    if desired in ("shutdown", "remove"):
        node = cluster.nodes.get(task.get("NodeID", ""))
        return node is None or node["Status"]["State"] != "down"
    return state != "running" or cluster.lives[task["ID"]].due != float("inf")


def _place(cluster: Cluster, task: Json, life: Life) -> None:
    before = task["Status"].get("Err")
    place(cluster, task)
    life.due = cluster.seconds + STEP
    if task["Status"].get("Err") != before or task["Status"]["State"] != "pending":
        cluster.touch(task)


def _pull(cluster: Cluster, task: Json, life: Life) -> None:
    image = task["Spec"]["ContainerSpec"]["Image"]
    auth = pull_options.of(task["Spec"])
    node = task.get("NodeID", "")
    has_it = (node, image) in cluster.pulled
    if cluster.registry.find(image) is None or not (
        has_it or cluster.registry.lets_in(image, auth)
    ):
        _says(cluster, task, "rejected", "preparing", Err=f"No such image: {image}")
        return
    cluster.pulled.add((node, image))
    _says(cluster, task, "preparing", "preparing")
    life.due = cluster.seconds + STEP


def _start(cluster: Cluster, task: Json, life: Life) -> None:
    build = cluster.registry.find(task["Spec"]["ContainerSpec"]["Image"])
    _says(cluster, task, "starting", "starting", ContainerStatus=_container(task, 0))
    life.due = cluster.seconds + (build.starts if build else STEP)


def _run(cluster: Cluster, task: Json, life: Life) -> None:
    build = cluster.registry.find(task["Spec"]["ContainerSpec"]["Image"])
    if build and build.cannot_start:
        _says(cluster, task, "failed", "starting", Err=build.cannot_start)
        return
    if build and not build.healthy:
        if cluster.seconds - life.since < UNHEALTHY_AFTER:
            return
        _says(
            cluster,
            task,
            "failed",
            "started",
            Err="task: non-zero exit (137): dockerexec: unhealthy container",
            ContainerStatus=_container(task, 137),
        )
        return
    _says(cluster, task, "running", "started", ContainerStatus=_container(task, 0))
    ends = build is not None and build.exits is not None
    life.due = cluster.seconds + build.after if build and ends else float("inf")


def _end(cluster: Cluster, task: Json, life: Life) -> None:
    build = cluster.registry.find(task["Spec"]["ContainerSpec"]["Image"])
    code = (build.exits if build else 0) or 0
    life.due = float("inf")
    if code:
        error = {"Err": f"task: non-zero exit ({code})"}
        _says(cluster, task, "failed", "started", ContainerStatus=_container(task, code), **error)
    else:
        _says(cluster, task, "complete", "finished", ContainerStatus=_container(task, 0))


def _stop(cluster: Cluster, task: Json, life: Life) -> None:
    started = task["Status"]["State"] in ("starting", "running")
    more = {"ContainerStatus": _container(task, 0)} if started else {}
    _says(cluster, task, "shutdown", "shutdown", **more)
    life.due = float("inf")


def _container(task: Json, code: int) -> Json:
    return {"ContainerID": f"c{task['ID']}", "PID": 1, "ExitCode": code}


def _says(cluster: Cluster, task: Json, state: str, message: str, **more: object) -> None:
    cluster.lives[task["ID"]].since = cluster.seconds
    task["Status"] = {"Timestamp": cluster.time(), "State": state, "Message": message, **more}
    cluster.touch(task)


_STEPS: dict[str, Callable[[Cluster, Json, Life], None]] = {
    "new": _place,
    "pending": _place,
    "assigned": _pull,
    "preparing": _start,
    "starting": _run,
    "running": _end,
}


def restart_delay(task: Json) -> float:
    """Seconds between the end of a task and the start of the next in its slot."""
    return seconds_of((task["Spec"].get("RestartPolicy") or {}).get("Delay"), 5.0)
