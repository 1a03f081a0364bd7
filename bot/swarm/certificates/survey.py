"""Every certificate on which the Swarm and the way to it depend, with its end, read from where it
is used.

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

from bot.model import Node
from bot.model.cluster import Certificate, EngineAddress
from bot.swarm.certificates import root_ca, x509
from bot.swarm.certificates.agent import Agent
from bot.swarm.certificates.handshake import UnreadableCertificateError, shown_by, split
from bot.swarm.certificates.x509 import Leaf
from bot.swarm.engine.parallel import run_in_parallel
from bot.swarm.engine.port import EnginePool
from bot.swarm.objects.cluster import Cluster
from bot.swarm.objects.nodes import Nodes

SECONDS = 5.0
ENGINE_PORT = 2376

_Asked = tuple[Certificate, Callable[[], Leaf]]
"""A certificate that is yet to be read, and how."""


@dataclass(frozen=True, slots=True)
class Certificates:
    """The certificates of nodes, of the root, of the engines' TLS, and of other servers."""

    engines: EnginePool

    def read(self, endpoints: Iterable[str] = (), agent: str = "") -> tuple[Certificate, ...]:
        """All of them: nodes by name, the root (`name` is `root`), engines, their client
        certificates (`NAME/client`), and `endpoints` (`host:port`). Within five seconds, or a
        minute where an `agent` is to run.

        One that cannot be read has an `error`. Workers are left out where there is no `agent`, an
        image with a shell. Raises what `FailoverPool.call` raises.
        """
        nodes = Nodes(self.engines).list()
        root = Cluster(self.engines).inspect().trust_root
        asked = [_of_manager(node) for node in nodes if node.manager]
        for address in self.engines.addresses:
            asked += _of_engine(address)
        asked += map(_of_endpoint, endpoints)
        found = _read(asked)
        if agent:
            found = self._by_agent(agent, nodes, found)
        in_order = sorted(
            (one for one in found if one.kind == "node"), key=lambda one: (one.name, one.node_id)
        )
        return (*in_order, _of_root(root), *(one for one in found if one.kind != "node"))

    def _by_agent(
        self, image: str, nodes: Sequence[Node], found: Sequence[Certificate]
    ) -> list[Certificate]:
        """What was found, and for all nodes of which nothing was: what a job on them finds."""
        known = {one.node_id for one in found if one.kind == "node" and not one.error}
        missing = {node.id: node for node in nodes if node.id not in known}
        errors = {one.node_id: one.error for one in found if one.kind == "node"}
        kept = [one for one in found if one.node_id not in missing]
        for node_id, leaf in Agent(self.engines, image).read(tuple(missing.values())).items():
            blank = Certificate(
                kind="node", name=missing[node_id].name, source="agent", node_id=node_id
            )
            if isinstance(leaf, Leaf):
                kept.append(replace(blank, begins=leaf.begins, ends=leaf.ends))
            else:
                kept.append(
                    replace(blank, error="; ".join(filter(None, (errors.get(node_id), leaf))))
                )
        return kept


def _of_manager(node: Node) -> _Asked:
    address = node.manager.address if node.manager else ""

    def ask() -> Leaf:
        leaf = shown_by(*split(address))
        if leaf.name != node.id:
            raise UnreadableCertificateError(f"another node answers at {address}: {leaf.name}")
        return leaf

    return Certificate(kind="node", name=node.name, source="handshake", node_id=node.id), ask


def _of_engine(address: EngineAddress) -> list[_Asked]:
    """The engine's own, and the one by which the bot shows who it is."""
    url = urlsplit(address.url)
    if not address.tls and url.scheme != "https":
        return []
    server = Certificate(kind="engine", name=address.name, source="tls")
    asked: list[_Asked] = [(server, partial(_at_url, address))]
    if address.tls:
        client = Certificate(kind="engine", name=f"{address.name}/client", source="tls")
        asked.append((client, partial(_in_file, Path(address.tls) / "cert.pem")))
    return asked


def _of_endpoint(endpoint: str) -> _Asked:
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


def _read(asked: Sequence[_Asked]) -> list[Certificate]:
    outcomes = run_in_parallel([ask for _, ask in asked], SECONDS)
    return [_filled(blank, outcome) for (blank, _), outcome in zip(asked, outcomes, strict=True)]


def _filled(blank: Certificate, outcome: Future[Leaf]) -> Certificate:
    if not outcome.done():
        return replace(blank, error=f"no answer within {SECONDS:g} s")
    # Whatever one odd host brings about, it is about that host alone.
    if error := outcome.exception():
        return replace(blank, error=str(error) or type(error).__name__)
    leaf = outcome.result()
    return replace(blank, begins=leaf.begins, ends=leaf.ends)
