"""Whose commit CI asks for: who in Slack has the address that CI passes.

It is a courtesy, so whatever goes wrong is silence: the scope `users:read.email` may be missing,
Slack away, the address unknown.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import replace

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.clock import boot_seconds
from bot.model import Actor
from bot.poster.slack_errors import Verdict
from bot.poster.verdict import verdict_of
from handlers.slack.lookups import Lookups

log = logging.getLogger(__name__)

FRESH_SECONDS = 3600.0
"""Seconds for which an answer counts, also that nobody has the address."""
_ADDRESS = re.compile(r"[^\s<>@]{1,64}@[^\s<>@]{1,190}")
_UNHEARD = (Verdict.LIMITED, Verdict.AWAY)
"""What says nothing about an address."""


class Authors:
    """Finds the authors of commits in Slack."""

    def __init__(self, client: WebClient, monotonic: Callable[[], float] = boot_seconds) -> None:
        self._client = client
        self._ids: Lookups[str] = Lookups(monotonic, FRESH_SECONDS, FRESH_SECONDS)

    def named(self, actor: Actor) -> Actor:
        """The same caller, with the author of its commit where Slack knows the address."""
        address = _ADDRESS.search(actor.origin.by) if actor.origin else None
        if actor.origin is None or address is None:
            return actor
        author = self._id(address[0].lower())
        return replace(actor, origin=replace(actor.origin, author=author)) if author else actor

    def _id(self, address: str) -> str:
        try:
            return self._ids.get(address, lambda: self._looked_up(address)) or ""
        except Exception:
            log.exception("the author of a commit cannot be looked up")
            return ""

    def _looked_up(self, address: str) -> str:
        try:
            user = self._client.users_lookupByEmail(email=address)["user"]
        except SlackApiError as error:
            if verdict_of(error) in _UNHEARD:
                raise
            return ""
        return "" if user.get("deleted") or user.get("is_bot") else str(user.get("id") or "")
