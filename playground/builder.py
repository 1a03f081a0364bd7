"""An engine beside the clusters that builds images. It is on this machine's own network, to reach
the package index."""

import json
import os
import shutil
from contextlib import suppress
from pathlib import Path

from docker import APIClient
from docker.errors import DockerException
from requests import RequestException

from playground import cgroups, processes
from playground.cluster import ROOT
from playground.registry import Registry

START_SECONDS = 30.0
DOCKER_ROOT = "/var/lib/docker"
REGISTRIES = "10.0.0.0/8"
"""Those of all clusters."""

# As on a node, dockerd is process 1 of its own world: with it ends all that it has started and
# mounted.
BOOT = f"""
mount --bind "$1" {DOCKER_ROOT}
exec dockerd --config-file "$2"
"""


class Builder:
    """A Docker engine that pushes to the registries of clusters, and needs none to run; `name`
    sets it apart from other builders."""

    def __init__(self, name: str) -> None:
        self.root = ROOT / name
        self._cgroup = f"sb-{name}"

    def start(self) -> None:
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

    def close(self) -> None:
        """End the engine and remove all that it keeps; twice is harmless."""
        processes.kill_all(lambda: processes.with_argument(str(self._configuration)))
        cgroups.remove(self._cgroup)
        shutil.rmtree(self.root, ignore_errors=True)
        with suppress(OSError):
            ROOT.rmdir()

    def load(self, archive: Path) -> None:
        """Take the images that `docker save` wrote, or something like it."""
        self.docker("load", "--quiet", "--input", str(archive))

    def build(self, folder: Path, name: str, platform: str = "", **arguments: str) -> None:
        """Build the Dockerfile of a folder; `arguments` are its build arguments, `platform` is
        another one than this machine's, such as `linux/arm64`. Raises CommandFailedError."""
        given = [f"--build-arg={key}={value}" for key, value in arguments.items()]
        # --network host: this engine has no bridge of its own.
        options = ("--network=host", *([f"--platform={platform}"] if platform else ()))
        self.docker("build", *options, f"--tag={name}", *given, str(folder))

    def push(self, image: str, registry: Registry, name: str) -> str:
        """Send an image to a registry under a name such as `swarmbot:test`; returns the full
        name."""
        full = f"{registry.address}/{name}"
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
            "docker", *arguments, env=inherited | {"DOCKER_HOST": self.url, "DOCKER_BUILDKIT": "0"}
        )

    def _settings(self) -> dict[str, object]:
        return {
            "data-root": DOCKER_ROOT,
            "exec-root": str(self._run),
            "pidfile": str(self._run / "docker.pid"),
            "hosts": [self.url],
            "exec-opts": ["native.cgroupdriver=cgroupfs"],
            "cgroup-parent": f"/{self._cgroup}",
            "insecure-registries": [REGISTRIES],
            "bridge": "none",
            "iptables": False,
            "log-level": "warn",
        }

    def _answers(self) -> bool:
        try:
            with APIClient(self.url, version="auto", timeout=5) as api:
                return bool(api.ping())
        except (DockerException, RequestException):
            return False

    @property
    def url(self) -> str:
        """What DOCKER_HOST takes."""
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
