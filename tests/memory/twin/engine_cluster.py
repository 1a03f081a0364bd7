"""Nodes, networks, secrets, configs and the Swarm itself in the Engine API of the Swarm in
memory."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.memory.twin.cluster import ENDED, Json, RefusedError, copied
from tests.memory.twin.request import Request


def nodes(request: Request) -> list[Json]:
    return list(request.cluster.nodes.values())


def node(request: Request) -> Json:
    return request.find("node", request.cluster.nodes)


def update_node(request: Request) -> None:
    member, spec = node(request), copied(request.body)
    request.check_version(member)
    if spec["Role"] != member["Spec"]["Role"]:
        if spec["Role"] == "worker":
            _check_is_member(member)
            _check_demotion(request, member)
        request.twin.change_role(member)
    member["Spec"] = {"Labels": {}, **spec}
    request.cluster.touch(member)
    request.cluster.stirred = True


def remove_node(request: Request) -> None:
    member, forced = node(request), request.params.get("force") == "true"
    if "ManagerStatus" in member:
        why = (
            f"node {member['ID']} is a cluster manager and is a member of the raft cluster. It "
            "must be demoted to worker before removal"
        )
        raise RefusedError(400, f"rpc error: code = FailedPrecondition desc = {why}")
    if member["Status"]["State"] != "down" and not forced:
        why = f"node {member['ID']} is not down and can't be removed"
        raise RefusedError(400, f"rpc error: code = FailedPrecondition desc = {why}")
    del request.cluster.nodes[member["ID"]]
    for task in request.cluster.tasks.values():
        if task.get("NodeID") == member["ID"] and task["Status"]["State"] not in ENDED:
            task["Status"] |= {"State": "orphaned"}
    request.cluster.stirred = True


def swarm(request: Request) -> Json:
    return request.cluster.swarm


def update_swarm(request: Request) -> None:
    swarm = request.cluster.swarm
    request.check_version(swarm)
    roots = _forced_roots(swarm)
    swarm["Spec"] = copied(request.body)
    if _forced_roots(swarm) > roots:
        request.twin.authority.replace()
    number = swarm["Version"]["Index"]
    for parameter, kind in (("rotateWorkerToken", "Worker"), ("rotateManagerToken", "Manager")):
        if request.params.get(parameter) == "true":
            swarm["JoinTokens"][kind] = f"SWMTKN-1-abc-{kind.lower()}{number}"
    if request.params.get("rotateManagerUnlockKey") == "true":
        request.cluster.unlock_key = f"SWMKEY-1-geheim{number}"
    request.cluster.touch(swarm)


def unlock_key(request: Request) -> Json:
    locks = request.cluster.swarm["Spec"]["EncryptionConfig"]["AutoLockManagers"]
    return {"UnlockKey": request.cluster.unlock_key if locks else ""}


def networks(request: Request) -> list[Json]:
    wanted = request.filters
    return [
        network
        for network in request.cluster.networks.values()
        if all(_matches(network, name, values) for name, values in wanted.items())
    ]


def network(request: Request) -> Json:
    things = {network["Id"]: network for network in request.cluster.networks.values()}
    return request.find("network", things, lambda raw: raw["Name"])


def create_network(request: Request) -> Json:
    cluster, body = request.cluster, copied(request.body)
    if any(network["Name"] == body["Name"] for network in cluster.networks.values()):
        raise RefusedError(409, f"network with name {body['Name']} already exists")
    pool = body.get("IPAM") or {}
    if not pool.get("Config"):
        subnet = f"10.0.{len(cluster.networks)}"
        pool = {"Config": [{"Subnet": f"{subnet}.0/24", "Gateway": f"{subnet}.1"}]}
    made = {"Id": cluster.new_id("net"), "Created": cluster.time(), "Scope": "swarm"}
    cluster.networks[made["Id"]] = {"Labels": {}, **body, **made, "IPAM": pool}
    return {"Id": made["Id"], "Warning": ""}


def remove_network(request: Request) -> None:
    removed = network(request)
    users = [
        task
        for task in request.cluster.tasks.values()
        if removed["Id"] in _networks_of(task["Spec"]) and task["Status"]["State"] not in ENDED
    ]
    services = [
        service
        for service in request.cluster.services.values()
        if {removed["Id"], removed["Name"]} & set(_networks_of(service["Spec"]["TaskTemplate"]))
    ]
    if users or services:
        by = f"service {services[0]['ID']}" if services else f"task {users[0]['ID']}"
        why = f"network {removed['Id']} is in use by {by}"
        raise RefusedError(400, f"rpc error: code = FailedPrecondition desc = {why}")
    del request.cluster.networks[removed["Id"]]


def secrets(request: Request) -> list[Json]:
    return list(request.cluster.stored["secret"].values())


def configs(request: Request) -> list[Json]:
    return list(request.cluster.stored["config"].values())


def remove_secret(request: Request) -> None:
    _remove_stored(request, "secret", "Secrets", "SecretID")


def remove_config(request: Request) -> None:
    _remove_stored(request, "config", "Configs", "ConfigID")


ROUTES: tuple[tuple[str, str, Callable[[Request], Any]], ...] = (
    ("GET", "/nodes", nodes),
    ("GET", "/nodes/([^/]+)", node),
    ("POST", "/nodes/([^/]+)/update", update_node),
    ("DELETE", "/nodes/([^/]+)", remove_node),
    ("GET", "/swarm", swarm),
    ("POST", "/swarm/update", update_swarm),
    ("GET", "/swarm/unlockkey", unlock_key),
    ("GET", "/networks", networks),
    ("POST", "/networks/create", create_network),
    ("GET", "/networks/([^/]+)", network),
    ("DELETE", "/networks/([^/]+)", remove_network),
    ("GET", "/secrets", secrets),
    ("GET", "/configs", configs),
    ("DELETE", "/secrets/([^/]+)", remove_secret),
    ("DELETE", "/configs/([^/]+)", remove_config),
)


def _forced_roots(swarm: Json) -> int:
    return int(swarm["Spec"]["CAConfig"].get("ForceRotate", 0))


def _check_is_member(member: Json) -> None:
    # manager/controlapi/node.go: so are managers of before `--force-new-cluster`.
    if "ManagerStatus" not in member:
        raise RefusedError(
            404, "rpc error: code = NotFound desc = can't find manager in raft memberlist"
        )


def _check_demotion(request: Request, member: Json) -> None:
    managers = [n for n in request.cluster.nodes.values() if "ManagerStatus" in n]
    if len(managers) == 1:
        why = "attempting to demote the last manager of the swarm"
        raise RefusedError(400, f"rpc error: code = FailedPrecondition desc = {why}")
    healthy = [n for n in request.cluster.healthy_managers() if n is not member]
    if 2 * len(healthy) <= len(managers) - 1:
        why = (
            "this operation could result in a loss of quorum: can't remove member from the raft: "
            "this would result in a loss of quorum"
        )
        raise RefusedError(400, f"rpc error: code = FailedPrecondition desc = {why}")


def _matches(network: Json, name: str, values: list[str]) -> bool:
    shown = {"scope": network.get("Scope"), "driver": network.get("Driver"), "id": network["Id"]}
    if name == "name":
        return any(value in network["Name"] for value in values)
    if name == "type":
        return network["Name"] not in ("host", "bridge", "none") or "builtin" in values
    return shown.get(name) in values


def _networks_of(template: Json) -> list[str]:
    return [attachment["Target"] for attachment in template.get("Networks") or ()]


def _remove_stored(request: Request, kind: str, listed: str, key: str) -> None:
    stored = request.find(kind, request.cluster.stored[kind], lambda raw: raw["Spec"]["Name"])
    users = [
        service["Spec"]["Name"]
        for service in request.cluster.services.values()
        if json.dumps(stored["ID"]) in json.dumps(service["Spec"]["TaskTemplate"])
    ]
    if users:
        name, plural = stored["Spec"]["Name"], "service" if len(users) == 1 else "services"
        why = f"{kind} '{name}' is in use by the following {plural}: {', '.join(users)}"
        raise RefusedError(400, f"rpc error: code = InvalidArgument desc = {why}")
    del request.cluster.stored[kind][stored["ID"]]
