"""The flags that `service create` and `service update` share, and the types of their values.

Names and meanings are Docker's.

A flag that was not given is None (or empty): what nobody asked for is not changed. Lists keep what
was typed; that it can be read is checked here, what it means is known in `bot.swarm`.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    PlainSerializer,
    model_validator,
)

from bot.changes.rollout_plan import ROLLOUT_TIMEOUT
from bot.command.fields import (
    Detach,
    Duration,
    Option,
    Quiet,
    SecretLine,
    SecretValues,
    Timeout,
)
from bot.model.bounds import MOST_COUNT, MOST_REPLICAS
from bot.swarm.spec import credentials, mounts, ports, references, scalars, syntax
from bot.swarm.spec.scalars import Flags


def _checked(read: Callable[[str], Any]) -> AfterValidator:
    """Keeps the text as typed where `read` can read it."""

    def check(text: str) -> str:
        read(text)
        return text

    return AfterValidator(check)


def _reads(read: Callable[[str], Any]) -> BeforeValidator:
    return BeforeValidator(lambda value: read(value) if isinstance(value, str) else value)


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        raise ValueError("words as in a shell, with every quote closed") from None


def _pair(text: str) -> str:
    if not syntax.key(text).strip() or any(char.isspace() for char in syntax.key(text).strip()):
        raise ValueError("KEY=VALUE")
    return text


def _setting(text: str) -> str:
    if "=" not in _pair(text):
        raise ValueError("KEY=VALUE")
    return text


Memory = Annotated[
    int, Field(ge=0, le=2**63 - 1), _reads(syntax.memory), PlainSerializer(scalars.memory)
]
Swap = Annotated[
    int, Field(ge=-1, le=2**63 - 1), _reads(syntax.swap), PlainSerializer(scalars.memory)
]
CredentialSpec = Annotated[str, _checked(credentials.parse)]
Cpus = Annotated[
    int, Field(ge=0, le=2**63 - 1), _reads(syntax.nano_cpus), PlainSerializer(syntax.cpus)
]
Words = Annotated[str, _checked(_words)]
Pair = Annotated[str, AfterValidator(_pair)]
Setting = Annotated[str, AfterValidator(_setting)]
Published = Annotated[str, _checked(ports.parse)]
Mounted = Annotated[str, _checked(mounts.parse)]
Attached = Annotated[str, _checked(references.network)]
FileOf = Annotated[str, _checked(references.file)]
Host = Annotated[str, _checked(syntax.host)]
Address = Annotated[str, AfterValidator(syntax.address)]
Spread = Annotated[str, _checked(syntax.spread)]
Ulimit = Annotated[str, _checked(syntax.ulimit)]
Resource = Annotated[str, _checked(syntax.resource)]
Constraint = Annotated[str, _checked(syntax.constraint)]
Order = Literal["stop-first", "start-first"]
Ratio = Annotated[float, Field(ge=0, le=1)]
Replicas = Annotated[int, Field(ge=0, le=MOST_REPLICAS)]
Count = Annotated[int, Field(ge=0, le=MOST_COUNT)]


WITH_REGISTRY_AUTH = "the credentials of now, though nothing else changes"


class ServiceFlags(BaseModel):
    """The flags with one value."""

    replicas: Replicas | None = Field(None, description="number of tasks")
    replicas_max_per_node: Count | None = Field(
        None, description="tasks on one node at most, 0 for any number"
    )
    hostname: str | None = Field(None, description="host name in the container")
    user: Annotated[str | None, Option(("--user", "-u"))] = Field(
        None, description="user or uid, with :group or :gid"
    )
    workdir: Annotated[str | None, Option(("--workdir", "-w"))] = Field(
        None, description="directory in the container"
    )
    entrypoint: Annotated[Words | None, SecretLine] = Field(
        None, description="in place of the image's ENTRYPOINT"
    )
    init: bool | None = Field(None, description="an init that forwards signals and reaps processes")
    tty: Annotated[bool | None, Option(("--tty", "-t"))] = Field(
        None, description="with a pseudo-terminal"
    )
    read_only: bool | None = Field(None, description="root file system read-only")
    isolation: str | None = Field(None, description="isolation of the containers (Windows)")
    oom_score_adj: int | None = Field(
        None, ge=-1000, le=1000, description="how readily the kernel kills it"
    )
    credential_spec: Annotated[CredentialSpec | None, Option(metavar="SPEC")] = Field(
        None, description="managed service account (Windows), such as config://NAME"
    )
    cap_add: tuple[str, ...] = Field((), description="capability to add")
    cap_drop: tuple[str, ...] = Field((), description="capability to drop")
    stop_signal: str | None = Field(None, description="signal that stops the container")
    stop_grace_period: Duration | None = Field(None, description="time to stop in, such as 30s")

    limit_cpu: Cpus | None = Field(None, description="CPUs at most, such as 0.5")
    limit_memory: Memory | None = Field(None, description="memory at most, such as 512M")
    limit_pids: Count | None = Field(None, description="processes at most, 0 for any number")
    memory_swap: Swap | None = Field(
        None, description="swap beside the memory limit, such as 1G; -1 for any amount"
    )
    memory_swappiness: int | None = Field(
        None, ge=-1, le=100, description="how readily memory is swapped, 0 to 100; -1 for the usual"
    )
    reserve_cpu: Cpus | None = Field(None, description="CPUs to reserve")
    reserve_memory: Memory | None = Field(None, description="memory to reserve")

    health_cmd: Annotated[str | None, SecretLine] = Field(
        None, description="command that checks the health"
    )
    health_interval: Duration | None = Field(None, description="time between two checks")
    health_timeout: Duration | None = Field(None, description="time for one check")
    health_retries: Count | None = Field(None, description="failures until it counts as unhealthy")
    health_start_period: Duration | None = Field(
        None, description="time to start in, before failures count"
    )
    health_start_interval: Duration | None = Field(
        None, description="time between two checks while it starts"
    )
    no_healthcheck: bool | None = Field(None, description="without the image's health check")

    restart_condition: Literal["none", "on-failure", "any"] | None = Field(
        None, description="none, on-failure or any"
    )
    restart_delay: Duration | None = Field(None, description="pause before a restart")
    restart_max_attempts: Count | None = Field(None, description="restarts at most")
    restart_window: Duration | None = Field(
        None, description="time over which restarts are counted"
    )

    update_parallelism: Count | None = Field(None, description="tasks at a time, 0 for all at once")
    update_delay: Duration | None = Field(None, description="pause between them")
    update_order: Order | None = Field(None, description="start-first or stop-first")
    update_failure_action: Literal["rollback", "pause", "continue"] | None = Field(
        None, description="pause, continue or rollback"
    )
    update_monitor: Duration | None = Field(None, description="how long a task has to stay up")
    update_max_failure_ratio: Ratio | None = Field(
        None, description="share of tasks that may fail, 0 to 1"
    )
    rollback_parallelism: Count | None = Field(None, description="tasks at a time in a rollback")
    rollback_delay: Duration | None = Field(None, description="pause between tasks")
    rollback_order: Order | None = Field(None, description="stop-first or start-first")
    rollback_failure_action: Literal["pause", "continue"] | None = Field(
        None, description="pause or continue"
    )
    rollback_monitor: Duration | None = Field(None, description="how long a task has to stay up")
    rollback_max_failure_ratio: Ratio | None = Field(
        None, description="share of tasks that may fail"
    )

    endpoint_mode: Literal["vip", "dnsrr"] | None = Field(None, description="vip or dnsrr")
    log_driver: str | None = Field(None, description="where logs go")
    log_opt: Annotated[tuple[Pair, ...], SecretValues] = Field(
        (), description="option of the log driver"
    )
    with_registry_auth: bool = Field(False, description=WITH_REGISTRY_AUTH)
    no_resolve_image: bool = Field(
        False, description="take the tag as it is, without asking the registry"
    )
    resolve_image: Literal["always", "changed", "never"] = Field(
        "always", description="never: as --no-resolve-image"
    )
    detach: Detach = False
    quiet: Quiet = False
    timeout: Timeout = Field(ROLLOUT_TIMEOUT, description="when it counts as failed (default 10m)")

    @model_validator(mode="after")
    def _agree(self) -> ServiceFlags:
        if self.no_healthcheck and any("health_" in flag for flag in self.given()):
            raise ValueError("`--no-healthcheck` goes with no `--health-…`")
        if self.log_opt and not self.log_driver:
            raise ValueError("`--log-opt` needs `--log-driver`: Docker takes both or none")
        return self

    @property
    def resolves(self) -> bool:
        """Whether the registry is asked for the image's digest."""
        return not self.no_resolve_image and self.resolve_image != "never"

    def given(self) -> Flags:
        """The flags that were given."""
        values = {
            name: (getattr(self, name), info.default)
            for name, info in type(self).model_fields.items()
        }
        return {name: value for name, (value, default) in values.items() if value != default}
