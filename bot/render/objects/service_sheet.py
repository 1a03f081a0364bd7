"""One service in detail, like `docker service inspect --pretty`.

It shows no JSON, and no values of variables, which may be secret.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from bot.model import Message, Node, Service, Task
from bot.model.secrecy import masked_pair, masked_words
from bot.model.swarm import networks_of
from bot.render.objects.spec_words import (
    config_words,
    duration_words,
    mapping,
    mappings,
    mount_words,
    names_of,
    port_words,
    resource_words,
    swap_words,
)
from bot.render.slack import details_table
from bot.render.slack.blocks import context, image, image_cell, message, when
from bot.render.slack.details_table import filled, listed
from bot.render.slack.fence import Row
from bot.render.slack.text import escape, prose, shortened

_NAME_CHARACTERS = 80


def inspected(service: Service, tasks: Sequence[Task], nodes: Mapping[str, Node]) -> Message:
    """One service in detail. Variables are listed by name only: their values may be secret."""
    template = mapping(service.spec.get("TaskTemplate"))
    container = mapping(template.get("ContainerSpec"))
    running = [task for task in tasks if task.runs]
    parts = [
        ("", _general(service, running, nodes)),
        ("Container", _container(container)),
        ("Placement and resources", _placement(template)),
        ("Updates", _updates(service)),
        ("Endpoint", _endpoint(service)),
    ]
    update = service.update
    update_message = f"Last update: {prose(update.message)}" if update and update.message else ""
    return message(
        f"{escape(shortened(service.name, _NAME_CHARACTERS))} · {image(service.image)}",
        [update_message],
        [
            *details_table.parts(parts),
            *context(
                f"id {escape(service.id)}",
                f"version {service.version}",
                f"created {when(service.created)}" if service.created else "",
                f"updated {when(service.updated)}" if service.updated else "",
            ),
        ],
    )


def _general(service: Service, running: Sequence[Task], nodes: Mapping[str, Node]) -> list[Row]:
    places = Counter(
        nodes[task.node_id].name if task.node_id in nodes else task.node_id[:12] for task in running
    )
    node_names = [
        name if count == 1 else f"{name} ×{count}" for name, count in sorted(places.items())
    ]
    replicas = (
        f"{len(running)}/{service.replicas}"
        if service.replicas is not None
        else f"{len(running)} running"
    )
    labels = [masked_pair(f"{key}={value}") for key, value in sorted(service.labels.items())]
    rows = [
        ("mode", str(service.mode)),
        ("replicas", replicas),
        ("image", str(service.image) or image_cell(service.image)),
    ]
    return [*rows, *listed("nodes", node_names, most=15), *listed("labels", labels)]


def _container(container: Mapping[str, Any]) -> list[Row]:
    variables = sorted(str(entry).partition("=")[0] for entry in container.get("Env") or ())
    health = mapping(container.get("Healthcheck"))
    rows = [
        ("command", _command(container.get("Command"))),
        ("args", _command(container.get("Args"))),
        ("user", str(container.get("User") or "")),
        ("health check", _health(health)),
        ("stop grace", duration_words(container.get("StopGracePeriod"))),
    ]
    return [
        *filled(*rows),
        *listed("env names", variables),
        *listed("mounts", map(mount_words, mappings(container.get("Mounts")))),
        *listed("secrets", names_of(container.get("Secrets"), "SecretName")),
        *listed("configs", names_of(container.get("Configs"), "ConfigName")),
    ]


def _command(words: Sequence[Any] | None) -> str:
    return " ".join(masked_words(map(str, words or ())))


def _health(health: Mapping[str, Any]) -> str:
    test = masked_words(str(part) for part in health.get("Test") or ())
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
        *listed("constraints", map(str, placement.get("Constraints") or ())),
        *filled(
            ("most per node", str(most) if most else ""),
            ("limits", resource_words(mapping(resources.get("Limits")))),
            ("reservations", resource_words(mapping(resources.get("Reservations")))),
            ("swap", swap_words(resources)),
            ("restart", f"{restart.get('Condition') or 'any'}{attempts}"),
        ),
    ]


def _updates(service: Service) -> list[Row]:
    return [
        ("update", config_words(mapping(service.spec.get("UpdateConfig")))),
        ("rollback", config_words(mapping(service.spec.get("RollbackConfig")))),
    ]


def _endpoint(service: Service) -> list[Row]:
    networks = networks_of(service.spec)
    mode = str(mapping(service.spec.get("EndpointSpec")).get("Mode") or "vip")
    return [
        ("mode", mode),
        *listed("ports", map(port_words, service.ports)),
        *listed("networks", (str(network.get("Target", "")) for network in networks)),
    ]
