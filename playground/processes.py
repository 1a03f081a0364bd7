"""Programs of the playground: run one, find those that live, end them.

Nothing here trusts a pid file: a pid is taken from /proc at the moment it is needed, by the network
namespace or the command line that only the playground's own programs have. So a pid that now
belongs to someone else is never hit, and whatever survived a crash is found.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from playground.errors import CommandFailedError, NotReadyError

KILL_SECONDS = 10.0
PAUSE, LONGEST_PAUSE = 3, 0.5
"""How many times as long as a look took it is waited before the next, in seconds at most: who looks
by a program, such as Docker's command line, would otherwise take the processor from what is waited
for."""

T = TypeVar("T")


def run(*command: str, env: dict[str, str] | None = None) -> str:
    """Run a program to its end and return its stdout; raises CommandFailedError with its stderr."""
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=with_sbin(env or dict(os.environ))
    )
    if done.returncode:
        raise CommandFailedError(command, done.returncode, done.stderr or done.stdout)
    return done.stdout


def launch(*command: str, log: Path) -> None:
    """Start a program that outlives this one; stdout and stderr are appended to `log`."""
    with log.open("ab") as out:
        # --fork makes the program a child of init: the caller may end first, and keeps no zombie
        # when it does not.
        subprocess.run(
            ["setsid", "--fork", *command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            check=True,
            env=with_sbin(dict(os.environ)),
        )


def with_sbin(env: dict[str, str]) -> dict[str, str]:
    """The same environment with the system directories on PATH: `su` without a dash leaves them out
    on Debian."""
    return env | {"PATH": f"{env.get('PATH', '/usr/bin:/bin')}:/usr/sbin:/sbin"}


def every_pid() -> Iterator[int]:
    """The pids of all processes that this one can see."""
    return (int(entry.name) for entry in os.scandir("/proc") if entry.name.isdigit())


def command_of(pid: int) -> tuple[str, ...]:
    """The command line of a process; empty when it is gone, a zombie or a kernel thread."""
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return ()
    return tuple(raw.decode(errors="replace").rstrip("\0").split("\0")) if raw else ()


def is_frozen(pid: int) -> bool:
    """True when the process is stopped by SIGSTOP."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
    except OSError:
        return False


def in_network_namespace(namespace: Path) -> list[int]:
    """The processes that live in a named network namespace; empty when there is no such
    namespace."""
    try:
        wanted = namespace.stat()
    except FileNotFoundError:
        return []
    return [pid for pid in every_pid() if _network_of(pid) == (wanted.st_dev, wanted.st_ino)]


def with_argument(argument: str) -> list[int]:
    """The processes that have exactly this argument on their command line."""
    return [pid for pid in every_pid() if argument in command_of(pid)]


def send(pid: int, signal_number: signal.Signals) -> None:
    """Send a signal; a process that is gone already is no error."""
    try:
        os.kill(pid, signal_number)
    except ProcessLookupError:
        return


def kill_all(find: Callable[[], list[int]]) -> None:
    """SIGKILL what `find` finds, again and again, until it finds nothing."""

    def none_left() -> bool:
        pids = find()
        for pid in pids:
            send(pid, signal.SIGKILL)
        return not pids

    wait_until(none_left, "the killed processes are gone", KILL_SECONDS)


def end_all(find: Callable[[], list[int]], seconds: float) -> None:
    """SIGTERM what `find` finds; what is still there after `seconds` is killed."""
    for pid in find():
        send(pid, signal.SIGTERM)
    try:
        wait_until(lambda: not find(), "the stopped processes are gone", seconds)
    except NotReadyError:
        kill_all(find)


def wait_until(
    is_so: Callable[[], bool],
    awaited: str,
    seconds: float,
    detail: Callable[[], str] = str,
    every: float = 0.1,
) -> None:
    """Ask until it is so; raises NotReadyError after `seconds`, with what `detail` then says."""
    if not looked_for(is_so, seconds, every):
        raise NotReadyError(awaited, seconds, detail())


def looked_for(look: Callable[[], T], seconds: float, every: float = 0.05) -> T:
    """What `look` returns as soon as that is something; after `seconds`, what it returned last."""
    deadline = time.monotonic() + seconds
    while True:
        began = time.monotonic()
        seen = look()
        ended = time.monotonic()
        if seen or ended > deadline:
            return seen
        time.sleep(max(every, min(PAUSE * (ended - began), LONGEST_PAUSE)))


def _network_of(pid: int) -> tuple[int, int] | None:
    # Asked of every process of the machine, many times in a story.
    try:
        namespace = os.stat(f"/proc/{pid}/ns/net")  # noqa: PTH116 - a fifth of what Path takes
    except OSError:
        return None
    return namespace.st_dev, namespace.st_ino
