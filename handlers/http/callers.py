"""Who asks, as they are now: read again before anything runs that has waited. Of CI it is the token
or the entry that is read."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.errors import StoreUnavailableError
from bot.model import Actor, Standing
from bot.model.pipeline_caller import CI_ID, PipelineRights
from bot.policy.auto_actor import AUTO_CREDENTIAL
from bot.settings import CiSettings
from bot.store.tokens import TokenStore

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Callers:
    """Knows callers again by what they came with, and leaves people to `people`."""

    tokens: TokenStore
    entries: tuple[CiSettings, ...]
    now: Callable[[], datetime]
    people: Callable[[Actor], Actor]
    auto: PipelineRights | None = None
    """What the bot itself may, where it deploys new images."""

    def verified(self, actor: Actor) -> Actor:
        """The same caller with the rights of now.

        CI is revoked where its token or its entry lets nobody in any more, and unknown where Redis
        does not say. What ran out is the token of a job alone: the entry that took it still holds.
        """
        if not actor.id.startswith(CI_ID):
            return self.people(actor)
        try:
            rights = self._rights(actor)
        except StoreUnavailableError:
            return replace(actor, standing=Standing.UNKNOWN)
        standing = Standing.PIPELINE if rights else Standing.REVOKED
        if rights is None:
            log.warning("%s is not let in any more: what it asked for does not run", actor.id)
        return replace(actor, rights=rights or actor.rights, standing=standing)

    def _rights(self, actor: Actor) -> PipelineRights | None:
        """What it may now; None where it may nothing."""
        if actor.rights is None:
            return None
        if actor.rights.credential == AUTO_CREDENTIAL:
            return self.auto
        entry = entry_of(actor, self.entries)
        if entry:
            return replace(actor.rights, roles=frozenset({entry.role}), services=entry.services)
        token = self.tokens.get(actor.rights.credential)
        holds = token is not None and token.actor().id == actor.id and token.holds(self.now())
        return token.actor().rights if token and holds else None


def entry_of(actor: Actor, entries: tuple[CiSettings, ...]) -> CiSettings | None:
    """The entry that lets a caller in, as the file is now; None where it does not any more."""
    if actor.rights is None:
        return None
    claims = dict(actor.rights.claims)
    return next(
        (
            entry
            for entry in entries
            if entry.name == actor.rights.credential and entry.fits(claims)
        ),
        None,
    )
