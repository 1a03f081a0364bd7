"""What the managers can bear."""

from __future__ import annotations

import pytest

from bot.model import ManagerStatus, Node, Reachability
from bot.model.cluster import Quorum
from bot.swarm.health.quorum import quorum
from tests.unit.swarm.values import node


def manager(number: int, reachability: str) -> Node:
    return node(
        f"node{number}",
        role="manager",
        manager=ManagerStatus(number == 1, Reachability(reachability), f"10.0.0.{number}:2377"),
    )


@pytest.mark.parametrize(
    ("managers", "away", "needed", "fault_tolerance"),
    [
        (1, 0, 1, 0),
        (2, 0, 2, 0),
        (3, 0, 2, 1),
        (3, 1, 2, 0),
        (3, 2, 2, 0),
        (4, 0, 3, 1),
        (5, 0, 3, 2),
        (5, 1, 3, 1),
        (7, 0, 4, 3),
        (7, 4, 4, 0),
    ],
)
def test_raft_needs_more_than_half(
    managers: int, away: int, needed: int, fault_tolerance: int
) -> None:
    nodes = [
        manager(number, "unreachable" if number <= away else "reachable")
        for number in range(1, managers + 1)
    ]
    assert quorum([*nodes, node("worker")]) == Quorum(
        managers, managers - away, needed, fault_tolerance
    )


def test_a_manager_whose_reachability_is_unknown_is_not_counted_on() -> None:
    assert quorum(
        [manager(1, "reachable"), manager(2, "unknown"), manager(3, "reachable")]
    ) == Quorum(3, 2, 2, 0)


def test_workers_alone_have_no_quorum() -> None:
    assert quorum([node("worker")]) == Quorum(0, 0, 1, 0)
