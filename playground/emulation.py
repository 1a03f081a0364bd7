"""Programs for another processor than this machine's, run by qemu.

The kernel starts qemu for them, in every container too: it opened qemu when it was told of it, so
that no container has to have it.
"""

import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playground.errors import CommandFailedError, NoEmulationError
from playground.processes import run

RULES = Path("/usr/lib/binfmt.d")
"""What Debian's packages of qemu tell the kernel by, a file for each processor."""
KERNEL = Path("/proc/sys/fs/binfmt_misc")
FORGET = "-1"


@contextmanager
def emulated(machine: str) -> Iterator[None]:
    """Have this machine run programs for a processor such as `aarch64`; at the end it knows no more
    than before.

    Needs root. Raises NoEmulationError where qemu is not installed or the kernel cannot do it.
    """
    if machine == platform.machine() or _known(machine).exists():
        yield
        return
    mounted = _mount()
    try:
        _tell(machine)
        yield
    finally:
        if _known(machine).exists():
            _known(machine).write_text(FORGET)
        if mounted:
            run("umount", str(KERNEL))


def _known(machine: str) -> Path:
    return KERNEL / f"qemu-{machine}"


def _mount() -> bool:
    """True where the kernel's list had to be mounted to be reached."""
    if (KERNEL / "register").exists():
        return False
    try:
        run("mount", "-t", "binfmt_misc", "binfmt_misc", str(KERNEL))
    except CommandFailedError as error:
        raise NoEmulationError(str(error)) from error
    return True


def _tell(machine: str) -> None:
    try:
        (KERNEL / "register").write_bytes((RULES / f"qemu-{machine}.conf").read_bytes())
    except OSError as error:
        raise NoEmulationError(str(error)) from error
