"""A Swarm in memory: what it is, what it does by itself as time goes by, and how it fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.engine_defaults import swarm_spec
from tests.memory.twin import agents
from tests.memory.twin.authority import Authority
from tests.memory.twin.cluster import Cluster, Json
from tests.memory.twin.orchestrator import clean, is_waiting, orchestrate
from tests.memory.twin.registry_api import RegistryApi
from tests.memory.twin.updater import Updater

STEP = 0.1
ROLE_SECONDS = 0.5
MISSED_SECONDS = 6.0
"""After which the managers know that an engine has left."""
MANAGERS = ("node1", "node2", "node3")


@dataclass(frozen=True)
class Change:
    """A service that somebody has just changed; `back`: Swarm was asked for its previous
    specification, and `paused`: its update stood paused before."""

    service: Json
    before: Json
    after: Json
    back: bool
    paused: bool
    sender: str


class SwarmTwin:
    """Three managers and a worker, as the playground has them.

    It moves when it is looked at: then it does all that it would have done since the last look.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.cluster = Cluster(clock)
        self.registry_api = RegistryApi(self.cluster.registry)
        self.on_change: Callable[[Change], object] = lambda _: None
        self.updater = Updater(self.cluster)
        self.authority = Authority(self.cluster)
        self._roles: dict[str, float] = {}
        self._leaving: dict[str, float] = {}
        for name in MANAGERS:
            self.cluster.add_node(name, "manager", leader=name == "node1")
        self.cluster.add_node("node4")
        self.cluster.swarm = self.cluster.new("swarm", Spec=swarm_spec(), **_tokens())
        self._add_networks()

    def advance(self) -> None:
        """Come up to the time of now."""
        cluster, to = self.cluster, self.cluster.clock()
        while cluster.seconds < to:
            if not cluster.has_leader or not self._is_moving():
                cluster.seconds = to
                return
            cluster.seconds = min(to, cluster.seconds + STEP)
            self._step()

    def settle(self, seconds: float = 60.0) -> None:
        """Let the Swarm come to rest without the clock: for what a story sets up."""
        cluster = self.cluster
        for _ in range(round(seconds / STEP)):
            if not self._is_moving():
                break
            cluster.seconds += STEP
            self._step()
        behind = cluster.seconds - cluster.clock()
        for life in cluster.lives.values():
            life.due, life.since = life.due - behind, life.since - behind
        cluster.seconds = cluster.clock()

    def change_role(self, node: Json) -> None:
        """A role was asked for: it comes into force a little later."""
        self._roles[node["ID"]] = self.cluster.seconds + ROLE_SECONDS

    def leave(self, name: str) -> None:
        """An engine leaves: it votes no more at once, and the managers miss it a little later."""
        node = self.cluster.node(name)
        self.cluster.left.add(node["ID"])
        self._leaving[name] = self.cluster.seconds + MISSED_SECONDS

    def join(self, name: str, role: str) -> None:
        """An engine that is in no Swarm joins, as a new node: the one of before stays Down."""
        self._leaving.pop(name, None)
        left = self.cluster.node(name)
        left["Status"]["State"] = "down"
        joined = self.cluster.add_node(name, role)
        joined["Description"] |= {"Hostname": left["Description"]["Hostname"]}
        self._reconcile()

    def unlock(self, name: str) -> None:
        """The engine of a locked manager got the key, and is back."""
        self.cluster.locked.discard(self.cluster.node(name)["ID"])
        self.start_node(name)

    # ---- what goes wrong

    def lock(self, name: str) -> None:
        """The engine of a manager was started anew under autolock, and waits for the key."""
        self.cluster.swarm["Spec"]["EncryptionConfig"]["AutoLockManagers"] = True
        self.stop_node(name)
        self.cluster.locked.add(self.cluster.node(name)["ID"])

    def stop_node(self, name: str) -> None:
        """A machine goes down, and the managers know."""
        node = self.cluster.node(name)
        node["Status"] |= {"State": "down", "Message": "heartbeat failure"}
        if "ManagerStatus" in node:
            was_leader = node["ManagerStatus"].pop("Leader", False)
            node["ManagerStatus"]["Reachability"] = "unreachable"
            if was_leader:
                self._elect()
        self.cluster.touch(node)
        self._reconcile()

    def start_node(self, name: str) -> None:
        """It comes back."""
        node = self.cluster.node(name)
        node["Status"] = {"State": "ready", "Addr": node["Status"]["Addr"]}
        if "ManagerStatus" in node:
            node["ManagerStatus"]["Reachability"] = "reachable"
            if not any(n["ManagerStatus"].get("Leader") for n in self.cluster.healthy_managers()):
                self._elect()
        self.cluster.touch(node)
        self._reconcile()

    def _elect(self) -> None:
        for manager in self.cluster.healthy_managers()[: 1 if self.cluster.has_leader else 0]:
            manager["ManagerStatus"]["Leader"] = True

    # ---- what it does by itself

    def _is_moving(self) -> bool:
        cluster = self.cluster
        return bool(
            self._roles
            or self._leaving
            or self.authority.is_replacing
            or self.updater.updates
            or self.updater.posted
            or cluster.stirred
            or any(agents.is_moving(cluster, task) for task in cluster.tasks.values())
            or any(is_waiting(cluster, service) for service in cluster.services.values())
        )

    def _reconcile(self) -> None:
        self.cluster.stirred = True

    def _step(self) -> None:
        cluster = self.cluster
        cluster.stirred = False
        self._take_roles()
        self.authority.step()
        for name, due in list(self._leaving.items()):
            if cluster.seconds >= due:
                del self._leaving[name]
                self.stop_node(name)
        for service in list(cluster.services.values()):
            self.updater.step(service)
            orchestrate(cluster, service)
        for task in list(cluster.tasks.values()):
            agents.advance(cluster, task)
        clean(cluster)

    def _take_roles(self) -> None:
        for node_id, due in list(self._roles.items()):
            node = self.cluster.nodes.get(node_id)
            if self.cluster.seconds < due and node is not None:
                continue
            del self._roles[node_id]
            if node is not None:
                self._take_role(node)

    def _take_role(self, node: Json) -> None:
        if node["Spec"]["Role"] == "manager" and "ManagerStatus" not in node:
            address = f"{node['Status']['Addr']}:2377"
            node["ManagerStatus"] = {"Reachability": "reachable", "Addr": address}
        elif node["Spec"]["Role"] == "worker" and "ManagerStatus" in node:
            was_leader = node.pop("ManagerStatus").get("Leader")
            if was_leader:
                self._elect()
        self.cluster.touch(node)

    def _add_networks(self) -> None:
        for name, driver, scope in (("host", "host", "local"), ("bridge", "bridge", "local")):
            self.add_network(name, Driver=driver, Scope=scope)
        pool = {"Config": [{"Subnet": "10.0.0.0/24", "Gateway": "10.0.0.1"}]}
        self.add_network("ingress", Driver="overlay", Scope="swarm", Ingress=True, IPAM=pool)

    def add_network(self, name: str, **fields: object) -> Json:
        """Add a network."""
        network_id = self.cluster.new_id("net")
        made = {"Id": network_id, "Name": name, "Created": self.cluster.time(), "Labels": {}}
        self.cluster.networks[network_id] = {**made, **fields}
        return self.cluster.networks[network_id]


def _tokens() -> Json:
    return {
        "JoinTokens": {"Worker": "SWMTKN-1-abc-worker1", "Manager": "SWMTKN-1-abc-manager1"},
        "RootRotationInProgress": False,
        "TLSInfo": {"TrustRoot": ""},
        "DataPathPort": 4789,
        "DefaultAddrPool": ["10.0.0.0/8"],
        "SubnetSize": 24,
    }
