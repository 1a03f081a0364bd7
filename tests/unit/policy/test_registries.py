"""Which registries are asked only where the operator names them."""

from __future__ import annotations

import pytest

from bot.policy.registries import is_private, may_be_asked


@pytest.mark.parametrize(
    "registry",
    [
        "10.0.0.7:22",
        "127.0.0.1:2377",
        "127.0.0.1",
        "127.1:22",
        "169.254.169.254",
        "192.168.1.1:5000",
        "172.16.0.1",
        "100.64.0.1",
        "0.0.0.0:80",
        "2130706433:80",
        "0x7f.1:80",
        "localhost:5000",
        "redis:6379",
        "LOCALHOST",
        "node1.internal:2375",
        "db.local",
        "metadata.google.internal",
        "a.localhost:1",
    ],
)
def test_private_hosts(registry: str) -> None:
    assert is_private(registry)
    assert not may_be_asked(registry, ())
    assert may_be_asked(registry, ("other.example", registry))


@pytest.mark.parametrize(
    "registry", ["", "registry.example.com", "ghcr.io", "registry.example.com:5000", "8.8.8.8:443"]
)
def test_public_hosts(registry: str) -> None:
    assert may_be_asked(registry, ())


def test_a_pattern_names_registries() -> None:
    assert may_be_asked("10.0.0.7:5000", ("10.0.0.*:5000",))
    assert not may_be_asked("10.0.0.7:22", ("10.0.0.*:5000",))
