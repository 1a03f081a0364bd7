"""Engines of other versions than the one that is installed, each in a folder of its own.

They come from Debian's newer suites, by the package source of this machine. A node gets one by
having its `/usr` mounted over the installed one, in its own mount namespace: program, libraries and
loader fit each other, and nothing on the machine changes.
"""

from __future__ import annotations

import fcntl
import os
import platform
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playground.errors import NoPackageSourceError, UnknownEngineError
from playground.processes import run

SUITES = {"26": "trixie", "28": "forky"}
"""Docker's major version, and the suite that has it."""
NEWEST = max(SUITES)
MIXED = "mixed"
"""Two managers of the newest engine; the third manager and the worker have the installed one, as in
the middle of an upgrade."""
CHOICES = (*SUITES, MIXED)
FOLDER = Path("/var/cache/swarmbot-playground/engines")
UNPACK_SECONDS = "300"
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
        return NEWEST if position in (1, 2) else ""
    return engine


def unpacked(version: str) -> Path:
    """The `/usr` of an engine; unpacked where it is not there yet (a minute), by one process while
    the others wait for it.

    Raises UnknownEngineError, NoPackageSourceError, and CommandFailedError where there is no such
    suite, or its source does not answer.
    """
    if version not in SUITES:
        raise UnknownEngineError(version, CHOICES)
    root = FOLDER / version
    if not root.exists():
        with _alone():
            if not root.exists():
                _unpack(SUITES[version], root)
    return root / "usr"


def _unpack(suite: str, root: Path) -> None:
    unfinished = root.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    # A mirror may stand still for longer than its index says that it holds; the packages are
    # signed all the same. A source that is away is not waited for.
    run(
        "timeout",
        UNPACK_SECONDS,
        "mmdebstrap",
        "--quiet",
        "--variant=extract",
        "--mode=root",
        '--aptopt=Acquire::Check-Valid-Until "false"',
        '--aptopt=Acquire::Retries "1"',
        '--aptopt=Acquire::http::Timeout "20"',
        '--aptopt=Acquire::https::Timeout "20"',
        f"--include={','.join(_PACKAGES)}",
        suite,
        str(unfinished),
        _package_source(),
    )
    _choose_iptables(unfinished / "usr" / "sbin")
    unfinished.rename(root)


@contextmanager
def _alone() -> Iterator[None]:
    FOLDER.mkdir(parents=True, exist_ok=True)
    directory = os.open(FOLDER, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        yield
    finally:
        os.close(directory)


def _package_source() -> str:
    """Where this machine gets Debian's packages from. Raises NoPackageSourceError."""
    try:
        suite = f"Codename: {platform.freedesktop_os_release().get('VERSION_CODENAME', '')}"
        sites = run(
            "apt-get",
            "indextargets",
            "--format",
            "$(SITE)",
            "Created-By: Packages",
            "Origin: Debian",
            suite,
        )
    except OSError:
        sites = ""
    if not sites.split():
        raise NoPackageSourceError
    return sites.split()[0]


def _choose_iptables(folder: Path) -> None:
    """The links that the packages make only when they are configured."""
    for family in ("ip", "ip6"):
        for name in _IPTABLES:
            link = folder / name.replace("ip", family, 1)
            link.unlink(missing_ok=True)
            link.symlink_to("xtables-nft-multi")
