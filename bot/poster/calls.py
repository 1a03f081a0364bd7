"""Single calls of Slack's methods: how a message, an answer or a file is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient, WebhookResponse

from bot.model import File, Message, MessageRef, Place
from bot.model.picture import Sheet
from bot.poster.connections import KeptWebClient, KeptWebhook
from bot.poster.slack_call import slack_call
from bot.poster.verdict import AnswerRefusedError

Webhook = Callable[[str, dict[str, Any]], WebhookResponse]
"""Sends a body to an address that Slack gave; raises OSError where nobody answers."""

_MOST_TEXT = 3000
_NOT_SHOWN = ("missing_scope", "channel_not_found")
"""What Slack says of a channel that a bot with few scopes may be in all the same."""


class Calls:
    """Slack's methods as the poster uses them. All raise errors that `verdict.judge` knows."""

    def __init__(self, client: WebClient, webhook: Webhook | None = None) -> None:
        self._client = client
        self._webhook = webhook or _webhook(client)

    def post(
        self, channel: str, message: Message, thread: str, *, aloud: bool = False
    ) -> MessageRef:
        """Post to a channel, or to a user by id, and return where the message stands.

        `aloud`: a reply in a thread is shown in its channel too, and people are notified of it.
        """
        response = self._client.chat_postMessage(
            channel=channel,
            text=message.text,
            blocks=_blocks(message),
            thread_ts=thread or None,
            reply_broadcast=True if thread and aloud else None,
            unfurl_links=False,
            unfurl_media=False,
        )
        return MessageRef(str(response["channel"]), str(response["ts"]))

    def update(self, ref: MessageRef, message: Message) -> None:
        """Replace a posted message."""
        self._client.chat_update(
            channel=ref.channel, ts=ref.ts, text=message.text, blocks=_blocks(message)
        )

    def respond(self, place: Place, message: Message) -> None:
        """Answer privately by the request's own `response_url`."""
        body: dict[str, Any] = {
            "response_type": "ephemeral",
            "replace_original": False,
            "text": message.text,
        }
        if message.blocks:
            body["blocks"] = _blocks(message)
        if place.thread:
            body["thread_ts"] = place.thread
        with slack_call("response_url"):
            response = self._webhook(place.response_url, body)
            if response.status_code != 200 or '"ok":false' in response.body.replace(" ", ""):
                raise AnswerRefusedError(response.status_code, response.body, response.headers)

    def whisper(self, place: Place, user: str, message: Message) -> None:
        """Answer privately in the channel or thread; it vanishes on reload."""
        self._client.chat_postEphemeral(
            channel=place.channel,
            user=user,
            text=message.text,
            blocks=_blocks(message),
            thread_ts=place.thread or None,
        )

    def refusal(self, channel: str) -> str:
        """Why the bot may not post in a channel, by Slack's error name; empty where it may, as far
        as Slack says without a post. Raises what the client raises where Slack says nothing.
        """
        try:
            known = self._client.conversations_info(channel=channel)["channel"]
            return "is_archived" if known.get("is_archived") else ""
        except SlackApiError as error:
            if error.response.get("error") not in _NOT_SHOWN:
                raise
        return self._link_refusal(channel)

    def _link_refusal(self, channel: str) -> str:
        # Asks for a message that nobody ever wrote, which takes no further scope: of a channel that
        # the bot does not see, Slack says that there is none. Whether it is archived, or who may
        # post there, Slack does not say so.
        try:
            self._client.chat_getPermalink(channel=channel, message_ts="1.000000")
        except SlackApiError as error:
            word = str(error.response.get("error"))
            if word == "channel_not_found":
                return word
            if word != "message_not_found":
                raise
        return ""

    def publish(self, user: str, view: Mapping[str, Any]) -> None:
        """Show somebody's Home tab."""
        self._client.views_publish(user_id=user, view=dict(view))

    def open_direct(self, user: str) -> str:
        """The channel id of the direct messages with a user."""
        return str(self._client.conversations_open(users=[user])["channel"]["id"])

    def upload(self, channel: str, thread: str, file: File) -> None:
        """Share a file in a channel or thread."""
        assert not isinstance(file.content, Sheet), "a picture is drawn before"
        content = file.content.encode() if isinstance(file.content, str) else file.content
        self._client.files_upload_v2(
            channel=channel,
            thread_ts=thread or None,
            filename=file.name,
            title=file.title or file.name,
            alt_txt=file.alt or None,
            content=content,
            request_file_info=False,
        )


def _webhook(client: WebClient) -> Webhook:
    """Sends to such addresses as this client sends to Slack's methods."""

    def send(url: str, body: dict[str, Any]) -> WebhookResponse:
        sender = (
            KeptWebhook(url, client)
            if isinstance(client, KeptWebClient)
            else WebhookClient(url, timeout=client.timeout, ssl=client.ssl, proxy=client.proxy)
        )
        return sender.send_dict(body)

    return send


def plainer(message: Message) -> Message:
    """The same message without blocks, for when Slack refuses them."""
    paragraphs = [message.text]
    for block in message.fenced or message.blocks:
        text = block.get("text")
        content = str(text.get("text", "")) if isinstance(text, dict) else ""
        paragraphs += [content] if content and content not in paragraphs else []
    return Message("\n".join(paragraphs)[:_MOST_TEXT], (), message.files)


def _blocks(message: Message) -> list[dict[str, Any]] | None:
    return [dict(block) for block in message.blocks] or None
