"""What somebody needs who has to understand, without a second run, why a story failed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from playground.cluster import Cluster
from playground.errors import PlaygroundError
from playground.formation import find_manager
from playground.node import Node
from playground.workspace import Workspace
from tests.scenario.running import LIVE

PEOPLE = ("dev", "lead", "guest", "ops")
LOG_AT_MOST = 20_000
"""Characters of the bot's log: the last ones."""
SWARM = (
    ("node", "ls"),
    ("service", "ls"),
    ("stack", "ls"),
)


def evidence(item: pytest.Item) -> Iterator[tuple[str, str]]:
    """Headings and texts: what people saw, the log of each bot, the state of the Swarm."""
    values: Iterable[object] = getattr(item, "funcargs", {}).values()
    for value in {id(value): value for value in values}.values():
        if isinstance(value, Workspace):
            yield from _seen(value)
        elif isinstance(value, Cluster):
            yield f"Swarm {value.number}", state_of(value)
    for bot in dict.fromkeys(LIVE):
        yield f"log of the bot in {bot.folder}", bot.story_log[-LOG_AT_MOST:]


def _seen(workspace: Workspace) -> Iterator[tuple[str, str]]:
    for name in PEOPLE:
        yield f"what {name} saw", workspace.person(name).screen()


def state_of(cluster: Cluster) -> str:
    """Engines, nodes, services and their tasks, as far as anything answers at once: the time of the
    story, which may be nearly over, goes on meanwhile."""
    versions = (f"{node.name} {node.engine or 'installed'}" for node in cluster.nodes.values())
    parts = [str(cluster.status()), f"Docker: {', '.join(versions)}"]
    manager = find_manager(list(cluster.nodes.values()))
    if manager is None:
        return "\n".join([*parts, "No manager answers."])
    for words in (*SWARM, ("service", "ps", "--no-trunc", *_services(manager))):
        try:
            parts.append(manager.docker(*words))
        except PlaygroundError as error:
            parts.append(str(error))
    return "\n".join(parts)


def _services(manager: Node) -> list[str]:
    try:
        return manager.docker("service", "ls", "-q").split()
    except PlaygroundError:
        return []
