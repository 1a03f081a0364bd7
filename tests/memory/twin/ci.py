"""A pipeline that sends commands over HTTP, to the real app of a bot in memory."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from bot.model.sent_command import SentState
from handlers.http.server import Web
from tests.memory.twin.bot import MemoryBot

Json = dict[str, Any]


@dataclass(frozen=True)
class Event:
    """A server-sent event."""

    id: str
    kind: str
    data: Json


class Pipeline:
    """CI with one token, which calls one bot; `at` is another bot for the same CI."""

    def __init__(self, bot: MemoryBot, token: str) -> None:
        self._bot = bot
        self.token = token
        self.app = Web({}, bytes, ci=bot.ci).app()

    @classmethod
    def named(
        cls, bot: MemoryBot, name: str, role: str = "ci", services: tuple[str, ...] = ("*",)
    ) -> Pipeline:
        """CI with a new token of this name."""
        now = bot.now()
        token = bot.store.tokens.create(
            name, role, services, now=now, expires=now + timedelta(days=1), by="ops"
        )
        return cls(bot, token)

    def at(self, bot: MemoryBot) -> Pipeline:
        return Pipeline(bot, self.token)

    def call(self, method: str, path: str, **parts: Any) -> httpx.Response:
        """One call with the token, to its end."""
        return asyncio.run(self._call(method, path, **parts))

    async def _call(self, method: str, path: str, **parts: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"} | parts.pop("headers", {})
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://bot") as client:
            return await client.request(method, path, headers=headers, **parts)

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
        self._until(command_id, SentState.ENDED, seconds)
        command = self.reads(command_id)
        assert command["state"] == "ended", command
        return command

    def does(self, line: str, **body: Any) -> Json:
        """Send a line, and see it to its end."""
        return self.ends(self.sends(line, **body))

    def waits(self, command_id: str, seconds: float = 60) -> Json:
        """The command when it waits for people."""
        self._until(command_id, SentState.WAITING, seconds)
        command = self.reads(command_id)
        assert command["state"] == "waiting", command
        return command

    def _until(self, command_id: str, state: SentState, seconds: float) -> None:
        """Turn the clock; how it stands is not asked over HTTP, for calls are counted."""
        commands = self._bot.store.commands

        def is_so() -> bool:
            command = commands.get(command_id)
            return command is not None and command.state is state

        self._bot.clock.run(is_so, seconds)

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
