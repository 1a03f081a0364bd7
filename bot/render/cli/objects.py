"""The fields that the Docker CLI's lists have, with its own names, headers and words; pure.

From the formatters of docker/cli (`cli/command/*/formatter.go`). Left out is what the bot does not
read: a task's own ports, and whether a node has a certificate of the newest root (`certs` tells).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.model import Node, Service, Task
from bot.model.cluster import Network, Stack, Stored
from bot.model.swarm import Mode
from bot.render.cli.listing import Listing, Row, labels_of
from bot.render.slack.blocks import familiar

SHORT_ID = 12
_MOST_ERROR = 30
_LABELS = {"Labels": "LABELS"}
_CREATED = {"CreatedAt": "CREATED"}
_MODES = {Mode.REPLICATED_JOB: "replicated job", Mode.GLOBAL_JOB: "global job"}


@dataclass(frozen=True, slots=True)
class Detail:
    """How much of tasks is shown; `whole`: ids, images and errors are not cut."""

    now: datetime
    whole: bool = False


def services(listed: Sequence[Service]) -> Listing:
    """`docker service ls`."""
    columns = {name: name.upper() for name in ("ID", "Name", "Mode", "Replicas", "Image", "Ports")}
    return Listing(columns, [_service(service) for service in listed])


def tasks(
    listed: Sequence[Task], names: Mapping[str, str], nodes: Mapping[str, str], view: Detail
) -> Listing:
    """`docker service ps`, `stack ps` and `node ps`.

    `names` are those of the tasks, `nodes` those of their nodes, both by id.
    """
    columns = {
        "ID": "ID",
        "Name": "NAME",
        "Image": "IMAGE",
        "Node": "NODE",
        "DesiredState": "DESIRED STATE",
        "CurrentState": "CURRENT STATE",
        "Error": "ERROR",
    }
    return Listing(columns, [_task(task, names[task.id], nodes, view) for task in listed])


def nodes(listed: Sequence[Node], answering: str) -> Listing:
    """`docker node ls`; `answering` is the id of the node that answers, which the CLI stars."""
    columns = {
        "ID": "ID",
        "Hostname": "HOSTNAME",
        "Status": "STATUS",
        "Availability": "AVAILABILITY",
        "ManagerStatus": "MANAGER STATUS",
        "EngineVersion": "ENGINE VERSION",
    }
    fields = [f"{{{{.{name}}}}}" for name in columns]
    fields[0] += " {{if .Self}}*{{else}} {{end}}"
    rows = [_node(node, answering) for node in listed]
    return Listing(columns, rows, {"Self": ""}, table="\t".join(fields))


def stacks(listed: Sequence[Stack]) -> Listing:
    """`docker stack ls`, which knows only stacks that have services."""
    rows: list[Row] = [
        {"Name": stack.name, "Services": str(len(stack.services)), "Orchestrator": "Swarm"}
        for stack in listed
        if stack.services
    ]
    columns = {"Name": "NAME", "Services": "SERVICES"}
    return Listing(columns, rows, {"Orchestrator": "ORCHESTRATOR"}, quiet="{{.Name}}")


def stored(listed: Sequence[Stored], now: datetime) -> Listing:
    """`docker secret ls` and `docker config ls`."""
    rows: list[Row] = [
        {
            "ID": object_.id,
            "Name": object_.name,
            "CreatedAt": _ago(object_.created, now),
            "UpdatedAt": _ago(object_.updated, now),
            **labels_of(object_.labels),
        }
        for object_ in listed
    ]
    columns = {"ID": "ID", "Name": "NAME", **_CREATED, "UpdatedAt": "UPDATED"}
    return Listing(columns, rows, _LABELS)


def networks(listed: Sequence[Network], *, whole: bool = False) -> Listing:
    """`docker network ls`; `whole`: ids are not cut."""
    rows: list[Row] = [
        {
            "ID": network.id if whole else network.id[:SHORT_ID],
            "Name": network.name,
            "Driver": network.driver,
            "Scope": network.scope,
            "IPv6": _word(network.ipv6),
            "Internal": _word(network.internal),
            "CreatedAt": network.created.isoformat(" ") if network.created else "",
            **labels_of(network.labels),
        }
        for network in listed
    ]
    columns = {"ID": "NETWORK ID", "Name": "NAME", "Driver": "DRIVER", "Scope": "SCOPE"}
    more = {"IPv6": "IPV6", "Internal": "INTERNAL", **_LABELS, **_CREATED}
    return Listing(columns, rows, more)


# ---- rows


def _service(service: Service) -> Row:
    return {
        "ID": service.id[:SHORT_ID],
        "Name": service.name,
        "Mode": _MODES.get(service.mode, str(service.mode)),
        "Replicas": _replicas(service),
        "Image": familiar(service.image),
        "Ports": ", ".join(
            f"*:{port.published}->{port.target}/{port.protocol}"
            for port in service.ports
            if port.mode == "ingress"
        ),
    }


def _replicas(service: Service) -> str:
    placement = (service.spec.get("TaskTemplate") or {}).get("Placement") or {}
    most = placement.get("MaxReplicas") if service.mode is Mode.REPLICATED else None
    count = f"{service.running or 0}/{service.desired or 0}"
    return f"{count} (max {most} per node)" if most else count


def _task(task: Task, name: str, nodes: Mapping[str, str], view: Detail) -> Row:
    error = task.error
    if not view.whole and len(error) > _MOST_ERROR:
        error = f"{error[: _MOST_ERROR - 1]}…"
    return {
        "ID": task.id if view.whole else task.id[:SHORT_ID],
        "Name": name,
        "Image": str(task.image) if view.whole else familiar(task.image),
        "Node": nodes.get(task.node_id, task.node_id),
        "DesiredState": task.desired.capitalize(),
        "CurrentState": f"{task.state.capitalize()} {_ago(task.at, view.now).lower()}".strip(),
        "Error": f'"{error}"' if error else "",
    }


def _node(node: Node, answering: str) -> Row:
    return {
        "ID": node.id,
        "Self": node.id == answering,
        "Hostname": node.name,
        "Status": node.state.capitalize(),
        "Availability": node.availability.capitalize(),
        "ManagerStatus": _manager_status(node),
        "EngineVersion": node.engine,
    }


def _manager_status(node: Node) -> str:
    if node.manager is None:
        return ""
    if node.manager.leader:
        return "Leader"
    return node.manager.reachability.capitalize()


def _word(is_so: bool) -> str:
    return str(is_so).lower()


def _ago(at: datetime | None, now: datetime) -> str:
    return f"{human_duration(now - at)} ago" if at else ""


def human_duration(length: timedelta) -> str:
    """A length of time in the CLI's words (`units.HumanDuration` of docker/go-units)."""
    seconds = max(0, int(length.total_seconds()))
    minutes, hours = seconds // 60, round(seconds / 3600)
    if seconds < 1:
        return "Less than a second"
    if seconds < 60:
        return "1 second" if seconds == 1 else f"{seconds} seconds"
    if minutes < 60:
        return "About a minute" if minutes == 1 else f"{minutes} minutes"
    if hours < 48:
        return "About an hour" if hours == 1 else f"{hours} hours"
    for most, length_, word in ((24 * 14, 24, "days"), (24 * 60, 24 * 7, "weeks")):
        if hours < most:
            return f"{hours // length_} {word}"
    return f"{hours // 24 // 30} months" if hours < 24 * 730 else f"{hours // 24 // 365} years"
