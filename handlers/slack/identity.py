"""Who the bot is to Slack: read once at its start, and never waited for where Slack waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from bot.clock import boot_seconds
from handlers.slack.lookups import Lookups
from handlers.slack.senders import Tenant


@dataclass(frozen=True, slots=True)
class OwnIdentity:
    """Where the bot is installed, and its own ids there."""

    tenant: Tenant
    user: str = ""
    bot: str = ""


class Identity:
    """The bot's identity, from `auth.test`; it stays what it is for as long as the token does."""

    def __init__(self, client: WebClient, monotonic: Callable[[], float] = boot_seconds) -> None:
        self._client = client
        self._lookups: Lookups[OwnIdentity] = Lookups(monotonic, fresh=float("inf"))
        self._known: OwnIdentity | None = None

    @property
    def known(self) -> OwnIdentity | None:
        """What Slack has said; None where it has not yet. Nobody waits for it."""
        return self._known

    def read(self) -> OwnIdentity | None:
        """What Slack says, asked where it is not known; None while it does not answer."""
        self._known = self._lookups.get("auth.test", self._asked)
        return self._known

    def authorized(self) -> AuthorizeResult:
        """What Bolt wants to know before each listener; it asks Slack itself otherwise, and the
        first person waits for that."""
        own = self._known or OwnIdentity(Tenant())
        return AuthorizeResult(
            enterprise_id=own.tenant.enterprise or None,
            team_id=own.tenant.team or None,
            bot_token=self._client.token,
            bot_user_id=own.user or None,
            bot_id=own.bot or None,
        )

    def _asked(self) -> OwnIdentity:
        said = self._client.auth_test()
        tenant = Tenant(str(said.get("team_id") or ""), str(said.get("enterprise_id") or ""))
        return OwnIdentity(tenant, str(said.get("user_id") or ""), str(said.get("bot_id") or ""))
