"""Collects all certificates that the Swarm and the bot's connections to it depend on.

Managers are asked by a TLS handshake, which needs no rights. Workers do not listen: see
`bot.swarm.certificates.agent`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from bot.clock import Stopping
from bot.model import Node
from bot.model.cluster import Certificate, EngineAddress
from bot.model.natural import natural
from bot.swarm.certificates import root_ca, x509
from bot.swarm.certificates.agent import Agent
from bot.swarm.certificates.handshake import UnreadableCertificateError, shown_by, split
from bot.swarm.certificates.x509 import Leaf
from bot.swarm.engine.parallel import run_in_parallel
from bot.swarm.engine.port import EnginePool
from bot.swarm.objects.cluster import Cluster
from bot.swarm.objects.nodes import Nodes
from bot.swarm.registries.credentials import NO_CREDENTIALS, RegistryCredentials

SURVEY_SECONDS = 5.0
ENGINE_PORT = 2376

_PendingRead = tuple[Certificate, Callable[[], Leaf]]
"""A certificate that is yet to be read, and how."""


@dataclass(frozen=True, slots=True)
class Certificates:
    """Reads the certificates of nodes, of the root, of engines and of other servers."""

    engines: EnginePool
    credentials: RegistryCredentials = NO_CREDENTIALS

    def read(
        self, endpoints: Iterable[str] = (), agent: str = "", stopping: Stopping | None = None
    ) -> tuple[Certificate, ...]:
        """All certificates: of nodes by name, the root, engines and `endpoints`.

        The root's `name` is `root`, a client certificate's `NAME/client`, an endpoint's
        `host:port`. It takes at most five seconds, or a minute where an `agent` runs. A certificate
        that cannot be read has an `error`. Workers are left out where there is no `agent` (an image
        with a shell), whose job is waited for until the bot is `stopping`. Raises what
        `EnginePool.call` raises.
        """
        nodes = Nodes(self.engines).list()
        root = Cluster(self.engines).inspect().trust_root
        return self.of(nodes, root, endpoints, agent, stopping)

    def of(
        self,
        nodes: Sequence[Node],
        root: str,
        endpoints: Iterable[str] = (),
        agent: str = "",
        stopping: Stopping | None = None,
    ) -> tuple[Certificate, ...]:
        """The same for who knows the nodes, and the certificate of the root (PEM), already."""
        requests = [_of_manager(node) for node in nodes if node.manager]
        for address in self.engines.addresses:
            requests += _of_engine(address)
        requests += map(_of_endpoint, endpoints)
        certificates = _read(requests)
        if agent:
            certificates = self._by_agent(
                Agent(self.engines, agent, stopping or Stopping(), self.credentials),
                nodes,
                certificates,
            )
        of_nodes = sorted(
            (certificate for certificate in certificates if certificate.kind == "node"),
            key=lambda certificate: (natural(certificate.name), certificate.node_id),
        )
        return (
            *of_nodes,
            _of_root(root),
            *(certificate for certificate in certificates if certificate.kind != "node"),
        )

    def _by_agent(
        self, agent: Agent, nodes: Sequence[Node], certificates: Sequence[Certificate]
    ) -> list[Certificate]:
        """Replace the nodes' certificates that are missing or failed by a job's."""
        read_already = {
            certificate.node_id
            for certificate in certificates
            if certificate.kind == "node" and not certificate.error
        }
        missing = {node.id: node for node in nodes if node.id not in read_already}
        errors = {
            certificate.node_id: certificate.error
            for certificate in certificates
            if certificate.kind == "node"
        }
        results = [
            certificate for certificate in certificates if certificate.node_id not in missing
        ]
        for node_id, leaf in agent.read(tuple(missing.values())).items():
            blank = Certificate(
                kind="node", name=missing[node_id].name, source="agent", node_id=node_id
            )
            if isinstance(leaf, Leaf):
                results.append(replace(blank, begins=leaf.begins, ends=leaf.ends))
            else:
                results.append(
                    replace(blank, error="; ".join(filter(None, (errors.get(node_id), leaf))))
                )
        return results


def _of_manager(node: Node) -> _PendingRead:
    address = node.manager.address if node.manager else ""

    def ask() -> Leaf:
        leaf = shown_by(*split(address))
        if leaf.name != node.id:
            raise UnreadableCertificateError(f"another node answers at {address}: {leaf.name}")
        return leaf

    return Certificate(kind="node", name=node.name, source="handshake", node_id=node.id), ask


def _of_engine(address: EngineAddress) -> list[_PendingRead]:
    """The engine's server certificate, and the client certificate of the bot."""
    url = urlsplit(address.url)
    if not address.tls and url.scheme != "https":
        return []
    server = Certificate(kind="engine", name=address.name, source="tls")
    requests: list[_PendingRead] = [(server, partial(_at_url, address))]
    if address.tls:
        client = Certificate(kind="engine", name=f"{address.name}/client", source="tls")
        requests.append((client, partial(_in_file, Path(address.tls) / "cert.pem")))
    return requests


def _of_endpoint(endpoint: str) -> _PendingRead:
    return Certificate(kind="endpoint", name=endpoint, source="tls"), lambda: shown_by(
        *split(endpoint)
    )


def _of_root(pem: str) -> Certificate:
    blank = Certificate(kind="root", name="root", source="swarm")
    root = root_ca.certificate(pem)
    if root is None:
        return replace(blank, error="the managers show none that can be read")
    return replace(blank, begins=root.begins, ends=root.ends)


def _at_url(address: EngineAddress) -> Leaf:
    url = urlsplit(address.url)
    return shown_by(url.hostname or "", url.port or ENGINE_PORT, address.tls)


def _in_file(path: Path) -> Leaf:
    try:
        return x509.from_pem(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnreadableCertificateError(f"{path}: {error.strerror}") from error


def _read(requests: Sequence[_PendingRead]) -> list[Certificate]:
    outcomes = run_in_parallel([ask for _, ask in requests], SURVEY_SECONDS)
    return [_filled(blank, outcome) for (blank, _), outcome in zip(requests, outcomes, strict=True)]


def _filled(blank: Certificate, outcome: Future[Leaf]) -> Certificate:
    if not outcome.done():
        return replace(blank, error=f"no answer within {SURVEY_SECONDS:g} s")
    # Whatever one odd host brings about, it is about that host alone.
    if error := outcome.exception():
        return replace(blank, error=str(error) or type(error).__name__)
    leaf = outcome.result()
    return replace(blank, begins=leaf.begins, ends=leaf.ends)
