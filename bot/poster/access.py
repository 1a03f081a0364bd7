"""Whether Slack takes anything from the bot at all: its token, and the scopes of it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping

from bot.poster.slack_errors import Verdict
from bot.poster.verdict import FailedCall, judge

log = logging.getLogger(__name__)

_INSTALL_AGAIN = (
    "install the app again under OAuth & Permissions, and set SLACK_BOT_TOKEN to the token that "
    "stands there"
)
_REMEDIES: Mapping[str, str] = {
    "account_inactive": _INSTALL_AGAIN,
    "invalid_auth": _INSTALL_AGAIN,
    "not_authed": _INSTALL_AGAIN,
    "token_expired": _INSTALL_AGAIN,
    "token_revoked": _INSTALL_AGAIN,
    "not_allowed_token_type": "SLACK_BOT_TOKEN has to be the bot token, which begins with xoxb-",
    "ekm_access_denied": "an admin of the workspace has suspended posting",
    "org_login_required": "the workspace is being moved into an organisation",
}
_VITAL = frozenset({"chat:write", "users:read"})
"""Without the one nothing is said, without the other nobody has rights."""
_OTHERWISE = "look at the app under https://api.slack.com/apps"


class SlackAccess:
    """What Slack refused altogether, until an `auth.test` says that all is well again."""

    def __init__(self) -> None:
        self._problem = self._stopping = ""
        self._lock = threading.Lock()

    def problem(self) -> str:
        """The remedy and Slack's word; empty where all is well.

        The word stands last: what follows `token_revoked:` looks like a secret, and gets dots.
        """
        return self._problem

    def stopping(self) -> str:
        """Slack's word where the bot can serve nobody; empty also where it lacks a scope without
        which much works."""
        return self._stopping

    def lost(self, word: str, needed: str = "") -> None:
        """Note that Slack takes nothing, and say it once, loudly. `needed`: the scopes that are
        missing."""
        missing = f" ({needed})" if needed else ""
        remedy = (
            f"add {needed or 'it'} under OAuth & Permissions, and install the app again"
            if word == "missing_scope"
            else _REMEDIES.get(word, _OTHERWISE)
        )
        problem = f"{remedy} (Slack says {word}{missing})"
        with self._lock:
            news, self._problem = problem != self._problem, problem
            serves = word == "missing_scope" and _VITAL.isdisjoint(needed.split(", "))
            self._stopping = "" if serves else word + missing
        if news:
            log.error("SLACK REFUSES THE BOT, which can tell nobody anything: %s", problem)

    def failed(self, failure: FailedCall) -> None:
        """The same, after a call that says so."""
        if failure.verdict is Verdict.STOPPED:
            self.lost(failure.error, failure.needed)

    def judge(self, error: Exception) -> None:
        """The same, after whatever went wrong with a call."""
        failure = judge(error)
        if failure:
            self.failed(failure)

    def answered(self, method: str) -> None:
        """Note that Slack did what was asked by the token, which is good again, then."""
        if method.startswith("chat.") and self._stopping and "missing_scope" not in self._stopping:
            self.works()

    def works(self) -> None:
        """Note that Slack knows the token, and that no scope is missing."""
        with self._lock:
            before, self._problem, self._stopping = self._problem, "", ""
        if before:
            log.warning("Slack takes what the bot says again")
