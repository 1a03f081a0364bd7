"""Gives a running Swarm back as it was when it was new, so that the next test finds nothing of the
one before."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

from docker import APIClient
from docker.errors import APIError, DockerException, NotFound
from requests import RequestException

from playground.formation import HEARTBEAT_SECONDS, dissolve, form, members
from playground.node import Node
from playground.processes import wait_until

SETTLE_SECONDS = 60.0
SECOND = 1_000_000_000
# What the playground's own `docker swarm init` sets; the certificate authority itself stays.
FIRST_SETTINGS = {
    "Labels": {},
    "Orchestration": {"TaskHistoryRetentionLimit": 5},
    "Dispatcher": {"HeartbeatPeriod": HEARTBEAT_SECONDS * SECOND},
    "EncryptionConfig": {"AutoLockManagers": False},
}
FIRST_CERTIFICATES = {"NodeCertExpiry": 2160 * 3600 * SECOND, "ExternalCAs": None}


def wipe(nodes: Sequence[Node], manager: Node) -> None:
    """Remove all that the Swarm runs and keeps, set its nodes back; raises NotReadyError where that
    does not end."""
    if misplaced := _misplaced(nodes, manager):
        # To promote a node that was just demoted takes Swarm half a minute; to leave and to join
        # again takes seconds.
        dissolve(misplaced)
        manager = form(nodes)
    with manager.api(20) as api:
        _empty(nodes, api)
    _settle("the Swarm has its first settings", lambda: _first_settings(manager))
    _settle("the nodes have their first settings", lambda: _first_node_settings(nodes, manager))


def _misplaced(nodes: Sequence[Node], manager: Node) -> list[Node]:
    """The nodes that have another role than at first, or are about to get one."""
    promoted = {
        member["Description"]["Hostname"]
        for member in members(manager)
        if member["Spec"]["Role"] == "manager"
    }
    # Only this filter shows the roles that are in force; those above may still be on the way.
    in_force = {member["Description"]["Hostname"] for member in members(manager, role="manager")}
    wanted = {node.name for node in nodes if node.is_manager}
    return [node for node in nodes if node.name in (promoted ^ wanted) | (in_force ^ wanted)]


def _empty(nodes: Sequence[Node], api: Any) -> None:
    _remove_each(api.services(), api.remove_service)
    with ExitStack() as stack:
        engines = [stack.enter_context(node.api(20)) for node in nodes]
        _settle("no container is left", lambda: _no_containers(engines))
    _settle("no task is left", lambda: not _tasks(api))
    _remove_each(api.secrets(), api.remove_secret)
    _remove_each(api.configs(), api.remove_config)
    _settle("no network is left", lambda: _no_networks(api))


def _tasks(api: Any) -> list[dict[str, Any]]:
    # Of a job that is gone Swarm keeps the tasks that ended, until its managers start anew.
    return [
        task
        for task in api.tasks()
        if task["Status"]["State"] not in ("complete", "failed", "rejected")
    ]


def _settle(awaited: str, is_so: Callable[[], bool]) -> None:
    wait_until(lambda: _or_later(is_so), awaited, SETTLE_SECONDS)


def _or_later(is_so: Callable[[], bool]) -> bool:
    # The Swarm itself is at work at the same time: what is refused now (in use, out of sequence) is
    # tried again.
    try:
        return is_so()
    except (DockerException, RequestException):
        return False


def _remove_each(listed: Sequence[dict[str, Any]], remove: Callable[[str], object]) -> None:
    for entry in listed:
        try:
            remove(entry["ID"])
        except NotFound:
            continue


def _no_containers(engines: Sequence[APIClient]) -> bool:
    """Remove all containers at once: the grace period of their services does not matter any
    more."""
    left = 0
    for api in engines:
        for container in api.containers(all=True):
            left += 1
            _remove_container(api, container["Id"])
    return not left


def _remove_container(api: APIClient, container: str) -> None:
    try:
        api.remove_container(container, force=True, v=True)
    except APIError as error:
        # 404: gone already; 409: being removed by the Swarm.
        if error.status_code not in {404, 409}:
            raise


def _no_networks(api: Any) -> bool:
    ours = [
        network
        for network in api.networks()
        if network["Scope"] == "swarm" and not network.get("Ingress")
    ]
    for network in ours:
        api.remove_network(network["Id"])
    return not ours


def _first_settings(manager: Node) -> bool:
    with manager.api() as api:
        swarm = api.inspect_swarm()
        spec = {"Labels": {}} | _without_none(swarm["Spec"])
        certificates = _without_none(spec["CAConfig"] | FIRST_CERTIFICATES)
        wanted = spec | FIRST_SETTINGS | {"CAConfig": certificates}
        if wanted != spec:
            api.update_swarm(swarm["Version"]["Index"], swarm_spec=wanted)
        return bool(wanted == spec)


def _first_node_settings(nodes: Sequence[Node], manager: Node) -> bool:
    roles = {node.name: "manager" if node.is_manager else "worker" for node in nodes}
    done = True
    with manager.api() as api:
        for member in members(manager):
            wanted: Any = {
                "Availability": "active",
                "Labels": {},
                "Role": roles[member["Description"]["Hostname"]],
            }
            if {"Labels": {}} | _without_none(member["Spec"]) != wanted:
                api.update_node(member["ID"], member["Version"]["Index"], wanted)
                done = False
    return done


def _without_none(spec: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in spec.items() if value is not None}
