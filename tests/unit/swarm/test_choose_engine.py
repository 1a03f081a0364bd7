"""Which engine is meant, from what is typed and from what the engines say of themselves."""

from __future__ import annotations

import pytest

from bot.errors import AmbiguousEngineError, UnknownNameError
from bot.model.cluster import EngineState
from bot.swarm.choose_engine import LOCKED, MEMBER, OUTSIDE, Trait, choose


def state(name: str, swarm: str, host: str = "") -> EngineState:
    return EngineState(name, reachable=True, swarm=swarm, node_name=host)


ONE = (state("local", "active", "bee1"),)
THREE = (
    state("node1", "active", "bee1"),
    state("node2", "locked", "bee2"),
    state("node3", "inactive", "bee3"),
)
BARE = tuple(state(name, "inactive") for name in ("node1", "node2", "node3"))


@pytest.mark.parametrize(
    ("states", "name", "trait", "chosen"),
    [
        (ONE, "", LOCKED, "local"),
        (ONE, "", MEMBER, "local"),
        (THREE, "", LOCKED, "node2"),
        (THREE, "", OUTSIDE, "node3"),
        (THREE, "node1", LOCKED, "node1"),
        (THREE, "NODE1", OUTSIDE, "node1"),
        (THREE, "bee2", LOCKED, "node2"),
        (BARE, "node2", OUTSIDE, "node2"),
    ],
)
def test_the_engine_that_it_can_only_be(
    states: tuple[EngineState, ...], name: str, trait: Trait, chosen: str
) -> None:
    assert choose("swarm unlock", states, name, trait).name == chosen


@pytest.mark.parametrize(
    ("states", "trait", "names", "able", "words"),
    [
        (THREE, MEMBER, ("node1", "node2"), True, "are in a Swarm"),
        (BARE, OUTSIDE, ("node1", "node2", "node3"), True, "are in no Swarm"),
        (BARE, LOCKED, ("node1", "node2", "node3"), False, "is locked"),
    ],
)
def test_where_it_can_be_several_or_none_their_names_are_said(
    states: tuple[EngineState, ...], trait: Trait, names: tuple[str, ...], able: bool, words: str
) -> None:
    with pytest.raises(AmbiguousEngineError) as caught:
        choose("swarm leave", states, "", trait)
    assert (caught.value.names, caught.value.able, caught.value.trait) == (names, able, words)


def test_a_mistyped_name_gets_the_nearest() -> None:
    with pytest.raises(UnknownNameError) as caught:
        choose("swarm leave", THREE, "nod3", MEMBER)
    assert caught.value.near[0] == "node3"


def test_a_host_name_of_two_engines_names_neither() -> None:
    with pytest.raises(UnknownNameError):
        choose("info", (state("a", "active", "bee"), state("b", "active", "bee")), "bee", MEMBER)
