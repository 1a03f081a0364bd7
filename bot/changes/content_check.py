"""Looks up what is needed to judge the content of a specification, and nothing where it adds
nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.changes import own_stack
from bot.command.model import Context
from bot.model.danger import Danger
from bot.model.swarm import networks_of
from bot.policy import content, visible

Spec = Mapping[str, Any]


def dangers(
    context: Context, before: Spec, after: Spec, service_id: str = ""
) -> tuple[Danger, ...]:
    """What the change adds that reaches the host, or what is others', and what it hands on.

    `before` is empty and `service_id` too for a new service.
    """
    networks, files = set(_networks(after)), set(_files(after))
    if not content.chooses_what_runs(before, after):
        networks -= set(_networks(before))
        files -= set(_files(before))
    own = own_stack.find(context)
    is_own = service_id in own.service_ids
    foreign = _foreign(context, files, service_id)
    around = content.Surroundings(
        host_networks=_host_networks(context, networks),
        foreign=foreign,
        told={
            file: visible.told(names, context.actor, context.settings)
            for file, names in foreign.items()
        },
        own=frozenset() if is_own else own.reached_by,
    )
    dangers = content.dangers(before, after, around)
    # Whoever may change the bot itself has what it has.
    return tuple(danger for danger in dangers if not (is_own and danger.held))


def _host_networks(context: Context, targets: set[str]) -> frozenset[str]:
    """Those that are none of the Swarm's."""
    if not targets:
        return frozenset()
    own = {network.id for network in context.swarm.networks.list()}
    return frozenset(targets - own)


def _foreign(context: Context, files: set[str], service_id: str) -> dict[str, tuple[str, ...]]:
    if not files:
        return {}
    users: dict[str, list[str]] = {}
    for service in context.swarm.seen_by(None).services.list():
        if service.id != service_id:
            for file in files.intersection(_files(service.spec)):
                users.setdefault(file, []).append(service.name)
    return {file: tuple(names) for file, names in users.items()}


def _networks(spec: Spec) -> Iterator[str]:
    yield from (str(network.get("Target", "")) for network in networks_of(spec))


def _files(spec: Spec) -> Iterator[str]:
    container = (spec.get("TaskTemplate") or {}).get("ContainerSpec") or {}
    for kind in ("Secret", "Config"):
        yield from (str(file.get(f"{kind}ID", "")) for file in container.get(f"{kind}s") or ())
