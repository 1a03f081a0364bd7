"""What a failed call to Slack means: wait, try again, send plain text, or give up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from http.client import HTTPException
from typing import Any

from slack_sdk.errors import SlackApiError, SlackRequestError

_AWAY = {
    "internal_error",
    "fatal_error",
    "service_unavailable",
    "request_timeout",
    "timeout",
    "team_added_to_org",
}
_GONE = {"message_not_found"}
_FROZEN = {"cant_update_message", "edit_window_closed"}
_UNREADABLE = {
    "invalid_blocks",
    "invalid_blocks_format",
    "msg_blocks_too_long",
    "msg_too_long",
    "invalid_arguments",
    "block_mismatch",
}
_NOT_HERE = {"not_in_channel", "channel_not_found", "user_not_in_channel", "is_archived"}


class Verdict(Enum):
    """What to do about a failed call."""

    LIMITED = auto()
    AWAY = auto()
    GONE = auto()
    FROZEN = auto()
    UNREADABLE = auto()
    NOT_HERE = auto()
    REFUSED = auto()


@dataclass(frozen=True, slots=True)
class FailedCall:
    """A failed call: what to do, Slack's name of the error, the seconds that Slack asks to wait."""

    verdict: Verdict
    error: str
    wait: float = 0.0


class AnswerRefusedError(Exception):
    """A `response_url` refused the answer; `body` is the reason that Slack gives."""

    def __init__(self, status: int, body: str, headers: Mapping[str, str]) -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.headers = headers


def judge(error: Exception) -> FailedCall | None:
    """What a failed call means; None where the failure is not Slack's but a fault in the bot."""
    if isinstance(error, AnswerRefusedError):
        return _judged(error.status, _error_name(error.body), error.headers)
    if isinstance(error, SlackApiError):
        response = error.response
        name = response.data.get("error", "") if isinstance(response.data, dict) else ""
        return _judged(response.status_code, str(name), response.headers)
    if isinstance(error, OSError | HTTPException | SlackRequestError):
        return FailedCall(Verdict.AWAY, type(error).__name__)
    return None


def verdict_of(error: Exception) -> Verdict | None:
    """The verdict alone; None where the failure is not Slack's."""
    failure = judge(error)
    return failure.verdict if failure else None


def _judged(status: int, error: str, headers: Mapping[str, Any]) -> FailedCall:
    if status == 429 or error in ("ratelimited", "rate_limited"):
        return FailedCall(Verdict.LIMITED, "ratelimited", _wait(headers))
    kinds = (
        (_GONE, Verdict.GONE),
        (_FROZEN, Verdict.FROZEN),
        (_UNREADABLE, Verdict.UNREADABLE),
        (_NOT_HERE, Verdict.NOT_HERE),
    )
    # Slack's word counts more than the status: a response_url says `invalid_blocks` with a 500.
    known = next((verdict for names, verdict in kinds if error in names), None)
    if known:
        return FailedCall(known, error)
    # The SDK puts a sentence where Slack's answer was not JSON: a proxy's error page, not Slack's
    # word.
    if status >= 500 or error in _AWAY or error.startswith("Received a response in a non-JSON"):
        return FailedCall(Verdict.AWAY, f"HTTP {status}" if status >= 500 else error[:80])
    return FailedCall(Verdict.REFUSED, error)


def _wait(headers: Mapping[str, Any]) -> float:
    value = next((value for name, value in headers.items() if name.lower() == "retry-after"), "1")
    try:
        return max(0.0, float(value[0] if isinstance(value, list) else value))
    except (TypeError, ValueError):
        return 1.0


def _error_name(body: str) -> str:
    """The error's name in the answer of a `response_url`, which is JSON or the bare name."""
    try:
        answer = json.loads(body)
    except ValueError:
        return body.strip()[:80]
    return str(answer.get("error", "")) if isinstance(answer, dict) else body.strip()[:80]
