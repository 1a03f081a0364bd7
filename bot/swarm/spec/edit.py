"""Changes one part of a service's specification and keeps the rest as it is; pure."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from bot.model import Difference, Image, Platform, ResolvedImage, Spec
from bot.model.secrecy import dots, masked_field, masked_text, masked_value, masked_words
from bot.swarm.spec.compact import CompactSpec, digest
from bot.swarm.spec.raw_values import duration_of

STACK_IMAGE = "com.docker.stack.image"

UPDATE_DEFAULTS: Mapping[str, Any] = {
    "Parallelism": 1,
    "FailureAction": "pause",
    "Monitor": 5_000_000_000,
    "MaxFailureRatio": 0,
    "Order": "stop-first",
}
"""What the engine does where a service has no UpdateConfig (swarmkit's defaults, not docker-py's).
"""


def fingerprint(spec: Spec) -> str:
    """A short hash of a specification: equal for equal content, whatever the order of its keys."""
    return spec.fingerprint if isinstance(spec, CompactSpec) else digest(spec)


def with_image(spec: Spec, resolved: ResolvedImage) -> dict[str, Any]:
    """The specification with another image, as `docker service update --image` makes it.

    The platforms that tasks may be placed on follow the image; a stack's own label follows it too,
    or the next `docker stack deploy` would take the service for unchanged.
    """
    changed = copy.deepcopy(dict(spec))
    template = changed.setdefault("TaskTemplate", {})
    template.setdefault("ContainerSpec", {})["Image"] = str(resolved.image)
    _set_platforms(template, resolved.platforms)
    if STACK_IMAGE in (changed.get("Labels") or {}):
        changed["Labels"][STACK_IMAGE] = resolved.image.tagged
    return changed


def forced(spec: Spec) -> dict[str, Any]:
    """The specification that restarts every task though nothing else changed, as `--force` does."""
    changed = copy.deepcopy(dict(spec))
    template = changed.setdefault("TaskTemplate", {})
    template["ForceUpdate"] = template.get("ForceUpdate", 0) + 1
    return changed


def with_update_config(spec: Spec, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The specification with some fields of UpdateConfig set.

    Where it had no UpdateConfig, the engine's defaults fill the rest: a parallelism that is left
    out would be read as 0, which means all tasks at once.
    """
    changed = copy.deepcopy(dict(spec))
    if wanted:
        current = {
            "Parallelism": UPDATE_DEFAULTS["Parallelism"],
            **(changed.get("UpdateConfig") or UPDATE_DEFAULTS),
        }
        changed["UpdateConfig"] = {**current, **wanted}
    return changed


def with_replicas(spec: Spec, replicas: int) -> dict[str, Any]:
    """The specification of a replicated service or job with another count; no task restarts."""
    changed = copy.deepcopy(dict(spec))
    if "ReplicatedJob" in changed["Mode"]:
        changed["Mode"]["ReplicatedJob"] = {
            **(changed["Mode"]["ReplicatedJob"] or {}),
            "TotalCompletions": replicas,
        }
        return changed
    changed["Mode"]["Replicated"] = {**(changed["Mode"]["Replicated"] or {}), "Replicas": replicas}
    return changed


def image_of(spec: Spec) -> Image:
    """The image that the specification names."""
    text = spec.get("TaskTemplate", {}).get("ContainerSpec", {}).get("Image", "")
    try:
        return Image.parse(text)
    except ValueError:
        return Image(text)


def update_config(spec: Spec) -> Mapping[str, Any]:
    """UpdateConfig with the engine's defaults where it says nothing."""
    configured = {
        key: value
        for key, value in (spec.get("UpdateConfig") or {}).items()
        if value not in (None, "")
    }
    return {**UPDATE_DEFAULTS, **configured}


def monitor_seconds(spec: Spec) -> float:
    """How long a task has to stay up before the update goes on (5 s where unset)."""
    return float(update_config(spec)["Monitor"] or UPDATE_DEFAULTS["Monitor"]) / 1e9


def restart_delay(spec: Spec) -> timedelta:
    """For how long Swarm waits before it starts again what ended (5 s where unset)."""
    policy = (spec.get("TaskTemplate") or {}).get("RestartPolicy") or {}
    delay = policy.get("Delay")
    return duration_of(5_000_000_000 if delay is None else delay)


def has_healthcheck(spec: Spec) -> bool:
    """Whether the service itself sets a health check; the image may bring one all the same."""
    test = (spec.get("TaskTemplate", {}).get("ContainerSpec", {}).get("Healthcheck") or {}).get(
        "Test"
    ) or []
    return bool(test) and test[0] != "NONE"


def differences(before: Spec, after: Spec) -> tuple[Difference, ...]:
    """All leaves that differ, by their paths in the Engine API.

    What may be a secret is in dots.
    """
    old, new = dict(_leaves(before, "")), dict(_leaves(after, ""))
    shown_old = dict(_leaves(masked(before), ""))
    shown_new = dict(_leaves(masked(after), ""))
    paths = sorted(path for path in {*old, *new} if old.get(path) != new.get(path))
    return tuple(
        Difference(path, _shown(path, shown_old.get(path)), _shown(path, shown_new.get(path)))
        for path in paths
    )


def masked(spec: Spec) -> dict[str, Any]:
    """The specification with dots where a value may be a secret; for people, never for an engine.

    The values of variables and of the log driver's options always are, those of labels by their
    names, and commands by their words.
    """
    return {name: _masked_part((str(name),), value) for name, value in spec.items()}


def _masked_part(path: tuple[str, ...], value: Any) -> Any:
    if isinstance(value, Mapping):
        return {inner: _masked_part((*path, str(inner)), part) for inner, part in value.items()}
    if isinstance(value, list):
        return _masked_list(path, value)
    if not isinstance(value, str):
        return value
    if path[-3:-1] == ("LogDriver", "Options"):
        return dots(value)
    return masked_field(path[-1], value) if path[-2:-1] == ("Labels",) else masked_text(value)


def _masked_list(path: tuple[str, ...], value: list[Any]) -> list[Any]:
    if path[-2:] == ("ContainerSpec", "Env"):
        return [masked_value(str(pair)) for pair in value]
    if path[-1] in _COMMANDS:
        return masked_words(map(str, value))
    return [_masked_part(path, part) for part in value]


_COMMANDS = ("Args", "Command", "Test")


def _set_platforms(template: dict[str, Any], platforms: Iterable[Platform]) -> None:
    listed = [
        {"OS": p.os, "Architecture": p.architecture} if p.architecture else {"OS": p.os}
        for p in platforms
    ]
    if listed:
        template["Placement"] = {**(template.get("Placement") or {}), "Platforms": listed}
    elif template.get("Placement"):
        template["Placement"].pop("Platforms", None)


def _leaves(value: Any, path: str) -> Iterable[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value and not path.endswith(".Env"):
        for index, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{index}]")
    else:
        yield path, value


def _shown(path: str, value: Any) -> str:
    if value is None:
        return ""
    if path.endswith(".Env") and isinstance(value, list):
        return ", ".join(map(str, value))
    return json.dumps(value) if isinstance(value, (list, dict)) else str(value)
