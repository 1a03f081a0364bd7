"""Redis as others run it: by TLS, and with Sentinels. Real processes on ports of this machine."""

from __future__ import annotations

import re
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from redis import Redis, RedisError

from tests.store.conftest import bot_user

HOST, PRIMARY, SENTINEL_PASSWORD = "127.0.0.1", "swarmbot", "of-the-sentinels"
FAILOVER_SECONDS = 20.0
DOCUMENT = Path(__file__).parents[2] / "docs" / "redis.md"


@dataclass
class Process:
    """A `redis-server` with a configuration file, which a test may kill."""

    folder: Path
    port: int
    configuration: str
    arguments: tuple[str, ...] = ()
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.folder.mkdir(exist_ok=True)
        file = self.folder / "redis.conf"
        file.write_text(f"dir {self.folder}\n{self.configuration}\n")
        command = ["redis-server", str(file), *self.arguments]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None


class Sentinels:
    """A primary, a replica, and three Sentinels that put the replica in its place."""

    def __init__(self, folder: Path) -> None:
        primary, replica, *ports = free_ports(5)
        users = f"user default on nopass ~* &* +@all\n{bot_user('test')} +keys +flushall"
        common = f'appendonly yes\nsave ""\nbind {HOST}\nrepl-diskless-sync-delay 0\n{users}'
        self.servers = [
            Process(folder / "1", primary, f"port {primary}\n{common}"),
            Process(folder / "2", replica, f"port {replica}\n{common}\nreplicaof {HOST} {primary}"),
        ]
        self.watchers = [
            Process(folder / str(port), port, _sentinel(port, primary), ("--sentinel",))
            for port in ports
        ]
        hosts = ",".join(f"{HOST}:{port}" for port in ports)
        asks = f"sentinel_username=asks&sentinel_password={SENTINEL_PASSWORD}"
        self.url = f"redis+sentinel://swarmbot:test@{hosts}/{PRIMARY}?{asks}"
        self.sentinel_port = ports[0]

    def start(self) -> None:
        """Until the Sentinels know each other and the replica."""
        for server in self.servers:
            server.start()
        # Sentinels ask for replicas when they begin, and then every ten seconds.
        with Redis(port=self.servers[1].port, decode_responses=True) as replica:
            eventually(lambda: _is_linked(replica))
        for watcher in self.watchers:
            watcher.start()
        for watcher in self.watchers:
            with self._asked(watcher.port) as sentinel:
                eventually(partial(_is_complete, sentinel))

    def primary(self) -> int:
        """The port of the primary, as the first Sentinel has it."""
        with self._asked(self.sentinel_port) as sentinel:
            return int(_known(sentinel)["port"])

    def kill_primary(self) -> None:
        """The primary is gone; the Sentinels find out by themselves."""
        port = self.primary()
        next(server for server in self.servers if server.port == port).kill()

    def close(self) -> None:
        for process in (*self.watchers, *self.servers):
            process.kill()

    def _asked(self, port: int) -> Redis:
        return Redis(
            port=port, username="watches", password=SENTINEL_PASSWORD, decode_responses=True
        )


def _sentinel(port: int, primary: int) -> str:
    return (
        f"port {port}\nbind {HOST}\nuser default off\n"
        f"user watches on >{SENTINEL_PASSWORD} ~* &* +@all\n"
        f"user asks on >{SENTINEL_PASSWORD} {_what_askers_need()}\n"
        f"sentinel sentinel-user watches\nsentinel sentinel-pass {SENTINEL_PASSWORD}\n"
        f"sentinel monitor {PRIMARY} {HOST} {primary} 2\n"
        f"sentinel down-after-milliseconds {PRIMARY} 500\n"
        f"sentinel failover-timeout {PRIMARY} 3000\n"
    )


def _what_askers_need() -> str:
    """What `docs/redis.md` gives who asks Sentinels."""
    (rights,) = re.findall(r"^`(\+ping .+)`", DOCUMENT.read_text(), re.MULTILINE)
    return str(rights)


def _is_linked(replica: Redis) -> bool:
    with suppress(RedisError):
        return bool(replica.info("replication").get("master_link_status") == "up")
    return False


def _known(sentinel: Redis) -> dict[str, Any]:
    """What a Sentinel says of the primary."""
    known: Any = sentinel.sentinel_masters()
    return dict(known[PRIMARY])


def _is_complete(sentinel: Redis) -> bool:
    with suppress(RedisError):
        known = _known(sentinel)
        return int(known["num-other-sentinels"]) == 2 and int(known["num-slaves"]) == 1
    return False


def eventually(is_so: Callable[[], object], seconds: float = FAILOVER_SECONDS) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on; Redis has no way to take one that is chosen for it."""
    sockets = [socket.create_server((HOST, 0)) for _ in range(count)]
    ports = [int(listener.getsockname()[1]) for listener in sockets]
    for listener in sockets:
        listener.close()
    return ports


# ---- TLS


@dataclass(frozen=True)
class Certificates:
    """Files of an authority of the test's own, and of a certificate for this machine."""

    authority: Path
    certificate: Path
    key: Path


def certificates(folder: Path, name: str = HOST) -> Certificates:
    """Make an authority and let it sign a certificate for an address."""
    files = Certificates(folder / "ca.pem", folder / "cert.pem", folder / "key.pem")
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority of a test")])
    own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    root = _unsigned(root_name, root_name, root_key).add_extension(
        x509.BasicConstraints(ca=True, path_length=None), critical=True
    )
    leaf = _unsigned(own, root_name, key).add_extension(
        x509.SubjectAlternativeName([x509.IPAddress(ip_address(name))]), critical=False
    )
    for file, unsigned in ((files.authority, root), (files.certificate, leaf)):
        signed = unsigned.sign(root_key, hashes.SHA256())
        file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    files.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


def _unsigned(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
    )


def tls_server(folder: Path, files: Certificates) -> Process:
    """A Redis that speaks TLS alone, and knows the bot's user alone."""
    (port,) = free_ports(1)
    lines: Mapping[str, object] = {
        "port": 0,
        "tls-port": port,
        "bind": HOST,
        "tls-cert-file": files.certificate,
        "tls-key-file": files.key,
        "tls-ca-cert-file": files.authority,
        "tls-auth-clients": "no",
        "appendonly": "yes",
        "user default": "off",
    }
    text = "\n".join(f"{name} {value}" for name, value in lines.items())
    return Process(folder / "tls", port, f"{text}\n{bot_user('test')}")
