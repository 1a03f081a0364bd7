"""One request to the Engine API, taken apart, and the looks at objects that answers share."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from tests.memory.twin.cluster import Cluster, Json, RefusedError
from tests.memory.twin.swarm_twin import SwarmTwin

OUT_OF_SEQUENCE = "rpc error: code = Unknown desc = update out of sequence"


@dataclass(frozen=True)
class Request:
    """What was asked: the parts of the path, the parameters, the body, and `X-Registry-Auth`."""

    twin: SwarmTwin
    parts: tuple[str, ...]
    params: Json
    body: Any
    auth: str = ""

    @property
    def cluster(self) -> Cluster:
        return self.twin.cluster

    @property
    def name(self) -> str:
        """The first part of the path."""
        return unquote(self.parts[0])

    @property
    def filters(self) -> dict[str, list[str]]:
        given: dict[str, list[str]] = json.loads(self.params.get("filters") or "{}")
        return given

    def find(self, kind: str, things: dict[str, Json], named: Any = None) -> Json:
        """An object by id, name, or the beginning of its id."""
        name = self.name
        if name in things:
            return things[name]
        by_name = [thing for thing in things.values() if named and named(thing) == name]
        matches = by_name or [thing for key, thing in things.items() if key.startswith(name)]
        if len(matches) > 1:
            raise RefusedError(400, f"{kind} {name} is ambiguous ({len(matches)} matches found)")
        if not matches:
            raise RefusedError(404, f"{kind} {name} not found")
        return matches[0]

    def check_version(self, thing: Json) -> None:
        """Only the version of now may be changed."""
        if int(self.params["version"]) != thing["Version"]["Index"]:
            raise RefusedError(500, OUT_OF_SEQUENCE)
