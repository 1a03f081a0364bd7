"""The Web API as one function from method and arguments to status and answer.

Every call is recorded.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from playground.workspace import methods_chat, methods_files, methods_people, methods_views
from playground.workspace.arguments import Arguments
from playground.workspace.errors import SlackError
from playground.workspace.faults import ApiFault, Faults
from playground.workspace.methods_chat import Method
from playground.workspace.model import ApiCall, Installation
from playground.workspace.state import State

METHODS: Mapping[str, Method] = {
    **methods_chat.METHODS,
    **methods_people.METHODS,
    **methods_views.METHODS,
    **methods_files.METHODS,
}
CONNECT = "apps.connections.open"

SCOPES: Mapping[str, str] = {
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.delete": "chat:write",
    "conversations.history": "channels:history",
    "conversations.replies": "channels:history",
    "conversations.info": "channels:read",
    "conversations.list": "channels:read",
    "conversations.members": "channels:read",
    "conversations.open": "im:write",
    "reactions.add": "reactions:write",
    "team.info": "team:read",
    "bots.info": "users:read",
    "users.info": "users:read",
    "users.list": "users:read",
    "users.lookupByEmail": "users:read.email",
    "usergroups.list": "usergroups:read",
    "usergroups.users.list": "usergroups:read",
    "files.getUploadURLExternal": "files:write",
    "files.completeUploadExternal": "files:write",
    "files.info": "files:read",
    "files.delete": "files:write",
}

LIMITED: Mapping[str, int] = {
    "apps.connections.open": 3,
    "chat.update": 3,
    "chat.postEphemeral": 4,
    "chat.delete": 3,
    "conversations.history": 3,
    "conversations.replies": 3,
    "conversations.info": 3,
    "conversations.list": 2,
    "conversations.members": 4,
    "conversations.open": 3,
    "reactions.add": 3,
    "team.info": 3,
    "bots.info": 3,
    "users.info": 4,
    "users.list": 2,
    "users.lookupByEmail": 3,
    "usergroups.list": 2,
    "usergroups.users.list": 2,
    "views.open": 4,
    "views.push": 4,
    "views.update": 4,
    "views.publish": 4,
    "files.getUploadURLExternal": 4,
    "files.completeUploadExternal": 4,
    "files.info": 4,
    "files.delete": 3,
}
"""The tier of each method, from the first on; those of `auth.test`, `chat.postMessage` and
`chat.getPermalink` are special: hundreds a minute, and one a second in a channel."""


@dataclass(frozen=True)
class Tokens:
    """The tokens that the workspace gave to the app."""

    bot: str
    app: str

    def check(self, method: str, token: str, installed: Installation) -> None:
        """Raise SlackError when this token may not call this method."""
        if not token:
            raise SlackError("not_authed")
        if token not in (self.bot, self.app):
            raise SlackError("invalid_auth")
        if (token == self.app) != (method == CONNECT):
            raise SlackError("not_allowed_token_type")
        if installed.refusal and method != CONNECT:
            raise SlackError(installed.refusal)
        needed = SCOPES.get(method)
        if needed and needed not in installed.scopes:
            raise SlackError(
                "missing_scope", extra={"needed": needed, "provided": ",".join(installed.scopes)}
            )


@dataclass
class Bucket:
    """A token bucket: `burst` calls at once, then `per_second`."""

    per_second: float
    burst: float
    left: float
    at: float

    def take(self, now: float) -> float:
        """Take one; returns the seconds to wait when there is none, else 0."""
        self.left = min(self.burst, self.left + (now - self.at) * self.per_second)
        self.at = now
        if self.left < 1:
            return (1 - self.left) / self.per_second
        self.left -= 1
        return 0.0


class Api:
    """Answers the methods; `socket_url` gives the address for a new Socket Mode connection."""

    def __init__(self, state: State, tokens: Tokens, faults: Faults) -> None:
        self._state = state
        self._tokens = tokens
        self._faults = faults
        self._buckets: dict[tuple[str, str], Bucket] = {}
        self.connect: Method = methods_people.auth_test
        self.counts: defaultdict[str, int] = defaultdict(int)

    async def call(
        self, method: str, token: str, args: Arguments
    ) -> tuple[int, dict[str, Any], dict[str, str]]:
        """Do a call; returns status, body and headers, and records it."""
        fault = self._faults.strike(method)
        while fault is not None and fault.kind == "hang":
            await asyncio.sleep(0.05)
            fault = self._faults.strike(method)
        return self.answer(method, token, args, fault)

    def answer(
        self, method: str, token: str, args: Arguments, fault: ApiFault | None = None
    ) -> tuple[int, dict[str, Any], dict[str, str]]:
        """The same at once, with a fault if one is given."""
        status, body, headers = self._guarded(method, token, args, fault)
        self.counts[method] += 1
        self._state.record_call(ApiCall(method, args.raw, self._state.clock(), status, body))
        return status, body, headers

    def _guarded(
        self, method: str, token: str, args: Arguments, fault: ApiFault | None
    ) -> tuple[int, dict[str, Any], dict[str, str]]:
        try:
            if fault is not None and not fault.after_effect:
                raise _broken(fault)
            answer = self._do(method, token, args)
            if fault is not None:
                raise _broken(fault)
        except SlackError as error:
            return error.status, error.answer(), error.headers
        scopes = self._state.directory.installed.scopes
        return 200, {"ok": True, **answer}, {"x-oauth-scopes": ",".join(scopes)}

    def _do(self, method: str, token: str, args: Arguments) -> dict[str, Any]:
        if method != CONNECT and method not in METHODS:
            raise SlackError("unknown_method", extra={"req_method": method})
        self._tokens.check(method, token, self._state.directory.installed)
        with self._state.lock:
            self._spend(method, args)
            return (
                self.connect(self._state, args)
                if method == CONNECT
                else METHODS[method](self._state, args)
            )

    def _spend(self, method: str, args: Arguments) -> None:
        limits, now = self._state.limits, self._state.clock()
        if method == "chat.postMessage":
            where, a_minute, burst = args.text("channel"), limits.posts_a_minute, limits.post_burst
        elif method in LIMITED:
            a_minute = limits.updates_a_minute if method == "chat.update" else self._tier(method)
            where, burst = "", a_minute
        else:
            return
        bucket = Bucket(a_minute / 60, burst, burst, now)
        wait = self._buckets.setdefault((method, where), bucket).take(now)
        if wait:
            raise _limited(int(wait) + 1)

    def _tier(self, method: str) -> int:
        return self._state.limits.tiers[LIMITED[method] - 1]


def _limited(seconds: int) -> SlackError:
    return SlackError("ratelimited", status=429, headers={"Retry-After": str(seconds)})


def _broken(fault: ApiFault) -> SlackError:
    return (
        _limited(fault.retry_after)
        if fault.kind == "ratelimited"
        else SlackError("internal_error", status=fault.status)
    )
