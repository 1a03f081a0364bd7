"""`/v1/commands`: CI sends a line, and reads how it goes on.

A line that is taken goes the same path as one of Slack's; what is wrong with it, or whom the rules
refuse, is told at once.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Response
from fastapi.security import HTTPBearer
from pydantic import ValidationError
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from bot import traces
from bot.command import line, masking
from bot.command.model import Command, has_secret
from bot.errors import SwarmbotError, UnknownCommandError, UnsupportedError
from bot.model import Actor, Place
from bot.model.hold import Queued
from bot.model.pipeline_caller import Origin
from bot.model.sent_command import SentCommand, SentState, number_at
from bot.pipeline import reading
from bot.pipeline.pipeline import Pipeline
from bot.pipeline.request import Request
from handlers.http.authentication import Caller
from handlers.http.door import known_caller
from handlers.http.feed import Feed
from handlers.http.problems import ProblemDocument, ProblemError, documented, refused
from handlers.http.resources import EVENT, CommandResource, PostedCommand

PATH = "/v1/commands"
MOST_OPEN, MOST_OF_ONE = 500, 100
"""Commands that have not ended: of all callers, and of one."""
PING_SECONDS = 15
LATER = {"Retry-After": "30"}
SEND_SECONDS = 30
"""Who takes nothing for so long is not listening any more."""
_ID = re.compile(r"[0-9a-f]{16}")
_CALLERS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)

Whose = Annotated[Caller, Depends(known_caller)]
Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        max_length=128,
        pattern=r"^[\x20-\x7e]*$",
        description="the same key with the same body is answered with the same command again",
    ),
]
Traceparent = Annotated[
    str,
    Header(
        alias="traceparent",
        max_length=256,
        description="the caller's own span (W3C Trace Context), where traces are recorded",
    ),
]
LastEvent = Annotated[
    str, Header(alias="Last-Event-ID", pattern=r"^\d{0,18}$", description="events after this one")
]


@dataclass(frozen=True)
class CommandsApi:
    """The operations on commands; what they `begin` runs in the bot's pool."""

    pipeline: Pipeline
    pool: Executor
    feed: Feed
    now: Callable[[], datetime]
    begin: Callable[[Request], object]

    def router(self) -> APIRouter:
        """The operations, with what OpenAPI says of them."""
        router = APIRouter(
            tags=["commands"],
            dependencies=[Depends(HTTPBearer(auto_error=False))],
            responses=documented(*_CALLERS),
        )
        router.post(
            PATH,
            status_code=HTTPStatus.ACCEPTED,
            response_model=CommandResource,
            operation_id="sendCommand",
            responses={
                200: {"model": CommandResource, "description": "it was sent with this key before"},
                413: {"model": ProblemDocument},
                **documented(
                    HTTPStatus.BAD_REQUEST,
                    HTTPStatus.FORBIDDEN,
                    HTTPStatus.REQUEST_TIMEOUT,
                    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                    HTTPStatus.UNPROCESSABLE_ENTITY,
                ),
            },
        )(self.send)
        router.get(
            PATH + "/{command_id}",
            response_model=CommandResource,
            operation_id="readCommand",
            responses=documented(HTTPStatus.NOT_FOUND),
        )(self.read)
        router.get(
            PATH + "/{command_id}/events",
            response_class=EventSourceResponse,
            operation_id="followCommand",
            responses={
                200: {
                    "description": "server-sent events",
                    "content": {"text/event-stream": {"schema": EVENT}},
                },
                **documented(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY),
            },
        )(self.events)
        router.delete(
            PATH + "/{command_id}",
            response_model=CommandResource,
            operation_id="withdrawCommand",
            responses=documented(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
        )(self.withdraw)
        return router

    def send(
        self,
        posted: PostedCommand,
        whose: Whose,
        response: Response,
        key: Key = "",
        traceparent: Traceparent = "",
    ) -> CommandResource:
        """Send a command. It is read at once, and goes on by itself."""
        noted = {"http.request.method": "POST", "http.route": PATH, "user.id": whose.actor.id}
        with traces.served(f"POST {PATH}", traceparent, noted) as span:
            try:
                return self._sent(posted, whose, response, key)
            except ProblemError as error:
                # Whoever sends something wrong is told, which is no failure.
                span.note({"http.response.status_code": int(error.document.status)})
                problem = error
        raise problem

    def read(self, command_id: str, whose: Whose) -> CommandResource:
        """How a command stands."""
        return CommandResource.of(self._own(command_id, whose.actor))

    async def events(
        self, command_id: str, whose: Whose, last: LastEvent = ""
    ) -> EventSourceResponse:
        """How a command goes on: an event for each change, until it has ended."""
        command = await run_in_threadpool(self._own, command_id, whose.actor)
        if self.feed.is_full(whose.actor.id):
            raise ProblemError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "Too many listen already.",
                headers={"Retry-After": "5"},
            )
        return EventSourceResponse(
            self._told(command, int(last or 0)), ping=PING_SECONDS, send_timeout=SEND_SECONDS
        )

    def withdraw(self, command_id: str, whose: Whose) -> CommandResource:
        """Take back a command that still waits."""
        command = self._own(command_id, whose.actor)
        try:
            self._take_back(command, whose.actor)
        except SwarmbotError as error:
            raise refused(error, command_id) from None
        return CommandResource.of(self._own(command_id, whose.actor))

    # ---- parts

    def _sent(
        self, posted: PostedCommand, whose: Caller, response: Response, key: str
    ) -> CommandResource:
        new_id = secrets.token_hex(8)
        trace = traces.current().traceparent
        origin = Origin(new_id, posted.link, posted.build, posted.by, trace=trace)
        actor = replace(whose.actor, origin=origin)
        command = self._read(posted, actor)
        self._refuse_many(actor.id)
        now = self.now()
        created = self.pipeline.store.commands.create(
            SentCommand(
                id=new_id,
                number=number_at(now),
                caller=actor.id,
                asked_by=actor.name,
                line=masking.shown_line(command, self.pipeline.table),
                again=masking.again(command, self.pipeline.store, self.pipeline.table),
                actor=actor,
                created=now,
                changed=now,
            ),
            key,
            posted.model_dump_json(),
        )
        if created.clashes:
            raise ProblemError(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "This Idempotency-Key was sent before with another body.",
                command=created.command.id,
            )
        if created.is_new:
            self.pool.submit(self.begin, Request("", actor, Place(""), command))
        else:
            response.status_code = HTTPStatus.OK
        response.headers["Location"] = f"{PATH}/{created.command.id}"
        return CommandResource.of(created.command)

    def _read(self, posted: PostedCommand, actor: Actor) -> Command:
        """The command that was sent, as the same line typed in Slack."""
        text = self._line(posted)
        pipeline = self.pipeline
        try:
            return reading.read(
                Request(text, actor, Place("")),
                pipeline.store,
                pipeline.table,
                pipeline.settings,
            )
        except SwarmbotError as error:
            raise refused(error) from None

    def _refuse_many(self, caller: str) -> None:
        commands = self.pipeline.store.commands
        if commands.count_open() < MOST_OF_ONE:
            return
        callers = [command.caller for command in commands.open()]
        many = f"{callers.count(caller)} of your commands have not ended yet."
        if callers.count(caller) >= MOST_OF_ONE:
            raise ProblemError(HTTPStatus.TOO_MANY_REQUESTS, many, headers=LATER)
        if len(callers) >= MOST_OPEN:
            raise ProblemError(
                HTTPStatus.SERVICE_UNAVAILABLE, "Too many commands have not ended.", headers=LATER
            )

    def _line(self, posted: PostedCommand) -> str:
        if posted.line is not None:
            return posted.line
        name = str(posted.command)
        command = self.pipeline.table.by_name.get(name)
        if command is None:
            raise refused(UnknownCommandError(name))
        try:
            return _written(command.model_validate(posted.flags or {}))
        except ValidationError as error:
            problems = "; ".join(
                f"flags.{'.'.join(map(str, problem['loc']))}: {problem['msg']}"
                for problem in error.errors()[:10]
            )
            raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, problems[:1000]) from None

    def _own(self, command_id: str, actor: Actor) -> SentCommand:
        """The command, where this caller has sent it."""
        stored = None
        if _ID.fullmatch(command_id):
            stored = self.pipeline.store.commands.get(command_id)
        if stored is None or stored.caller != actor.id:
            raise ProblemError(HTTPStatus.NOT_FOUND, "There is no such command.")
        return stored

    async def _told(self, command: SentCommand, after: int) -> AsyncIterator[ServerSentEvent]:
        async for state in self.feed.events(command, after):
            yield ServerSentEvent(
                CommandResource.of(state).model_dump_json(), event="state", id=str(state.number)
            )

    def _take_back(self, command: SentCommand, actor: Actor) -> None:
        """Raises ProblemError where it does not wait."""
        waiting = command.state is SentState.WAITING
        queued = self._queued(command) if waiting else None
        if queued:
            self.pipeline.leave_line(queued.actor, queued.id)
        elif waiting and command.approval:
            self.pipeline.withdraw(actor, command.approval)
        else:
            raise ProblemError(
                HTTPStatus.CONFLICT,
                f"The command waits for nobody: it is {command.state}.",
                command=command.id,
            )

    def _queued(self, command: SentCommand) -> Queued | None:
        """Its place in line, if it has one."""
        for queued in self.pipeline.store.queue.all():
            origin = queued.actor.origin
            if origin and origin.command == command.id:
                return queued
        return None


def _written(command: Command) -> str:
    """The line of a command; no line can hold a secret."""
    if has_secret(command):
        raise refused(
            UnsupportedError(f"{command.full_name()} takes a secret", "Send the line in Slack.")
        )
    return line.write(command)
