"""Calls of Slack's methods as spans: by the method, and never by what they carry."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from bot import traces

_SHOW_ANEW = frozenset({"chat.update", "views.publish"})
_LOOK = ("info", "list", "test", "getPermalink")
"""How the methods end that only read."""


@contextmanager
def slack_call(method: str) -> Iterator[None]:
    """Slack's method is called meanwhile; one that is refused has Slack's word for it."""
    looks = method in _SHOW_ANEW or method.rpartition(".")[2] in _LOOK
    with traces.call(
        f"slack {method}", {"rpc.system": "slack", "rpc.method": method}, looks=looks
    ) as span:
        try:
            yield
        except SlackApiError as error:
            span.note({"swarmbot.slack.error": str(error.response.get("error") or "")})
            raise


class TracedClient(WebClient):
    """Slack's own client, each call of which is a span."""

    def api_call(self, api_method: str, **given: Any) -> SlackResponse:
        """Call a method of Slack's."""
        with slack_call(api_method):
            return super().api_call(api_method, **given)
