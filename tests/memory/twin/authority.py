"""The certificate authority of the Swarm in memory: how its root certificate is replaced."""

from __future__ import annotations

from tests.memory.twin.cluster import Cluster, Json

NODE_SECONDS = 1.0
"""After which the next node has a certificate of the new root."""


class Authority:
    """Gives one node after the other a certificate of the new root; one that is away holds it
    up."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._due = 0.0

    @property
    def is_replacing(self) -> bool:
        """Whether a new root is on its way to the nodes."""
        return bool(self._cluster.swarm["RootRotationInProgress"])

    def replace(self) -> None:
        """Make a new root: from now on nodes get certificates of it."""
        swarm = self._cluster.swarm
        name = f"root {swarm['Spec']['CAConfig']['ForceRotate']}"
        swarm["TLSInfo"] |= {"CertIssuerSubject": name, "CertIssuerPublicKey": name}
        swarm["RootRotationInProgress"] = True
        self._due = self._cluster.seconds + NODE_SECONDS

    def step(self) -> None:
        """Let time go by."""
        cluster = self._cluster
        if not self.is_replacing or cluster.seconds < self._due:
            return
        outdated = [node for node in cluster.nodes.values() if self._is_outdated(node)]
        ready = [node for node in outdated if node["Status"]["State"] == "ready"]
        for node in ready[:1]:
            node["Description"]["TLSInfo"] = dict(cluster.swarm["TLSInfo"])
            cluster.touch(node)
            self._due = cluster.seconds + NODE_SECONDS
        if not outdated:
            cluster.swarm["RootRotationInProgress"] = False
            cluster.touch(cluster.swarm)

    def _is_outdated(self, node: Json) -> bool:
        issuer = self._cluster.swarm["TLSInfo"]["CertIssuerSubject"]
        return bool(node["Description"]["TLSInfo"].get("CertIssuerSubject") != issuer)
