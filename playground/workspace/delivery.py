"""Delivers payloads to the app, over Socket Mode or as signed HTTP requests, and records them.

An interaction is sent once, and the person learns when the app did not answer in time. An event is
sent again.
"""

import asyncio
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from typing import Any, Protocol
from urllib.parse import urlencode

import httpx

from playground.workspace.model import Delivery, Limits
from playground.workspace.state import State

NO_CONNECTION = "no_connection"
RETRY_REASONS = {"timeout": "http_timeout", NO_CONNECTION: "connection_failed"}


@dataclass(frozen=True)
class Sending:
    """One payload on its way; `kind` is slash_commands, interactive or events_api."""

    id: str
    kind: str
    payload: dict[str, Any]
    attempt: int = 0
    reason: str = ""


class Carrier(Protocol):
    """A way to the app."""

    async def send(self, sending: Sending) -> tuple[str, dict[str, Any], str]:
        """Send and wait for the ack; returns outcome, the ack's payload, and the connection's
        name."""
        ...


class HttpCarrier:
    """Slack's HTTP mode: requests to `url`, signed with the signing secret (version v0)."""

    def __init__(self, url: str, secret: str, limits: Limits) -> None:
        self._url = url
        self._secret = secret
        self._limits = limits

    async def send(self, sending: Sending) -> tuple[str, dict[str, Any], str]:
        """POST the payload as Slack does; the ack's payload is the body of the response."""
        kind, body = _http_body(sending)
        headers = {"Content-Type": kind, **sign(self._secret, body, str(int(time.time())))}
        if sending.attempt:
            headers |= {
                "X-Slack-Retry-Num": str(sending.attempt),
                "X-Slack-Retry-Reason": RETRY_REASONS.get(sending.reason, "http_error"),
            }
        try:
            async with httpx.AsyncClient(
                trust_env=False, timeout=self._limits.ack_seconds
            ) as client:
                response = await client.post(self._url, content=body, headers=headers)
        except httpx.TimeoutException:
            return "timeout", {}, "http"
        except httpx.HTTPError:
            return NO_CONNECTION, {}, "http"
        outcome = "acked" if response.status_code == 200 else f"http_{response.status_code}"
        return outcome, _answer(response), "http"


class Deliverer:
    """Sends payloads through the carrier that is chosen, and records how each went."""

    def __init__(self, state: State, carrier: Carrier) -> None:
        self.carrier = carrier
        self._state = state
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[Delivery]] = set()

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """Use this loop from now on."""
        self._loop = loop

    def ask(self, kind: str, payload: dict[str, Any]) -> Delivery:
        """Send an interaction and wait for its ack; for any thread but the server's own."""
        return self._run(self._once(Sending(str(uuid.uuid4()), kind, payload)))

    def tell(self, payload: dict[str, Any]) -> Delivery:
        """Send an event; returns after the first attempt. Later attempts go on by themselves."""
        first = self._run(self._once(Sending(str(uuid.uuid4()), "events_api", payload)))
        if first.outcome != "acked" and self._loop is not None:
            self._loop.call_soon_threadsafe(self._insist, payload, first.outcome)
        return first

    def cancel(self) -> None:
        """Give up all further attempts; in the loop's thread."""
        for task in self._tasks:
            task.cancel()

    def _run(self, job: Coroutine[Any, Any, Delivery]) -> Delivery:
        if self._loop is None:
            raise RuntimeError(type(self).__name__)
        return asyncio.run_coroutine_threadsafe(job, self._loop).result()

    def _insist(self, payload: dict[str, Any], reason: str) -> None:
        task = asyncio.ensure_future(self._again(payload, reason))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _again(self, payload: dict[str, Any], reason: str) -> Delivery:
        delivery = None
        for attempt, seconds in enumerate(self._state.limits.retry_seconds, start=1):
            await asyncio.sleep(seconds)
            delivery = await self._once(
                Sending(str(uuid.uuid4()), "events_api", payload, attempt, reason)
            )
            if delivery.outcome == "acked":
                break
            reason = delivery.outcome
        return delivery or Delivery(
            "", "events_api", payload, self._state.clock(), self._state.feed.seq, reason
        )

    async def _once(self, sending: Sending) -> Delivery:
        started = self._state.clock()
        delivery = self._state.record_delivery(
            Delivery(
                sending.id,
                sending.kind,
                sending.payload,
                started,
                self._state.feed.seq,
                attempt=sending.attempt,
            )
        )
        outcome, answer, connection = await self.carrier.send(sending)
        took = self._state.clock() - started
        return self._state.record_delivery(
            replace(delivery, outcome=outcome, answer=answer, connection=connection, took=took)
        )


def sign(secret: str, body: str, timestamp: str) -> dict[str, str]:
    """The headers that prove a request to come from Slack."""
    digest = hmac.new(
        secret.encode(), f"v0:{timestamp}:{body}".encode(), hashlib.sha256
    ).hexdigest()
    return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={digest}"}


def _http_body(sending: Sending) -> tuple[str, str]:
    if sending.kind == "events_api":
        return "application/json", json.dumps(sending.payload)
    form = (
        sending.payload
        if sending.kind == "slash_commands"
        else {"payload": json.dumps(sending.payload)}
    )
    return "application/x-www-form-urlencoded", urlencode(form)


def _answer(response: httpx.Response) -> dict[str, Any]:
    if response.headers.get("content-type", "").startswith("application/json"):
        body = response.json()
        return body if isinstance(body, dict) else {}
    return {"text": response.text} if response.text.strip() else {}
