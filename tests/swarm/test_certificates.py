"""The certificates of a real Swarm, read by handshake and by a job, and those of servers beside
it."""

import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from socket import create_server

import pytest

from bot.model.cluster import Certificate, EngineAddress
from bot.swarm.certificates import agent
from bot.swarm.certificates.agent import Agent
from bot.swarm.certificates.x509 import Leaf
from bot.swarm.engine import reach
from bot.swarm.engine.pool import FailoverPool
from bot.swarm.swarm import Swarm
from playground.cluster import Cluster
from playground.node import Node
from tests.fence import OPEN
from tests.swarm.support import MANAGERS, heard_everywhere, swarm_over, web


def end_of(*openssl: str) -> datetime:
    """What openssl says is the end of a certificate."""
    command = ["openssl", "x509", "-noout", "-enddate", *openssl]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return datetime.fromtimestamp(
        ssl.cert_time_to_seconds(said.strip().removeprefix("notAfter=")), UTC
    )


def end_on_disk(node: Node) -> datetime:
    return end_of("-in", str(node.directory / "data/swarm/certificates/swarm-node.crt"))


def nodes_of(certificates: tuple[Certificate, ...]) -> dict[str, Certificate]:
    return {
        certificate.name: certificate for certificate in certificates if certificate.kind == "node"
    }


class TlsServer:
    """Shows its certificate to whoever comes, and wants one itself where `mutual`."""

    def __init__(self, folder: Path, mutual: bool) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        if mutual:
            self._context.load_verify_locations(folder / "ca.pem")
            self._context.verify_mode = ssl.CERT_REQUIRED
        self._listener = create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            with suppress(OSError), self._context.wrap_socket(plain, server_side=True) as secured:
                secured.recv(1)


@pytest.fixture
def tls(tmp_path: Path) -> Path:
    """A folder as an engine's `tls`: a certificate that vouches for itself, as client's, server's
    and authority's."""
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "5",
    ]
    files = [
        "-keyout",
        str(tmp_path / "key.pem"),
        "-out",
        str(tmp_path / "cert.pem"),
        "-subj",
        "/CN=shop",
    ]
    subprocess.run([*command, *files], check=True, capture_output=True)
    (tmp_path / "ca.pem").write_bytes((tmp_path / "cert.pem").read_bytes())
    return tmp_path


@pytest.fixture
def server(tls: Path) -> Iterator[TlsServer]:
    with closing(TlsServer(tls, mutual=True)) as server:
        yield server


@pytest.fixture
def _heard(cluster: Cluster, swarm: Swarm) -> None:
    """Swarm brings logs from every node, also after stories in which nodes went away."""
    service_id = swarm.services.create(web(cluster, "heard", Mode={"Global": {}}))
    heard_everywhere(swarm, cluster, service_id)
    swarm.services.remove(service_id)


def test_managers_show_theirs_in_a_handshake(cluster: Cluster, swarm: Swarm) -> None:
    certificates = swarm.certificates.read()
    nodes = nodes_of(certificates)
    assert list(nodes) == list(MANAGERS)
    ids = {node.name: node.id for node in swarm.nodes.list()}
    for name, certificate in nodes.items():
        assert (certificate.source, certificate.node_id, certificate.error) == (
            "handshake",
            ids[name],
            "",
        )
        assert certificate.ends == end_on_disk(cluster.nodes[name])
        assert (certificate.share_left(datetime.now(UTC)) or 0) > 0.9
    (root,) = [certificate for certificate in certificates if certificate.kind == "root"]
    assert root.ends == end_of(
        "-in", str(cluster.nodes["node1"].directory / "data/swarm/certificates/swarm-root-ca.crt")
    )


def test_a_manager_that_is_gone_says_so_and_the_others_are_read(
    cluster: Cluster, swarm: Swarm
) -> None:
    cluster.nodes["node3"].cut_off()
    began = time.monotonic()
    nodes = nodes_of(swarm.certificates.read())
    assert time.monotonic() - began < 8
    assert nodes["node3"].error == "no answer within 2 s"
    assert nodes["node3"].ends is None
    assert nodes["node1"].ends
    assert nodes["node2"].ends


@pytest.mark.usefixtures("_heard")
def test_the_agent_reads_every_node_and_leaves_nothing_behind(
    cluster: Cluster, swarm: Swarm
) -> None:
    nodes = nodes_of(swarm.certificates.read(agent=cluster.image("web:v1")))
    assert list(nodes) == [*MANAGERS, "node4"]
    assert (nodes["node4"].source, nodes["node4"].error) == ("agent", "")
    assert nodes["node4"].ends == end_on_disk(cluster.nodes["node4"])
    assert not swarm.services.list()

    # It reads managers too, where it is told to.
    members = swarm.nodes.list()
    certificates = Agent(swarm.engines, cluster.image("web:v1")).read(members)
    for node in members:
        leaf = certificates[node.id]
        assert isinstance(leaf, Leaf), leaf
        assert (leaf.name, leaf.unit) == (node.id, f"swarm-{node.role}")
        assert leaf.organization == swarm.cluster.inspect().id
        assert leaf.ends == end_on_disk(cluster.nodes[node.name])


def test_the_agent_sees_that_one_file_only(cluster: Cluster, swarm: Swarm) -> None:
    container = Agent(swarm.engines, "x")._spec()["TaskTemplate"]["ContainerSpec"]
    assert [mount["Source"] for mount in container["Mounts"]] == [
        "/var/lib/docker/swarm/certificates/swarm-node.crt"
    ]
    assert all(mount["ReadOnly"] for mount in container["Mounts"])


def test_nodes_on_which_the_agent_cannot_run(cluster: Cluster, swarm: Swarm) -> None:
    swarm.nodes.update(swarm.nodes.find("node4"), lambda spec: spec.update(Availability="drain"))
    nodes = nodes_of(swarm.certificates.read(agent=cluster.image("web:v1")))
    assert nodes["node4"].error == "no job starts on the node: its availability is drain"
    assert nodes["node1"].ends


def test_an_agent_that_fails_is_explained_and_removed(cluster: Cluster, swarm: Swarm) -> None:
    nodes = nodes_of(swarm.certificates.read(agent=cluster.image("web:none")))
    assert "the job is rejected there: " in nodes["node4"].error
    assert "No such image" in nodes["node4"].error
    assert not swarm.services.list()


@pytest.mark.usefixtures("_heard")
def test_a_job_that_a_killed_bot_left_is_replaced_and_that_of_others_is_not(
    cluster: Cluster, swarm: Swarm
) -> None:
    image = cluster.image("web:v1")
    swarm.services.create(Agent(swarm.engines, image)._spec())
    assert not nodes_of(swarm.certificates.read(agent=image))["node4"].error
    assert not swarm.services.list()
    theirs = swarm.services.create(web(cluster, agent.NAME, replicas=0))
    assert "failed" in nodes_of(swarm.certificates.read(agent=image))["node4"].error
    assert [service.id for service in swarm.services.list()] == [theirs]


def test_engines_and_endpoints(cluster: Cluster, tls: Path, server: TlsServer) -> None:
    engines = [EngineAddress("node1", cluster.nodes["node1"].url)]
    engines.append(EngineAddress("far", f"tcp://127.0.0.1:{server.port}", str(tls)))
    engines.append(EngineAddress("none", "tcp://127.0.0.1:9", str(tls / "nothing")))
    with closing(create_server(("127.0.0.1", 0))) as silent:
        hung = f"127.0.0.1:{silent.getsockname()[1]}"
        here = f"127.0.0.1:{server.port}"
        plain = cluster.registry.address
        certificates = (
            Swarm(FailoverPool(engines))
            .fenced_by(OPEN)
            .certificates.read((here, "localhost:9", plain, hung, "no.invalid:443"))
        )
    by_name = {(certificate.kind, certificate.name): certificate for certificate in certificates}
    end = end_of("-in", str(tls / "cert.pem"))
    for key in (("engine", "far"), ("engine", "far/client"), ("endpoint", here)):
        assert (by_name[key].ends, by_name[key].error, by_name[key].source) == (end, "", "tls")
    assert ("engine", "node1") not in by_name
    # Why, in words: whoever reads it did not see the host.
    assert by_name["endpoint", "localhost:9"].error == "Connection refused"
    assert by_name["endpoint", plain].error == "no TLS connection: wrong version number"
    assert by_name["endpoint", hung].error == "no answer within 2 s"
    assert by_name["endpoint", "no.invalid:443"].error
    assert "No such file" in by_name["engine", "none/client"].error
    assert by_name["engine", "none"].error


def test_hosts_that_answer(cluster: Cluster, swarm: Swarm) -> None:
    addresses = {name: node.address for name, node in cluster.nodes.items()}
    cluster.lock("node3")
    cluster.nodes["node4"].cut_off()
    began = time.monotonic()
    for port in (2377, reach.GOSSIP_PORT):
        assert reach.hosts_that_answer(list(addresses.values()), port) == {
            addresses["node1"],
            addresses["node2"],
            addresses["node3"],
        }
    assert time.monotonic() - began < 3
    # A locked manager listens on neither: that it refuses says that its host is up.
    assert reach.open_ports(addresses["node3"], (2377, reach.GOSSIP_PORT)) == {
        2377: False,
        reach.GOSSIP_PORT: False,
    }
    assert reach.hosts_that_answer(()) == frozenset()


def test_one_configured_engine_is_enough(cluster: Cluster) -> None:
    assert list(nodes_of(swarm_over(cluster, "node2").certificates.read())) == list(MANAGERS)
