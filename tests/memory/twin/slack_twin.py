"""Slack in memory: the playground's workspace without its servers, and the people in it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from slack_bolt import Ack
from slack_sdk import WebClient
from slack_sdk.web import SlackResponse
from slack_sdk.web.file_upload_v2_result import FileUploadV2Result
from slack_sdk.webhook import WebhookResponse

from bot.poster.slack_call import TracedClient
from handlers.slack.listeners import SlackListeners
from playground.workspace import methods_files, responses
from playground.workspace.api import Api, Tokens
from playground.workspace.arguments import Arguments
from playground.workspace.delivery import NO_CONNECTION, Deliverer
from playground.workspace.errors import NotSeenError, SeenError, SlackError
from playground.workspace.faults import Faults
from playground.workspace.interactions import Interactions
from playground.workspace.model import BOT_USER, Delivery, Limits, Posted
from playground.workspace.person import Person
from playground.workspace.socketmode import SocketMode
from playground.workspace.state import State
from playground.workspace.surfaces import Message, Pattern, named
from tests.memory.twin.clock import BEGIN, Clock

Found = TypeVar("Found")

BOT_TOKEN, APP_TOKEN = "xoxb-in-memory", "xapp-in-memory"
PATIENCE = 120.0
"""Seconds of the story's time for which a person waits for what they want to see."""


class Answering(Protocol):
    """A bot that is connected to Slack."""

    @property
    def listeners(self) -> SlackListeners: ...


class SlackTwin:
    """The workspace of one story. `connected` are the bots: a payload goes to the first of them.

    With `delivers_twice` it goes to the next one too, as where an ack was lost.
    """

    def __init__(self, clock: Clock, connected: Callable[[], Sequence[Answering]]) -> None:
        many = 10**6
        limits = replace(
            Limits(), posts_a_minute=many, post_burst=many, updates_a_minute=many, tiers=(many,) * 4
        )
        self.state = State(lambda: BEGIN.timestamp() + clock.seconds, limits)
        self.faults = Faults(self.state.clock, SocketMode(limits, ""))
        self.api = Api(self.state, Tokens(BOT_TOKEN, APP_TOKEN), self.faults)
        self.deliverer = DirectDeliverer(self.state, connected)
        self.interactions = Interactions(self.state, self.deliverer, ("/swarm", "/swarm-prod"))
        self.clock = clock
        self.heeded: dict[tuple[str, str], int] = {}
        """Messages that somebody looked at, and their newest version by then."""
        self.commands: list[str] = []
        """The slash commands that people typed, in this order."""

    def person(self, name: str) -> MemoryPerson:
        """Someone in the workspace: `dev`, `lead`, `guest` or `ops`."""
        return MemoryPerson(self, self.state.directory.user(name).name)

    def unheeded(self) -> list[Posted]:
        """What the bot said that nobody in the story looked at, in its last version.

        Answers in a thread, and files, belong to the message that they follow, unless Slack shows
        them to nobody.
        """
        said = (message for message in self.state.messages.values() if message.user == BOT_USER)
        return [
            message
            for message in said
            if message.deleted_at is None
            and (message.unshown or not message.thread_ts)
            and not message.files
            and self.heeded.get((message.channel, message.ts), -1) < message.now.seq
        ]


class _DirectCalls(WebClient):
    """Slack's own client, whose calls reach the workspace without a socket.

    A call that hangs has timed out at once: the story's clock stands still meanwhile.
    """

    def __init__(self, slack: SlackTwin) -> None:
        super().__init__(token=BOT_TOKEN)
        self._api = slack.api
        self._state = slack.state
        self._faults = slack.faults

    def api_call(
        self,
        api_method: str,
        *,
        http_verb: str = "POST",
        files: Any = None,
        data: Any = None,
        params: Any = None,
        json: Any = None,
        headers: Any = None,
        auth: Any = None,
    ) -> SlackResponse:
        given = _plain({**(params or {}), **(data or {}), **(json or {})})
        fault = self._faults.strike(api_method)
        if fault and fault.kind == "hang":
            raise TimeoutError(f"{api_method} timed out")
        status, body, sent = self._api.answer(api_method, BOT_TOKEN, Arguments(given), fault)
        response = SlackResponse(
            client=self,
            http_verb=http_verb,
            api_url=api_method,
            req_args={},
            data=body,
            headers=dict(sent),
            status_code=status,
        )
        response.validate()
        return response

    def respond(self, url: str, body: dict[str, Any]) -> WebhookResponse:
        """Answer a request at the address that came with it."""
        path = url.partition("/response/")[2]
        try:
            responses.respond(self._state, path, Arguments(_plain(body)))
        except SlackError as error:
            return WebhookResponse(
                url=url, status_code=error.status, body=json.dumps(error.answer()), headers={}
            )
        return WebhookResponse(url=url, status_code=200, body="ok", headers={})

    def _upload_file(self, *, url: str, data: bytes, **_: Any) -> FileUploadV2Result:
        methods_files.upload(self._state, url.rpartition("/")[2], data)
        return FileUploadV2Result(status=200, body="OK")


def _plain(given: Mapping[str, Any]) -> dict[str, Any]:
    known = {name: value for name, value in given.items() if value is not None}
    plain: dict[str, Any] = json.loads(json.dumps(known, default=lambda value: value.to_dict()))
    return plain


def number_of(request: Message) -> str:
    """The id of a request for approval, as its message says it."""
    return request.text.rpartition("id ")[2].split()[0]


class DirectClient(TracedClient, _DirectCalls):
    """The client of a bot in memory, which is the one of a real bot but for the way to Slack."""

    def __init__(self, slack: SlackTwin) -> None:
        _DirectCalls.__init__(self, slack)


class DirectDeliverer(Deliverer):
    """Hands what people do to the bot's own listeners."""

    def __init__(self, state: State, connected: Callable[[], Sequence[Answering]]) -> None:
        self._known = state
        self._connected = connected
        self.delivers_twice = False

    def ask(self, kind: str, payload: dict[str, Any]) -> Delivery:
        """Send an interaction; the ack comes at once."""
        state = self._known
        sent = Delivery(
            state.new_id("P"), kind, payload, state.clock(), state.feed.seq, NO_CONNECTION
        )
        bots = self._connected()
        for bot in bots[: 2 if self.delivers_twice else 1]:
            ack = Ack()
            listener = Routes(bot.listeners).listener(kind, payload)
            if listener:
                listener(ack, payload)
                answer = ack.response.body if ack.response else ""
                body = json.loads(answer) if isinstance(answer, str) and answer else answer or {}
                sent = replace(sent, outcome="acked", answer=body)
        return state.record_delivery(sent)

    def tell(self, payload: dict[str, Any]) -> Delivery:
        """Send an event."""
        return self.ask("events_api", payload)


Listener = Callable[[Ack, Mapping[str, Any]], None]


class Routes:
    """What a bot's listeners are wired to, in place of Bolt's app: nothing else is heard."""

    def __init__(self, listeners: SlackListeners) -> None:
        self._known: list[tuple[str, str | re.Pattern[str], Listener]] = []
        app: Any = self
        listeners.wire(app)

    def command(self, name: str) -> Callable[[Listener], None]:
        return self._adds("slash_commands", name)

    def event(self, name: str) -> Callable[[Listener], None]:
        return self._adds("events_api", name)

    def action(self, name: str | re.Pattern[str]) -> Callable[[Listener], None]:
        return self._adds("block_actions", name)

    def shortcut(self, name: str | re.Pattern[str]) -> Callable[[Listener], None]:
        return self._adds("message_action", name)

    def view(self, name: str | re.Pattern[str]) -> Callable[[Listener], None]:
        return self._adds("view_submission", name)

    def options(self, name: str | re.Pattern[str]) -> Callable[[Listener], None]:
        return self._adds("block_suggestion", name)

    def listener(self, kind: str, payload: Mapping[str, Any]) -> Listener | None:
        """Who hears a payload; None where nobody does."""
        kind = kind if kind in _NAMES else payload["type"]
        name = _NAMES[kind](payload) if kind in _NAMES else ""
        fitting = (heard for of, wanted, heard in self._known if of == kind and _fits(wanted, name))
        return next(fitting, None)

    def _adds(self, kind: str, name: str | re.Pattern[str]) -> Callable[[Listener], None]:
        return lambda listener: self._known.append((kind, name, listener))


_NAMES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "slash_commands": lambda payload: str(payload["command"]),
    "events_api": lambda payload: str(payload["event"]["type"]),
    "block_actions": lambda payload: str(payload["actions"][0]["action_id"]),
    "message_action": lambda payload: str(payload["callback_id"]),
    "view_submission": lambda payload: str(payload["view"]["callback_id"]),
    "block_suggestion": lambda payload: str(payload["action_id"]),
}


def _fits(wanted: str | re.Pattern[str], name: str) -> bool:
    return wanted == name if isinstance(wanted, str) else bool(wanted.search(name))


class MemoryPerson(Person):
    """A person whose patience is measured by the story's clock."""

    def __init__(self, slack: SlackTwin, name: str) -> None:
        super().__init__(slack.state, slack.interactions, slack.state.directory.user(name))
        self._slack = slack

    def sees(
        self,
        pattern: Pattern,
        timeout: float = PATIENCE,
        *,
        channel: str = "",
        after: int = 0,
    ) -> Message:
        message = super().sees(pattern, timeout, channel=channel, after=after)
        self.reads(message)
        return message

    def reads(self, message: Message) -> str:
        """Look at a message as it is now."""
        self._slack.heeded[message.key] = message.posted.now.seq
        return message.text

    def types(self, line: str, channel: str = "ops", in_thread: Message | None = None) -> int:
        if line.startswith("/"):
            self._slack.commands.append(line)
        return super().types(line, channel, in_thread)

    def asks(self, line: str, said: Pattern = "") -> Message:
        """Type a line, and see what is said to it, with that in it."""
        return self.sees(said, after=self.types(f"/swarm {line}"))

    def does_not_see(
        self, pattern: Pattern, within: float = 5.0, *, channel: str = "", after: int = 0
    ) -> None:
        def seen() -> list[Message]:
            return self._sight.others(pattern, channel, after)

        if self._slack.clock.run(seen, within):
            raise SeenError(self.name, named(pattern), seen()[-1].shown)

    def _wait(self, find: Callable[[], Found | None], awaited: str, timeout: float) -> Found:
        result: list[Found | None] = [None]

        def seen() -> bool:
            result[0] = find()
            return result[0] is not None

        self._slack.clock.run(seen, timeout)
        if result[0] is None:
            raise NotSeenError(self.name, awaited, timeout, self.screen())
        return result[0]
