"""The Swarm as the panel draws it: pure functions from what engines say to boxes and dots."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

STARTING = frozenset(("new", "pending", "assigned", "accepted", "preparing", "ready", "starting"))
BROKEN = frozenset(("failed", "rejected"))
BROKEN_SHOWN = timedelta(seconds=12)
COLORS = 6
LONGEST_SHORT = 3
OUT_OF_TOUCH = frozenset(("stop", "cut"))


@dataclass(frozen=True)
class Machine:
    """A machine of the playground itself: what its switches have done to it."""

    name: str
    running: bool = True
    frozen: bool = False
    linked: bool = True
    locked: bool = False
    manager: bool = False

    @property
    def trouble(self) -> str:
        """What is the matter with it; empty where nothing is."""
        if not self.running:
            return "Off"
        if self.frozen:
            return "Frozen"
        if self.locked:
            return "Locked"
        return "" if self.linked else "Cut off"

    @property
    def switches(self) -> list[str]:
        """What can be done to it now."""
        if not self.running:
            return ["start"]
        if not self.linked:
            return ["link up", "stop"]
        if self.locked:
            return ["stop"]
        return ["stop", "cut off", *(["lock"] if self.manager else [])]


@dataclass(frozen=True)
class Listed:
    """Nodes, services and tasks as a manager lists them, in the Engine API's JSON.

    All are empty and `answers` is False where no manager answers.
    """

    nodes: Sequence[Mapping[str, Any]] = ()
    services: Sequence[Mapping[str, Any]] = ()
    tasks: Sequence[Mapping[str, Any]] = ()
    answers: bool = True


@dataclass
class Versions:
    """Gives each version a colour, the first one that is seen the first, and keeps it."""

    known: dict[str, int] = field(default_factory=dict)

    def color(self, version: str) -> int:
        return self.known.setdefault(version, len(self.known) % COLORS)


def drawn(
    listed: Listed, machines: Sequence[Machine], versions: Versions, now: datetime
) -> dict[str, Any]:
    """The panel's picture. A machine that no manager lists is drawn as well."""
    names = {str(service["ID"]): str(service["Spec"]["Name"]) for service in listed.services}
    members = {_host(node): node for node in listed.nodes}
    by_name = {machine.name: machine for machine in machines}
    shown = sorted(
        (task for task in listed.tasks if _look(task, now)), key=lambda task: _order(task, names)
    )
    tasks = [(str(task.get("NodeID", "")), _task(task, names, versions, now)) for task in shown]
    nodes = []
    for name in sorted({*members, *by_name}):
        member, machine = members.get(name), by_name.get(name)
        own = [drawn_task for node_id, drawn_task in tasks if member and node_id == member["ID"]]
        nodes.append(_node(name, member, machine, own, listed.answers))
    used = dict.fromkeys(task["version"] for _, task in tasks)
    waiting = sum(not node_id for node_id, _ in tasks)
    return {
        "summary": _summary(listed, waiting),
        "notice": ""
        if listed.answers
        else "No manager answers: what is shown of tasks is from before.",
        "nodes": nodes,
        "versions": [
            {"version": version, "short": version[:LONGEST_SHORT], "color": versions.color(version)}
            for version in used
        ],
    }


def version_of(image: str) -> str:
    """The version of an image: its tag, else the start of its digest, else `latest`."""
    name, _, digest = image.partition("@")
    _, colon, tag = name.rpartition("/")[2].partition(":")
    return tag if colon else digest.removeprefix("sha256:")[:7] or "latest"


def _node(
    name: str,
    member: Mapping[str, Any] | None,
    machine: Machine | None,
    tasks: list[dict[str, Any]],
    answers: bool,
) -> dict[str, Any]:
    manager = (member or {}).get("ManagerStatus") or {}
    spec = (member or {}).get("Spec", {})
    node_state = str((member or {}).get("Status", {}).get("State", "")).capitalize()
    trouble = machine.trouble if machine else ""
    availability = str(spec.get("Availability", "active")).capitalize()
    role = str(spec.get("Role", "manager" if machine and machine.manager else "worker"))
    lost = node_state == "Down" or trouble in {"Off", "Frozen", "Cut off"}
    return {
        "name": name,
        "leader": bool(manager.get("Leader")) and answers and not lost,
        "role": f"{role}, unreachable"
        if manager.get("Reachability") == "unreachable" and answers
        else role,
        "availability": availability,
        "state": _state(trouble, node_state, answers),
        "look": "locked"
        if trouble == "Locked"
        else "bad"
        if lost
        else "drained"
        if availability != "Active"
        else "",
        "tasks": [
            task | {"look": "unknown"} if lost and task["look"] == "running" else task
            for task in tasks
        ],
        "switches": machine.switches if machine else [],
        "ready": node_state == "Ready" and answers,
        "down": node_state == "Down" and answers,
        "locked": trouble == "Locked",
    }


def _state(trouble: str, node_state: str, answers: bool) -> str:
    if not trouble:
        return node_state if answers and node_state else "Unknown"
    if trouble == "Locked" or not answers or not node_state:
        return trouble
    return f"{trouble}, not noticed yet" if node_state == "Ready" else f"{trouble} · {node_state}"


def _task(
    task: Mapping[str, Any], names: Mapping[str, str], versions: Versions, now: datetime
) -> dict[str, Any]:
    version = version_of(str(task.get("Spec", {}).get("ContainerSpec", {}).get("Image", "")))
    status = task["Status"]
    problem = f" ({status['Err']})" if status.get("Err") else ""
    return {
        "id": str(task["ID"]),
        "service": names.get(str(task.get("ServiceID", "")), "?"),
        "version": version,
        "short": version[:LONGEST_SHORT],
        "state": f"{status['State']}{problem}",
        "look": _look(task, now),
        "color": versions.color(version),
    }


def _look(task: Mapping[str, Any], now: datetime) -> str:
    """running, starting, stopping or failed; empty where it is over and done with."""
    state, wanted = str(task["Status"]["State"]), str(task.get("DesiredState", ""))
    if state in BROKEN:
        return (
            "failed"
            if now - _moment(str(task["Status"].get("Timestamp", ""))) < BROKEN_SHOWN
            else ""
        )
    if state == "running":
        return "running" if wanted == "running" else "stopping"
    return "starting" if state in STARTING and wanted in {"running", "ready"} else ""


def _order(task: Mapping[str, Any], names: Mapping[str, str]) -> tuple[str, int, str]:
    return (
        names.get(str(task.get("ServiceID", "")), ""),
        int(task.get("Slot") or 0),
        str(task.get("CreatedAt", "")),
    )


def _moment(text: str) -> datetime:
    """A time as Docker writes it; a long gone one where it is none."""
    try:
        return datetime.fromisoformat(text[:19]).replace(tzinfo=UTC)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)


def _host(node: Mapping[str, Any]) -> str:
    return str(node.get("Description", {}).get("Hostname", node["ID"]))


def _summary(listed: Listed, waiting: int) -> str:
    if not listed.answers:
        return "no manager answers"
    managers = [node["ManagerStatus"] for node in listed.nodes if node.get("ManagerStatus")]
    reachable = sum(manager.get("Reachability") == "reachable" for manager in managers)
    spare = reachable - (len(managers) // 2 + 1)
    tail = f" · {waiting} waiting for a node" if waiting else ""
    return f"{max(spare, 0)} manager{'' if spare == 1 else 's'} may fail{tail}"
