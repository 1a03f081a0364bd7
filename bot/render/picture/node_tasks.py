"""The content of a map: every node with its tasks, and the whole in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.model import Availability, Node, NodeState, Reachability, Service, Task, TaskState
from bot.model.english import plural
from bot.model.natural import natural
from bot.model.picture import Mark
from bot.render.objects.nodes import in_trouble, state_word
from bot.render.objects.tasks import places_of
from bot.render.picture.atoms import AMBER, BLUE, GREEN, GREY, RED, alt, line_of
from bot.render.slack.blocks import familiar

FEW = 12
"""Up to so many nodes are described one by one."""


class Condition(StrEnum):
    """The condition of a task, the worst first; each has its sign."""

    FAILED = "failing"
    LOST = "lost with node"
    WAITING = "waiting for a node"
    STARTING = "starting"
    RUNNING = "running"
    DONE = "complete"


SIGNS: Mapping[Condition, tuple[Mark, str]] = {
    Condition.FAILED: (Mark.CROSS, RED),
    Condition.LOST: (Mark.SQUARE, GREY),
    Condition.WAITING: (Mark.DIAMOND, AMBER),
    Condition.STARTING: (Mark.RING, BLUE),
    Condition.RUNNING: (Mark.DISC, GREEN),
    Condition.DONE: (Mark.TICK, GREY),
}
TROUBLE = (Condition.FAILED, Condition.LOST, Condition.WAITING)

Group = tuple[str, str]
"""A service and its version."""


@dataclass(frozen=True, slots=True)
class NodeTasks:
    """A node with its tasks, by their names.

    `words` has role and state. `node` is None for the tasks that wait for a node.
    """

    name: str
    words: str
    node: Node | None
    groups: tuple[tuple[Group, Counter[Condition]], ...]

    @property
    def tasks(self) -> int:
        """The number of tasks."""
        return sum(count.total() for _, count in self.groups)

    @property
    def ill(self) -> bool:
        """Whether the node is in trouble, or these tasks find no node."""
        return self.node is None or in_trouble(self.node)

    @property
    def set_aside(self) -> bool:
        """Whether a person keeps new tasks away from the node: drained or paused."""
        return self.node is not None and self.node.availability != Availability.ACTIVE


def placed(
    nodes: Sequence[Node], tasks: Iterable[Task], services: Mapping[str, Service]
) -> tuple[NodeTasks, ...]:
    """Every node by name, with its tasks; tasks without a node come last.

    Swarm keeps the ended tasks of a removed job until its managers restart (measured); these are
    left out.
    """
    by_id = {node.id: node for node in nodes}
    by_node: dict[str, dict[Group, Counter[Condition]]] = {node.id: {} for node in nodes}
    for place in places_of(tasks):
        condition = _condition(place, by_id)
        if condition is None or (place[0].service_id not in services and _is_over(place[0])):
            continue
        node_id = (
            place[0].node_id
            if place[0].node_id in by_id and condition is not Condition.WAITING
            else ""
        )
        by_node.setdefault(node_id, {}).setdefault(_group(place[0], services), Counter())[
            condition
        ] += 1
    ordered = sorted(nodes, key=lambda node: (natural(node.name), node.id))
    spots = [
        NodeTasks(line_of(node.name), _words(node), node, _sorted(by_node[node.id]))
        for node in ordered
    ]
    if "" in by_node:
        spots.append(NodeTasks("On no node", "no node takes these", None, _sorted(by_node[""])))
    return tuple(spots)


def headline(nodes: Sequence[Node], spots: Sequence[NodeTasks]) -> str:
    """The number of nodes and of tasks."""
    return (
        f"Swarm · {plural(len(nodes), 'node')} · "
        f"{plural(sum(spot.tasks for spot in spots), 'task')}"
    )


def summary(spots: Sequence[NodeTasks]) -> str:
    """What is wrong, nodes first; or that nothing is."""
    nodes = [spot for spot in spots if spot.node]
    away = [
        f"{spot.name} {state_word(spot.node.state)}"
        for spot in nodes
        if spot.node and spot.node.state != NodeState.READY
    ]
    unreachable = [
        f"{spot.name} not reachable"
        for spot in nodes
        if spot.ill and spot.node and spot.node.state == NodeState.READY
    ]
    set_aside = [
        f"{spot.name} {state_word(spot.node.availability)}"
        for spot in nodes
        if spot.node and spot.set_aside
    ]
    counts = totals(spots)
    trouble = [f"{counts[condition]} {condition}" for condition in TROUBLE if counts[condition]]
    parts = [
        *_one_by_one(away, "away"),
        *_one_by_one(unreachable, "not reachable"),
        *_one_by_one(set_aside, "set aside"),
        *trouble,
    ]
    return " · ".join(
        parts or ["all nodes Ready, all tasks as they should be" if nodes else "no nodes"]
    )


def needs_care(spots: Sequence[NodeTasks]) -> bool:
    """Whether any node or task is in trouble."""
    return any(spot.ill or any(troubled(counts) for _, counts in spot.groups) for spot in spots)


def described(nodes: Sequence[Node], spots: Sequence[NodeTasks]) -> str:
    """The map in words: a summary, then node by node; of many, those in trouble first."""
    ordered = (
        spots
        if len(nodes) <= FEW
        else sorted(spots, key=lambda spot: (not spot.ill, not spot.set_aside))
    )
    return alt(
        f"Map of the {headline(nodes, spots).replace(' · ', ', ')}: {summary(spots)}.",
        [_node_words(spot) for spot in ordered],
    )


def _condition(place: Sequence[Task], nodes: Mapping[str, Node]) -> Condition | None:
    """The condition of a slot's task; None where there should be no task."""
    task, node = place[0], nodes.get(place[0].node_id)
    if not task.wanted:
        return None
    if task.state == TaskState.COMPLETE:
        return Condition.DONE
    if not task.node_id or task.state == TaskState.PENDING:
        return Condition.WAITING
    if node is not None and node.state != NodeState.READY:
        return Condition.LOST
    if task.state == TaskState.RUNNING:
        return Condition.RUNNING
    failed = task.state.lost or (len(place) > 1 and place[1].state.lost)
    return Condition.FAILED if failed else Condition.STARTING


def _is_over(task: Task) -> bool:
    return task.state.lost or task.state == TaskState.COMPLETE


def _group(task: Task, services: Mapping[str, Service]) -> Group:
    service = services.get(task.service_id)
    digest = f"@{task.image.short_digest}" if task.image.digest else ""
    version = task.image.tag or digest or familiar(task.image)
    return (line_of(service.name if service else task.service_id[:12]), line_of(version))


def _sorted(
    groups: Mapping[Group, Counter[Condition]],
) -> tuple[tuple[Group, Counter[Condition]], ...]:
    return tuple(sorted(groups.items(), key=lambda group: (not troubled(group[1]), group[0])))


def troubled(counts: Counter[Condition]) -> bool:
    """Whether any of the tasks is in trouble."""
    return any(counts[condition] for condition in TROUBLE)


def _words(node: Node) -> str:
    role = (
        ("Leader" if node.manager.leader else "Manager") if node.manager else state_word(node.role)
    )
    reach = node.manager.reachability if node.manager else Reachability.REACHABLE
    parts = [role, state_word(node.state), state_word(node.availability)]
    return line_of(
        " · ".join(parts + ([state_word(reach)] if reach != Reachability.REACHABLE else []))
    )


def totals(spots: Iterable[NodeTasks]) -> Counter[Condition]:
    """The number of tasks in each condition."""
    totals: Counter[Condition] = Counter()
    for spot in spots:
        for _, counts in spot.groups:
            totals += counts
    return totals


def _one_by_one(words: Sequence[str], together: str) -> list[str]:
    return list(words) if len(words) < 3 else [f"{len(words)} nodes {together}"]


def _counts_in_words(counts: Counter[Condition]) -> str:
    return ", ".join(
        f"{counts[condition]} {condition}" for condition in Condition if counts[condition]
    )


def _node_words(spot: NodeTasks) -> str:
    groups = [
        f"{service} {version} {_counts_in_words(counts)}"
        for (service, version), counts in spot.groups[:8]
    ]
    left_out = len(spot.groups) - len(groups)
    words = spot.words.replace(" · ", ", ")
    return f"{spot.name} ({words}): {'; '.join(groups) or 'no tasks'}" + (
        f"; {left_out} more services" if left_out else ""
    )
