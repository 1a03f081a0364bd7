"""Networks, secrets and configs in flags, with ids in place of names; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.errors import UnsupportedError
from bot.model.bounds import MOST_MODE
from bot.swarm.spec.syntax import LONG_FORM, Json, fields

_OCTAL = re.compile(r"\A0[oO]?[0-7]+")


@dataclass(frozen=True, slots=True)
class Ids:
    """The ids behind the names (or ids) that flags speak of."""

    networks: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    configs: Mapping[str, str] = field(default_factory=dict)


def network(text: str) -> Json:
    """Read `--network NAME`, or `name=NAME,alias=front,driver-opt=key=value`.

    `Target` is the name as typed.
    """
    if not LONG_FORM.search(text):
        return {"Target": text}
    attachment: Json = {"Target": "", "Aliases": []}
    for pair in fields(text.lower()):
        name, _, value = (part.strip() for part in pair.partition("="))
        match name:
            case "name":
                attachment["Target"] = value
            case "alias":
                attachment["Aliases"].append(value)
            case "driver-opt" if "=" in value:
                option, _, setting = value.partition("=")
                attachment.setdefault("DriverOpts", {})[option.strip()] = setting.strip()
            case _:
                raise ValueError("a network such as uber-net or name=uber-net,alias=front")
    if not attachment["Target"]:
        raise ValueError("the name of the network too, as in name=uber-net,alias=front")
    return attachment


def file(text: str) -> tuple[str, Json]:
    """Read `--secret NAME`, or `source=NAME,target=web.key,uid=1000,gid=1000,mode=0400`.

    Returns the name, and the file in the container. The same for `--config`.
    """
    target: Json = {"Name": "", "UID": "0", "GID": "0", "Mode": 0o444}
    parts = fields(text)
    source = parts[0] if len(parts) == 1 and "=" not in parts[0] else ""
    for part in () if source else parts:
        name, equals, value = part.partition("=")
        match name.lower():
            case "source" | "src" if value:
                source = value
            case "target":
                target["Name"] = value
            case "uid" | "gid" if equals:
                target[name.upper()] = value
            case "mode":
                target["Mode"] = _mode(value)
            case _:
                raise ValueError("a name, or fields such as source=key,target=web.key,mode=0400")
    if not source:
        raise ValueError("a source too, as in source=key,target=web.key")
    return source, {**target, "Name": target["Name"] or source}


def attached(
    networks: Iterable[Json], add: Sequence[str], remove: Iterable[str], ids: Mapping[str, str]
) -> list[Json]:
    """The networks after some are added and others removed, by name or id."""
    removed = {ids[name] for name in remove}
    kept = [attachment for attachment in networks if attachment.get("Target") not in removed]
    new = [{**attachment, "Target": ids[attachment["Target"]]} for attachment in map(network, add)]
    for text, attachment in zip(add, new, strict=True):
        if any(attachment["Target"] == present["Target"] for present in kept):
            raise UnsupportedError(
                f"the service is attached to {network(text)['Target']} already",
                "Remove it first, or in the same line, by `--network-rm`.",
            )
    return sorted([*kept, *new], key=lambda attachment: str(attachment["Target"]))


def secrets(
    current: Iterable[Json], add: Iterable[str], remove: Iterable[str], ids: Mapping[str, str]
) -> list[Json]:
    """The secrets after some are added and others removed by name."""
    return _files("Secret", current, add, remove, ids)


def configs(
    current: Iterable[Json], add: Iterable[str], remove: Iterable[str], ids: Mapping[str, str]
) -> list[Json]:
    """The configs after some are added and others removed by name.

    Configs that serve as credentials stay.
    """
    return _files("Config", current, add, remove, ids)


def _files(
    kind: str,
    current: Iterable[Json],
    add: Iterable[str],
    remove: Iterable[str],
    ids: Mapping[str, str],
) -> list[Json]:
    removed = set(remove)
    kept = [
        reference
        for reference in current
        if "Runtime" in reference or reference.get(f"{kind}Name") not in removed
    ]
    new = [
        {"File": target, f"{kind}ID": ids[name], f"{kind}Name": name}
        for name, target in map(file, add)
    ]
    return [*kept, *new]


def _mode(value: str) -> int:
    """File permissions as Go reads them: octal with a leading 0 or 0o, else decimal or 0x…."""
    octal = _OCTAL.fullmatch(value)
    try:
        mode = int(value, 8) if octal else int(value, 0)
    except ValueError:
        mode = -1
    if mode > MOST_MODE:
        raise ValueError(f"a mode such as 0400, of at most 0{MOST_MODE:o}")
    if mode < 0:
        raise ValueError("a mode such as 0400")
    return mode
