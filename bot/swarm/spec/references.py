"""What a service uses of the Swarm's by name: networks, secrets, configs. Read from flags, with ids
in place of names; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.errors import UnsupportedError
from bot.swarm.spec.syntax import Json, fields

_LONG = re.compile(r"\w=\w")
_OCTAL = re.compile(r"\A0[oO]?[0-7]{1,20}")
_MOST = 1 << 32


@dataclass(frozen=True, slots=True)
class Ids:
    """The ids behind the names (or ids) that flags speak of."""

    networks: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    configs: Mapping[str, str] = field(default_factory=dict)


def network(text: str) -> Json:
    """`--network uber-net`, or `name=uber-net,alias=front,driver-opt=key=value`; `Target` is the
    name as typed."""
    if not _LONG.search(text):
        return {"Target": text}
    found: Json = {"Target": "", "Aliases": []}
    for each in fields(text.lower()):
        name, _, value = (part.strip() for part in each.partition("="))
        match name:
            case "name":
                found["Target"] = value
            case "alias":
                found["Aliases"].append(value)
            case "driver-opt" if "=" in value:
                option, _, setting = value.partition("=")
                found.setdefault("DriverOpts", {})[option.strip()] = setting.strip()
            case _:
                raise ValueError("a network such as uber-net or name=uber-net,alias=front")
    if not found["Target"]:
        raise ValueError("the name of the network too, as in name=uber-net,alias=front")
    return found


def file(text: str) -> tuple[str, Json]:
    """`--secret key`, or `source=key,target=web.key,uid=1000,gid=1000,mode=0400`: the name, and the
    file in the container."""
    target: Json = {"Name": "", "UID": "0", "GID": "0", "Mode": 0o444}
    parts = fields(text)
    source = parts[0] if len(parts) == 1 and "=" not in parts[0] else ""
    for each in () if source else parts:
        name, equals, value = each.partition("=")
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
    gone = {ids[name] for name in remove}
    kept = [each for each in networks if each.get("Target") not in gone]
    new = [{**each, "Target": ids[each["Target"]]} for each in map(network, add)]
    for text, each in zip(add, new, strict=True):
        if any(each["Target"] == other["Target"] for other in kept):
            raise UnsupportedError(
                f"the service is attached to {network(text)['Target']} already",
                "Remove it first, or in the same line, by `--network-rm`.",
            )
    return sorted([*kept, *new], key=lambda each: str(each["Target"]))


def secrets(
    known: Iterable[Json], add: Iterable[str], remove: Iterable[str], ids: Mapping[str, str]
) -> list[Json]:
    """The secrets after some are added and others removed by name."""
    return _files("Secret", known, add, remove, ids)


def configs(
    known: Iterable[Json], add: Iterable[str], remove: Iterable[str], ids: Mapping[str, str]
) -> list[Json]:
    """The configs after some are added and others removed by name; those that serve as credentials
    stay."""
    return _files("Config", known, add, remove, ids)


def _files(
    kind: str,
    known: Iterable[Json],
    add: Iterable[str],
    remove: Iterable[str],
    ids: Mapping[str, str],
) -> list[Json]:
    gone = set(remove)
    kept = [each for each in known if "Runtime" in each or each.get(f"{kind}Name") not in gone]
    new = [
        {"File": target, f"{kind}ID": ids[name], f"{kind}Name": name}
        for name, target in map(file, add)
    ]
    return [*kept, *new]


def _mode(value: str) -> int:
    """Permissions as Go reads them: octal with a leading 0 or 0o, else decimal or 0x…"""
    octal = _OCTAL.fullmatch(value)
    try:
        mode = int(value, 8) if octal else int(value, 0)
    except ValueError:
        mode = -1
    if not 0 <= mode < _MOST:
        raise ValueError("a mode such as 0400")
    return mode
