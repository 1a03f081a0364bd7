"""Changes one part of a service's specification and keeps the rest as it is; pure."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from bot.model import Difference, Image, Platform, ResolvedImage, Spec

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
    canonical = json.dumps(spec, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:24]


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


def replicas_of(spec: Spec) -> int | None:
    """The count of a replicated service or job (1 where unset); None for global modes."""
    mode = spec.get("Mode") or {}
    if "ReplicatedJob" in mode:
        return int((mode["ReplicatedJob"] or {}).get("TotalCompletions") or 1)
    if "Global" in mode or "GlobalJob" in mode:
        return None
    return int((mode.get("Replicated") or {}).get("Replicas", 1))


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


def has_healthcheck(spec: Spec) -> bool:
    """Whether the service itself sets a health check; the image may bring one all the same."""
    test = (spec.get("TaskTemplate", {}).get("ContainerSpec", {}).get("Healthcheck") or {}).get(
        "Test"
    ) or []
    return bool(test) and test[0] != "NONE"


def differences(before: Spec, after: Spec) -> tuple[Difference, ...]:
    """All leaves that differ, by their paths in the Engine API.

    Values of environment variables are hidden: they may be secrets.
    """
    old, new = dict(_leaves(before, "")), dict(_leaves(after, ""))
    paths = sorted(path for path in {*old, *new} if old.get(path) != new.get(path))
    return tuple(
        Difference(path, _shown(path, old.get(path)), _shown(path, new.get(path))) for path in paths
    )


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
        return ", ".join(f"{str(item).partition('=')[0]}=…" for item in value)
    return json.dumps(value) if isinstance(value, (list, dict)) else str(value)
