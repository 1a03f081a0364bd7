"""The flags of a service with one value each: where it stands in a specification; pure.

`service create` and `service update` share them, under the same names. The table also tells the
value before a change.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.model import Difference, Spec
from bot.model.duration import nanoseconds, write_duration
from bot.model.secrecy import masked_words
from bot.swarm.spec.edit import UPDATE_DEFAULTS
from bot.swarm.spec.syntax import Json

Flags = Mapping[str, Any]
"""Flags that were given, by their names with underscores; what was not given is not there."""

_TASK = ("TaskTemplate",)
CONTAINER = (*_TASK, "ContainerSpec")
_HEALTH = (*CONTAINER, "Healthcheck")
_LIMITS = (*_TASK, "Resources", "Limits")
_RESERVED = (*_TASK, "Resources", "Reservations")
_RESTART = (*_TASK, "RestartPolicy")
_STRATEGY = {
    "parallelism": "Parallelism",
    "delay": "Delay",
    "order": "Order",
    "failure_action": "FailureAction",
    "monitor": "Monitor",
    "max_failure_ratio": "MaxFailureRatio",
}

PATHS: Mapping[str, tuple[str, ...]] = {
    "args": (*CONTAINER, "Args"),
    "entrypoint": (*CONTAINER, "Command"),
    "hostname": (*CONTAINER, "Hostname"),
    "user": (*CONTAINER, "User"),
    "workdir": (*CONTAINER, "Dir"),
    "init": (*CONTAINER, "Init"),
    "tty": (*CONTAINER, "TTY"),
    "read_only": (*CONTAINER, "ReadOnly"),
    "isolation": (*CONTAINER, "Isolation"),
    "oom_score_adj": (*CONTAINER, "OomScoreAdj"),
    "stop_signal": (*CONTAINER, "StopSignal"),
    "stop_grace_period": (*CONTAINER, "StopGracePeriod"),
    "health_cmd": (*_HEALTH, "Test"),
    "health_interval": (*_HEALTH, "Interval"),
    "health_timeout": (*_HEALTH, "Timeout"),
    "health_retries": (*_HEALTH, "Retries"),
    "health_start_period": (*_HEALTH, "StartPeriod"),
    "health_start_interval": (*_HEALTH, "StartInterval"),
    "no_healthcheck": (*_HEALTH, "Test"),
    "limit_cpu": (*_LIMITS, "NanoCPUs"),
    "limit_memory": (*_LIMITS, "MemoryBytes"),
    "limit_pids": (*_LIMITS, "Pids"),
    "memory_swap": (*_TASK, "Resources", "SwapBytes"),
    "memory_swappiness": (*_TASK, "Resources", "MemorySwappiness"),
    "reserve_cpu": (*_RESERVED, "NanoCPUs"),
    "reserve_memory": (*_RESERVED, "MemoryBytes"),
    "restart_condition": (*_RESTART, "Condition"),
    "restart_delay": (*_RESTART, "Delay"),
    "restart_max_attempts": (*_RESTART, "MaxAttempts"),
    "restart_window": (*_RESTART, "Window"),
    "replicas_max_per_node": (*_TASK, "Placement", "MaxReplicas"),
    **{f"update_{flag}": ("UpdateConfig", name) for flag, name in _STRATEGY.items()},
    **{f"rollback_{flag}": ("RollbackConfig", name) for flag, name in _STRATEGY.items()},
    "endpoint_mode": ("EndpointSpec", "Mode"),
}
_STAYS_AT_ZERO = {
    "init",
    "memory_swap",
    "memory_swappiness",
    "stop_grace_period",
    "restart_delay",
    "restart_max_attempts",
    "restart_window",
    "update_parallelism",
    "update_max_failure_ratio",
    "rollback_parallelism",
    "rollback_max_failure_ratio",
}
"""Flags whose zero is a value of its own; of the others, the engine writes no zero down."""
_DEFAULTS: Mapping[tuple[str, ...], Json] = {
    _RESTART: {"Condition": "any", "Delay": 5_000_000_000, "MaxAttempts": 0},
    ("UpdateConfig",): dict(UPDATE_DEFAULTS),
    ("RollbackConfig",): dict(UPDATE_DEFAULTS),
}
"""What such a part begins with where the service had none: swarmkit's defaults, as the CLI sends
them."""
_WORDS = ("args", "entrypoint")


def put(spec: Json, flags: Flags) -> None:
    """Set in place what the flags with one value say; everything else stays as it is."""
    for flag, path in PATHS.items():
        if flag in flags and flag != "no_healthcheck":
            _put(spec, path, _stored(flag, flags[flag]), flag in _STAYS_AT_ZERO)
    if flags.get("no_healthcheck"):
        _part(spec, CONTAINER)["Healthcheck"] = {"Test": ["NONE"]}
    elif any("health" in flag for flag in flags) and _part(spec, _HEALTH).get("Test") == ["NONE"]:
        del _part(spec, _HEALTH)["Test"]


def changes(before: Spec, after: Spec, flags: Flags) -> tuple[Difference, ...]:
    """What the flags with one value make different, in the CLI's names."""
    pairs = (
        (flag, _value(before, path), _value(after, path))
        for flag, path in PATHS.items()
        if flag in flags
    )
    return tuple(
        Difference(flag.replace("_", "-"), shown(flag, old), shown(flag, new))
        for flag, old, new in pairs
        if old != new
    )


def shown(flag: str, value: Any) -> str:
    """A value of a specification as its flag would write it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        words = value[1:] if value[:1] == ["CMD-SHELL"] else value
        return shlex.join(masked_words(map(str, words)))
    if flag.endswith("_cpu"):
        return f"{value / 1e9:g}"
    if flag.endswith("_memory") or flag == "memory_swap":
        return memory(value)
    return (
        write_duration(timedelta(microseconds=value / 1000)) if _is_duration(flag) else str(value)
    )


def memory(size: int) -> str:
    """Bytes as a flag writes them, in the largest unit that leaves a whole number: `512M`."""
    for unit, letter in ((1 << 30, "G"), (1 << 20, "M"), (1 << 10, "K")):
        if size and size % unit == 0:
            return f"{size // unit}{letter}"
    return str(size)


def _is_duration(flag: str) -> bool:
    ends = ("_delay", "_monitor", "_interval", "_timeout", "_window", "_period")
    return flag.endswith(ends)


def _stored(flag: str, value: Any) -> Any:
    """The value as the Engine API writes it."""
    if flag == "health_cmd":
        return ["CMD-SHELL", value] if value else []
    if flag in _WORDS:
        return shlex.split(value)
    return nanoseconds(value) if isinstance(value, timedelta) else value


def _put(spec: Json, path: tuple[str, ...], value: Any, stays_at_zero: bool) -> None:
    for depth in range(1, len(path)):
        part = _part(spec, path[: depth - 1])
        if part.get(path[depth - 1]) is None:
            part[path[depth - 1]] = dict(_DEFAULTS.get(path[:depth], {}))
    if path[:2] == ("TaskTemplate", "Resources"):
        _resources(spec)
    part = _part(spec, path[:-1])
    if value or stays_at_zero:
        part[path[-1]] = value
    else:
        part.pop(path[-1], None)


def _resources(spec: Json) -> None:
    """Both halves are there as soon as one is, as the CLI has it."""
    resources = spec["TaskTemplate"]["Resources"]
    for half in ("Limits", "Reservations"):
        resources[half] = resources.get(half) or {}


def _part(spec: Any, path: tuple[str, ...]) -> Json:
    for name in path:
        spec = (spec or {}).get(name)
    return spec if isinstance(spec, dict) else {}


def _value(spec: Spec, path: tuple[str, ...]) -> Any:
    return _part(spec, path[:-1]).get(path[-1])
