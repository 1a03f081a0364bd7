"""The two rounds about new images: to look for them, and to keep what is offered true."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.image_offers import ImageOffers
from jobs.images import LOOK_DEADLINE, ImageLook
from jobs.scheduler import Job

EVERY = 2.0
"""Seconds between two rounds: so soon a click shows, and what a registry has said is looked at."""


@dataclass(frozen=True)
class ImageJobs:
    """Both of them; only the leader's run."""

    look: ImageLook
    offers: ImageOffers

    def jobs(self) -> tuple[Job, ...]:
        """What the clock calls."""
        return (
            Job("new images", EVERY, self.look.run, deadline=LOOK_DEADLINE),
            Job("offered images", EVERY, self.offers.run),
        )
