"""The parts of every message: headlines, sections, buttons, times and sizes."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bot.model import File, Image, Message
from bot.render.slack.limits import OPTION_VALUE, OPTIONS, fit
from bot.render.slack.text import clean, escape, shortened

Block = Mapping[str, Any]
_IMAGE_CHARACTERS = 80
_SIZES = ((1024**4, "TiB"), (1024**3, "GiB"), (1024**2, "MiB"), (1024, "KiB"))
BROADCASTS = ("here", "channel", "everyone")
MOST_BUTTONS = 3
"""A row of more than these is folded: a phone shows no more beside each other."""
_FIRST_BUTTONS = 2
_FEWEST_OPTIONS = 2
_GROUP = re.compile(r"S[A-Z0-9]{2,}")
_USER = re.compile(r"[UW][A-Z0-9]{2,}")


def message(
    head: str, lines: Iterable[str] = (), blocks: Iterable[Block] = (), files: Iterable[File] = ()
) -> Message:
    """A message within Slack's limits.

    `head` is the first line and the notification; `lines`, in mrkdwn, follow it without a gap.
    """
    first = "\n".join([f"*{head}*", *(line for line in lines if line)])
    return fit(Message(head, (section(first), *blocks), tuple(files)))


def together(messages: Sequence[Message]) -> Message:
    """Several messages as one.

    Their headlines become the notification, and their blocks stand one after the other.
    """
    if len(messages) == 1:
        return messages[0]
    blocks = [block for part in messages for block in part.blocks]
    return fit(
        Message(
            "; ".join(part.text for part in messages),
            tuple(blocks),
            tuple(file for part in messages for file in part.files),
        )
    )


# ---- blocks


def section(text: str) -> Block:
    """A paragraph of mrkdwn."""
    # Without `verbatim` Slack links words that look like channels, people or addresses; without
    # `expand` it folds a long text behind "See more".
    return {
        "type": "section",
        "text": {"type": "mrkdwn", "text": text, "verbatim": True},
        "expand": True,
    }


def context(*parts: str) -> list[Block]:
    """Small print: the parts that are not empty, in one line; no block where all are empty."""
    text = " · ".join(part for part in parts if part)
    return (
        [{"type": "context", "elements": [{"type": "mrkdwn", "text": text, "verbatim": True}]}]
        if text
        else []
    )


def button(text: str, line: str, style: str = "", confirm: str = "") -> Block:
    """A button that runs a command line.

    `style` is empty, `primary` or `danger`. `confirm` is a question that Slack asks before; empty
    for none.
    """
    element: dict[str, Any] = {
        "type": "button",
        "text": _plain(text),
        "value": line,
        "action_id": _action_id(f"{text} {line}"),
    }
    if style:
        element["style"] = style
    if confirm:
        element["confirm"] = {
            "title": _plain(text),
            "text": _plain(confirm),
            "confirm": _plain(text),
            "deny": _plain("Cancel"),
        }
    return element


def actions(*buttons: Block | None) -> list[Block]:
    """A row of the buttons that are not None; no block where all are.

    Of more than three the first two stay, and the others go into a menu behind them. What asks
    before it is done stays a button: a menu has one question for all that is in it.
    """
    elements = [element for element in buttons if element]
    if len(elements) > MOST_BUTTONS:
        elements = _folded(elements)
    return [{"type": "actions", "elements": elements}] if elements else []


def _folded(buttons: Sequence[Block]) -> list[Block]:
    secondary = [element for element in buttons[_FIRST_BUTTONS:] if _fits_menu(element)][:OPTIONS]
    if len(secondary) < _FEWEST_OPTIONS:
        return list(buttons)
    return [*(element for element in buttons if element not in secondary), _menu(secondary)]


def _fits_menu(element: Block) -> bool:
    return "confirm" not in element and len(element["value"]) <= OPTION_VALUE


def _menu(buttons: Sequence[Block]) -> Block:
    ids = " ".join(str(element["action_id"]) for element in buttons)
    return {
        "type": "overflow",
        "options": [{"text": element["text"], "value": element["value"]} for element in buttons],
        "action_id": _action_id(ids),
    }


# ---- words


def image(ref: Image) -> str:
    """An image as people call it, with the short digest that pins it: `shop/web:2.0 @4f2a91c`."""
    return escape(shortened(familiar(ref), _IMAGE_CHARACTERS)) + (
        f" @{ref.short_digest}" if ref.digest else ""
    )


def image_cell(ref: Image) -> str:
    """The same for a cell of a table: not escaped."""
    return familiar(ref) + (f" @{ref.short_digest}" if ref.digest else "")


def tag(ref: Image) -> str:
    """What tells two versions of an image apart: its tag, else its digest, else its name."""
    return escape(ref.tag or (f"@{ref.short_digest}" if ref.digest else familiar(ref)))


def version(ref: Image) -> str:
    """The tag with the digest that pins it: `2.0 @4f2a91c`."""
    return tag(ref) + (f" @{ref.short_digest}" if ref.tag and ref.digest else "")


def familiar(ref: Image) -> str:
    """Name and tag as Docker prints them, without the default registry; not escaped."""
    return ref.tagged.removeprefix("docker.io/").removeprefix("library/")


def when(at: datetime, secs: bool = False) -> str:
    """A time in each reader's own time zone, and in UTC where Slack cannot show that."""
    utc = at.astimezone(UTC)
    slack_format, utc_format = ("{time_secs}", "%H:%M:%S") if secs else ("{time}", "%H:%M")
    return (
        f"<!date^{int(utc.timestamp())}^{{date_short_pretty}} "
        f"{slack_format}|{utc.strftime(f'%Y-%m-%d {utc_format}')} UTC>"
    )


def size(count: int) -> str:
    """Bytes in Docker's binary units: `512 MiB`, `1.5 GiB`."""
    for unit, name in _SIZES:
        if count >= unit:
            return f"{count / unit:.1f}".removesuffix(".0") + f" {name}"
    return f"{count} B"


def bar(done: int, total: int, cells: int = 10) -> str:
    """Progress as ▰▰▱▱: full only where all is done, empty only where nothing is."""
    filled = cells if done >= total else max(min(1, done), cells * done // total)
    return "▰" * filled + "▱" * (cells - filled)


def mention(user_id: str) -> str:
    """A mention that notifies the user; text that is no id of Slack stays a plain name."""
    return f"<@{user_id}>" if _USER.fullmatch(user_id) else escape(user_id)


def called(person: str) -> str:
    """A mention that notifies a user, a user group, or `here`, `channel` or `everyone`."""
    if person in BROADCASTS:
        return f"<!{person}>"
    return f"<!subteam^{person}>" if _GROUP.fullmatch(person) else mention(person)


def call(people: Iterable[str]) -> list[Block]:
    """A paragraph that notifies these people: small print notifies nobody. No block for nobody."""
    mentions = " ".join(map(called, people))
    return [section(mentions)] if mentions else []


def _action_id(of: str) -> str:
    return f"line:{zlib.crc32(of.encode()):08x}"


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": clean(text, keep=""), "emoji": False}
