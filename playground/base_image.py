"""A base image made of the packages of this machine's own distribution, in place of the public one:
nothing is pulled.

The file is kept, so that it is made once.
"""

import platform
import re
from pathlib import Path

from playground.images import ARCHITECTURES
from playground.processes import run

PACKAGES = ("ca-certificates", "openssh-client", "python3", "python3-venv", "redis-server")
"""What the bot's image begins with, and a Redis, so that a stack of both needs no further image."""
COMPONENTS = {"ubuntu": "main,universe"}
CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
DISTRIBUTED = Path("/usr/share/ca-certificates")
BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")


def base_tar(cache: Path) -> Path:
    """The file system of the base image as a tar in `cache`; made by mmdebstrap where it is not
    there yet (20 s)."""
    system = platform.freedesktop_os_release()
    suite = system["VERSION_CODENAME"]
    made = cache / f"base-{suite}-{ARCHITECTURES.get(platform.machine(), 'amd64')}.tar"
    if not made.exists():
        cache.mkdir(exist_ok=True)
        unfinished = made.with_suffix(".unfinished.tar")
        components = COMPONENTS.get(system["ID"], "main")
        packages = f"--include={','.join(PACKAGES)}"
        run(
            "mmdebstrap",
            "--quiet",
            "--variant=minbase",
            f"--components={components}",
            packages,
            suite,
            str(unfinished),
        )
        unfinished.rename(made)
    return made


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
