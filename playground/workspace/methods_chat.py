"""The `chat.*`, `reactions.*` and history methods of the Web API."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from playground.workspace.arguments import Arguments
from playground.workspace.blocks import MESSAGE_TEXT, UPDATE_TEXT, judge_message
from playground.workspace.errors import SlackError
from playground.workspace.model import APP, BOT, BOT_USER, Block, Channel, Posted
from playground.workspace.state import State

Method = Callable[[State, Arguments], dict[str, Any]]
PUBLIC = "chat:write.public"


def post_message(state: State, args: Arguments) -> dict[str, Any]:
    """chat.postMessage."""
    channel = _posting(state, args)
    text, blocks = content(state, args)
    thread = args.text("thread_ts")
    gone = thread and state.message(channel.id, thread) is None
    if gone and (channel.id, thread) not in state.forgotten:
        raise SlackError("thread_not_found")
    aloud = bool(thread) and args.flag("reply_broadcast")
    message = state.post(channel.id, BOT_USER, text, blocks, thread_ts=thread, aloud=aloud)
    return {"channel": channel.id, "ts": message.ts, "message": as_json(state, message)}


def update(state: State, args: Arguments) -> dict[str, Any]:
    """chat.update: with `text` and no `blocks`, the blocks go away.

    A message that the workspace forgot is there still for the app: its late edits are taken, and
    nobody sees them.
    """
    place = (args.text("channel"), args.text("ts"))
    if place in state.forgotten:
        return {"channel": place[0], "ts": place[1], "text": content(state, args, UPDATE_TEXT)[0]}
    message = _own(state, args, "cant_update_message")
    text, blocks = content(state, args, UPDATE_TEXT)
    edited = state.edit(message, text, blocks)
    return {
        "channel": message.channel,
        "ts": message.ts,
        "text": text,
        "message": as_json(state, edited),
    }


def post_ephemeral(state: State, args: Arguments) -> dict[str, Any]:
    """chat.postEphemeral."""
    channel = _posting(state, args)
    user = args.need("user")
    if user not in state.directory.users:
        raise SlackError("user_not_found")
    if user not in channel.members:
        raise SlackError("user_not_in_channel")
    text, blocks = content(state, args)
    message = state.post(
        channel.id, BOT_USER, text, blocks, thread_ts=args.text("thread_ts"), only_for=user
    )
    return {"message_ts": message.ts}


def delete(state: State, args: Arguments) -> dict[str, Any]:
    """chat.delete."""
    message = _own(state, args, "cant_delete_message")
    state.delete(message)
    return {"channel": message.channel, "ts": message.ts}


def permalink(state: State, args: Arguments) -> dict[str, Any]:
    """chat.getPermalink: a user's id is no channel here."""
    channel = _channel(state, args)
    if args.text("channel") in state.directory.users:
        raise SlackError("channel_not_found")
    ts = args.need("message_ts")
    if state.message(channel.id, ts) is None:
        raise SlackError("message_not_found")
    return {"channel": channel.id, "permalink": state.permalink(channel.id, ts)}


def history(state: State, args: Arguments) -> dict[str, Any]:
    """conversations.history: newest first, without replies but for those said aloud."""
    channel = _channel(state, args)
    messages = [
        message
        for message in _lasting(state, channel)
        if message.aloud or message.thread_ts in ("", message.ts)
    ]
    return _page(state, args, messages[::-1])


def replies(state: State, args: Arguments) -> dict[str, Any]:
    """conversations.replies: the parent first."""
    channel = _channel(state, args)
    parent = state.message(channel.id, args.need("ts"))
    if parent is None:
        raise SlackError("thread_not_found")
    thread = [reply for reply in state.thread(channel.id, parent.ts) if not reply.only_for]
    return _page(state, args, [parent, *thread])


def react(state: State, args: Arguments) -> dict[str, Any]:
    """reactions.add."""
    message = state.message(_channel(state, args).id, args.need("timestamp", "no_item_specified"))
    if message is None:
        raise SlackError("message_not_found")
    name = args.need("name", "invalid_name")
    if name in message.reactions:
        raise SlackError("already_reacted")
    state.react(replace(message, reactions=(*message.reactions, name)))
    return {}


def content(state: State, args: Arguments, most: int = MESSAGE_TEXT) -> tuple[str, Sequence[Block]]:
    """The text and blocks of a message; raises SlackError where Slack refuses them."""
    text = args.text("text")
    blocks = args.data("blocks", "invalid_blocks_format") or []
    if blocks:
        judge_message(blocks, tables=state.has_tables)
    elif not text.strip():
        raise SlackError("no_text")
    if len(text) > most:
        raise SlackError("msg_too_long")
    return text, blocks


def direct_event(event: dict[str, Any], *, edited: bool) -> dict[str, Any]:
    """The event `message.im` of a message; of one that is edited Slack names no user."""
    where = {"type": "message", "channel_type": "im"}
    if not edited:
        return {**event, **where}
    told = {"channel": event["channel"], "event_ts": event["event_ts"], "ts": event["event_ts"]}
    return {**where, **told, "subtype": "message_changed", "message": event}


def as_json(state: State, message: Posted) -> dict[str, Any]:
    """A message as the API and the payloads show it."""
    shown: dict[str, Any] = {
        "type": "message",
        "user": message.user,
        "ts": message.ts,
        "text": message.now.text,
        "team": state.directory.users[message.user].team,
    }
    if message.user == BOT_USER:
        shown |= {"bot_id": BOT, "app_id": APP}
    if message.now.blocks:
        shown["blocks"] = list(message.now.blocks)
    thread = state.thread(message.channel, message.ts)
    if message.thread_ts or thread:
        shown["thread_ts"] = message.thread_ts or message.ts
    if thread:
        shown |= {"reply_count": len(thread), "latest_reply": thread[-1].ts}
    if len(message.versions) > 1:
        shown["edited"] = {"user": message.user, "ts": f"{message.now.at:.6f}"}
    if message.files:
        shown["files"] = [
            {"id": file_id, "name": state.files[file_id].name} for file_id in message.files
        ]
    return shown


def _channel(state: State, args: Arguments) -> Channel:
    channel = state.directory.find_channel(args.need("channel", "channel_not_found"))
    if channel is None or channel.is_hidden_from(BOT_USER):
        raise SlackError("channel_not_found")
    return channel


def _posting(state: State, args: Arguments) -> Channel:
    """The channel to post to; raises SlackError where the app may not."""
    channel = _channel(state, args)
    if channel.is_archived:
        raise SlackError("is_archived")
    if channel.posting:
        raise SlackError(channel.posting)
    if BOT_USER not in channel.members and PUBLIC not in state.directory.installed.scopes:
        raise SlackError("not_in_channel")
    return channel


def _own(state: State, args: Arguments, refusal: str) -> Posted:
    # An update takes an id only: Slack answers channel_not_found to a name.
    channel = state.directory.channels.get(args.need("channel", "channel_not_found"))
    if channel is None or channel.is_hidden_from(BOT_USER):
        raise SlackError("channel_not_found")
    if channel.is_archived:
        raise SlackError("is_inactive")
    message = state.message(channel.id, args.need("ts", "message_not_found"))
    if message is None or message.only_for:
        raise SlackError("message_not_found")
    if message.user != BOT_USER:
        raise SlackError(refusal)
    return message


def _lasting(state: State, channel: Channel) -> list[Posted]:
    with state.lock:
        listed = [message for message in state.messages.values() if message.channel == channel.id]
    return [message for message in listed if message.deleted_at is None and not message.only_for]


def _page(state: State, args: Arguments, messages: Sequence[Posted]) -> dict[str, Any]:
    oldest, latest = args.text("oldest") or "0", args.text("latest") or "9999999999"
    inside = [
        message for message in messages if float(oldest) <= float(message.ts) <= float(latest)
    ]
    first, limit = args.number("cursor", 0), args.number("limit", 100)
    more = first + limit < len(inside)
    return {
        "messages": [as_json(state, message) for message in inside[first : first + limit]],
        "has_more": more,
        "response_metadata": {"next_cursor": str(first + limit) if more else ""},
    }


METHODS: dict[str, Method] = {
    "chat.postMessage": post_message,
    "chat.update": update,
    "chat.postEphemeral": post_ephemeral,
    "chat.delete": delete,
    "chat.getPermalink": permalink,
    "conversations.history": history,
    "conversations.replies": replies,
    "reactions.add": react,
}
