"""Alerts and `certs` judge certificates by the same limits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.model.certificate_limits import CertificateLimits
from bot.model.cluster import Certificate
from bot.render.objects import certificates

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def certificate(kind: str, left_days: float, life_days: float) -> Certificate:
    ends = NOW + timedelta(days=left_days)
    return Certificate(kind=kind, name="node1", begins=ends - timedelta(days=life_days), ends=ends)


@pytest.mark.parametrize(
    ("kind", "left_days", "life_days", "trouble"),
    [
        ("node", 30, 90, False),
        ("node", 17, 90, True),
        ("node", -1, 90, True),
        ("root", 3, 7300, True),
        ("engine", 300, 365, False),
        ("engine", 30, 365, True),
        ("endpoint", 30, 365, False),
        ("endpoint", 13, 90, True),
    ],
)
def test_limits(kind: str, left_days: float, life_days: float, trouble: bool) -> None:
    judged = certificate(kind, left_days, life_days)

    assert CertificateLimits().exceeded_by(judged, NOW) is trouble
    said = certificates.certs([judged], NOW, CertificateLimits())
    assert said.text.startswith("🟢") is not trouble


def test_an_end_that_is_not_known_is_no_trouble() -> None:
    assert not CertificateLimits().exceeded_by(Certificate(kind="node", name="node1"), NOW)
