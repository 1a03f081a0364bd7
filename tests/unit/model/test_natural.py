"""Names in the order that the Docker CLI lists them in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.natural import natural


@pytest.mark.parametrize(
    ("names", "ordered"),
    [
        (["web10", "web2", "web1"], ["web1", "web2", "web10"]),
        (["shop_b1", "shop_a10", "shop_a9"], ["shop_a9", "shop_a10", "shop_b1"]),
        (["node-2.eu", "node-10.eu", "node-2.de"], ["node-2.de", "node-2.eu", "node-10.eu"]),
        (["web", "10", "2"], ["2", "10", "web"]),
    ],
)
def test_numbers_count_by_their_value(names: list[str], ordered: list[str]) -> None:
    assert sorted(names, key=natural) == ordered


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_two_names_have_an_order(first: str, second: str) -> None:
    keys = natural(first), natural(second)
    assert (keys[0] < keys[1]) + (keys[0] > keys[1]) + (keys[0] == keys[1]) == 1
