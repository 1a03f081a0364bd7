"""The list of all services. What is below its count comes first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from bot.model import File, Message, Mode, Service
from bot.model.english import age, agree, plural
from bot.render.objects.completion_words import completion_words
from bot.render.objects.service_sheet import inspected
from bot.render.objects.spec_words import port_words
from bot.render.objects.tasks import tasks
from bot.render.slack.blocks import (
    MOST_ROWS,
    Block,
    Row,
    aligned,
    image_cell,
    message,
    section,
    table,
)
from bot.render.slack.text import code, escape, preformatted

__all__ = ["inspected", "listed", "tasks"]

_COLUMNS = ("SERVICE", "REPLICAS", "IMAGE", "UPDATED", "PORTS")


def listed(services: Sequence[Service], now: datetime) -> Message:
    """All services by stack, those below their count on top."""
    if not services:
        return message(
            "🟢 No services yet", [f"Create one: {code('/swarm service create --name web IMAGE')}"]
        )
    below = [service for service in services if service.below]
    rest = [service for service in services if not service.below]
    head = f"🟢 {plural(len(services), 'service')}, all at their count"
    if below:
        counts = agree(len(below), "its", "their")
        head = f"🟠 {len(below)} of {plural(len(services), 'service')} below {counts} count"
    if len(services) > MOST_ROWS:
        return message(head, [_by_stack(services)], *_long(below, rest, now))
    blocks = [_group("Below their count" if rest else "", below, now)] if below else []
    return message(
        head, [], [*blocks, *(_group(stack, members, now) for stack, members in _stacks(rest))]
    )


# ---- parts


def _group(title: str, services: Sequence[Service], now: datetime) -> Block:
    body = preformatted(aligned(_COLUMNS, [_row(service, now) for service in services]))
    return section(f"*{escape(title)}*\n{body}" if title else body)


def _long(
    below: Sequence[Service], rest: Sequence[Service], now: datetime
) -> tuple[list[Block], list[File]]:
    ordered = [
        *sorted(below, key=_name),
        *(service for _, members in _stacks(rest) for service in members),
    ]
    rows = [
        (*_row(service, now)[:-1], service.stack, _row(service, now)[-1]) for service in ordered
    ]
    return table((*_COLUMNS[:-1], "STACK", _COLUMNS[-1]), rows, len(below), "services.txt")


def _stacks(services: Sequence[Service]) -> list[tuple[str, list[Service]]]:
    ordered = sorted(services, key=lambda service: (service.stack, service.name))
    return [
        (stack, list(members))
        for stack, members in groupby(ordered, key=lambda service: service.stack)
    ]


def _by_stack(services: Sequence[Service]) -> str:
    stacks = _stacks(services)
    if len(stacks) == 1 and not stacks[0][0]:
        return ""
    counts = [
        f"{escape(stack) if stack else 'without a stack'} {len(members)}"
        for stack, members in stacks
    ]
    return ", ".join(counts[:10]) + (
        f" and {plural(len(counts) - 10, 'more stack')}" if len(counts) > 10 else ""
    )


def _row(service: Service, now: datetime) -> Row:
    ports = ", ".join(port_words(port) for port in service.ports)
    return (
        service.name,
        _replicas(service, now),
        image_cell(service.image),
        age(service.updated, now),
        ports,
    )


def _replicas(service: Service, now: datetime) -> str:
    if service.completion and not service.running:
        return completion_words(service.completion, service.desired or 0, now)
    running = "?" if service.running is None else str(service.running)
    desired = service.desired if service.desired is not None else service.replicas
    mode = "" if service.mode is Mode.REPLICATED else f" {service.mode}"
    return f"{running}/{'?' if desired is None else desired}{mode}"


def _name(service: Service) -> str:
    return service.name
