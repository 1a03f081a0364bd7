"""The quorum after a change of roles: refusals, warnings, and what always holds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import LastManagerError, QuorumAtRiskError
from bot.model import ManagerStatus, Node, NodeRole, Reachability
from bot.model.cluster import Quorum
from bot.model.slash import SLASH
from bot.render.objects.manager_cautions import cautions_in_words
from bot.swarm.health.quorum import candidates, cautions, changed, holds, quorum, refuse_loss
from tests.unit.swarm.values import node


def swarm(*reachability: bool, workers: int = 1) -> list[Node]:
    """node1, node2, … are managers, reachable or not; w1, w2, … are workers."""
    managers = [
        node(
            f"node{number}",
            role="manager",
            manager=ManagerStatus(
                number == 1, Reachability.REACHABLE if up else Reachability.UNREACHABLE, ""
            ),
        )
        for number, up in enumerate(reachability, 1)
    ]
    return [*managers, *(node(f"w{number}") for number in range(1, workers + 1))]


def those(nodes: list[Node], *names: str) -> list[Node]:
    return [node for name in names for node in nodes if node.name == name]


@pytest.mark.parametrize(
    ("up", "demoted", "promoted", "after"),
    [
        ((True, True, True), (), (), Quorum(3, 3, 2, 1)),
        ((True, True, True), ("node2",), (), Quorum(2, 2, 2, 0)),
        ((True, True, True), (), ("w1",), Quorum(4, 4, 3, 1)),
        ((True, True, True), ("node2",), ("w1",), Quorum(3, 3, 2, 1)),
        ((True, True, False), ("node3",), (), Quorum(2, 2, 2, 0)),
        ((True, True, False), ("node2",), (), Quorum(2, 1, 2, 0)),
        ((True, True, False), ("node3",), ("w1",), Quorum(3, 3, 2, 1)),
        ((True,), ("node1",), (), Quorum(0, 0, 1, 0)),
        ((True, True, True), (), ("node2",), Quorum(3, 3, 2, 1)),
        ((True, True, False), (), ("node3",), Quorum(3, 2, 2, 0)),
        ((True, True, True, True, True), ("node1", "node5"), (), Quorum(3, 3, 2, 1)),
    ],
)
def test_managers_after_a_change(
    up: tuple[bool, ...], demoted: tuple[str, ...], promoted: tuple[str, ...], after: Quorum
) -> None:
    nodes = swarm(*up)
    ids = {node.name: node.id for node in nodes}
    assert (
        changed(nodes, promoted=[ids[n] for n in promoted], demoted=[ids[n] for n in demoted])
        == after
    )


@pytest.mark.parametrize(
    ("up", "demoted", "refused"),
    [
        ((True, True, True), ("node1",), None),
        ((True, True, True), ("node1", "node2"), None),
        ((True, True, True), ("node1", "node2", "node3"), ("node3", ())),
        ((True, True, False), ("node3",), None),
        ((True, True, False), ("node2",), ("node2", ("node3",))),
        ((True, True, False), ("node3", "node2"), None),
        ((True, True, False), ("node2", "node3"), ("node2", ("node3",))),
        ((True, True, True, False, False), ("node1",), ("node1", ("node4", "node5"))),
        ((True, True, True, False, False), ("node4", "node5"), None),
        ((True,), ("node1",), ("node1", ())),
        ((True, True, True), ("w1",), None),
        ((True, True, True), (), None),
    ],
)
def test_what_would_lose_the_quorum_is_refused(
    up: tuple[bool, ...], demoted: tuple[str, ...], refused: tuple[str, tuple[str, ...]] | None
) -> None:
    nodes = swarm(*up)
    if refused is None:
        refuse_loss(nodes, those(nodes, *demoted))
        return
    with pytest.raises((QuorumAtRiskError, LastManagerError)) as caught:
        refuse_loss(nodes, those(nodes, *demoted))
    error = caught.value
    assert isinstance(error, QuorumAtRiskError | LastManagerError)
    assert error.node == refused[0]
    assert getattr(error, "away", ()) == refused[1]


def test_the_last_manager_is_refused_with_whom_to_promote() -> None:
    nodes = swarm(True, workers=2)
    with pytest.raises(LastManagerError) as caught:
        refuse_loss(nodes, nodes[:1])
    assert caught.value.instead == ("w1",)


def test_workers_that_could_be_promoted() -> None:
    nodes = [
        *swarm(True, workers=0),
        node("drained", availability="drain"),
        node("down", state="down"),
        node("well"),
        node("coming", role="manager"),
    ]
    assert candidates(nodes) == ("well", "drained")


@pytest.mark.parametrize(
    ("managers", "reachable", "said"),
    [
        (1, 1, ("one manager bears no loss",)),
        (2, 2, ("two managers bear no loss",)),
        (3, 3, ()),
        (3, 2, ("no further manager may fail: 1 of 3",)),
        (4, 4, ("4 managers bear no more losses than 3: make it 3 or 5",)),
        (4, 3, ("4 managers bear no more losses", "no further manager may fail: 1 of 4")),
        (5, 5, ()),
        (6, 6, ("6 managers bear no more losses than 5",)),
        (7, 7, ("with 7 managers every change is slow",)),
        (8, 8, ("8 managers bear no more losses than 7", "with 8 managers every change is slow")),
    ],
)
def test_cautions(managers: int, reachable: int, said: tuple[str, ...]) -> None:
    needed = managers // 2 + 1
    words = told(Quorum(managers, reachable, needed, max(0, reachable - needed)), "w1")
    assert len(words) == len(said)
    assert all(part in text for part, text in zip(said, words, strict=True))


def told(quorum: Quorum, *workers: str) -> tuple[str, ...]:
    return cautions_in_words(cautions(quorum), quorum, workers)


def test_a_caution_says_what_to_do() -> None:
    two = Quorum(2, 2, 2, 0)
    assert f"{SLASH} node promote w1" in told(two, "w1", "w2")[0]
    assert f"{SLASH} swarm join-token manager" in told(two)[0]


managers = st.lists(st.booleans(), min_size=1, max_size=9)


@given(managers, st.data())
def test_what_is_not_refused_keeps_the_quorum(up: list[bool], data: st.DataObject) -> None:
    nodes = swarm(*up)
    demoted = data.draw(st.lists(st.sampled_from(nodes), unique_by=lambda node: node.id))
    try:
        refuse_loss(nodes, demoted)
    except (QuorumAtRiskError, LastManagerError):
        return
    after = changed(nodes, demoted=[node.id for node in demoted])
    assert holds(after) or not any(node.manager for node in demoted)
    assert quorum([node for node in nodes if node not in demoted]) == after


@given(managers)
def test_a_manager_that_is_away_may_go_wherever_there_is_a_quorum(up: list[bool]) -> None:
    nodes = swarm(*up)
    away = [node for node in nodes if node.manager and node.manager.reachability != "reachable"]
    if holds(quorum(nodes)):
        refuse_loss(nodes, away)
        assert (
            changed(nodes, demoted=[node.id for node in away]).fault_tolerance
            >= quorum(nodes).fault_tolerance
        )


@given(managers)
def test_who_is_promoted_counts_as_a_reachable_manager(up: list[bool]) -> None:
    nodes = swarm(*up, workers=2)
    workers = nodes[-2:]
    after = changed(nodes, promoted=[node.id for node in workers])
    made = [
        replace(
            node, role=NodeRole.MANAGER, manager=ManagerStatus(False, Reachability.REACHABLE, "")
        )
        for node in workers
    ]
    assert after == quorum([*nodes[:-2], *made])
