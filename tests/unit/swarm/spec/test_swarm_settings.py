"""The Swarm's settings from flags to specification; addresses as typed, and private ones."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.command.address_fields import read_remote
from bot.model import Difference
from bot.model.addresses import external_ca, split_address
from bot.swarm.engine.reach import host_of, in_other_networks, open_ports
from bot.swarm.spec import swarm_settings

SPEC: dict[str, Any] = {
    "Name": "default",
    "Labels": {"team": "shop"},
    "Orchestration": {"TaskHistoryRetentionLimit": 5},
    "Raft": {
        "SnapshotInterval": 10000,
        "KeepOldSnapshots": 0,
        "ElectionTick": 10,
        "HeartbeatTick": 1,
    },
    "Dispatcher": {"HeartbeatPeriod": 5_000_000_000},
    "CAConfig": {"NodeCertExpiry": 7_776_000_000_000_000, "ForceRotate": 3},
    "TaskDefaults": {"LogDriver": {"Name": "json-file"}},
    "EncryptionConfig": {"AutoLockManagers": False},
}


@pytest.mark.parametrize(
    ("given_flags", "path", "value", "difference"),
    [
        (
            {"autolock": True},
            ("EncryptionConfig", "AutoLockManagers"),
            True,
            ("autolock", "false", "true"),
        ),
        (
            {"cert_expiry": timedelta(hours=720)},
            ("CAConfig", "NodeCertExpiry"),
            2_592_000_000_000_000,
            ("cert-expiry", "2160h", "720h"),
        ),
        (
            {"dispatcher_heartbeat": timedelta(seconds=7)},
            ("Dispatcher", "HeartbeatPeriod"),
            7_000_000_000,
            ("dispatcher-heartbeat", "5s", "7s"),
        ),
        (
            {"external_ca": ("protocol=cfssl,url=https://ca.example.com",)},
            ("CAConfig", "ExternalCAs"),
            [{"Protocol": "cfssl", "URL": "https://ca.example.com", "Options": {}}],
            ("external-ca", "", "cfssl https://ca.example.com"),
        ),
        ({"max_snapshots": 2}, ("Raft", "KeepOldSnapshots"), 2, ("max-snapshots", "0", "2")),
        (
            {"snapshot_interval": 500},
            ("Raft", "SnapshotInterval"),
            500,
            ("snapshot-interval", "10000", "500"),
        ),
        (
            {"task_history_limit": 0},
            ("Orchestration", "TaskHistoryRetentionLimit"),
            0,
            ("task-history-limit", "5", "0"),
        ),
    ],
)
def test_one_flag_changes_one_field(
    given_flags: dict[str, Any], path: tuple[str, str], value: Any, difference: tuple[str, str, str]
) -> None:
    wanted = swarm_settings.wanted(given_flags)
    changed, expected = deepcopy(SPEC), deepcopy(SPEC)
    swarm_settings.put(changed, wanted)
    expected[path[0]][path[1]] = value
    assert changed == expected
    assert swarm_settings.differences(SPEC, wanted) == (Difference(*difference),)
    assert swarm_settings.differences(changed, wanted) == ()


def test_flags_that_are_not_given_are_no_settings() -> None:
    nothing = swarm_settings.wanted(
        {"autolock": None, "external_ca": (), "cert_expiry": None, "listen_addr": "x"}
    )
    assert nothing == {}


def test_a_specification_without_anything_takes_settings() -> None:
    spec: dict[str, Any] = {}
    swarm_settings.put(spec, swarm_settings.wanted({"autolock": False, "task_history_limit": 3}))
    assert spec == {
        "EncryptionConfig": {"AutoLockManagers": False},
        "Orchestration": {"TaskHistoryRetentionLimit": 3},
    }


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("10.99.0.1:2377", ("10.99.0.1", 2377)),
        ("10.99.0.1", ("10.99.0.1", 2377)),
        ("eth0:4000", ("eth0", 4000)),
        ("[fd00::1]:2377", ("fd00::1", 2377)),
        ("tcp://manager.example.com:1234", ("manager.example.com", 1234)),
    ],
)
def test_addresses_as_typed(typed: str, address: tuple[str, int]) -> None:
    assert split_address(typed) == address


@pytest.mark.parametrize(
    "typed", ["", ":2377", "10.0.0.1:", "10.0.0.1:0", "10.0.0.1:70000", "a b", "http://x", "x:y"]
)
def test_what_is_no_address(typed: str) -> None:
    with pytest.raises(ValueError, match="an address such as"):
        split_address(typed)


def test_a_remote_always_names_its_port() -> None:
    assert read_remote("10.0.0.1") == "10.0.0.1:2377"
    assert read_remote("[fd00::1]") == "[fd00::1]:2377"


@given(st.text(max_size=60))
def test_no_text_breaks_the_readers(text: str) -> None:
    for read in (split_address, external_ca):
        try:
            read(text)
        except ValueError as error:
            assert "such as" in str(error)  # noqa: PT017 - the sentence is for people


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (
            "protocol=cfssl,url=https://ca",
            {"Protocol": "cfssl", "URL": "https://ca", "Options": {}},
        ),
        (
            "protocol=CFSSL,url=http://ca,label=x",
            {"Protocol": "cfssl", "URL": "http://ca", "Options": {"label": "x"}},
        ),
    ],
)
def test_external_authorities(typed: str, expected: dict[str, Any]) -> None:
    assert external_ca(typed) == expected


@pytest.mark.parametrize(
    "typed", ["https://ca", "protocol=acme,url=https://ca", "protocol=cfssl", "url=https://ca", ""]
)
def test_what_is_no_external_authority(typed: str) -> None:
    with pytest.raises(ValueError, match="an external authority such as"):
        external_ca(typed)


@pytest.mark.parametrize(
    ("advertised", "others", "strangers"),
    [
        ("10.0.0.5", {"node2": "203.0.113.7"}, ("node2 at 203.0.113.7",)),
        ("10.0.0.5", {"node2": "10.8.0.7", "node3": "192.168.1.2"}, ("node3 at 192.168.1.2",)),
        ("10.0.0.5", {"node2": "10.8.0.7"}, ()),
        ("203.0.113.5", {"node2": "10.8.0.7"}, ()),
        ("eth0", {"node2": "203.0.113.7"}, ()),
        ("", {"node2": "203.0.113.7"}, ()),
        ("10.0.0.5", {"node2": "manager.example.com", "node3": "127.0.0.1"}, ()),
    ],
)
def test_a_private_address_that_others_cannot_know(
    advertised: str, others: dict[str, str], strangers: tuple[str, ...]
) -> None:
    assert in_other_networks(advertised, others) == strangers


def test_where_an_engine_lives() -> None:
    assert host_of("tcp://203.0.113.7:2376") == "203.0.113.7"
    assert host_of("ssh://deploy@bee2") == "bee2"
    assert host_of("unix:///var/run/docker.sock") == ""


def test_a_port_that_nothing_listens_on_does_not_answer() -> None:
    assert open_ports("127.0.0.1", (1,)) == {1: False}
    assert open_ports("host.invalid", (2377,)) == {2377: False}
