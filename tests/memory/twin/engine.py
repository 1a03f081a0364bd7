"""The Engine API of the Swarm in memory: paths, statuses and sentences as the real one has them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.memory.twin import engine_cluster, engine_services, pull_options
from tests.memory.twin.cluster import Json, RefusedError, copied
from tests.memory.twin.request import Request
from tests.memory.twin.swarm_twin import Change, SwarmTwin

NO_LEADER = (
    "rpc error: code = Unknown desc = The swarm does not have a leader. It's possible that too few "
    "managers are online."
)
NOT_A_MANAGER = (
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect '
    "this node to swarm and try again."
)
LOCKED = (
    'Swarm is encrypted and needs to be unlocked before it can be used. Please use "docker swarm '
    'unlock" to unlock it.'
)
MEMBER = (
    'This node is already part of a swarm. Use "docker swarm leave" to leave this swarm and join '
    "another one."
)
WORKER = (
    "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state. "
    "Please run this command on a manager node or promote the current node to a manager."
)

API_VERSIONS = {"20": ("1.12", "1.41"), "28": ("1.24", "1.51"), "29": ("1.44", "1.52")}
"""By Docker's major version: the oldest and the newest version of the API."""

ROUTES: tuple[tuple[str, str, Callable[[Request], Any]], ...] = (
    *engine_services.ROUTES,
    *engine_cluster.ROUTES,
)
_COMPILED = tuple((method, re.compile(f"{path}$"), answer) for method, path, answer in ROUTES)


class EngineTwin:
    """One engine of the Swarm, by the name of its machine."""

    def __init__(self, twin: SwarmTwin, name: str) -> None:
        self.twin = twin
        self.name = name

    def answer(
        self, method: str, path: str, params: Json, body: Any, sender: str = "", auth: str = ""
    ) -> tuple[int, Any]:
        """Status and body of one request."""
        self.twin.advance()
        before = copied(self.twin.cluster.services) if method == "POST" else {}
        try:
            answer = self._routed(method, path, params, body, auth)
        except RefusedError as refused:
            return refused.status, {"message": refused.message}
        if method == "POST":
            self._note(before, params, sender)
        self.twin.cluster.keeps_logins |= bool(auth)
        return 200, pull_options.hidden(answer) if self.twin.cluster.keeps_logins else answer

    def _note(self, before: dict[str, Json], params: Json, sender: str) -> None:
        """Tell whoever keeps a journal which services a request has changed."""
        for service_id, service in self.twin.cluster.services.items():
            was = before.get(service_id, service)
            if was["Version"] != service["Version"]:
                back = params.get("rollback") == "previous"
                paused = (was.get("UpdateStatus") or {}).get("State") == "paused"
                spec = copied(service["Spec"])
                self.twin.on_change(Change(service, was["Spec"], spec, back, paused, sender))

    def _routed(self, method: str, path: str, params: Json, body: Any, auth: str) -> Any:
        if path in ("/_ping", "/version"):
            return "OK" if path == "/_ping" else self._versions()
        if path == "/info":
            return self._info()
        if path == "/swarm/leave" and method == "POST":
            return self.twin.leave(self.name)
        if path == "/swarm/join" and method == "POST":
            return self._join(body)
        if path == "/swarm/unlock" and method == "POST":
            return self._unlock(body)
        self._must_be_manager()
        for wanted, pattern, answer in _COMPILED:
            match = pattern.match(path)
            if match and wanted == method:
                return answer(Request(self.twin, match.groups(), params, body, auth))
        raise RefusedError(404, "page not found")

    def unsupported(self, version: str) -> str:
        """Why a request in this version of the API is refused, before a look at it."""
        oldest, newest = self._api()
        if _minor(version) < _minor(oldest):
            return (
                f"client version {version} is too old. Minimum supported API version is {oldest}, "
                "please upgrade your client to a newer version"
            )
        if _minor(version) > _minor(newest):
            return f"client version {version} is too new. Maximum supported API version is {newest}"
        return ""

    def _api(self) -> tuple[str, str]:
        node = self.twin.cluster.node(self.name)
        return API_VERSIONS[node["Description"]["Engine"]["EngineVersion"].partition(".")[0]]

    def _versions(self) -> Json:
        oldest, newest = self._api()
        return {"ApiVersion": newest, "MinAPIVersion": oldest}

    def _join(self, body: Json) -> None:
        if not self._has_left():
            raise RefusedError(503, MEMBER)
        tokens = self.twin.cluster.swarm["JoinTokens"]
        roles = {tokens["Worker"]: "worker", tokens["Manager"]: "manager"}
        if body["JoinToken"] not in roles:
            raise RefusedError(400, "invalid join token")
        self.twin.join(self.name, roles[body["JoinToken"]])

    def _unlock(self, body: Json) -> None:
        cluster = self.twin.cluster
        if cluster.node(self.name)["ID"] not in cluster.locked:
            raise RefusedError(409, "swarm is not locked")
        if body["UnlockKey"] != cluster.unlock_key:
            raise RefusedError(400, "invalid key")
        self.twin.unlock(self.name)

    def _must_be_manager(self) -> None:
        node = self.twin.cluster.node(self.name)
        if node["ID"] in self.twin.cluster.locked:
            raise RefusedError(503, LOCKED)
        if self._has_left():
            raise RefusedError(503, NOT_A_MANAGER)
        if "ManagerStatus" not in node:
            raise RefusedError(503, WORKER)
        if not self.twin.cluster.has_leader:
            raise RefusedError(500, NO_LEADER)

    def _has_left(self) -> bool:
        cluster = self.twin.cluster
        return cluster.node(self.name)["ID"] in cluster.left

    def _info(self) -> Json:
        cluster = self.twin.cluster
        node = cluster.node(self.name)
        if node["ID"] in cluster.locked:
            return {"Name": self.name, "Swarm": {"NodeID": "", "LocalNodeState": "locked"}}
        if self._has_left():
            return {"Name": self.name, "Swarm": {"NodeID": "", "LocalNodeState": "inactive"}}
        managers = [n for n in cluster.nodes.values() if "ManagerStatus" in n]
        return {
            "Name": self.name,
            "ServerVersion": node["Description"]["Engine"]["EngineVersion"],
            "SystemTime": cluster.time(),
            "Swarm": {
                "NodeID": node["ID"],
                "NodeAddr": node["Status"]["Addr"],
                "LocalNodeState": "active",
                "ControlAvailable": "ManagerStatus" in node,
                "Error": "" if cluster.has_leader else NO_LEADER,
                "RemoteManagers": [
                    {"NodeID": n["ID"], "Addr": n["ManagerStatus"]["Addr"]} for n in managers
                ],
                "Nodes": len(cluster.nodes),
                "Managers": len(managers),
                "Cluster": {"ID": cluster.swarm["ID"], **_shown(cluster.swarm)},
            },
        }


def _minor(version: str) -> int:
    return int(version.partition(".")[2])


def _shown(swarm: Json) -> Json:
    return {key: value for key, value in swarm.items() if key != "JoinTokens"}
