"""How far a rotation of the root certificate has come, and what a certificate says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.model.cluster import RootRotation
from bot.swarm.certificates.root_ca import certificate, progress

OLD = {"TrustRoot": "old", "CertIssuerSubject": "s1", "CertIssuerPublicKey": "k1"}
CROSSED = {"TrustRoot": "old", "CertIssuerSubject": "s2", "CertIssuerPublicKey": "k2"}
NEW = {"TrustRoot": "new", "CertIssuerSubject": "s2", "CertIssuerPublicKey": "k2"}
ROOT = """-----BEGIN CERTIFICATE-----
MIIBaTCCAQ+gAwIBAgICEJIwCgYIKoZIzj0EAwIwEzERMA8GA1UEAwwIc3dhcm0t
Y2EwHhcNMjYxMTIzMDg0ODU4WhcNNDYxMTE4MDg0ODU4WjATMREwDwYDVQQDDAhz
d2FybS1jYTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABEVfQW/EGR7uYEBVAVkR
NSScjtPe9ta6YsHq7v8HexAH1/lKJJWqKW72Lwy4QjvD7wPP4UaWh0ZoHqpHN/WP
yPGjUzBRMB0GA1UdDgQWBBTooyHOHzGUc0PUFa9oZdpf3p9i6jAfBgNVHSMEGDAW
gBTooyHOHzGUc0PUFa9oZdpf3p9i6jAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49
BAMCA0gAMEUCIH2ZnWmCoF3FWkTkjzcB71oHqTh/df1AMgvnEt4wM2NXAiEAq1yJ
AX4S+7KiZ5Fiho/eFmMq3A+QQbROFMC8CphAn6M=
-----END CERTIFICATE-----
"""


def node(name: str, tls: dict[str, str], state: str = "ready") -> dict[str, Any]:
    return {
        "ID": name,
        "Description": {"Hostname": name, "TLSInfo": tls},
        "Status": {"State": state},
    }


def swarm(tls: dict[str, str], running: bool) -> dict[str, Any]:
    return {"TLSInfo": tls, "RootRotationInProgress": running}


@pytest.mark.parametrize(
    ("raw", "nodes", "rotation", "complete"),
    [
        (swarm(OLD, False), [node("a", OLD), node("b", OLD)], RootRotation(False, 2, 2), True),
        (
            swarm(CROSSED, True),
            [node("a", CROSSED), node("b", OLD, "down")],
            RootRotation(True, 2, 1, (("b", "down"),)),
            False,
        ),
        (
            swarm(CROSSED, True),
            [node("a", CROSSED), node("b", CROSSED)],
            RootRotation(True, 2, 2),
            False,
        ),
        (
            swarm(NEW, False),
            [node("a", NEW), node("b", CROSSED)],
            RootRotation(False, 2, 1, (("b", "ready"),)),
            False,
        ),
        (swarm(NEW, False), [node("a", NEW), node("b", NEW)], RootRotation(False, 2, 2), True),
        (swarm(NEW, False), [{"ID": "x"}], RootRotation(False, 1, 0, (("x", ""),)), False),
    ],
)
def test_a_node_counts_once_it_has_its_new_certificate(
    raw: dict[str, Any], nodes: list[dict[str, Any]], rotation: RootRotation, complete: bool
) -> None:
    assert progress(raw, nodes) == rotation
    assert rotation.complete is complete


def test_a_certificate_says_who_it_is_and_how_long() -> None:
    read = certificate(ROOT)
    assert read is not None
    assert (read.subject, read.serial) == ("CN=swarm-ca", "1092")
    assert (read.begins, read.ends) == (
        datetime(2026, 11, 23, 8, 48, 58, tzinfo=UTC),
        datetime(2046, 11, 18, 8, 48, 58, tzinfo=UTC),
    )
    assert read.fingerprint.startswith("482a61d63cbeec25")
    assert certificate(ROOT + ROOT) == read


@pytest.mark.parametrize("pem", ["", "nonsense", ROOT[:200] + ROOT[-30:]])
def test_what_is_no_certificate(pem: str) -> None:
    assert certificate(pem) is None
