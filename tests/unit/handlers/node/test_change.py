"""What a change of nodes wants: what the node is to become, and that nothing else of its
specification is touched."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import InvalidValueError
from bot.model import Availability, ManagerStatus, NodeRole, Reachability
from handlers.node.wanted import Wanted
from tests.unit.swarm.values import node

SPEC: dict[str, Any] = {
    "Name": "n",
    "Role": "manager",
    "Availability": "pause",
    "Labels": {"a": "1", "b": "2"},
    "New": {"x": 1},
}


@pytest.mark.parametrize(
    ("wanted", "changed"),
    [
        (Wanted(), {}),
        (Wanted(role=NodeRole.WORKER), {"Role": NodeRole.WORKER}),
        (Wanted(availability=Availability.DRAIN), {"Availability": Availability.DRAIN}),
        (Wanted(label_add={"c": "3"}), {"Labels": {"a": "1", "b": "2", "c": "3"}}),
        (Wanted(label_add={"a": "9"}, label_rm=("b",)), {"Labels": {"a": "9"}}),
        (Wanted(label_rm=("a", "b")), {"Labels": {}}),
        (
            Wanted(NodeRole.WORKER, Availability.ACTIVE, {"c": ""}),
            {"Role": "worker", "Availability": "active", "Labels": {**SPEC["Labels"], "c": ""}},
        ),
    ],
)
def test_only_what_is_wanted_is_written(wanted: Wanted, changed: dict[str, Any]) -> None:
    spec = {**SPEC, "Labels": dict(SPEC["Labels"])}
    wanted.write(spec)
    assert spec == {**SPEC, **changed}


def test_a_node_without_labels_gets_its_first() -> None:
    spec: dict[str, Any] = {"Labels": None}
    Wanted(label_add={"a": "1"}).write(spec)
    assert spec == {"Labels": {"a": "1"}}


def test_who_is_demoted_manages_no_more() -> None:
    manager = node("node1", role="manager", manager=ManagerStatus(True, Reachability.REACHABLE, ""))
    assert Wanted(role=NodeRole.WORKER).of(manager).manager is None
    assert Wanted(availability=Availability.DRAIN).of(manager).manager == manager.manager


def test_a_label_that_is_not_there_cannot_be_removed() -> None:
    with pytest.raises(InvalidValueError) as caught:
        Wanted(label_rm=("zoen",)).of(node("node4", labels={"zone": "a"}))
    assert caught.value.expected == "a label of node4: `zone`"


labels = st.dictionaries(st.sampled_from("abcd"), st.sampled_from("12"))


@given(labels, labels, st.sets(st.sampled_from("abcd")))
def test_the_plan_and_the_deed_agree(
    before: dict[str, str], added: dict[str, str], removed: set[str]
) -> None:
    wanted = Wanted(label_add=added, label_rm=tuple(sorted(removed & {*before, *added})))
    spec: dict[str, Any] = {"Labels": dict(before)}
    wanted.write(spec)
    assert spec["Labels"] == wanted.of(node("node4", labels=before)).labels
