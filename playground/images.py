"""The images of the playground: a small web server in several states of health, made without a
build or the internet.

All images share one layer (a static busybox and the program `web`) and differ in their
configuration only, so that they are put into the registry in well under a second.
"""

import gzip
import hashlib
import io
import json
import platform
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

SECOND = 1_000_000_000
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}

WEB = """#!/bin/sh
# Process 1 has no default handlers: without the trap, each stop would last as long as the grace
# period.
trap 'exit "$STOP_STATUS"' TERM INT
mkdir -p /www && echo "$VERSION" > /www/index.html
echo "web $VERSION: starting"
sleep "$WARM_UP" & wait $!
echo "web $VERSION: listening on port 8080"
httpd -f -p 8080 -h /www & wait $!
"""

# Without -T (a time limit): with it, Debian's static busybox crashes. Docker sets the limit.
ASK_ITSELF = "wget -q -O /dev/null http://127.0.0.1:8080/"


@dataclass(frozen=True)
class Blob:
    """Content as a registry keeps it: addressed by its digest."""

    media_type: str
    content: bytes

    @cached_property
    def digest(self) -> str:
        return f"sha256:{hashlib.sha256(self.content).hexdigest()}"

    @property
    def descriptor(self) -> dict[str, Any]:
        return {"mediaType": self.media_type, "size": len(self.content), "digest": self.digest}


@dataclass(frozen=True)
class Health:
    """A HEALTHCHECK: asked every second; `patience` in seconds does not count failures after the
    start."""

    command: str
    retries: int = 3
    patience: int = 0

    @property
    def config(self) -> dict[str, Any]:
        return {
            "Test": ["CMD-SHELL", self.command],
            "Interval": SECOND,
            "Timeout": 10 * SECOND,
            "Retries": self.retries,
            "StartPeriod": self.patience * SECOND,
        }


@dataclass(frozen=True)
class Image:
    """One tag of the repository `web`, and how a container of it behaves. `warm_up` in seconds
    until it listens.

    With `stop_status` 0 Swarm calls a task that it stopped for its health `complete`; otherwise it
    says why it failed.
    """

    tag: str
    version: str
    health: Health | None = Health(ASK_ITSELF)
    warm_up: int = 0
    stop_status: int = 0
    command: tuple[str, ...] = ("web",)
    architecture: str = ARCHITECTURES.get(platform.machine(), "amd64")

    def manifest(self, layer: Blob) -> tuple[Blob, Blob]:
        """The manifest and the configuration of the image, on top of the shared layer."""
        config = self._config(layer)
        kind = "application/vnd.docker.distribution.manifest.v2+json"
        manifest = {
            "schemaVersion": 2,
            "mediaType": kind,
            "config": config.descriptor,
            "layers": [layer.descriptor],
        }
        return Blob(kind, _as_json(manifest)), config

    def _config(self, layer: Blob) -> Blob:
        created = "2024-01-01T00:00:00Z"
        container: dict[str, Any] = {
            "Env": [
                "PATH=/bin",
                f"VERSION={self.version}",
                f"WARM_UP={self.warm_up}",
                f"STOP_STATUS={self.stop_status}",
            ],
            "Cmd": list(self.command),
            "ExposedPorts": {"8080/tcp": {}},
        }
        if self.health:
            container["Healthcheck"] = self.health.config
        content = {
            "architecture": self.architecture,
            "os": "linux",
            "created": created,
            "config": container,
            "rootfs": {"type": "layers", "diff_ids": [_uncompressed_digest(layer)]},
            "history": [{"created": created, "created_by": "swarmbot playground"}],
        }
        return Blob("application/vnd.docker.container.image.v1+json", _as_json(content))


IMAGES = (
    Image("v1", "v1"),
    Image("v2", "v2"),
    Image("plain", "v2", health=None),
    Image("slow", "slow", Health(ASK_ITSELF, patience=60), warm_up=20),
    Image(
        "sick",
        "sick",
        Health("echo 'the database does not answer'; exit 1", retries=2),
        stop_status=143,
    ),
    Image(
        "broken",
        "broken",
        None,
        command=("sh", "-c", "echo 'FATAL: cannot read /etc/shop.conf' >&2; exit 3"),
    ),
    Image("arm", "v2", architecture="arm64"),
)


@cache
def shared_layer() -> Blob:
    """The layer with busybox and the program `web`; the same bytes on every run, so that digests
    stay as they are."""
    busybox = shutil.which("busybox") or "/bin/busybox"
    with open(busybox, "rb") as program:  # noqa: PTH123 - ruff mistakes the name found by `which` for a Path
        content = program.read()
    applets = subprocess.run(
        [busybox, "--list"], capture_output=True, text=True, check=True
    ).stdout.split()
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for directory in ("bin", "etc", "tmp", "www"):
            _add(tar, directory, kind=tarfile.DIRTYPE)
        _add(tar, "bin/busybox", content)
        _add(tar, "bin/web", WEB.encode())
        for applet in applets:
            if applet != "busybox":
                _add(tar, f"bin/{applet}", target="busybox", kind=tarfile.SYMTYPE)
    return Blob(
        "application/vnd.docker.image.rootfs.diff.tar.gzip",
        gzip.compress(raw.getvalue(), 6, mtime=0),
    )


def _add(
    tar: tarfile.TarFile,
    name: str,
    content: bytes = b"",
    *,
    target: str = "",
    kind: bytes = tarfile.REGTYPE,
) -> None:
    member = tarfile.TarInfo(name)
    member.type, member.linkname, member.mode, member.size = kind, target, 0o755, len(content)
    tar.addfile(member, io.BytesIO(content))


@cache
def _uncompressed_digest(layer: Blob) -> str:
    return f"sha256:{hashlib.sha256(gzip.decompress(layer.content)).hexdigest()}"


def _as_json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, indent=1).encode()
