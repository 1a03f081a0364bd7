"""What can go wrong in the playground, as classes that carry the data a reader needs to act."""

from dataclasses import dataclass


class PlaygroundError(Exception):
    """The root of all errors of the playground."""


@dataclass(eq=False)
class CommandFailedError(PlaygroundError):
    """A program ended with a status other than 0; `said` is what it wrote to stderr."""

    command: tuple[str, ...]
    status: int
    said: str

    def __str__(self) -> str:
        return f"{' '.join(self.command)} ended with {self.status}: {self.said.strip()}"


@dataclass(eq=False)
class NotReadyError(PlaygroundError):
    """Something was awaited for `seconds` and did not come; `detail` is the last thing seen (a log,
    a state)."""

    awaited: str
    seconds: float
    detail: str = ""

    def __str__(self) -> str:
        return f"waited {self.seconds:g} s in vain until {self.awaited}. {self.detail}".strip()


@dataclass(eq=False)
class NoManagerError(PlaygroundError):
    """No engine of the cluster is a manager that knows a leader."""

    number: int

    def __str__(self) -> str:
        return (
            f"no engine of cluster {self.number} is a manager with a leader: run `python -m "
            "playground up`"
        )


@dataclass(eq=False)
class UnknownEngineError(PlaygroundError):
    """There is no engine of this version to unpack."""

    version: str
    known: tuple[str, ...]

    def __str__(self) -> str:
        return f"there is no engine {self.version}: choose one of {', '.join(self.known)}"


@dataclass(eq=False)
class NoPackageSourceError(PlaygroundError):
    """This machine gets no packages of Debian, or has not looked for any yet."""

    def __str__(self) -> str:
        return "this machine has no package source of Debian: other engines come from there"


@dataclass(eq=False)
class NoEmulationError(PlaygroundError):
    """This machine cannot run programs for another processor; `reason` is what the system said."""

    reason: str

    def __str__(self) -> str:
        return (
            "programs for another processor do not run here: they take qemu-user-static "
            f"(`bash playground/install.sh arm64`) and the kernel's binfmt_misc. {self.reason}"
        )


@dataclass(eq=False)
class PathTooLongError(PlaygroundError):
    """A socket would lie at a path that is longer than Linux allows (107 bytes)."""

    path: str

    def __str__(self) -> str:
        return f"{self.path} is too long for a Unix socket: choose a shorter root"
