"""A token by which CI comes in; what is kept of it does not let anybody in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.model.people import Actor, Standing
from bot.model.pipeline_caller import CI_ID, PipelineRights


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineToken:
    """What is known of a token: whose it is, and what it allows. Times are UTC.

    `services` are patterns; `digest` stands for the secret, which is shown once and stored nowhere.
    `by` created it.
    """

    id: str
    name: str
    role: str
    services: tuple[str, ...]
    digest: str
    created: datetime
    expires: datetime
    by: str = ""

    def holds(self, now: datetime) -> bool:
        """Whether it still lets anybody in."""
        return now < self.expires

    def actor(self) -> Actor:
        """Who comes with it."""
        rights = PipelineRights(frozenset({self.role}), self.services, self.id)
        return Actor(
            f"{CI_ID}{self.name}", f"CI {self.name}", standing=Standing.PIPELINE, rights=rights
        )
