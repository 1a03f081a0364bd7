"""The credential specification of a managed service account, which only Windows knows; pure.

A config that holds one belongs to the service without being a file in its containers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.model import Difference, Spec
from bot.swarm.spec.syntax import Json

_KINDS = {"config": "Config", "file": "File", "registry": "Registry"}


def parse(text: str) -> tuple[str, str]:
    """Read `config://NAME`, `file://NAME` or `registry://NAME`: the engine's field, and the name.

    Both are empty for an empty text, which takes the specification away.
    """
    kind, _, name = text.partition("://")
    if not text:
        return "", ""
    if kind not in _KINDS or not name:
        raise ValueError("config://NAME, file://NAME or registry://NAME")
    return _KINDS[kind], name


def config_of(text: str) -> tuple[str, ...]:
    """The name of the config that it is in; none where it is elsewhere."""
    kind, name = parse(text)
    return (name,) if kind == "Config" else ()


def put(spec: Json, text: str, configs: Mapping[str, str]) -> None:
    """Set it in place; `configs` are ids by name. The config of the one before goes."""
    container = spec["TaskTemplate"]["ContainerSpec"]
    references = [entry for entry in container.get("Configs") or () if "Runtime" not in entry]
    kind, name = parse(text)
    privileges = {**(container.get("Privileges") or {})}
    privileges.pop("CredentialSpec", None)
    if kind == "Config":
        references.append({"Runtime": {}, "ConfigID": configs[name], "ConfigName": name})
        name = configs[name]
    if kind:
        privileges["CredentialSpec"] = {kind: name}
    for key, value in (("Privileges", privileges), ("Configs", references)):
        if value:
            container[key] = value
        else:
            container.pop(key, None)


def changes(before: Spec, after: Spec) -> tuple[Difference, ...]:
    """What became of it, as its flag would write it; nothing where it is the same."""
    old, new = _text(before), _text(after)
    return () if old == new else (Difference("credential-spec", old, new),)


def _text(spec: Spec) -> str:
    container = (spec.get("TaskTemplate") or {}).get("ContainerSpec") or {}
    wanted: Mapping[str, Any] = (container.get("Privileges") or {}).get("CredentialSpec") or {}
    for kind, key in _KINDS.items():
        if wanted.get(key):
            names = {entry.get("ConfigID"): entry for entry in container.get("Configs") or ()}
            name = names.get(wanted[key], {}).get("ConfigName") or wanted[key]
            return f"{kind}://{name}"
    return ""
