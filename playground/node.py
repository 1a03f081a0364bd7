"""One machine of the playground: a Docker engine with a host name, network, processes and
/var/lib/docker of its own.

A node is a set of Linux namespaces (network, host name, mounts, processes). dockerd is process 1 in
there, so that the death of dockerd is a power cut: the kernel ends containerd, shims and containers
with it, and the mounts vanish.
"""

import json
import os
import shutil
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from docker import APIClient
from docker.errors import DockerException
from requests import RequestException

from playground import engines, processes
from playground.errors import CommandFailedError, PathTooLongError
from playground.network import Cable

START_SECONDS = 30.0
STOP_SECONDS = 30.0
LONGEST_SOCKET_PATH = 107
OUT_OF_SEQUENCE = "update out of sequence"
SEQUENCE_TRIES = 5
DOCKER_ROOT = "/var/lib/docker"

# Each engine has its data at the usual place, as on a real machine: certificates, for one, are
# mounted from there.
BOOT = f"""
hostname "$1"
mount --bind "$2" {DOCKER_ROOT}
[ -z "$4" ] || mount --bind "$4" /usr
exec dockerd --config-file "$3"
"""


@dataclass(frozen=True)
class Node:
    """A machine of the cluster; all it keeps lies in `directory`."""

    cable: Cable
    directory: Path
    registry: str
    is_manager: bool

    @property
    def name(self) -> str:
        return self.cable.node

    @property
    def address(self) -> str:
        return self.cable.address

    @property
    def socket(self) -> Path:
        return self.directory / "docker.sock"

    @property
    def url(self) -> str:
        """What DOCKER_HOST takes."""
        return f"unix://{self.socket}"

    @property
    def engine(self) -> str:
        """The version of an engine that is not the installed one; empty for that."""
        return self._engine.read_text().strip() if self._engine.exists() else ""

    def choose_engine(self, version: str) -> None:
        """Have it run by this engine from its next start on; one that runs is stopped."""
        if version != self.engine:
            self.stop()
            self.directory.mkdir(mode=0o711, parents=True, exist_ok=True)
            self._engine.write_text(version)

    @property
    def log(self) -> Path:
        return self.directory / "dockerd.log"

    @property
    def is_running(self) -> bool:
        """True when there is a dockerd, also a frozen one."""
        return bool(self._dockerd())

    @property
    def is_frozen(self) -> bool:
        return any(processes.is_frozen(pid) for pid in self._dockerd())

    @property
    def is_in_touch(self) -> bool:
        """True when the engine runs, is not frozen, and reaches the other nodes."""
        pids = self._dockerd()
        awake = bool(pids) and not any(processes.is_frozen(pid) for pid in pids)
        return awake and self.cable.is_linked

    def start(self, *, wait: bool = True) -> None:
        """Switch the machine on where it is off; with `wait`, until its engine answers. Raises
        NotReadyError."""
        if not self.is_running:
            self.kill()
            self._prepare()
            self._boot()
        if wait:
            awaited = f"the engine of {self.name} answers"
            processes.wait_until(lambda: self.answers, awaited, START_SECONDS, self._last_words)

    def stop(self) -> None:
        """Shut the machine down in good order, as `systemctl stop docker` does: containers are
        stopped first."""
        self.thaw()
        processes.end_all(self._dockerd, STOP_SECONDS)
        self.kill()

    def kill(self) -> None:
        """A power cut: everything on the machine ends at once."""
        processes.kill_all(lambda: processes.in_network_namespace(self.cable.namespace))

    def freeze(self) -> None:
        """The engine hangs: it takes connections and answers none, while its containers go on."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """End of `freeze`."""
        self._signal(signal.SIGCONT)

    def cut_off(self) -> None:
        """Take the network cable down. The engine's socket is a file on this machine and still
        answers."""
        self.cable.link_down()

    def link_up(self) -> None:
        """End of `cut_off`."""
        self.cable.link_up()

    def docker(self, *arguments: str) -> str:
        """Run the docker command line against this engine; returns stdout, raises
        CommandFailedError with stderr.

        What Swarm refuses because the object has changed since the command line read it (a node
        that tells of itself anew, an update that goes on) is sent again, as a person would."""
        for _ in range(SEQUENCE_TRIES):
            try:
                return self._docker(*arguments)
            except CommandFailedError as error:
                if OUT_OF_SEQUENCE not in error.said:
                    raise
        return self._docker(*arguments)

    def api(self, seconds: int = 5) -> APIClient:
        """A client of this engine, to be used in a `with`; each call may last `seconds`. Raises
        DockerException where the engine was never asked before and does not answer."""
        version = _api_version(self.url, self.engine, seconds)
        return APIClient(self.url, version=version, timeout=seconds)

    @property
    def answers(self) -> bool:
        """True when the engine answers."""
        try:
            with self.api() as api:
                return bool(api.ping())
        except (DockerException, RequestException):
            return False

    @property
    def swarm_state(self) -> str:
        """The engine's word on the Swarm: inactive, pending, active, error, locked; empty when it
        does not answer."""
        return str(self.swarm_info().get("LocalNodeState", ""))

    def swarm_info(self) -> dict[str, Any]:
        """The Swarm part of `docker info`; empty when the engine does not answer."""
        try:
            with self.api() as api:
                info: dict[str, Any] = api.info()["Swarm"]
                return info
        except (DockerException, RequestException):
            return {}

    def _prepare(self) -> None:
        longest = self._run / "containerd" / "containerd-debug.sock.ttrpc"
        if len(str(longest)) > LONGEST_SOCKET_PATH:
            raise PathTooLongError(str(longest))
        # A real machine boots with an empty /run. A pid file left in there would by now name one of
        # the new processes,
        # and dockerd would take that for a containerd which still runs.
        shutil.rmtree(self._run, ignore_errors=True)
        for directory in (self._data, self._run, Path(DOCKER_ROOT)):
            directory.mkdir(mode=0o711, parents=True, exist_ok=True)
        self._configuration.write_text(json.dumps(self._settings()))

    def _settings(self) -> dict[str, object]:
        return {
            "data-root": DOCKER_ROOT,
            "exec-root": str(self._run),
            "pidfile": str(self._run / "docker.pid"),
            "hosts": [self.url],
            "exec-opts": ["native.cgroupdriver=cgroupfs"],
            "cgroup-parent": f"/{self.cable.bridge.name}/{self.name}",
            "insecure-registries": [self.cable.bridge.network],
            "log-level": "warn",
            "userland-proxy": False,
            "shutdown-timeout": 3,
        }

    def _boot(self) -> None:
        network = f"--net={self.cable.namespace}"
        isolate = ("unshare", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc")
        usr = str(engines.unpacked(self.engine)) if self.engine else ""
        files = (str(self._data), str(self._configuration), usr)
        boot = ("sh", "-ec", BOOT, "boot", self.name, *files)
        processes.launch("nsenter", network, *isolate, *boot, log=self.log)

    def _dockerd(self) -> list[int]:
        pids = processes.in_network_namespace(self.cable.namespace)
        return [
            pid for pid in pids if Path((processes.command_of(pid) or ("",))[0]).name == "dockerd"
        ]

    def _docker(self, *arguments: str) -> str:
        env = {name: value for name, value in os.environ.items() if not name.startswith("DOCKER_")}
        return processes.run("docker", *arguments, env=env | {"DOCKER_HOST": self.url})

    def _signal(self, signal_number: signal.Signals) -> None:
        for pid in self._dockerd():
            processes.send(pid, signal_number)

    def _last_words(self) -> str:
        return "".join(self.log.read_text(errors="replace").splitlines(keepends=True)[-5:])

    @property
    def _data(self) -> Path:
        return self.directory / "data"

    @property
    def _run(self) -> Path:
        return self.directory / "run"

    @property
    def _engine(self) -> Path:
        return self.directory / "engine"

    @property
    def _configuration(self) -> Path:
        return self.directory / "daemon.json"


@cache
def _api_version(url: str, _engine: str, seconds: int) -> str:
    # An engine that is asked for its version runs two programs to find it: too much for each look.
    # Another engine at the same address is asked anew.
    with APIClient(url, version="auto", timeout=seconds) as api:
        return str(api.api_version)


def start_together(nodes: Sequence[Node]) -> None:
    """Start all nodes at the same time and wait for all; raises NotReadyError."""
    for node in nodes:
        node.start(wait=False)
    for node in nodes:
        node.start()
