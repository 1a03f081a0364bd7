"""Mounts as `--mount` writes them, and what adding and removing makes of them; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from bot.model.bounds import MOST_MODE
from bot.swarm.spec.syntax import Json, fields, mapping, memory, truth, without_empty

_SWITCHES = ("readonly", "ro", "volume-nocopy", "bind-create-src", "bind-nonrecursive")
_RECURSION = {
    "enabled": "",
    "disabled": "NonRecursive",
    "writable": "ReadOnlyNonRecursive",
    "readonly": "ReadOnlyForceRecursive",
}
_GROUPS = {
    "bind": "BindOptions",
    "volume": "VolumeOptions",
    "tmpfs": "TmpfsOptions",
    "image": "ImageOptions",
}
_EXAMPLE = "type=volume,source=data,target=/data"


def parse(text: str) -> Json:
    """One mount in the Engine API's words; a volume where it names no type."""
    mount: Json = {"Type": "volume"}
    for field in fields(text.strip()):
        name, equals, value = field.partition("=")
        setter = _FIELDS.get(name.lower())
        if (
            setter is None
            or (not value if equals else name.lower() not in _SWITCHES)
            or value != value.strip()
        ):
            raise ValueError(f"a mount such as {_EXAMPLE}, and not `{field}` in it")
        setter(mount, value)
    _judge(mount)
    return mount


def changed(mounts: Iterable[Json], add: Iterable[str], remove: Iterable[str]) -> list[Json]:
    """The mounts after some are added and others removed by target.

    A new mount replaces the one with the same target.
    """
    new = [parse(text) for text in add]
    by_target = {mount.get("Target", ""): mount for mount in (*mounts, *new)}
    gone = set(remove)
    kept = [mount for target, mount in by_target.items() if target not in gone]
    return sorted(kept, key=lambda mount: (mount.get("Source", ""), mount.get("Target", "")))


def _judge(mount: Json) -> None:
    if not mount.get("Target"):
        raise ValueError(f"a target too, as in {_EXAMPLE}")
    for kind, group in _GROUPS.items():
        if group in mount and mount["Type"] != kind:
            raise ValueError(f"no `{kind}-…` field for a mount of type {mount['Type']}")
    if mount.get("ReadOnly") is False:
        del mount["ReadOnly"]


def _own(name: str, read: Callable[[str], Any] = str) -> Callable[[Json, str], None]:
    def put(mount: Json, value: str) -> None:
        mount[name] = read(value)

    return put


def _in(group: str, name: str, read: Callable[[str], Any] = str) -> Callable[[Json, str], None]:
    def put(mount: Json, value: str) -> None:
        mount[group] = without_empty({**mount.get(group, {}), name: read(value)})

    return put


def _recursion(mount: Json, value: str) -> None:
    if value not in _RECURSION:
        raise ValueError("bind-recursive as enabled, disabled, writable or readonly")
    if _RECURSION[value]:
        _in("BindOptions", _RECURSION[value], lambda _: True)(mount, value)


def _volume_label(mount: Json, value: str) -> None:
    options = mount.setdefault("VolumeOptions", {})
    options["Labels"] = {**options.get("Labels", {}), **mapping([value])}


def _driver(mount: Json) -> Json:
    driver: Json = mount.setdefault("VolumeOptions", {}).setdefault("DriverConfig", {})
    return driver


def _volume_driver(mount: Json, value: str) -> None:
    _driver(mount)["Name"] = value


def _volume_option(mount: Json, value: str) -> None:
    driver = _driver(mount)
    driver["Options"] = {**driver.get("Options", {}), **mapping([value])}


def _octal(value: str) -> int:
    try:
        mode = int(value, 8)
    except ValueError:
        raise ValueError("tmpfs-mode in octal, such as 1770") from None
    if not 0 <= mode <= MOST_MODE:
        raise ValueError(f"tmpfs-mode in octal, such as 1770, of at most {MOST_MODE:o}")
    return mode


_FIELDS: dict[str, Callable[[Json, str], None]] = {
    "type": _own("Type", str.lower),
    **dict.fromkeys(("source", "src"), _own("Source")),
    **dict.fromkeys(("target", "dst", "destination"), _own("Target")),
    **dict.fromkeys(("readonly", "ro"), _own("ReadOnly", truth)),
    "consistency": _own("Consistency", str.lower),
    "bind-propagation": _in("BindOptions", "Propagation", str.lower),
    "bind-nonrecursive": _in("BindOptions", "NonRecursive", truth),
    "bind-recursive": _recursion,
    "bind-create-src": _in("BindOptions", "CreateMountpoint", truth),
    "volume-subpath": _in("VolumeOptions", "Subpath"),
    "volume-nocopy": _in("VolumeOptions", "NoCopy", truth),
    "volume-label": _volume_label,
    "volume-driver": _volume_driver,
    "volume-opt": _volume_option,
    "image-subpath": _in("ImageOptions", "Subpath"),
    "tmpfs-size": _in("TmpfsOptions", "SizeBytes", memory),
    "tmpfs-mode": _in("TmpfsOptions", "Mode", _octal),
}
