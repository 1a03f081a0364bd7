"""The credentials that a Swarm stores with a specification, and shows to nobody.

Seen on Docker 20.10: a header replaces them, without one those of the specification before stay; a
task gets those of the specification that it is made of, and a rollback brings back the old ones,
whatever header it has. Other credentials alone restart no task that runs.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

Json = dict[str, Any]

KEY = "PullOptions"


def keep(spec: Json, auth: str, before: Json | None = None) -> None:
    """Store a header, or what stood there before."""
    container = spec["TaskTemplate"]["ContainerSpec"]
    stored = auth or (before or {}).get("TaskTemplate", {}).get("ContainerSpec", {}).get(KEY, "")
    container.pop(KEY, None)
    if stored:
        container[KEY] = stored


def of(template: Json) -> str:
    """What is stored with the specification of a task."""
    return str(template["ContainerSpec"].get(KEY, ""))


def without(template: Json) -> Json:
    """The specification of a task as far as it makes tasks differ."""
    if KEY not in template["ContainerSpec"]:
        return template
    return {
        **template,
        "ContainerSpec": {k: v for k, v in template["ContainerSpec"].items() if k != KEY},
    }


def hidden(answer: Any) -> Any:
    """An answer of the engine without credentials; a log has none."""
    if isinstance(answer, bytes):
        return answer
    return json.loads(json.dumps(answer), object_hook=_without_key)


def _without_key(thing: Json) -> Json:
    thing.pop(KEY, None)
    return thing


def password(auth: str) -> str:
    """The password in a header; empty where there is none that can be read."""
    try:
        read = json.loads(base64.urlsafe_b64decode(auth))
    except (binascii.Error, ValueError):
        return ""
    return str(read.get("password", ""))
