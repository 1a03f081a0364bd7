"""Channels that take no messages of the bot: why, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.model import Message
from bot.model.delivery import CopyWords
from bot.model.english import shortlist
from bot.render.slack.blocks import message
from bot.render.slack.text import code, escape, sentence

INVITE = code("/invite @swarmbot")
_INVITED = f"invite it with {INVITE}"
_UNLOCKED = "let it post there in the channel's settings"
_REASONS: Mapping[str, tuple[str, str]] = {
    "channel_not_found": ("swarmbot is no member", _INVITED),
    "not_in_channel": ("swarmbot is no member", _INVITED),
    "user_not_in_channel": ("swarmbot is no member", _INVITED),
    "is_archived": ("it is archived", "unarchive it"),
    "is_inactive": ("it is archived", "unarchive it"),
    "restricted_action": ("only some people may post there", _UNLOCKED),
    "restricted_action_read_only_channel": ("it is read-only", _UNLOCKED),
    "posting_to_channel_denied": ("only some people may post there", _UNLOCKED),
}

_FILES: Mapping[str, tuple[str, str]] = {
    "file_uploads_disabled": ("an admin of the workspace has switched off file uploads", ""),
    "file_uploads_except_images_disabled": ("the workspace takes no files but images", ""),
    "file_type_not_allowed": ("the workspace does not take files of this kind", ""),
    "blocked_file_type": ("the workspace does not take files of this kind", ""),
    "missing_scope": ("swarmbot lacks the scope `files:write`", ""),
    "storage_limit_reached": ("the workspace has no room left for files", ""),
    "posting_to_channel_denied": ("only some people may share files here", ""),
}


def reason(refusal: str) -> str:
    """Why a channel takes nothing, from Slack's error name: a clause."""
    return _REASONS.get(refusal, (f"Slack says {code(refusal)}", ""))[0]


def remedy(refusal: str) -> str:
    """What people can do about it: a clause that begins with a verb."""
    return _REASONS.get(refusal, ("", _INVITED))[1]


def named(channel: str) -> str:
    """A channel as people know it; direct messages have no name."""
    return "these direct messages" if channel.startswith("D") else f"<#{channel}>"


def said_here(channel: str, refusal: str) -> Message:
    """Beside a message that was to stand in another channel."""
    return message(
        f"🟠 Shown here, because {named(channel)} takes no messages of swarmbot: {reason(refusal)}",
        [f"{remedy(refusal).capitalize()}."],
    )


def copies() -> CopyWords:
    """What is said where Slack has a message twice, or may have it twice, because a bot was stopped
    as it posted it, or did not hear from Slack for long."""
    return CopyWords(
        perhaps=message(
            "🟠 swarmbot was stopped as it posted this: an earlier copy of this message may still "
            "show how it was then"
        ),
        outdated=message("🟠 Posted twice: the other copy of this message shows how it goes on"),
    )


def file_refused(name: str, refusal: str, sent: bool) -> Message:
    """In a message whose file Slack does not take; `sent`: who asked has it as a direct message."""
    went = "sent to who asked as a direct message" if sent else "not shared"
    why, action = _FILES.get(refusal) or (reason(refusal), f"to see files here, {INVITE}")
    text = ": ".join(part for part in (why, action) if part)
    return message(f"🟠 {escape(name)} was {went}", [sentence(text)])


def refused(channels: Mapping[str, str]) -> list[str]:
    """Lines about channels that take nothing now, by their ids with Slack's error names."""
    return [
        f"{named(channel)} takes no messages of swarmbot ({reason(word)}): {remedy(word)}."
        for channel, word in channels.items()
    ]


def instead(channels: Sequence[str]) -> str:
    """Where people can ask: a clause; empty where there is no such channel."""
    return f"ask in {shortlist([named(channel) for channel in channels], 3)}" if channels else ""
