"""Subnets, gateways and ranges as `docker network create` takes them."""

from __future__ import annotations

import pytest

from bot.errors import InvalidValueError
from bot.model.cluster import Network
from bot.swarm.spec.ipam import pools, read_address, read_range, refuse_overlap


@pytest.mark.parametrize("text", ["10.20.0.0/24", "10.20.0.7/24", "fd00::/64", "0.0.0.0/0"])
def test_ranges(text: str) -> None:
    assert read_range(text) == text


@pytest.mark.parametrize(
    "text", ["", "10.20.0.0", "10.20.0.0/33", "10.20.0/24", "net/24", "10.20.0.0/24/2"]
)
def test_no_ranges(text: str) -> None:
    with pytest.raises(ValueError, match="a range such as"):
        read_range(text)


def test_addresses() -> None:
    assert read_address("10.20.0.1") == "10.20.0.1"
    assert read_address("fd00::1") == "fd00::1"
    with pytest.raises(ValueError, match="an address such as"):
        read_address("10.20.0.0/24")


def test_everything_goes_with_its_subnet() -> None:
    assert pools((), (), ()) == []
    assert pools(("10.1.0.0/24", "fd00::/64"), ("fd00::1", "10.1.0.9"), ("10.1.0.128/25",)) == [
        {"Subnet": "10.1.0.0/24", "IPRange": "10.1.0.128/25", "Gateway": "10.1.0.9"},
        {"Subnet": "fd00::/64", "Gateway": "fd00::1"},
    ]


@pytest.mark.parametrize(
    ("gateways", "ranges"),
    [
        (("10.2.0.1",), ()),
        (("10.1.0.1", "10.1.0.2"), ()),
        ((), ("10.0.0.0/8",)),
        ((), ("10.1.0.0/25", "10.1.0.128/25")),
        (("fd00::1",), ()),
    ],
)
def test_what_goes_with_no_subnet(gateways: tuple[str, ...], ranges: tuple[str, ...]) -> None:
    with pytest.raises(InvalidValueError):
        pools(("10.1.0.0/24",), gateways, ranges)


@pytest.mark.parametrize(
    ("subnets", "taken"),
    [
        (("10.1.0.0/25",), "10.1.0.0/24"),
        (("10.0.0.0/8",), "10.1.0.0/24"),
        (("10.1.0.0/24",), "10.1.0.0/24"),
        (("10.3.0.0/24", "10.3.0.128/25"), ""),
    ],
)
def test_addresses_that_are_taken(subnets: tuple[str, ...], taken: str) -> None:
    other_network = Network("n1", "other", "overlay", "swarm", subnets=("10.1.0.0/24", "fd00::/64"))
    with pytest.raises(InvalidValueError) as caught:
        refuse_overlap(subnets, [other_network])
    assert taken in caught.value.expected


def test_addresses_that_are_free() -> None:
    other_network = Network("n1", "other", "overlay", "swarm", subnets=("10.1.0.0/24",))
    refuse_overlap(("10.2.0.0/24", "10.3.0.0/24", "fd00::/64"), [other_network])
    refuse_overlap((), [other_network])
