"""Renders Slack's text formatting as plain text: links and mentions resolved, marks removed."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from playground.workspace.people import Directory

_ANGLE = re.compile(r"<([^<>\n]+)>")
_FENCE = re.compile(r"```\n?(.*?)\n?```", re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_MARKS = re.compile(r"(?<![\w*_~])([*_~])(?=\S)((?:(?!\1).)+?)(?<=\S)\1(?![\w*_~])")
_EMOJI = re.compile(r":([a-z0-9_+-]+):")
_KEPT = re.compile(r"\x00(\d+)\x00")

EMOJI = {
    "large_blue_circle": "🔵",
    "white_check_mark": "✅",
    "leftwards_arrow_with_hook": "↩️",
    "double_vertical_bar": "⏸",
    "x": "❌",
    "large_yellow_circle": "🟡",
    "red_circle": "🔴",
    "large_orange_circle": "🟠",
    "large_green_circle": "🟢",
    "lock": "🔒",
    "hand": "✋",
    "raised_hand": "✋",
    "snowflake": "❄️",
    "warning": "⚠",
    "hourglass_flowing_sand": "⏳",
    "rocket": "🚀",
}

# Slack's date tokens and how they look; {…_pretty} says "today" where it fits, which a test could
# not rely on.
_DATES = {
    "date_num": "%Y-%m-%d",
    "date": "%B %-d, %Y",
    "date_pretty": "%B %-d, %Y",
    "date_short": "%b %-d, %Y",
    "date_short_pretty": "%b %-d, %Y",
    "date_long": "%A, %B %-d, %Y",
    "date_long_pretty": "%A, %B %-d, %Y",
    "time": "%H:%M",
    "time_secs": "%H:%M:%S",
}


def seen(text: str, directory: Directory, zone: str = "UTC") -> str:
    """The text as a reader in that time zone sees it."""
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match.group(1))
        return f"\x00{len(kept) - 1}\x00"

    text = _CODE.sub(keep, _FENCE.sub(keep, text))
    text = _unmarked(text)
    text = _KEPT.sub(lambda match: kept[int(match.group(1))], text)
    text = _ANGLE.sub(lambda match: _angle(match.group(1), directory, zone), text)
    return unescape(emoji(text))


def emoji(text: str) -> str:
    """`:white_check_mark:` as ✅; names that are not in the table stay."""
    return _EMOJI.sub(lambda match: EMOJI.get(match.group(1), match.group()), text)


def unescape(text: str) -> str:
    """`&amp;`, `&lt;` and `&gt;` as characters."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _unmarked(text: str) -> str:
    # What stands in angle brackets (addresses, fallbacks of dates) has no marks of its own.
    parts = re.split(r"(<[^<>\n]+>)", text)
    joined = "".join(f"\x01{index}\x01" if index % 2 else part for index, part in enumerate(parts))
    before = ""
    while before != joined:
        before, joined = joined, _MARKS.sub(r"\2", joined)
    return re.sub(r"\x01(\d+)\x01", lambda match: parts[int(match.group(1))], joined)


def _angle(inside: str, directory: Directory, zone: str) -> str:
    target, _, label = inside.partition("|")
    if target.startswith("@"):
        return f"@{directory.name_of(target[1:])}"
    if target.startswith("#"):
        return f"#{directory.name_of(target[1:])}"
    if target.startswith("!date^"):
        return _date(target, label, zone)
    if target.startswith("!subteam^"):
        return f"@{directory.name_of(target.removeprefix('!subteam^'))}"
    if target.startswith("!"):
        return f"@{target[1:]}"
    return label or target


def _date(target: str, fallback: str, zone: str) -> str:
    parts = target.split("^")
    if len(parts) < 3 or not parts[1].isdigit():
        return fallback
    moment = datetime.fromtimestamp(int(parts[1]), ZoneInfo(zone))
    return re.sub(r"\{(\w+)\}", lambda match: _token(match, moment), parts[2])


def _token(match: re.Match[str], moment: datetime) -> str:
    form = _DATES.get(match.group(1))
    return moment.strftime(form) if form else match.group()
