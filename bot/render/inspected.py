"""One service for people, like `docker service inspect --pretty`: never JSON, and never the value of a variable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.model import Message, Node, Service, Task
from bot.render.blocks import Block, Row, aligned, context, image, image_cell, message, section, when
from bot.render.text import escape, preformatted, prose, shortened
from bot.render.words import (
    config_words,
    duration_words,
    mapping,
    mappings,
    mount_words,
    names_of,
    port_words,
    resource_words,
)

_LONGEST = 80
_VALUE = 120


def inspected(service: Service, tasks: Sequence[Task], nodes: Mapping[str, Node]) -> Message:
    """Everything that matters of one service. Variables are listed by name alone, for their values may be secret."""
    template = mapping(service.spec.get("TaskTemplate"))
    container = mapping(template.get("ContainerSpec"))
    running = [task for task in tasks if task.state == "running" and task.desired == "running"]
    parts = [
        ("", _general(service, running, nodes)),
        ("Container", _container(container)),
        ("Placement and resources", _placement(template)),
        ("Updates", _updates(service)),
        ("Endpoint", _endpoint(service, template)),
    ]
    update = service.update
    said = f"Last update: {prose(update.message)}" if update and update.message else ""
    return message(
        f"{escape(shortened(service.name, _LONGEST))} · {image(service.image)}",
        [said],
        [
            *(_part(title, rows) for title, rows in parts if rows),
            *context(
                f"id {escape(service.id)}",
                f"version {service.version}",
                f"created {when(service.created)}" if service.created else "",
                f"updated {when(service.updated)}" if service.updated else "",
            ),
        ],
    )


def _general(service: Service, running: Sequence[Task], nodes: Mapping[str, Node]) -> list[Row]:
    places = Counter(nodes[task.node_id].name if task.node_id in nodes else task.node_id[:12] for task in running)
    where = [name if count == 1 else f"{name} ×{count}" for name, count in sorted(places.items())]
    replicas = f"{len(running)}/{service.replicas}" if service.replicas is not None else f"{len(running)} running"
    labels = [f"{key}={value}" for key, value in sorted(service.labels.items())]
    rows = [
        ("mode", str(service.mode)),
        ("replicas", replicas),
        ("image", str(service.image) or image_cell(service.image)),
    ]
    return [*rows, *_listed("nodes", where, most=15), *_listed("labels", labels)]


def _container(container: Mapping[str, Any]) -> list[Row]:
    variables = sorted(str(entry).partition("=")[0] for entry in container.get("Env") or ())
    health = mapping(container.get("Healthcheck"))
    rows = [
        ("command", " ".join(map(str, container.get("Command") or ()))),
        ("args", " ".join(map(str, container.get("Args") or ()))),
        ("user", str(container.get("User") or "")),
        ("health check", _health(health)),
        ("stop grace", duration_words(container.get("StopGracePeriod"))),
    ]
    return [
        *_set(rows),
        *_listed("env names", variables),
        *_listed("mounts", map(mount_words, mappings(container.get("Mounts")))),
        *_listed("secrets", names_of(container.get("Secrets"), "SecretName")),
        *_listed("configs", names_of(container.get("Configs"), "ConfigName")),
    ]


def _health(health: Mapping[str, Any]) -> str:
    test = [str(part) for part in health.get("Test") or ()]
    if not test:
        return "of the image, if it has one"
    if test[0] == "NONE":
        return "off"
    every = duration_words(health.get("Interval"))
    return " ".join(test[1:]) + (f" (every {every})" if every else "")


def _placement(template: Mapping[str, Any]) -> list[Row]:
    placement, resources = mapping(template.get("Placement")), mapping(template.get("Resources"))
    restart = mapping(template.get("RestartPolicy"))
    attempts = f", at most {restart['MaxAttempts']} times" if restart.get("MaxAttempts") else ""
    most = placement.get("MaxReplicas")
    return [
        *_listed("constraints", map(str, placement.get("Constraints") or ())),
        *_set(
            [
                ("most per node", str(most) if most else ""),
                ("limits", resource_words(mapping(resources.get("Limits")))),
                ("reservations", resource_words(mapping(resources.get("Reservations")))),
                ("restart", f"{restart.get('Condition') or 'any'}{attempts}"),
            ]
        ),
    ]


def _updates(service: Service) -> list[Row]:
    return [
        ("update", config_words(mapping(service.spec.get("UpdateConfig")))),
        ("rollback", config_words(mapping(service.spec.get("RollbackConfig")))),
    ]


def _endpoint(service: Service, template: Mapping[str, Any]) -> list[Row]:
    networks = mappings(template.get("Networks") or service.spec.get("Networks"))
    mode = str(mapping(service.spec.get("EndpointSpec")).get("Mode") or "vip")
    return [
        ("mode", mode),
        *_listed("ports", map(port_words, service.ports)),
        *_listed("networks", (str(network.get("Target", "")) for network in networks)),
    ]


def _part(title: str, rows: Iterable[Row]) -> Block:
    body = preformatted(aligned((), list(rows), most=_VALUE))
    return section(f"*{title}*\n{body}" if title else body)


def _set(rows: Iterable[tuple[str, str]]) -> list[Row]:
    return [row for row in rows if row[1]]


def _listed(title: str, values: Iterable[str], most: int = 20) -> list[Row]:
    """One row a value, the title beside the first."""
    found = list(values)
    left = len(found) - most
    shown = found[:most] + ([f"and {left} more"] if left > 0 else [])
    return [(title if index == 0 else " ", value) for index, value in enumerate(shown)]
