"""When a certificate ends so soon that somebody has to look at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.model.cluster import Certificate


@dataclass(frozen=True, slots=True)
class CertificateLimits:
    """What alerts and `certs` call trouble: less than `share` of its life left, or less than
    `left`; an endpoint's, which nobody renews by rule, with less than `endpoint_left`.

    Swarm's nodes renew their certificate after 50 to 80 % of its life; with less left, renewal
    fails.
    """

    share: float = 0.2
    left: timedelta = timedelta()
    endpoint_left: timedelta = timedelta(days=14)

    def exceeded_by(self, certificate: Certificate, now: datetime) -> bool:
        """Whether it ends too soon, or has ended; not where its end is not known."""
        left = certificate.left(now)
        if left is None:
            return False
        if certificate.kind == "endpoint":
            return left < self.endpoint_left
        share = certificate.share_left(now)
        return left <= timedelta() or left < self.left or (share is not None and share < self.share)
