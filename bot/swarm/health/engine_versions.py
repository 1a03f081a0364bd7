"""Which versions of Docker the nodes run; pure.

An older manager returns no field that only newer engines know, so that what is changed through it
loses those. Fields come with a minor version, and with it a newer API; a patch brings none.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from bot.model import Node, NodeState
from bot.model.version_in_use import VersionInUse

_NUMBERS = re.compile(r"(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?", re.ASCII)


def in_use(nodes: Iterable[Node]) -> tuple[VersionInUse, ...]:
    """The versions of all nodes that are Ready, the newest first."""
    by_version: dict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        if node.engine and node.state == NodeState.READY:
            by_version[node.engine].append(node)
    newest_first = sorted(
        by_version, key=lambda version: (_numbers(version), version), reverse=True
    )
    return tuple(_in_use(version, by_version[version]) for version in newest_first)


def differ(versions: Sequence[VersionInUse]) -> bool:
    """Whether they differ by more than a patch."""
    return len({_numbers(used.version)[:2] for used in versions}) > 1


def managers_differ(versions: Sequence[VersionInUse]) -> bool:
    """The same among the managers, through which everything is changed."""
    return differ([used for used in versions if used.managers])


def _in_use(version: str, nodes: Sequence[Node]) -> VersionInUse:
    managers = tuple(node.name for node in nodes if node.manager)
    return VersionInUse(version, tuple(node.name for node in nodes), managers)


def _numbers(version: str) -> tuple[int, ...]:
    match = _NUMBERS.match(version)
    return tuple(int(number or 0) for number in match.groups()) if match else ()
