"""The services: the list of all, the revisions of one. What is below its count comes first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from bot.model import File, Message, Mode, Revision, Service
from bot.model.english import age, agree, plural
from bot.render.objects.service_sheet import inspected
from bot.render.objects.spec_words import port_words
from bot.render.objects.tasks import tasks
from bot.render.slack.blocks import (
    MOST_ROWS,
    Block,
    Row,
    actions,
    aligned,
    button,
    context,
    image,
    image_cell,
    message,
    section,
    table,
    when,
)
from bot.render.slack.text import code, escape, preformatted, shortened

__all__ = ["history", "inspected", "is_below", "listed", "tasks"]

_COLUMNS = ("SERVICE", "REPLICAS", "IMAGE", "UPDATED", "PORTS")
_REVISIONS = 15
_NOTE = 60


def listed(services: Sequence[Service], now: datetime) -> Message:
    """All services by stack, those below their count on top."""
    if not services:
        return message(
            "🟢 No services yet", [f"Create one: {code('/swarm service create --name web IMAGE')}"]
        )
    below = [service for service in services if is_below(service)]
    rest = [service for service in services if not is_below(service)]
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


def is_below(service: Service) -> bool:
    """Whether fewer tasks run than should; a job's tasks end, so it never counts as below."""
    if service.mode.is_job or service.desired is None:
        return False
    return (service.running or 0) < service.desired


def history(service: Service, revisions: Sequence[Revision], now: datetime) -> Message:
    """The images that a service ran, newest first, a chart of them, and the way back to the last
    good one."""
    newest = sorted(revisions, key=lambda revision: -revision.number)
    name = escape(service.name)
    if not newest:
        return message(
            f"{name} has no revisions yet",
            ["swarmbot notes one with every deploy that it makes or sees."],
        )
    lines = [
        _revision(revision, now_runs=revision.image == service.image)
        for revision in newest[:_REVISIONS]
    ]
    older = newest[_REVISIONS:]
    from bot.render.picture import deploys  # noqa: PLC0415 - not before the first picture: it is 1 MB

    chart = deploys.picture(service, newest, now)
    files = [
        File(
            "history.txt",
            aligned(("REVISION", "IMAGE", "AT", "BY", "NOTE"), [_cells(r) for r in newest], 200)
            + "\n",
        )
    ]
    back = next((r for r in newest if r.image != service.image and r.ending in ("", "done")), None)
    to = (
        button(
            f"Roll back to {back.number}",
            f"rollback {service.name} --to {back.number}",
            confirm=_ask(service, back),
        )
        if back
        else None
    )
    return message(
        f"{name} runs {image(service.image)} · {plural(len(newest), 'revision')}",
        lines,
        [
            *actions(to),
            *context(f"{plural(len(older), 'older one')} in history.txt" if older else ""),
        ],
        [*(files if older else []), *([chart] if chart else [])],
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
        _replicas(service),
        image_cell(service.image),
        age(service.updated, now),
        ports,
    )


def _replicas(service: Service) -> str:
    running = "?" if service.running is None else str(service.running)
    desired = service.desired if service.desired is not None else service.replicas
    mode = "" if service.mode is Mode.REPLICATED else f" {service.mode}"
    return f"{running}/{'?' if desired is None else desired}{mode}"


def _name(service: Service) -> str:
    return service.name


def _revision(revision: Revision, now_runs: bool) -> str:
    ended = revision.ending if revision.ending != "done" else ""
    parts = [
        f"*{revision.number}*  {image(revision.image)}",
        "runs now" if now_runs else escape(ended),
        f"by {escape(revision.by)}" if revision.by else "",
        escape(shortened(revision.note, _NOTE)),
        when(revision.at),
    ]
    return " · ".join(part for part in parts if part)


def _cells(revision: Revision) -> Row:
    return (
        str(revision.number),
        image_cell(revision.image),
        f"{revision.at:%Y-%m-%d %H:%M} UTC",
        revision.by,
        revision.note,
    )


def _ask(service: Service, revision: Revision) -> str:
    return f"{service.name} goes back to {image_cell(revision.image)}. The replica count stays."
