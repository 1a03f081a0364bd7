"""Makes one Swarm out of the engines of the playground, and makes it whole again, whatever was done
to it."""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from docker.errors import DockerException
from requests import RequestException

from playground.errors import CommandFailedError, NotReadyError
from playground.node import Node
from playground.processes import wait_until

LEADER_SECONDS = 60.0
READY_SECONDS = 60.0
UNLOCKED = {"active", "pending", "error"}
# Swarm calls a node Down after three of these without a sign; with its own 5 seconds one would
# wait a quarter of a minute for each machine that is switched off.
HEARTBEAT_SECONDS = 2
# Outside of 10.1.0.0 to 10.254.0.0, where the nodes themselves live.
NETWORKS = "10.0.0.0/16"


def form(nodes: Sequence[Node]) -> Node:
    """Bring all nodes into one Swarm, keeping the one they are in where it still has a leader;
    returns a manager of it.

    Raises NotReadyError when the nodes do not get ready.
    """
    manager = await_manager(nodes) or _found_swarm(nodes)
    if _is_whole(manager, nodes):
        return manager
    _open_locks(manager, nodes)
    for node in nodes:
        _let_settle(node, manager)
    _drop_strangers(manager, nodes)
    for node in nodes:
        _bring_in(node, manager)
    _await_ready(manager, nodes)
    return manager


def dissolve(nodes: Sequence[Node]) -> None:
    """Take every node out of whatever Swarm it is in."""
    for node in nodes:
        if node.swarm_state != "inactive":
            node.docker("swarm", "leave", "--force")


def find_manager(nodes: Sequence[Node]) -> Node | None:
    """The first node that is a manager and sees a leader."""
    return next((node for node in nodes if node.is_in_touch and members(node)), None)


def await_manager(nodes: Sequence[Node]) -> Node | None:
    """Like `find_manager`, with time for the election of a leader where one may come."""
    manager: Node | None = None

    def is_decided() -> bool:
        nonlocal manager
        manager = find_manager(nodes)
        return manager is not None or not _may_elect(nodes)

    with suppress(NotReadyError):
        wait_until(is_decided, "a leader is elected", LEADER_SECONDS)
    return manager


def members(manager: Node, role: str | None = None) -> list[dict[str, Any]]:
    """The nodes of the Swarm as this manager lists them; empty when it cannot. `role` is the one
    that is in force."""
    try:
        with manager.api(3) as api:
            listed: list[dict[str, Any]] = api.nodes({"role": role} if role else None)
            return listed
    except (DockerException, RequestException):
        return []


def _may_elect(nodes: Sequence[Node]) -> bool:
    """True while an engine cannot say yet, or more than half of the managers that it knows are
    there to vote."""
    infos = [node.swarm_info() for node in nodes if node.is_in_touch]
    if any(info.get("LocalNodeState", "pending") == "pending" for info in infos):
        return True
    voters = {info["NodeID"] for info in infos if info.get("LocalNodeState") in UNLOCKED}
    electorates = [
        {known["NodeID"] for known in info.get("RemoteManagers") or ()} for info in infos
    ]
    return any(len(known & voters) > len(known) / 2 for known in electorates if known)


def _is_whole(manager: Node, nodes: Sequence[Node]) -> bool:
    """Whether nothing has to be done. Each engine is asked once: to say what it knows of itself it
    starts two programs."""
    listed = members(manager)
    known = {member["ID"] for member in listed if is_ready(member)}
    if len(listed) != len(nodes) or len(known) != len(nodes):
        return False
    infos = [node.swarm_info() for node in nodes]
    active = {info.get("NodeID") for info in infos if info.get("LocalNodeState") == "active"}
    return active == known


def _found_swarm(nodes: Sequence[Node]) -> Node:
    dissolve(nodes)
    first = nodes[0]
    pool = ("--default-addr-pool", NETWORKS)
    heartbeat = ("--dispatcher-heartbeat", f"{HEARTBEAT_SECONDS}s")
    first.docker("swarm", "init", "--advertise-addr", first.address, *pool, *heartbeat)
    return first


def _open_locks(manager: Node, nodes: Sequence[Node]) -> None:
    for node in nodes:
        if node.swarm_state == "locked":
            try:
                unlock(node, manager)
            except (DockerException, RequestException):
                # The Swarm's key is another one since, or there is none any more: the node starts
                # anew.
                dissolve([node])


def _let_settle(node: Node, manager: Node) -> None:
    # Right after its start an engine does not know yet whether it is still a member; if it never
    # does, it joins anew.
    with suppress(NotReadyError):
        wait_until(
            lambda: _has_settled(node.swarm_info(), manager),
            f"{node.name} settles",
            LEADER_SECONDS,
        )


def _has_settled(info: dict[str, Any], manager: Node) -> bool:
    if info.get("LocalNodeState", "") not in {"", "pending"}:
        return True
    # A manager that was removed while it was off goes on looking for its old Swarm.
    members_now = {member["ID"] for member in members(manager)}
    return bool(info.get("NodeID") and members_now) and info["NodeID"] not in members_now


def _drop_strangers(manager: Node, nodes: Sequence[Node]) -> None:
    """Remove the entries that no machine is any more: a node that lost its state comes back under a
    new id."""
    ours = {node.swarm_info().get("NodeID") for node in nodes}
    for stranger in members(manager):
        if stranger["ID"] not in ours:
            if "ManagerStatus" in stranger:
                manager.docker("node", "demote", stranger["ID"])
            wait_until(
                partial(_remove, manager, stranger["ID"]), "a lost node is removed", READY_SECONDS
            )


def _remove(manager: Node, node_id: str) -> bool:
    try:
        manager.docker("node", "rm", "--force", node_id)
    except CommandFailedError:
        return node_id not in {member["ID"] for member in members(manager)}
    return True


def _bring_in(node: Node, manager: Node) -> None:
    info = node.swarm_info()
    if info.get("LocalNodeState") == "active" and info["NodeID"] in {
        member["ID"] for member in members(manager)
    }:
        return
    dissolve([node])
    token = manager.docker(
        "swarm", "join-token", "--quiet", "manager" if node.is_manager else "worker"
    ).strip()
    node.docker(
        "swarm",
        "join",
        "--advertise-addr",
        node.address,
        "--token",
        token,
        f"{manager.address}:2377",
    )


def unlock(node: Node, manager: Node) -> None:
    """Unlock a locked node with the key that a healthy manager hands out."""
    with manager.api() as api:
        key = api.get_unlock_key()
    with node.api(60) as api:
        api.unlock_swarm(key)


def _await_ready(manager: Node, nodes: Sequence[Node]) -> None:
    """Wait until every node is up, and reachable where it is a manager; raises NotReadyError with
    the names missing."""

    def missing() -> str:
        ready = {
            member["Description"].get("Hostname") for member in members(manager) if is_ready(member)
        }
        return ", ".join(node.name for node in nodes if node.name not in ready)

    wait_until(
        lambda: not missing(),
        "all nodes are ready",
        READY_SECONDS,
        lambda: f"Not ready: {missing()}",
    )


def is_ready(member: dict[str, Any]) -> bool:
    """True when a node is up, and reachable where it is a manager."""
    reachable = member.get("ManagerStatus", {}).get("Reachability", "reachable") == "reachable"
    return bool(member["Status"]["State"] == "ready" and reachable)


def describe(member: dict[str, Any]) -> str:
    """A node in a few words, as its manager sees it: `ready, active, leader`."""
    status = member.get("ManagerStatus", {})
    role = "leader" if status.get("Leader") else member["Spec"]["Role"]
    return f"{member['Status']['State']}, {member['Spec']['Availability']}, {role}"
