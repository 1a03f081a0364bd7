"""A base image made of the packages of this machine's own distribution, in place of the public one:
nothing is pulled.

The file is kept, so that it is made once.
"""

import hashlib
import io
import json
import platform
import re
import tarfile
from pathlib import Path

from playground.images import ARCHITECTURES
from playground.processes import run

BASE = "swarmbot-base"
"""What it is called where it is loaded."""
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PACKAGES = ("ca-certificates", "openssh-client", "python3", "python3-venv", "redis-server")
"""What the bot's image begins with, and a Redis, so that a stack of both needs no further image."""
COMPONENTS = {"ubuntu": "main,universe"}
CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
DISTRIBUTED = Path("/usr/share/ca-certificates")
BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")


def base_archive(cache: Path, architecture: str = "") -> Path:
    """The base image as an archive in `cache`, which `docker load` takes; made by mmdebstrap where
    it is not there yet (20 s).

    `architecture` is another one than this machine's, such as `arm64`: it takes `emulation`, and
    minutes.
    """
    system = platform.freedesktop_os_release()
    suite = system["VERSION_CODENAME"]
    own = ARCHITECTURES.get(platform.machine(), "amd64")
    # What mmdebstrap would look for is a further package; the kernel says it as well.
    foreign = (f"--arch={architecture}", "--skip=check/qemu") if architecture else ()
    made = cache / f"base-image-{suite}-{architecture or own}.tar"
    if not made.exists():
        cache.mkdir(exist_ok=True)
        system_tar = made.with_suffix(".system.tar")
        components = COMPONENTS.get(system["ID"], "main")
        packages = f"--include={','.join(PACKAGES)}"
        run(
            "mmdebstrap",
            "--quiet",
            "--variant=minbase",
            *foreign,
            f"--components={components}",
            packages,
            suite,
            str(system_tar),
        )
        unfinished = made.with_suffix(".unfinished.tar")
        _write_archive(unfinished, system_tar, architecture or own)
        unfinished.rename(made)
        system_tar.unlink()
    return made


def _write_archive(made: Path, layer: Path, architecture: str) -> None:
    """`docker import` takes every image for one of the engine's own architecture; an archive says
    its own."""
    with layer.open("rb") as content:
        digest = f"sha256:{hashlib.file_digest(content, 'sha256').hexdigest()}"
    image = {
        "architecture": architecture,
        "os": "linux",
        "config": {"Env": [PATH], "Cmd": ["/bin/sh"]},
        "rootfs": {"type": "layers", "diff_ids": [digest]},
        "history": [{"created_by": "mmdebstrap"}],
    }
    manifest = [{"Config": "image.json", "RepoTags": [f"{BASE}:latest"], "Layers": [layer.name]}]
    with tarfile.open(made, "w") as archive:
        archive.add(layer, layer.name)
        for name, value in (("image.json", image), ("manifest.json", manifest)):
            raw = json.dumps(value).encode()
            member = tarfile.TarInfo(name)
            member.size = len(raw)
            archive.addfile(member, io.BytesIO(raw))


def own_certificates() -> str:
    """The certificate authorities that this machine trusts besides those of the distribution, as
    PEM; mostly none.

    A build needs them where the network has an authority of its own. All that it trusts would not
    fit in an argument.
    """
    known = {
        certificate for file in DISTRIBUTED.rglob("*.crt") for certificate in _certificates(file)
    }
    return "\n".join(
        certificate for certificate in _certificates(BUNDLE) if certificate not in known
    )


def _certificates(file: Path) -> list[str]:
    return CERTIFICATE.findall(file.read_text()) if file.exists() else []
