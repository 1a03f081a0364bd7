"""Engines of other versions than the one that is installed, each in a folder of its own.

They come from Debian's newer suites, by the package source of this machine. A node gets one by
having its `/usr` mounted over the installed one, in its own mount namespace: program, libraries and
loader fit each other, and nothing on the machine changes.
"""

from __future__ import annotations

import platform
import shutil
from pathlib import Path

from playground.errors import UnknownEngineError
from playground.processes import run

SUITES = {"26": "trixie", "28": "forky"}
"""Docker's major version, and the suite that has it."""
MIXED = "mixed"
"""Two managers of the newest engine; the third manager and the worker have the installed one, as in
the middle of an upgrade."""
CHOICES = (*SUITES, MIXED)
FOLDER = Path("/var/cache/swarmbot-playground/engines")
_PACKAGES = (
    "docker.io",
    "docker-cli",
    "containerd",
    "runc",
    "iptables",
    "iproute2",
    "mount",
    "util-linux",
    "dash",
    "coreutils",
    "kmod",
    "procps",
)
_IPTABLES = ("iptables", "iptables-save", "iptables-restore")


def of_node(engine: str, position: int) -> str:
    """The version that the node at this position (from 1) has; empty for the installed one."""
    if engine == MIXED:
        return max(SUITES) if position in (1, 2) else ""
    return engine


def unpacked(version: str) -> Path:
    """The `/usr` of an engine; unpacked where it is not there yet (a minute).

    Raises UnknownEngineError, and CommandFailedError where there is no such suite.
    """
    if version not in SUITES:
        raise UnknownEngineError(version, CHOICES)
    root = FOLDER / version
    if not root.exists():
        unfinished = root.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        # A mirror may stand still for longer than its index says that it holds; the packages are
        # signed all the same.
        run(
            "mmdebstrap",
            "--quiet",
            "--variant=extract",
            "--mode=root",
            '--aptopt=Acquire::Check-Valid-Until "false"',
            f"--include={','.join(_PACKAGES)}",
            SUITES[version],
            str(unfinished),
            _package_source(),
        )
        _choose_iptables(unfinished / "usr" / "sbin")
        unfinished.rename(root)
    return root / "usr"


def _package_source() -> str:
    """Where this machine gets Debian's packages from."""
    suite = f"Codename: {platform.freedesktop_os_release()['VERSION_CODENAME']}"
    sites = run(
        "apt-get",
        "indextargets",
        "--format",
        "$(SITE)",
        "Created-By: Packages",
        "Origin: Debian",
        suite,
    )
    return sites.split()[0]


def _choose_iptables(folder: Path) -> None:
    """The links that the packages make only when they are configured."""
    for family in ("ip", "ip6"):
        for name in _IPTABLES:
            link = folder / name.replace("ip", family, 1)
            link.unlink(missing_ok=True)
            link.symlink_to("xtables-nft-multi")
