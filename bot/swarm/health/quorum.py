"""How many managers may fail, now and after a change of roles; pure.

Raft needs ⌊N/2⌋+1 of N managers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from bot.errors import LastManagerError, QuorumAtRiskError
from bot.model import Availability, Node, NodeRole, NodeState, Reachability
from bot.model.cluster import ManagerCaution, Quorum

MANY = 7
"""From this many managers on, Docker advises against more: each has to confirm every change."""


def quorum(nodes: Iterable[Node]) -> Quorum:
    """How many managers there are, how many are reachable, and how many more may fail."""
    managers = [node for node in nodes if node.manager is not None]
    return quorum_of(len(managers), sum(map(reachable, managers)))


def reachable(node: Node) -> bool:
    """Whether a node is a manager that the others reach."""
    return node.manager is not None and node.manager.reachability == Reachability.REACHABLE


def by_reach(nodes: Iterable[Node]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the managers that the others reach, and of those that are away."""
    managers = [node for node in nodes if node.manager]
    away = tuple(node.name for node in managers if not reachable(node))
    return tuple(node.name for node in managers if node.name not in away), away


def holds(bearing: Quorum) -> bool:
    """Whether the Swarm can be changed."""
    return bearing.reachable >= bearing.needed


def changed(
    nodes: Iterable[Node], *, promoted: Collection[str] = (), demoted: Collection[str] = ()
) -> Quorum:
    """The quorum after the nodes `promoted` are reachable managers and the `demoted` ones are none.

    Both are node ids.
    """
    managers = {
        node.id: reachable(node)
        for node in nodes
        if node.manager is not None and node.id not in demoted
    }
    managers |= {node_id: managers.get(node_id, True) for node_id in promoted}
    return quorum_of(len(managers), sum(managers.values()))


def refuse_loss(nodes: Sequence[Node], demoted: Sequence[Node]) -> None:
    """Refuse to demote these nodes, one after the other, where the quorum would be lost.

    Raises QuorumAtRiskError or LastManagerError.
    """
    demoted_ids: list[str] = []
    for node in demoted:
        demoted_ids.append(node.id)
        after = changed(nodes, demoted=demoted_ids)
        if not after.managers:
            raise LastManagerError(node.name, candidates(nodes)[:1])
        if not holds(after):
            away = tuple(
                manager.name
                for manager in nodes
                if manager.manager and not reachable(manager) and manager.id not in demoted_ids
            )
            raise QuorumAtRiskError(node.name, after.managers, after.reachable, after.needed, away)


def candidates(nodes: Iterable[Node]) -> tuple[str, ...]:
    """Names of the workers that could become managers: Ready, those that are Active first."""
    able = [
        node
        for node in nodes
        if node.manager is None and node.role == NodeRole.WORKER and node.state == NodeState.READY
    ]
    return tuple(
        node.name
        for node in sorted(
            able, key=lambda node: (node.availability != Availability.ACTIVE, node.name)
        )
    )


def cautions(quorum: Quorum) -> tuple[ManagerCaution, ...]:
    """What is unwise about that many managers."""
    few = {1: ManagerCaution.ONE, 2: ManagerCaution.TWO}
    cautions = []
    if quorum.managers in few:
        cautions.append(few[quorum.managers])
    elif quorum.managers and quorum.managers % 2 == 0:
        cautions.append(ManagerCaution.EVEN)
    if quorum.managers >= MANY:
        cautions.append(ManagerCaution.MANY)
    if quorum.managers >= 3 and not quorum.fault_tolerance:
        cautions.append(ManagerCaution.NO_TOLERANCE)
    return tuple(cautions)


def quorum_of(managers: int, at_hand: int) -> Quorum:
    """The quorum of so many managers, of which so many take part."""
    needed = managers // 2 + 1
    return Quorum(managers, at_hand, needed, max(0, at_hand - needed))
