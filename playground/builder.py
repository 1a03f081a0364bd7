"""An engine beside a cluster that builds images. It is on this machine's own network, to reach the
package index."""

import json
import os
import shutil
from pathlib import Path
from types import TracebackType
from typing import Self

from docker import APIClient
from docker.errors import DockerException
from requests import RequestException

from playground import processes
from playground.cluster import Cluster

START_SECONDS = 30.0
DOCKER_ROOT = "/var/lib/docker"
BASE = "swarmbot-base"

# As on a node, dockerd is process 1 of its own world: with it ends all that it has started and
# mounted.
BOOT = f"""
mount --bind "$1" {DOCKER_ROOT}
exec dockerd --config-file "$2"
"""


class Builder:
    """A Docker engine that pushes to the registry of a cluster; to be used in a `with`, which
    removes it at the end."""

    def __init__(self, cluster: Cluster) -> None:
        self.root = cluster.root / "builder"
        self._registry = cluster.registry.address
        self._cgroup = f"/{cluster.bridge.name}/builder"

    def __enter__(self) -> Self:
        """Start the engine; raises NotReadyError."""
        self.close()
        for directory in (self._data, self._run, Path(DOCKER_ROOT)):
            directory.mkdir(mode=0o711, parents=True, exist_ok=True)
        self._configuration.write_text(json.dumps(self._settings()))
        boot = ("sh", "-ec", BOOT, "boot", str(self._data), str(self._configuration))
        processes.launch(
            "unshare", "--pid", "--fork", "--kill-child", "--mount-proc", *boot, log=self._log
        )
        processes.wait_until(
            self._answers, "the builder's engine answers", START_SECONDS, self._log.read_text
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the engine and remove all that it keeps; twice is harmless."""
        processes.kill_all(lambda: processes.with_argument(str(self._configuration)))
        shutil.rmtree(self.root, ignore_errors=True)

    def load(self, tar: Path) -> str:
        """Make an image of a file system in a tar; returns its name."""
        self.docker("import", str(tar), BASE)
        return BASE

    def build(self, folder: Path, name: str, **arguments: str) -> None:
        """Build the Dockerfile of a folder; `arguments` are its build arguments. Raises
        CommandFailedError."""
        given = [f"--build-arg={key}={value}" for key, value in arguments.items()]
        # --network host: this engine has no bridge of its own.
        self.docker("build", "--network=host", f"--tag={name}", *given, str(folder))

    def push(self, image: str, name: str) -> str:
        """Send an image to the registry under a name such as `swarmbot:test`; returns the full
        name."""
        full = f"{self._registry}/{name}"
        self.docker("tag", image, full)
        self.docker("push", "--quiet", full)
        return full

    def docker(self, *arguments: str) -> str:
        """Run the docker command line against this engine; returns stdout, raises
        CommandFailedError."""
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith("DOCKER_")
        }
        # The classic builder is in every version of Debian's and Ubuntu's docker.io; the new one is
        # a further package.
        return processes.run(
            "docker", *arguments, env=inherited | {"DOCKER_HOST": self._url, "DOCKER_BUILDKIT": "0"}
        )

    def _settings(self) -> dict[str, object]:
        return {
            "data-root": DOCKER_ROOT,
            "exec-root": str(self._run),
            "pidfile": str(self._run / "docker.pid"),
            "hosts": [self._url],
            "exec-opts": ["native.cgroupdriver=cgroupfs"],
            "cgroup-parent": self._cgroup,
            "insecure-registries": [self._registry],
            "bridge": "none",
            "iptables": False,
            "log-level": "warn",
        }

    def _answers(self) -> bool:
        try:
            with APIClient(self._url, version="auto", timeout=5) as api:
                return bool(api.ping())
        except (DockerException, RequestException):
            return False

    @property
    def _url(self) -> str:
        return f"unix://{self.root / 'docker.sock'}"

    @property
    def _data(self) -> Path:
        return self.root / "data"

    @property
    def _run(self) -> Path:
        return self.root / "run"

    @property
    def _configuration(self) -> Path:
        return self.root / "daemon.json"

    @property
    def _log(self) -> Path:
        return self.root / "dockerd.log"
