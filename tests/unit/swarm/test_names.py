"""Names as people type them."""

import pytest

from bot.errors import AmbiguousNameError, UnknownNameError
from bot.swarm.names import nearest, pick

NODES = [("abcd1", "node1"), ("abcd2", "node2"), ("efgh3", "node2"), ("node1x", "other")]


def _pick(name: str) -> tuple[str, str]:
    return pick("node", name, NODES, lambda node: node[0], lambda node: node[1])


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("node1", "abcd1"),
        ("abcd2", "abcd2"),
        ("efgh", "efgh3"),
        ("node1x", "node1x"),
        ("other", "node1x"),
    ],
)
def test_an_exact_name_or_id_or_the_beginning_of_an_id_is_meant(name: str, id: str) -> None:  # noqa: A002
    assert _pick(name)[0] == id


@pytest.mark.parametrize("name", ["nod", "efg", "", "node11"])
def test_anything_less_is_unknown(name: str) -> None:
    with pytest.raises(UnknownNameError):
        _pick(name)


@pytest.mark.parametrize(
    ("name", "matches"),
    [("node2", ("node2 (abcd2)", "node2 (efgh3)")), ("abcd", ("node1 (abcd1)", "node2 (abcd2)"))],
)
def test_several_are_named(name: str, matches: tuple[str, ...]) -> None:
    with pytest.raises(AmbiguousNameError) as caught:
        _pick(name)
    assert caught.value.matches == matches


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("wbe", ("web",)),
        ("shop", ("shop_front", "shop_back")),
        ("WEB", ("web", "web-api")),
        ("zzzz", ()),
        ("", ()),
    ],
)
def test_the_nearest_come_first(typed: str, near: tuple[str, ...]) -> None:
    assert set(
        nearest(typed, ["web", "web-api", "shop_front", "shop_back", "database"])[: len(near)]
    ) == set(near)
    assert len(nearest(typed, ["web"] * 5 + ["web1", "web2", "web3", "web4"])) <= 3
