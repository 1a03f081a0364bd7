"""What a failed call to Slack means, by the table of Slack's error names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http.client import HTTPException
from typing import Any

from slack_sdk.errors import SlackApiError, SlackRequestError

from bot.errors import StoreUnavailableError
from bot.poster.slack_errors import WHAT_FOLLOWS, Verdict


@dataclass(frozen=True, slots=True)
class FailedCall:
    """A failed call: what to do, Slack's name of the error, the seconds that Slack asks to wait.

    `known`: the name is in the table, or the failure has none. `needed`: the scope that is missing.
    """

    verdict: Verdict
    error: str
    wait: float = 0.0
    known: bool = True
    needed: str = ""


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
        data = response.data if isinstance(response.data, dict) else {}
        failed = _judged(response.status_code, str(data.get("error", "")), response.headers)
        return replace(failed, needed=str(data.get("needed", "")))
    if isinstance(error, OSError | HTTPException | SlackRequestError):
        return FailedCall(Verdict.AWAY, type(error).__name__)
    if isinstance(error, StoreUnavailableError):
        return FailedCall(Verdict.AWAY, "Redis does not answer")
    return None


def verdict_of(error: Exception) -> Verdict | None:
    """The verdict alone; None where the failure is not Slack's."""
    failure = judge(error)
    return failure.verdict if failure else None


def _judged(status: int, error: str, headers: Mapping[str, Any]) -> FailedCall:
    known = WHAT_FOLLOWS.get(error)
    if status == 429 or known is Verdict.LIMITED:
        return FailedCall(Verdict.LIMITED, "ratelimited", _wait(headers))
    # Slack's word counts more than the status: a response_url says `invalid_blocks` with a 500.
    if known:
        return FailedCall(known, error)
    # The SDK puts a sentence where Slack's answer was not JSON: a proxy's error page, not Slack's
    # word.
    if status >= 500 or error.startswith("Received a response in a non-JSON"):
        return FailedCall(Verdict.AWAY, f"HTTP {status}" if status >= 500 else error[:80])
    return FailedCall(Verdict.NOT_HERE, error[:80] or f"HTTP {status}", known=False)


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
