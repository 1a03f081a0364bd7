"""The nodes in one table: those in trouble first, then the managers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from bot.model import Message, Node, NodeState, Reachability
from bot.model.english import plural, seconds
from bot.model.natural import Natural, natural
from bot.model.slash import SLASH
from bot.model.swarm import left_over
from bot.render.slack.blocks import Block, context, message
from bot.render.slack.fence import Row
from bot.render.slack.tables import MOST_ROWS, Column, fenced, table
from bot.render.slack.text import code, escape, prose

_COLUMNS = (
    Column("NODE"),
    Column("STATUS"),
    Column("AVAILABILITY"),
    Column("MANAGER"),
    Column("TASKS", number=True),
    Column("ENGINE"),
)
_BRIEF_COLUMNS = _COLUMNS[:4]
_MOST_REASONS = 5
_ID = 12
"""So many characters of an id are enough to name it, as in Docker's own lists."""


def listed(
    nodes: Iterable[Node],
    task_counts: Mapping[str, int],
    now: datetime,
    certificates: Mapping[str, datetime] | None = None,
    ages: Sequence[str] = (),
) -> Message:
    """All nodes.

    `task_counts` and `certificates` (when they end) are keyed by node id; the latter add a column.
    `ages`: how old what is told is, see `as_of`.
    """
    ordered = sorted(nodes, key=_rank)
    trouble = [node for node in ordered if in_trouble(node)]
    rows: list[Row] = [_row(node, task_counts) for node in ordered]
    columns: tuple[Column, ...] = _COLUMNS
    if certificates is not None:
        columns = (*columns, Column("CERT"))
        rows = [
            (*row, _left(certificates.get(node.id), now))
            for row, node in zip(rows, ordered, strict=True)
        ]
    blocks, files = table(columns, rows, "nodes.txt")
    stale = left_over(ordered)
    reasons = [
        _reason(node, node.id in stale) for node in trouble if node.message or node.id in stale
    ]
    reasons = reasons[:_MOST_REASONS]
    return message(_head(ordered, trouble), reasons, [*blocks, *context(*ages)], files)


def _reason(node: Node, left_over: bool) -> str:
    if not left_over:
        return f"{escape(node.name)}: {prose(node.message)}"
    return (
        f"{escape(node.name)} joined anew, and {node.id[:_ID]} is left over: "
        f"{code(f'{SLASH} node rm {node.id[:_ID]}')}"
    )


def brief(nodes: Iterable[Node]) -> list[Block]:
    """State, availability and manager status; of many nodes those in trouble, and a count."""
    ordered = sorted(nodes, key=_rank)
    trouble = [node for node in ordered if in_trouble(node)]
    shown = ordered if len(ordered) <= MOST_ROWS else trouble[:MOST_ROWS]
    rows = [
        (node.name, state_word(node.state), state_word(node.availability), _manager(node))
        for node in shown
    ]
    left = len(ordered) - len(rows)
    return [
        *fenced(_BRIEF_COLUMNS, rows),
        *context(
            (
                f"{left} more, "
                f"{'all Ready' if len(rows) == len(trouble) else 'some of them in trouble'}"
            )
            if left
            else ""
        ),
    ]


def in_trouble(node: Node) -> bool:
    """Whether the node needs a look: not Ready, or a manager that the others do not reach."""
    return node.state != NodeState.READY or (
        node.manager is not None and node.manager.reachability != Reachability.REACHABLE
    )


def state_word(state: str) -> str:
    """A state as the Docker CLI writes it: `Ready`, `Down`."""
    return state[:1].upper() + state[1:]


def _head(nodes: list[Node], trouble: list[Node]) -> str:
    if not trouble:
        return f"🟢 {plural(len(nodes), 'node')} Ready"
    first = trouble[0]
    namesakes = sum(node.name == first.name for node in nodes)
    name = f"{first.name} ({first.id[:_ID]})" if namesakes > 1 else first.name
    state = (
        state_word(first.state) if first.state != NodeState.READY else "not reachable as a manager"
    )
    more = f" and {plural(len(trouble) - 1, 'other')}" if len(trouble) > 1 else ""
    ready = sum(node.state == NodeState.READY for node in nodes)
    return (
        f"🟠 {escape(name)}{more} {'is' if not more else 'are'} {state} · "
        f"{ready}/{len(nodes)} nodes Ready"
    )


def _rank(node: Node) -> tuple[bool, bool, bool, bool, Natural]:
    leads = node.manager is not None and node.manager.leader
    return (
        not in_trouble(node),
        node.state == NodeState.READY,
        not leads,
        node.manager is None,
        natural(node.name),
    )


def _row(node: Node, task_counts: Mapping[str, int]) -> tuple[str, ...]:
    tasks = str(task_counts.get(node.id, 0)) if node.state == NodeState.READY else ""
    return (
        node.name,
        state_word(node.state),
        state_word(node.availability),
        _manager(node),
        tasks,
        node.engine,
    )


def _manager(node: Node) -> str:
    if node.manager is None:
        return ""
    return "Leader" if node.manager.leader else state_word(node.manager.reachability)


def _left(end: datetime | None, now: datetime) -> str:
    if end is None:
        return ""
    left = (end - now).total_seconds()
    return "ended" if left <= 0 else " ".join(seconds(left).split(" ")[:2])
