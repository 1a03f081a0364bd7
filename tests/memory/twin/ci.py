"""A pipeline that sends commands over HTTP, to the real app of a bot in memory."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

import httpx

from bot.errors import UnauthenticatedError
from bot.model import Actor
from handlers.http.authentication import Caller
from handlers.http.server import Web
from tests.memory.twin.bot import MemoryBot

Json = dict[str, Any]


@dataclass(frozen=True)
class KnownTokens:
    """Knows each caller by a token, which is the name of the caller."""

    actors: dict[str, Actor]

    def caller(self, authorization: str, address: str = "") -> Caller:
        actor = self.actors.get(authorization.removeprefix("Bearer "))
        if actor is None:
            raise UnauthenticatedError
        return Caller(actor)


@dataclass(frozen=True)
class Event:
    """A server-sent event."""

    id: str
    kind: str
    data: Json


class Pipeline:
    """CI with one token, which calls one bot; `at` is another bot for the same CI."""

    def __init__(self, bot: MemoryBot, actors: dict[str, Actor], token: str) -> None:
        self._bot = bot
        self._actors = actors
        self._token = token
        web = Web({}, bytes, commands=bot.api, authentication=KnownTokens(actors))
        self._app = web.app()

    def call(self, method: str, path: str, **parts: Any) -> httpx.Response:
        """One call with the token, to its end."""
        return asyncio.run(self._call(method, path, **parts))

    async def _call(self, method: str, path: str, **parts: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._token}"} | parts.pop("headers", {})
        transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://bot") as client:
            return await client.request(method, path, headers=headers, **parts)

    def at(self, bot: MemoryBot) -> Pipeline:
        return Pipeline(bot, self._actors, self._token)

    def post(self, line: str = "", key: str = "", **body: Any) -> httpx.Response:
        headers = {"Idempotency-Key": key} if key else {}
        content = {"line": line, **body} if line else body
        return self.call("POST", "/v1/commands", json=content, headers=headers)

    def sends(self, line: str, **body: Any) -> str:
        """Send a line that is taken; returns the id of the command."""
        answer = self.post(line, **body)
        assert answer.status_code == 202, answer.text
        assert answer.headers["location"] == f"/v1/commands/{answer.json()['id']}"
        return str(answer.json()["id"])

    def reads(self, command_id: str) -> Json:
        answer = self.call("GET", f"/v1/commands/{command_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def ends(self, command_id: str, seconds: float = 600) -> Json:
        """The command when it has ended; the story's clock is turned until then."""
        clock = self._bot.clock
        clock.run(lambda: self.reads(command_id)["state"] == "ended", seconds)
        command = self.reads(command_id)
        assert command["state"] == "ended", command
        return command

    def does(self, line: str, **body: Any) -> Json:
        """Send a line, and see it to its end."""
        return self.ends(self.sends(line, **body))

    def waits(self, command_id: str, seconds: float = 60) -> Json:
        """The command when it waits for people."""
        clock = self._bot.clock
        clock.run(lambda: self.reads(command_id)["state"] == "waiting", seconds)
        command = self.reads(command_id)
        assert command["state"] == "waiting", command
        return command

    def events(self, command_id: str, after: str = "") -> list[Event]:
        """All events of a command that has ended."""
        headers = {"Last-Event-ID": after} if after else {}
        answer = self.call("GET", f"/v1/commands/{command_id}/events", headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith("text/event-stream")
        return [_event(part) for part in answer.text.replace("\r\n", "\n").split("\n\n") if part]


def _event(text: str) -> Event:
    fields = dict(row.split(": ", 1) for row in text.split("\n") if not row.startswith(":"))
    return Event(fields["id"], fields["event"], json.loads(fields["data"]))
