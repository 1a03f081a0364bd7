"""Services, tasks and images in the Engine API of the Swarm in memory."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import Any

from tests.memory.twin import pull_options
from tests.memory.twin.cluster import Json, RefusedError, copied, count_of, mode_of
from tests.memory.twin.orchestrator import is_dirty, remove_service
from tests.memory.twin.registry import HOST
from tests.memory.twin.request import Request


def services(request: Request) -> list[Json]:
    return [{**service, "ServiceStatus": _status(request, service)} for service in _all(request)]


def service(request: Request) -> Json:
    return request.find("service", request.cluster.services, _name)


def create(request: Request) -> Json:
    spec = copied(request.body)
    _check(request, spec, "")
    pull_options.keep(spec, request.auth)
    made = request.cluster.new("svc", Spec=spec, Endpoint=_endpoint(spec))
    if mode_of(spec).endswith("Job"):
        made["JobStatus"] = {"JobIteration": {"Index": 0}}
    request.cluster.services[made["ID"]] = made
    request.cluster.stirred = True
    return {"ID": made["ID"]}


def update(request: Request) -> Json:
    current = service(request)
    if request.cluster.moves_versions:
        request.cluster.moves_versions -= 1
        request.cluster.touch(current)
    request.check_version(current)
    if request.params.get("rollback") == "previous":
        if not current.get("PreviousSpec"):
            # It is the search for the credentials of then that fails, before the Swarm is asked.
            raise RefusedError(500, "service does not have a previous spec")
        request.twin.updater.roll_back(current, "manually requested rollback")
    else:
        _update(request, current, copied(request.body))
    current["Endpoint"] = _endpoint(current["Spec"])
    request.cluster.touch(current)
    request.cluster.stirred = True
    return {"Warnings": None}


def remove(request: Request) -> None:
    removed = service(request)
    request.twin.updater.drop(removed)
    remove_service(request.cluster, removed)


def tasks(request: Request) -> list[Json]:
    filters, cluster = request.filters, request.cluster
    selected = list(cluster.tasks.values())
    if ids := filters.get("service"):
        known = {s["ID"] for s in _all(request) if {s["ID"], _name(s)} & set(ids)}
        if not known:
            raise RefusedError(404, f"service {ids[0]} not found")
        selected = [task for task in selected if task["ServiceID"] in known]
    if nodes := filters.get("node"):
        selected = [task for task in selected if task.get("NodeID") in nodes]
    if desired := filters.get("desired-state"):
        selected = [task for task in selected if task["DesiredState"] in desired]
    if filters.get("_up-to-date"):
        selected = [task for task in selected if _is_up_to_date(request, task)]
    return selected


def task(request: Request) -> Json:
    return request.find("task", request.cluster.tasks)


def logs(request: Request) -> bytes:
    """What the program of each image writes, in the frames of a log stream."""
    wanted = request.name
    lines = []
    for task in request.cluster.tasks.values():
        if wanted in (task["ID"], task["ServiceID"]):
            build = request.cluster.registry.find(task["Spec"]["ContainerSpec"]["Image"])
            details = ",".join(
                f"com.docker.swarm.{kind}.id={task.get(key, '')}"
                for kind, key in (("node", "NodeID"), ("service", "ServiceID"), ("task", "ID"))
            )
            stamped = f"{task['CreatedAt']} {details} " if request.params.get("details") else ""
            node = str(task.get("NodeID", ""))
            text = build.log_by_node.get(node, build.log) if build else ""
            lines += [f"{stamped}{line}\n" for line in text.splitlines()]
    return b"".join(struct.pack(">BxxxL", 1, len(line.encode())) + line.encode() for line in lines)


def distribution(request: Request) -> Json:
    registry = request.cluster.registry
    if registry.away:
        raise RefusedError(500, registry.away)
    if not registry.lets_in(request.name, request.auth):
        if request.auth:
            raise RefusedError(401, "unauthorized: authentication required")
        raise RefusedError(500, f'Head "https://{request.name}": no basic auth credentials')
    build = registry.find(request.name)
    if build is None:
        raise RefusedError(404, f"errors:\nmanifest unknown: manifest unknown to {HOST}\n")
    platforms = [{"architecture": cpu, "os": "linux"} for cpu in build.platforms]
    return {"Descriptor": {"digest": build.digest}, "Platforms": platforms}


def log_in(request: Request) -> Json:
    """Whether a registry takes a login; the engine keeps nothing of it."""
    login = request.body
    wanted = request.cluster.registry.guarded.get(login["serveraddress"])
    if wanted not in (None, login["password"]):
        raise RefusedError(401, "unauthorized: authentication required")
    return {"Status": "Login Succeeded", "IdentityToken": ""}


def image(request: Request) -> Json:
    raise RefusedError(404, f"No such image: {request.name}")


ROUTES: tuple[tuple[str, str, Callable[[Request], Any]], ...] = (
    ("GET", "/services", services),
    ("POST", "/services/create", create),
    ("GET", "/services/([^/]+)", service),
    ("POST", "/services/([^/]+)/update", update),
    ("DELETE", "/services/([^/]+)", remove),
    ("GET", "/services/([^/]+)/logs", logs),
    ("GET", "/tasks", tasks),
    ("GET", "/tasks/([^/]+)", task),
    ("GET", "/tasks/([^/]+)/logs", logs),
    ("GET", "/distribution/(.+)/json", distribution),
    ("POST", "/auth", log_in),
    ("GET", "/images/(.+)/json", image),
)


def _all(request: Request) -> list[Json]:
    return list(request.cluster.services.values())


def _name(thing: Json) -> str:
    return str(thing["Spec"]["Name"])


def _status(request: Request, current: Json) -> Json:
    own = request.cluster.tasks_of(current)
    return {
        "RunningTasks": sum(t["Status"]["State"] == "running" for t in own),
        "DesiredTasks": count_of(current["Spec"])
        if mode_of(current["Spec"]) == "Replicated"
        else sum(t["DesiredState"] in ("ready", "running") for t in own),
    }


def _is_up_to_date(request: Request, task: Json) -> bool:
    owner = request.cluster.services.get(task["ServiceID"])
    return owner is not None and not is_dirty(owner, task)


def _update(request: Request, current: Json, spec: Json) -> None:
    if spec.get("Name") != _name(current):
        raise RefusedError(
            501, "rpc error: code = Unimplemented desc = renaming services is not supported"
        )
    if mode_of(spec) != mode_of(current["Spec"]):
        raise RefusedError(
            501, "rpc error: code = Unimplemented desc = service mode change is not allowed"
        )
    _check(request, spec, current["ID"])
    pull_options.keep(spec, request.auth, current["Spec"])
    if "JobStatus" in current:
        current["JobStatus"]["JobIteration"]["Index"] += 1
    current["PreviousSpec"], current["Spec"] = current["Spec"], spec
    current.pop("UpdateStatus", None)
    request.twin.updater.post(current)


def _check(request: Request, spec: Json, own_id: str) -> None:
    others = [task for task in _all(request) if task["ID"] != own_id]
    if any(_name(existing) == spec.get("Name") for existing in others):
        why = f"name conflicts with an existing object: service {spec['Name']} already exists"
        raise RefusedError(409, f"rpc error: code = AlreadyExists desc = {why}")
    taken = {
        port["PublishedPort"]: existing
        for existing in others
        for port in _ingress_ports(existing["Spec"])
    }
    for port in _ingress_ports(spec):
        if port.get("PublishedPort") in taken:
            holder = taken[port["PublishedPort"]]
            why = (
                f"port '{port['PublishedPort']}' is already in use by service "
                f"'{_name(holder)}' ({holder['ID']}) as an ingress port"
            )
            raise RefusedError(400, f"rpc error: code = InvalidArgument desc = {why}")
    _check_networks(request, spec)


def _check_networks(request: Request, spec: Json) -> None:
    known = {name for n in request.cluster.networks.values() for name in (n["Id"], n["Name"])}
    wanted = (spec["TaskTemplate"].get("Networks") or []) + (spec.get("Networks") or [])
    for network in wanted:
        if network["Target"] not in known:
            raise RefusedError(500, f"network {network['Target']} not found")


def _ingress_ports(spec: Json) -> list[Json]:
    ports = (spec.get("EndpointSpec") or {}).get("Ports") or []
    return [port for port in ports if port.get("PublishMode", "ingress") == "ingress"]


def _endpoint(spec: Json) -> Json:
    given = copied(spec.get("EndpointSpec") or {})
    ports = [
        {**port, "PublishedPort": port.get("PublishedPort") or 30000 + number}
        for number, port in enumerate(given.get("Ports") or ())
    ]
    return {"Spec": given, **json.loads(json.dumps({"Ports": ports} if ports else {}))}
