"""A message that Slack has to get, and whether one may be sent."""

from __future__ import annotations

from dataclasses import dataclass

from bot.model.people import Message, MessageRef


@dataclass(frozen=True, slots=True)
class PendingMessage:
    """The last state of a message, until Slack has it. `message` carries its state.

    `ref` is its place; None where it was not posted yet, to `channel` and `thread`. `reply_to`
    names the message in whose thread it belongs, if that is known by its name alone.
    """

    message: Message
    channel: str
    thread: str = ""
    ref: MessageRef | None = None
    reply_to: str = ""


@dataclass(frozen=True, slots=True)
class CopyWords:
    """What is said where Slack has a message twice: `perhaps` is added to a message of which there
    may be an earlier copy, and `outdated` replaces a copy that is known."""

    perhaps: Message
    outdated: Message


@dataclass(frozen=True, slots=True)
class Clearance:
    """Whether a state may be sent now, and where its message stands, as far as anybody knows.

    It may not where a newer one was sent, or another bot is sending the same. `doubtful`: another
    bot was posting it, and nobody knows whether Slack took it.
    """

    granted: bool = True
    ref: MessageRef | None = None
    doubtful: bool = False
