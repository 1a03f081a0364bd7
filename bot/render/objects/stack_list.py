"""The stacks, with what belongs to each."""

from __future__ import annotations

from collections.abc import Sequence

from bot.model import Message
from bot.model.cluster import Stack
from bot.model.english import plural
from bot.render.slack.blocks import message
from bot.render.slack.fence import Row
from bot.render.slack.tables import Column, table
from bot.render.slack.text import code

_COLUMNS = (
    Column("STACK"),
    Column("SERVICES"),
    Column("NETWORKS", number=True),
    Column("SECRETS", number=True),
    Column("CONFIGS", number=True),
)


def listed(stacks: Sequence[Stack]) -> Message:
    """All stacks, those with services below their count on top."""
    if not stacks:
        return message(
            "🟢 No stacks yet",
            [f"Deploy one on a manager: {code('docker stack deploy -c FILE NAME')}"],
        )
    below = [stack for stack in stacks if _below(stack)]
    rows = [_row(stack) for stack in [*below, *(stack for stack in stacks if not _below(stack))]]
    head = f"🟢 {plural(len(stacks), 'stack')}"
    if below:
        head = f"🟠 {len(below)} of {plural(len(stacks), 'stack')} below count"
    return message(head, [], *table(_COLUMNS, rows, "stacks.txt"))


def _row(stack: Stack) -> Row:
    below = _below(stack)
    services = f"{len(stack.services)}" + (f", {below} below count" if below else "")
    return (
        stack.name,
        services,
        *(str(len(objects) or "") for objects in (stack.networks, stack.secrets, stack.configs)),
    )


def _below(stack: Stack) -> int:
    return sum(service.below for service in stack.services)
