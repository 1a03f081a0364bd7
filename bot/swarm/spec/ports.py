"""Published ports in both forms of `--publish`, and how adding and removing changes them; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from bot.model import Port, Service
from bot.swarm.spec.syntax import LONG_FORM, Json, fields, whole

_HIGHEST_PORT = 65535
_SHORT = re.compile(
    r"\A(?:(?P<address>[^:]*|\[[^\]]*\]):(?=[^:]*:))?(?:(?P<published>\d*(?:-\d+)?):)?(?P<target>\d+(?:-\d+)?)(?:/(?P<protocol>\w+))?"
)
_EXPECTED = "a port such as 8081:8080, 8081:8080/udp or published=8081,target=8080,mode=host"
_PROTOCOLS = ("tcp", "udp", "sctp")
_PUBLISH_MODES = ("ingress", "host")


def parse(text: str) -> list[Json]:
    """The ports of one flag: a range gives several, each in the Engine API's words."""
    return [_long(text)] if LONG_FORM.search(text) else _short(text)


def changed(ports: Iterable[Json], add: Iterable[str], remove: Iterable[str]) -> list[Json]:
    """The ports after some are added and others removed, in Docker's order.

    A port is removed by its target port, protocol and mode.
    """
    current = {_shown(port): port for port in ports}
    removed = {_target(port) for text in remove for port in parse(text)}
    kept = [port for port in current.values() if _target(port) not in removed]
    new = {
        _shown(port): port for text in add for port in parse(text) if _shown(port) not in current
    }
    return sorted([*kept, *new.values()], key=_shown)


def taken(wanted: Sequence[Port], others: Iterable[Service]) -> tuple[Port, Service] | None:
    """The first wanted port that another service publishes already, and that service.

    Two `host` ports do not clash: each is taken on one node only.
    """
    for service in others:
        for published_port in service.ports:
            for wanted_port in wanted:
                if _clash(wanted_port, published_port):
                    return wanted_port, service
    return None


def text(port: Port) -> str:
    """A port for people: `8081 → 8080/tcp`."""
    mode = " on the node itself" if port.mode == "host" else ""
    return f"{port.published or 'a free port'} → {port.target}/{port.protocol}{mode}"


def _clash(wanted_port: Port, taken_port: Port) -> bool:
    same = (wanted_port.published, wanted_port.protocol) == (
        taken_port.published,
        taken_port.protocol,
    )
    return same and wanted_port.published > 0 and not wanted_port.mode == taken_port.mode == "host"


def _long(text: str) -> Json:
    port: Json = {"Protocol": "tcp", "TargetPort": 0, "PublishedPort": 0, "PublishMode": "ingress"}
    for field in fields(text.lower()):
        name, _, value = field.partition("=")
        match name:
            case "protocol" if value in _PROTOCOLS:
                port["Protocol"] = value
            case "mode" if value in _PUBLISH_MODES:
                port["PublishMode"] = value
            case "target":
                port["TargetPort"] = whole(value, _HIGHEST_PORT, "a target port")
            case "published":
                port["PublishedPort"] = whole(value, _HIGHEST_PORT, "a published port")
            case _:
                raise ValueError(_EXPECTED)
    if not port["TargetPort"]:
        raise ValueError("a target port too, as in published=8081,target=8080")
    return port


def _short(text: str) -> list[Json]:
    match = _SHORT.fullmatch(text)
    protocol = ((match and match["protocol"]) or "tcp").lower()
    if not match or protocol not in _PROTOCOLS:
        raise ValueError(_EXPECTED)
    if match["address"]:
        raise ValueError("a port without an address: Swarm publishes on every node")
    targets, published = _range(match["target"]), _range(match["published"] or "")
    if published and len(targets) > 1 and len(published) != len(targets):
        raise ValueError("two ranges of the same length")
    if len(targets) == 1:
        pairs = [(published_port, targets[0]) for published_port in published or [0]]
    else:
        pairs = list(zip(published or [0] * len(targets), targets, strict=True))
    return [_port(protocol, target, published_port) for published_port, target in pairs]


def _port(protocol: str, target: int, published: int) -> Json:
    return {
        "Protocol": protocol,
        "TargetPort": target,
        "PublishedPort": published,
        "PublishMode": "ingress",
    }


def _range(text: str) -> list[int]:
    """The ports of `8000-8005`, of one number, or none of nothing."""
    if not text:
        return []
    first, _, last = text.partition("-")
    low, high = whole(first, _HIGHEST_PORT, "a port"), whole(last or first, _HIGHEST_PORT, "a port")
    if high < low:
        raise ValueError("a range that goes upwards")
    return list(range(low, high + 1))


def _shown(port: Json) -> str:
    published, protocol = port.get("PublishedPort", 0), port.get("Protocol", "tcp")
    return (
        f"{published}:{port.get('TargetPort', 0)}/{protocol}/{port.get('PublishMode', 'ingress')}"
    )


def _target(port: Json) -> tuple[int, str, str]:
    return (
        port.get("TargetPort", 0),
        port.get("Protocol") or "tcp",
        port.get("PublishMode") or "ingress",
    )
