"""Tells the app what people do: commands, mentions, clicks, forms; and applies its acks."""

from dataclasses import replace
from typing import Any

from playground.workspace import payloads
from playground.workspace.arguments import Arguments
from playground.workspace.delivery import NO_CONNECTION, Deliverer
from playground.workspace.errors import SlackError
from playground.workspace.forms import problems, values
from playground.workspace.methods_chat import as_json, content, direct_event
from playground.workspace.methods_views import view_json
from playground.workspace.model import (
    BOT_NAME,
    BOT_USER,
    SLACKBOT,
    Block,
    Channel,
    Delivery,
    Installation,
    Posted,
    User,
    View,
)
from playground.workspace.state import State
from playground.workspace.typed import as_sent

NOT_CONNECTED = "We had some trouble connecting. Try again?"


class Interactions:
    """Delivers what a person does, and shows what the ack asks for.

    Its methods wait, so they must not be called in the server's own thread.
    """

    def __init__(self, state: State, deliverer: Deliverer, commands: tuple[str, ...]) -> None:
        self._state = state
        self._deliverer = deliverer
        self._commands = commands

    def command(self, user: User, channel: Channel, line: str) -> Delivery | None:
        """Run a slash command; None when Slack itself refuses the line (no such command)."""
        name, _, rest = line.strip().partition(" ")
        if name not in self._commands:
            self.whisper(
                user,
                channel,
                (
                    f"`{name}` is not a valid command. In Slack, lines that start with a “/” "
                    "are commands."
                ),
            )
            return None
        payload = {
            **self._common(user),
            "team_domain": payloads.TEAM_DOMAIN,
            "channel_id": channel.id,
            "channel_name": payloads.channel_name(channel),
            "user_id": user.id,
            "user_name": user.name,
            "command": name,
            "text": as_sent(rest.strip(), self._state.directory, labels=True),
            "is_enterprise_install": str(self._for.for_all).lower(),
            "response_url": self._response_url(user, channel),
            "trigger_id": self._state.triggers.give(user.id),
            "team_id": self._for.team,
        }
        if self._for.enterprise:
            payload["enterprise_id"] = self._for.enterprise
        del payload["team"], payload["user"], payload["enterprise"]
        sent = self._deliverer.ask("slash_commands", payload)
        if sent.outcome != "acked":
            why = "dispatch_failed" if sent.outcome == NO_CONNECTION else "operation_timeout"
            self.whisper(user, channel, f"{name} failed because the app did not respond ({why})")
        elif sent.answer:
            self._show(user, channel, sent.answer)
        return sent

    def message(
        self, user: User, channel: Channel, line: str, thread_ts: str = ""
    ) -> Delivery | None:
        """Post what a person writes.

        The app is told when it is mentioned, or in its direct message.
        """
        text = as_sent(line, self._state.directory, labels=False)
        return self._tell_app(
            user, channel, self._state.post(channel.id, user.id, text, thread_ts=thread_ts)
        )

    def edit(self, user: User, message: Posted, line: str) -> Delivery | None:
        """Write something else in a message of one's own: an app that it mentions hears it anew."""
        channel = self._state.directory.channels[message.channel]
        text = as_sent(line, self._state.directory, labels=False)
        return self._tell_app(user, channel, self._state.edit(message, text))

    def _tell_app(self, user: User, channel: Channel, message: Posted) -> Delivery | None:
        event = {**as_json(self._state, message), "channel": channel.id, "event_ts": message.ts}
        if channel.is_ext_shared:
            event |= {"user_team": user.team, "source_team": user.team}
        if channel.is_hidden_from(BOT_USER):
            return None
        if channel.is_im:
            return self._event(direct_event(event, edited=len(message.versions) > 1))
        if f"<@{BOT_USER}>" not in message.now.text:
            return None
        if BOT_USER not in channel.members:
            self.whisper(user, channel, f"@{BOT_NAME} is not in this channel: invite them first")
            return None
        return self._event({**event, "type": "app_mention"})

    def open_home(self, user: User) -> Delivery:
        """Open the app's Home tab."""
        channel = self._state.directory.direct(user.id)
        event: dict[str, Any] = {
            "type": "app_home_opened",
            "user": user.id,
            "channel": channel.id,
            "tab": "home",
        }
        home = self._state.views.home(user.id)
        if home is not None:
            event["view"] = view_json(home)
        return self._event({**event, "event_ts": self._state.new_ts()})

    def act_on_message(
        self, user: User, message: Posted, block: Block, action: dict[str, Any]
    ) -> Delivery:
        """Use a button or a menu of a message."""
        channel = self._state.directory.channels[message.channel]
        container = {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": channel.id,
            "is_ephemeral": bool(message.only_for),
        }
        if message.thread_ts:
            container["thread_ts"] = message.thread_ts
        filled = self._state.chosen.get((message.channel, message.ts), {})
        payload = {
            **self._block_actions(user, block, action),
            "container": container,
            "channel": {
                "id": channel.id,
                "name": payloads.channel_name(channel),
            },
            "state": {"values": values(message.now.blocks, filled)},
            "response_url": self._response_url(user, channel, message.ts),
            "trigger_id": self._state.triggers.give(user.id),
        }
        if not message.only_for:
            # Slack leaves an ephemeral message out: the app cannot read it back.
            payload["message"] = as_json(self._state, message)
        return self._deliverer.ask("interactive", payload)

    def shortcut(self, user: User, message: Posted, callback: str) -> Delivery:
        """Use a shortcut of the app in the menu of a message: of anybody's, but of no private one.

        Slack says little of who uses it, and names no user in a message of an app.
        """
        channel = self._state.directory.channels[message.channel]
        shown = as_json(self._state, message)
        if "bot_id" in shown:
            del shown["user"]
        payload = {
            **self._common(user),
            "type": "message_action",
            "callback_id": callback,
            "user": {"id": user.id, "name": user.name},
            "channel": {"id": channel.id, "name": payloads.channel_name(channel)},
            "message": shown,
            "message_ts": message.ts,
            "action_ts": self._state.new_ts(),
            "response_url": self._response_url(user, channel),
            "trigger_id": self._state.triggers.give(user.id),
        }
        return self._deliverer.ask("interactive", payload)

    def act_on_view(self, user: User, view: View, block: Block, action: dict[str, Any]) -> Delivery:
        """Use a button or a menu of a modal or of the Home tab."""
        payload = {
            **self._block_actions(user, block, action),
            "container": {"type": "view", "view_id": view.id},
            "view": self._view_json(view),
            "trigger_id": self._state.triggers.give(
                user.id, view.id if view.kind == "modal" else ""
            ),
        }
        return self._deliverer.ask("interactive", payload)

    def suggest(
        self, user: User, where: View | Posted, block: Block, element: dict[str, Any], typed: str
    ) -> Delivery:
        """Type into an external select."""
        payload: dict[str, Any] = {
            **self._common(user),
            "type": "block_suggestion",
            "action_id": element["action_id"],
            "block_id": block["block_id"],
            # Slack sends null, not an empty text, before anything was typed.
            "value": typed or None,
        }
        if isinstance(where, View):
            payload |= {
                "container": {"type": "view", "view_id": where.id},
                "view": self._view_json(where),
            }
        else:
            payload |= {
                "container": {
                    "type": "message",
                    "message_ts": where.ts,
                    "channel_id": where.channel,
                },
                "channel": {
                    "id": where.channel,
                    "name": self._state.directory.name_of(where.channel),
                },
                "message": as_json(self._state, where),
            }
        return self._deliverer.ask("interactive", payload)

    def submit(self, user: User, view: View) -> tuple[Delivery | None, dict[str, str]]:
        """Submit a modal.

        Returns the delivery, or the problems that keep Slack from sending it at all.
        """
        errors = problems(view.content["blocks"], view.filled)
        if errors:
            self._state.views.keep(replace(view, errors=errors))
            return None, errors
        payload = {
            **self._common(user),
            "type": "view_submission",
            "trigger_id": self._state.triggers.give(user.id, view.id),
            "view": self._view_json(view),
            "response_urls": [],
        }
        sent = self._deliverer.ask("interactive", payload)
        with self._state.lock:
            self._after_submit(user, view, sent)
        return sent, {}

    def close(self, user: User, view: View) -> Delivery | None:
        """Close a modal with its close button."""
        everything = bool(view.content.get("clear_on_close"))
        self._state.views.close(user.id, everything=everything)
        if not view.content.get("notify_on_close"):
            return None
        shown = {"view": self._view_json(view), "is_cleared": everything}
        return self._deliverer.ask(
            "interactive", {**self._common(user), "type": "view_closed", **shown}
        )

    def whisper(self, user: User, channel: Channel, text: str) -> Posted:
        """Slackbot says something that only this person sees."""
        return self._state.post(channel.id, SLACKBOT, text, only_for=user.id)

    def _after_submit(self, user: User, view: View, sent: Delivery) -> None:
        views, action = self._state.views, sent.answer.get("response_action")
        if sent.outcome != "acked":
            views.keep(replace(view, errors={"": NOT_CONNECTED}))
        elif action == "errors":
            known = {
                block["block_id"] for block in view.content["blocks"] if block["type"] == "input"
            }
            errors = {str(name): str(text) for name, text in sent.answer.get("errors", {}).items()}
            views.keep(
                replace(
                    view, errors=errors if errors and set(errors) <= known else {"": NOT_CONNECTED}
                )
            )
        elif action in ("update", "push"):
            self._next_view(user, view, sent.answer)
        else:
            views.close(user.id, everything=action == "clear")

    def _next_view(self, user: User, view: View, answer: dict[str, Any]) -> None:
        views = self._state.views
        try:
            if answer["response_action"] == "update":
                views.update(views.known[view.id], answer.get("view") or {})
            else:
                views.push(user.id, answer.get("view") or {})
        except SlackError as error:
            views.keep(replace(view, errors={"": f"{NOT_CONNECTED} ({error})"}))

    def _show(self, user: User, channel: Channel, answer: dict[str, Any]) -> None:
        only_for = "" if answer.get("response_type") == "in_channel" else user.id
        try:
            text, blocks = content(self._state, Arguments(answer))
        except SlackError as error:
            self.whisper(user, channel, f"the app's answer was refused ({error})")
            return
        self._state.post(channel.id, BOT_USER, text, blocks, only_for=only_for)

    def _event(self, event: dict[str, Any]) -> Delivery:
        return self._deliverer.tell(payloads.event_callback(self._state, event))

    def _block_actions(self, user: User, block: Block, action: dict[str, Any]) -> dict[str, Any]:
        done = {**action, "block_id": block["block_id"], "action_ts": self._state.new_ts()}
        return {
            **self._common(user),
            "type": "block_actions",
            "actions": [done],
        }

    def _common(self, user: User) -> dict[str, Any]:
        return payloads.common(self._state, user)

    @property
    def _for(self) -> Installation:
        return self._state.directory.payloads_for

    def _view_json(self, view: View) -> dict[str, Any]:
        return view_json(view, values(view.content["blocks"], view.filled))

    def _response_url(self, user: User, channel: Channel, ts: str = "") -> str:
        token = self._state.response_urls.give(user.id, channel.id, ts)
        return f"{self._state.base_url}/response/{token}"
