"""The list of all services. What is below its count comes first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import TypeVar

from bot.model import Message, Mode, Service
from bot.model.english import age, agree, as_of, plural
from bot.model.natural import Natural, natural
from bot.model.slash import SLASH
from bot.render.objects.completion_words import completion_words
from bot.render.objects.service_sheet import inspected
from bot.render.objects.spec_words import port_words
from bot.render.objects.tasks import tasks
from bot.render.slack.blocks import context, image_cell, message
from bot.render.slack.tables import MOST_ROWS, Column, table
from bot.render.slack.text import code, escape

__all__ = ["inspected", "listed", "tasks"]

_COLUMNS = (
    Column("SERVICE"),
    Column("REPLICAS"),
    Column("IMAGE"),
    Column("UPDATED"),
    Column("STACK"),
    Column("PORTS"),
)

_STACK = 4
_Cell = TypeVar("_Cell")


def listed(services: Sequence[Service], now: datetime, seen_ago: float = 0.0) -> Message:
    """All services by stack, those below their count on top; `seen_ago`: seconds since they were
    seen."""
    if not services:
        return message(
            "🟢 No services yet",
            [f"Create one: {code(SLASH + ' service create --name web IMAGE')}"],
        )
    below = [service for service in services if service.below]
    rest = [service for service in services if not service.below]
    head = f"🟢 {plural(len(services), 'service')}, all at their count"
    if below:
        counts = agree(len(below), "its", "their")
        head = f"🟠 {len(below)} of {plural(len(services), 'service')} below {counts} count"
    lines = [_by_stack(services)] if len(services) > MOST_ROWS else []
    ordered = [*sorted(below, key=_name), *sorted(rest, key=_stack_and_name)]
    rows = [_row(service, now) for service in ordered]
    columns: tuple[Column, ...] = _COLUMNS
    if not any(service.stack for service in services):
        columns, rows = _without_stack(columns), [_without_stack(row) for row in rows]
    blocks, files = table(columns, rows, "services.txt")
    return message(head, lines, [*blocks, *context(as_of(seen_ago))], files)


# ---- parts


def _stacks(services: Sequence[Service]) -> list[tuple[str, list[Service]]]:
    ordered = sorted(services, key=_stack_and_name)
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


def _row(service: Service, now: datetime) -> tuple[str, ...]:
    ports = ", ".join(port_words(port) for port in service.ports)
    return (
        service.name,
        _replicas(service, now),
        image_cell(service.image),
        age(service.updated, now),
        service.stack,
        ports,
    )


def _replicas(service: Service, now: datetime) -> str:
    if service.completion and not service.running:
        return completion_words(service.completion, service.desired or 0, now)
    running = "?" if service.running is None else str(service.running)
    desired = service.desired if service.desired is not None else service.replicas
    mode = "" if service.mode is Mode.REPLICATED else f" {service.mode}"
    return f"{running}/{'?' if desired is None else desired}{mode}"


def _name(service: Service) -> Natural:
    return natural(service.name)


def _stack_and_name(service: Service) -> tuple[Natural, Natural]:
    return natural(service.stack), natural(service.name)


def _without_stack(cells: tuple[_Cell, ...]) -> tuple[_Cell, ...]:
    return (*cells[:_STACK], *cells[_STACK + 1 :])
