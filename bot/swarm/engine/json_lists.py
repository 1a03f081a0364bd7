"""Lists that an engine answers, decoded piece by piece as they come.

All tasks of a large Swarm are a hundred megabytes of JSON, of which the bot judges a tenth: never
more than one piece is held, and only the fields that are judged become values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pydantic_core import SchemaValidator, ValidationError, core_schema, from_json

Fields = dict[str, Any]
"""The names of the fields that are judged; below each the same of what it contains, or None where
it is read whole."""
PIECE_BYTES = 1 << 19
_SEAM = b'},{"ID":"'
"""How Go writes the end of an object and the begin of the next. Inside of a text its quotes would
have backslashes, and inside of an object what stands before is no list."""

_TASK_SPEC: Fields = {"ContainerSpec": {"Image": None}}
TASK: Fields = {
    "ID": None,
    "CreatedAt": None,
    "Spec": _TASK_SPEC,
    "ServiceID": None,
    "Slot": None,
    "NodeID": None,
    "Status": {
        "Timestamp": None,
        "State": None,
        "Message": None,
        "Err": None,
        "ContainerStatus": {"ContainerID": None, "ExitCode": None},
    },
    "DesiredState": None,
    "JobIteration": None,
}
"""What `bot.swarm.spec.read.task` reads."""
NODE: Fields = {
    "ID": None,
    "Version": None,
    "CreatedAt": None,
    "UpdatedAt": None,
    "Spec": None,
    "Description": {
        "Hostname": None,
        "Platform": None,
        "Resources": None,
        "Engine": {"EngineVersion": None, "Labels": None},
    },
    "Status": None,
    "ManagerStatus": None,
}
"""What `bot.swarm.spec.read_cluster.node` reads."""
NODE_CERTIFICATE: Fields = {
    "ID": None,
    "Description": {"Hostname": None, "TLSInfo": None},
    "Status": {"State": None},
}
"""What `bot.swarm.certificates.root_ca.progress` reads."""
_SERVICE: Fields = {
    "ID": None,
    "Version": None,
    "CreatedAt": None,
    "UpdatedAt": None,
    "Endpoint": {"Ports": None},
    "UpdateStatus": None,
    "ServiceStatus": None,
    "JobStatus": None,
}
SERVICE: Fields = _SERVICE | {"Spec": None, "PreviousSpec": None}
"""What `bot.swarm.spec.read.service` reads."""
SERVICE_OVERVIEW: Fields = _SERVICE | {
    "Spec": {
        "Name": None,
        "Labels": None,
        "TaskTemplate": {"ContainerSpec": {"Image": None}, "RestartPolicy": None},
        "Mode": None,
        "EndpointSpec": {"Ports": None},
    }
}
"""The same without the specifications, which are most of it."""


def _schema(fields: Fields) -> core_schema.CoreSchema:
    return core_schema.typed_dict_schema(
        {
            name: core_schema.typed_dict_field(
                core_schema.any_schema()
                if inner is None
                else core_schema.nullable_schema(_schema(inner)),
                required=False,
            )
            for name, inner in fields.items()
        }
    )


class ListReader:
    """Reads lists of objects that have these fields, at least `piece` bytes at a time."""

    def __init__(self, fields: Fields, piece: int = PIECE_BYTES) -> None:
        self._piece = piece
        self._validator = SchemaValidator(core_schema.list_schema(_schema(fields)))

    def members(self, chunks: Iterable[bytes]) -> Iterator[dict[str, Any]]:
        """The members of the list that these chunks are, with no other fields.

        Raises ValueError where it is no JSON, and what reading `chunks` raises.
        """
        rest, enough = b"", self._piece
        for chunk in chunks:
            rest += chunk
            if len(rest) < enough:
                continue
            seam = rest.rfind(_SEAM)
            decoded = self._decoded(rest[: seam + 1] + b"]") if seam > 0 else None
            if decoded is None:
                # The seam lay deeper inside: with more of it another will be found.
                enough = 2 * len(rest)
                continue
            yield from decoded
            rest, enough = b"[" + rest[seam + 2 :], self._piece
        yield from self._last(rest)

    def _decoded(self, piece: bytes) -> list[dict[str, Any]] | None:
        """The members of a piece; None where it is no whole list."""
        try:
            return self._last(piece)
        except ValueError:
            return None

    def _last(self, piece: bytes) -> list[dict[str, Any]]:
        try:
            return list(self._validator.validate_json(piece))
        except ValidationError:
            # Go writes `null` for an empty list; and what an engine writes otherwise than all
            # others is left to who reads it.
            return list(from_json(piece) or ())


NODES = ListReader(NODE)
NODE_CERTIFICATES = ListReader(NODE_CERTIFICATE)
SERVICES = ListReader(SERVICE)
SERVICES_OVERVIEW = ListReader(SERVICE_OVERVIEW)
TASKS = ListReader(TASK)
