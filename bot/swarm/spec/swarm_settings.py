"""The Swarm's own settings: the field of each flag, and how its value reads; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.model import Difference, Spec
from bot.model.addresses import external_ca
from bot.model.duration import nanoseconds, write_duration

Wanted = Mapping[str, Any]
"""Values in the Engine API's form by the name of the field of the command: `cert_expiry` →
nanoseconds."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One field of the specification: its path, how a value is written, and how it reads."""

    path: tuple[str, str]
    write: Callable[[Any], Any]
    show: Callable[[Any], str]


def _duration(value: int | None) -> str:
    return write_duration(timedelta(microseconds=(value or 0) / 1000))


def _authorities(value: list[Mapping[str, Any]] | None) -> str:
    return ", ".join(f"{ca['Protocol']} {ca['URL']}" for ca in value or ())


def _count(value: int | None) -> str:
    return str(value or 0)


def _switch(value: bool | None) -> str:
    return str(bool(value)).lower()


SETTINGS: Mapping[str, Setting] = {
    "autolock": Setting(("EncryptionConfig", "AutoLockManagers"), bool, _switch),
    "cert_expiry": Setting(("CAConfig", "NodeCertExpiry"), nanoseconds, _duration),
    "dispatcher_heartbeat": Setting(("Dispatcher", "HeartbeatPeriod"), nanoseconds, _duration),
    "external_ca": Setting(
        ("CAConfig", "ExternalCAs"),
        lambda texts: [dict(external_ca(text)) for text in texts],
        _authorities,
    ),
    "max_snapshots": Setting(("Raft", "KeepOldSnapshots"), int, _count),
    "snapshot_interval": Setting(("Raft", "SnapshotInterval"), int, _count),
    "task_history_limit": Setting(("Orchestration", "TaskHistoryRetentionLimit"), int, _count),
}


def wanted(flags: Mapping[str, Any]) -> Wanted:
    """The flags of a command that are settings and were given (neither None nor empty)."""
    return {
        name: SETTINGS[name].write(value)
        for name, value in flags.items()
        if name in SETTINGS and value is not None and value != ()
    }


def put(spec: dict[str, Any], values: Wanted) -> None:
    """Write the values into a specification in place, and touch nothing else."""
    for name, value in values.items():
        part, key = SETTINGS[name].path
        spec[part] = {**(spec.get(part) or {}), key: value}


def differences(spec: Spec, values: Wanted) -> tuple[Difference, ...]:
    """What the values change, in the words of the Docker CLI."""
    pairs = ((name, SETTINGS[name], value) for name, value in values.items())
    changes = (
        Difference(name.replace("_", "-"), setting.show(_at(spec, setting)), setting.show(value))
        for name, setting, value in pairs
    )
    return tuple(change for change in changes if change.before != change.after)


def is_on(spec: Spec, name: str) -> bool:
    """Whether a switch of the specification is on."""
    return bool(_at(spec, SETTINGS[name]))


def _at(spec: Spec, setting: Setting) -> Any:
    part, key = setting.path
    return (spec.get(part) or {}).get(key)
