"""What the simulated engine answers to which request, apart from how it is sent."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from tests.bench.simulation import shapes
from tests.bench.simulation.swarm import (
    SimulatedSwarm,
    UnknownFilterError,
    UnknownObjectError,
    read_filters,
)

Params = Mapping[str, str]
Body = bytes | Iterable[bytes]
"""One JSON value, or the members of a list."""


@dataclass
class SimulatedEngine:
    """One manager's engine; it counts what it is asked, by path without ids."""

    swarm: SimulatedSwarm
    calls: Counter[str] = field(default_factory=Counter)

    def answer(self, path: str, params: Params) -> tuple[int, Body]:
        """Status and body of a read."""
        for pattern, name, answer in _ROUTES:
            if match := pattern.fullmatch(path):
                self.calls[name] += 1
                return self._answered(answer, match.groups(), params)
        return 404, _message("page not found")

    def _answered(
        self, answer: _Answer, parts: tuple[str, ...], params: Params
    ) -> tuple[int, Body]:
        try:
            body = answer(self.swarm, parts, params)
        except UnknownFilterError as error:
            return 400, _message(str(error))
        except UnknownObjectError as error:
            return 404, _message(str(error))
        return (404, _message(f"{parts[0]} not found")) if body is None else (200, body)


_Answer = Callable[[SimulatedSwarm, tuple[str, ...], Params], Body | None]


def _message(text: str) -> bytes:
    return shapes.encoded({"message": text})


def _version(swarm: SimulatedSwarm, parts: tuple[str, ...], params: Params) -> bytes:
    return shapes.encoded(
        {
            "Version": shapes.ENGINE,
            "ApiVersion": shapes.API,
            "MinAPIVersion": "1.24",
            "Os": "linux",
            "Arch": "amd64",
        }
    )


def _info(swarm: SimulatedSwarm, parts: tuple[str, ...], params: Params) -> bytes:
    return shapes.encoded(swarm.info())


def _cluster(swarm: SimulatedSwarm, parts: tuple[str, ...], params: Params) -> bytes:
    return shapes.encoded(shapes.cluster())


def _nodes(swarm: SimulatedSwarm, parts: tuple[str, ...], params: Params) -> Body:
    return swarm.nodes(read_filters(params.get("filters", "")))


def _services(swarm: SimulatedSwarm, parts: tuple[str, ...], params: Params) -> Body:
    filters = read_filters(params.get("filters", ""))
    return swarm.services(filters, with_status=params.get("status") in ("1", "true"))


def _tasks(swarm: SimulatedSwarm, parts: tuple[str, ...], params: Params) -> Body:
    # As a list: an unknown service has to be refused before the answer begins.
    return list(swarm.tasks(read_filters(params.get("filters", ""))))


def _node(swarm: SimulatedSwarm, parts: tuple[str, ...], params: Params) -> Body | None:
    return swarm.node(parts[0])


def _service(swarm: SimulatedSwarm, parts: tuple[str, ...], params: Params) -> Body | None:
    return swarm.service(parts[0])


def _task(swarm: SimulatedSwarm, parts: tuple[str, ...], params: Params) -> Body | None:
    return swarm.task(parts[0])


def _networks(swarm: SimulatedSwarm, parts: tuple[str, ...], params: Params) -> Body:
    return [shapes.encoded(network) for network in swarm.networks]


def _network(swarm: SimulatedSwarm, parts: tuple[str, ...], params: Params) -> Body | None:
    matching = [raw for raw in swarm.networks if parts[0] in (raw["Id"], raw["Name"])]
    return shapes.encoded(matching[0]) if matching else None


def _no_objects(swarm: SimulatedSwarm, parts: tuple[str, ...], params: Params) -> Body:
    return []


def _distribution(swarm: SimulatedSwarm, parts: tuple[str, ...], params: Params) -> bytes:
    known = re.search(r"sha256:[0-9a-f]{64}", parts[0])
    return shapes.encoded(
        {
            "Descriptor": {
                "mediaType": "application/vnd.oci.image.index.v1+json",
                "digest": known[0] if known else f"sha256:{shapes.digest('2.0', 0)}",
                "size": 1800,
            },
            "Platforms": [{"architecture": "amd64", "os": "linux"}],
        }
    )


_ROUTES: tuple[tuple[re.Pattern[str], str, _Answer], ...] = tuple(
    (re.compile(pattern), re.sub(r"\(.*\)", "ID", pattern), answer)
    for pattern, answer in (
        ("/version", _version),
        ("/info", _info),
        ("/swarm", _cluster),
        ("/nodes", _nodes),
        ("/nodes/([^/]+)", _node),
        ("/services", _services),
        ("/services/([^/]+)", _service),
        ("/tasks", _tasks),
        ("/tasks/([^/]+)", _task),
        ("/networks", _networks),
        ("/networks/([^/]+)", _network),
        ("/secrets", _no_objects),
        ("/configs", _no_objects),
        ("/distribution/(.+)/json", _distribution),
    )
)
