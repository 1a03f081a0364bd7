"""The control groups that an engine of the playground leaves when it has ended."""

import os
from contextlib import suppress
from functools import partial
from pathlib import Path

from playground.processes import wait_until

CGROUPS = Path("/sys/fs/cgroup")
SECONDS = 10.0


def remove(name: str) -> None:
    """Remove the groups of that name with all below, whose processes have ended before; raises
    NotReadyError."""
    for top in [*CGROUPS.glob(name), *CGROUPS.glob(f"*/{name}")]:
        wait_until(partial(_is_removed, top), f"the cgroup {top} is removed", SECONDS)


def _is_removed(top: Path) -> bool:
    # A cgroup is busy for a moment after its last process has ended.
    with suppress(OSError):
        for directory, _, _ in os.walk(top, topdown=False):
            Path(directory).rmdir()
    return not top.exists()
