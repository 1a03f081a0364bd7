"""Bolt's listeners.

Each reads from top to bottom: ack, claim the payload once, make a request of it, hand it to the
pool.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError
from slack_sdk.http_retry.builtin_handlers import ConnectionErrorRetryHandler

from bot.command import line
from bot.command.model import Command, Table
from bot.errors import EditedLineError, SlackRefusesError, SwarmbotError, TooManyLinesError
from bot.model import Actor, Place
from bot.pipeline.request import Request
from bot.poster import SlackAccess
from bot.poster.connections import SlackClient
from bot.render import home
from bot.store.seen import Seen
from bot.workers import Workers
from handlers.slack import forms, shortcuts
from handlers.slack.home import HomeTabs
from handlers.slack.identity import Identity
from handlers.slack.names import Names
from handlers.slack.people import People
from handlers.slack.rates import Admission, Rates
from handlers.slack.senders import Sender, sender
from handlers.slack.shortcuts import MessageShortcuts, UsedShortcut
from handlers.slack.text import behind_mention, typed_line

log = logging.getLogger(__name__)

LISTENERS = 20
"""Bolt's own five threads are soon all busy; a listener here only acks and hands over."""

Body = Mapping[str, Any]
Sees = Callable[[Actor, type[Command], str], Callable[[str], bool] | None]
"""Which names of a kind somebody may see who fills in the form of a command; None where they may
not ask for it at all."""


def bolt(client: WebClient, identity: Identity, signing_secret: str | None) -> App:
    """Bolt's app for the Slack of this client.

    With a signing secret, requests by HTTP are verified; sockets need none.
    """
    said = logging.getLogger("slack_bolt.App")
    # It warns of a token in the environment that it does not use: the bot's own, at each start.
    said.addFilter(_nothing)
    try:
        return App(
            # Without one Bolt takes that of the calling file, and reads the paths of all modules.
            name="swarmbot",
            # Without a token: Bolt gets it from `authorize`, and would ask Slack about its own.
            client=WebClient(base_url=client.base_url),
            authorize=lambda: identity.authorized(),  # noqa: PLW0108 - Bolt counts the `self` of a method
            # Without one nothing can be signed: not even by whoever reads this line.
            signing_secret=signing_secret or secrets.token_hex(32),
            token_verification_enabled=False,
            listener_executor=Workers(LISTENERS, thread_name_prefix="slack"),
        )
    finally:
        said.removeFilter(_nothing)


def _nothing(_record: logging.LogRecord) -> bool:
    """Lets no record through."""
    return False


def web_client(token: str, base_url: str) -> SlackClient:
    """A client of Slack's Web API.

    The poster does its own retries, so only dropped connections are tried again here.
    """
    client = SlackClient(token=token, base_url=base_url, timeout=10)
    client.retry_handlers[:] = [ConnectionErrorRetryHandler(max_retry_count=1)]
    return client


@dataclass(frozen=True)
class SlackListeners:
    """Makes requests of payloads and hands them to the pool."""

    client: WebClient
    table: Table
    names: Names
    execute: Callable[[Request], None]
    people: People
    seen: Seen
    pool: Executor
    homes: HomeTabs
    sees: Sees
    turn_away: Callable[[Request, SwarmbotError], None]
    access: SlackAccess
    rates: Rates
    shortcuts: MessageShortcuts
    identity: Identity
    command: str

    def wire(self, app: App) -> None:
        """Register every listener.

        Nothing else is subscribed to, for what is not handled is not acked.
        """
        app.command(self.command)(self.on_command)
        app.action(re.compile("^line:"))(self.on_click)
        app.shortcut(re.compile(f"^{shortcuts.CALLBACK}"))(self.on_shortcut)
        app.event("app_mention")(self.on_mention)
        app.event("message")(self.on_direct_message)
        app.view(re.compile(f"^{forms.CALLBACK}"))(self.on_form)
        app.options(re.compile(f"^{forms.LOOKUP}"))(self.on_lookup)
        app.event("app_home_opened")(self.on_home)
        app.action(home.REFRESH)(self.on_refresh)

    def on_command(self, ack: Ack, body: Body) -> None:
        """A slash command."""
        ack()
        place = Place(
            body["channel_id"],
            response_url=body.get("response_url", ""),
            trigger=body.get("trigger_id", ""),
        )
        text = typed_line(body.get("text", ""), self.command)
        self._hand_over(body.get("trigger_id"), sender(body), text, place)

    def on_click(self, ack: Ack, body: Body) -> None:
        """A button, or an option of a menu, whose value is the line that it stands for; who clicks
        is who asks."""
        ack()
        action, whose = body["actions"][0], sender(body)
        chosen = action.get("selected_option") or action
        container = body.get("container", {})
        place = Place(
            body.get("channel", {}).get("id") or container.get("channel_id", ""),
            container.get("thread_ts", ""),
            body.get("response_url", ""),
            body.get("trigger_id", ""),
            "" if container.get("is_ephemeral") else container.get("message_ts", ""),
        )
        if container.get("type") == "view":
            self.homes.pressed(whose.user)
        self._hand_over(body.get("trigger_id"), whose, chosen.get("value", ""), place)

    def on_shortcut(self, ack: Ack, body: Body) -> None:
        """A shortcut of a message, of whomever it is; who uses it is who asks."""
        ack()
        once = str(body.get("trigger_id") or "")
        self.pool.submit(self._run_shortcut, once, sender(body), shortcuts.used(body))

    def on_mention(self, ack: Ack, body: Body) -> None:
        """`@swarmbot …`, the way to ask in a thread: the answer stays there.

        Below a message that nobody has answered there is no thread yet, and Slack shows no private
        answer in it. A message that is edited comes again, under another id.
        """
        ack()
        event = body["event"]
        if event.get("bot_id") or "user" not in event:
            return
        place = Place(event["channel"], event.get("thread_ts", ""))
        if event.get("edited"):
            self.pool.submit(self._turn_away_edited, event["ts"], sender(body), place)
            return
        text = typed_line(behind_mention(event.get("text", ""), self._own_id(body)), self.command)
        self._hand_over(body.get("event_id"), sender(body), text, place)

    def on_direct_message(self, ack: Ack, body: Body) -> None:
        """A line in the bot's own direct messages, where nobody has to be mentioned.

        What the bot says there comes in as well, and so do edits, files and what joins or leaves.
        """
        ack()
        event = body["event"]
        is_line = event.get("channel_type") == "im" and not event.get("subtype")
        if not is_line or event.get("bot_id") or "user" not in event:
            return
        written = event.get("text", "")
        text = typed_line(behind_mention(written, self._own_id(body)) or written, self.command)
        place = Place(event["channel"], event.get("thread_ts", ""))
        self._hand_over(body.get("event_id"), sender(body), text, place)

    def _own_id(self, body: Body) -> str:
        """The bot's own user id: Slack names it in events; empty where nobody knows it."""
        for authorization in body.get("authorizations") or ():
            if authorization.get("is_bot"):
                return str(authorization.get("user_id") or "")
        own = self.identity.known
        return own.user if own else ""

    def on_home(self, ack: Ack, body: Body) -> None:
        """Somebody opened the app's own pages; of these, the Home tab shows what there is now."""
        ack()
        event = body["event"]
        if event.get("tab", "home") == "home":
            self.pool.submit(self._show_home, body.get("event_id"), sender(body))

    def on_refresh(self, ack: Ack, body: Body) -> None:
        """Somebody wants to see the Home tab anew."""
        ack()
        self.pool.submit(self._show_home, body.get("trigger_id"), sender(body))

    def on_form(self, ack: Ack, body: Body) -> None:
        """A modal that was sent: what is wrong is said at its fields.

        What is right becomes a request.
        """
        view = body["view"]
        command = self.table.by_name.get(view["callback_id"].removeprefix(forms.CALLBACK))
        form = command.form if command else None
        if form is None:
            # One that is open since before an upgrade: Slack says that it could not be sent.
            log.warning("a form that there is not any more was sent by %s", sender(body).user)
            return
        filled = forms.filled(form, view)
        if isinstance(filled, dict):
            ack(response_action="errors", errors=filled)
            return
        ack()
        once = body.get("trigger_id") or view["id"]
        place = forms.place_of(view, once)
        self.pool.submit(self._run, once, sender(body), filled, place)

    def on_lookup(self, ack: Ack, body: Body) -> None:
        """What is being typed into a field that offers names."""
        kind = body["action_id"].removeprefix(forms.LOOKUP)
        actor = self.people.actor(sender(body))
        name = body["view"]["callback_id"].removeprefix(forms.CALLBACK)
        command = self.table.by_name.get(name)
        sees = self.sees(actor, command, kind) if actor and command else None
        typed = body.get("value") or ""
        matches = self.names.like(kind, typed, sees) if sees else []
        ack(
            options=[
                {"text": {"type": "plain_text", "text": name[:75]}, "value": name[:150]}
                for name in matches
            ]
        )

    def _hand_over(self, once: str | None, whose: Sender, text: str, place: Place) -> None:
        self.pool.submit(self._run, once, whose, text, place)

    def _show_home(self, once: str | None, whose: Sender) -> None:
        actor = self.people.awaited(whose)
        if actor and (not once or self.seen.claim(once)):
            self.homes.opened(actor)

    def _run(self, once: str | None, whose: Sender, asked: str | Command, place: Place) -> None:
        try:
            if once and not self.seen.claim(once):
                return
            text = asked if isinstance(asked, str) else ""
            if self._too_fast(whose, place):
                return
            if word := self.access.stopping():
                self.turn_away(_unread(whose, place), SlackRefusesError(word))
                return
            actor = self.people.awaited(whose)
            if actor is None:
                return
            if place.trigger and self._opens_form(text, place, actor):
                return
            command = None if isinstance(asked, str) else asked
            self.execute(Request(text, actor, place, command))
        except Exception:
            log.exception("a request by %s could not be handled", whose.user)

    def _run_shortcut(self, once: str, whose: Sender, used: UsedShortcut) -> None:
        self._run(once, whose, self.shortcuts.asked(used), used.place)

    def _turn_away_edited(self, ts: str, whose: Sender, place: Place) -> None:
        """Say once that an edited line is not run, however often it is edited."""
        first = self.seen.claim(f"edited:{place.channel}:{ts}")
        if first and not self._too_fast(whose, place) and self.people.awaited(whose):
            self.turn_away(_unread(whose, place), EditedLineError())

    def _too_fast(self, whose: Sender, place: Place) -> bool:
        admission = self.rates.next_line(whose.user)
        if admission is Admission.TELL:
            self.turn_away(_unread(whose, place), TooManyLinesError())
        return admission is not Admission.GO

    def _opens_form(self, text: str, place: Place, actor: Actor) -> bool:
        """Open the form of a command of which nothing but the name was typed.

        It is also opened for a secret that belongs into the form. False where it was not opened;
        whoever may not ask for the command gets the answer that the line gets.
        """
        match = line.bare(text, self.table)
        form = match[0].form if match else None
        if match is None or form is None or self.sees(actor, match[0], "") is None:
            return False
        secret = line.has_secret(text)
        if len(match[1]) != len(forms.given_fields(form)) and not secret:
            return False
        for kind in forms.lookups(form):
            self.names.refresh(kind)
        view = forms.view(form, match[0].full_name(), place, () if secret else match[1])
        try:
            self.client.views_open(trigger_id=place.trigger, view=view)
        except (SlackClientError, OSError) as error:
            # Too late for the trigger: the line itself is answered, with what it lacks.
            log.warning(
                "the form of %s could not be opened: %s", match[0].full_name(), type(error).__name__
            )
            return False
        return not secret


def _unread(whose: Sender, place: Place) -> Request:
    """A request whose line nobody looks at."""
    return Request("", Actor(whose.user, whose.name or whose.user), place)
