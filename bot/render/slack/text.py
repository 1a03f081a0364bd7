"""Text that is safe in Slack: it formats nothing, mentions nobody, and hides nothing."""

from __future__ import annotations

import re
import unicodedata

import wcwidth

# Escape sequences of terminals, such as colours, which programs write into their logs.
_TERMINAL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
# Slack has no escape for these, so each is replaced by a character that looks the same.
_LOOKALIKES = str.maketrans({"*": "∗", "~": "∼", "`": "ˋ", "＊": "∗", "～": "∼", "｀": "ˋ"})
# An underscore inside a word is harmless, and names of services are full of them.
_ITALIC = re.compile(r"(?<!\w)_+(?!_)|(?<!_)_+(?!\w)")
_EMOJI = re.compile(r":(?=(?:[a-z0-9_+'-]*[a-z_+][a-z0-9_+'-]*|-1|100|1234):)")
_QUOTE = re.compile(r"^(?=&gt;|＞)", re.MULTILINE)
_DIGEST = re.compile(r"@sha256:([0-9a-f]{7})[0-9a-f]{57}")
_CODE = re.compile(r"`([^`\n]+)`")
_COMMON_WORDS = (
    *("a", "an", "the", "no", "it", "its", "only"),
    *("that", "there", "these", "this", "nothing", "autolock"),
)
_JOINER = "\u2060"
_SOFT_HYPHEN, _ISOLATE, _END_ISOLATE = "\u00ad", "\u2068", "\u2069"
_RIGHT_TO_LEFT = ("R", "AL", "AN")


def clean(text: str, keep: str = "\n") -> str:
    """The text without control characters, colours and direction overrides.

    White space becomes a blank, except the characters in `keep`.
    """
    shown = text
    for char in keep:
        shown = shown.replace(char, "")
    if shown.isprintable():
        return text
    plain = _TERMINAL.sub("", text).replace("\r\n", "\n")
    return "".join(
        char if char in keep else " " if char.isspace() else char
        for char in plain
        if _visible(char, keep)
    )


def escape(text: str) -> str:
    """Text of unknown origin as a line of mrkdwn that formats nothing and notifies nobody."""
    shown = " ".join(clean(text, keep="").split())
    shown = _ITALIC.sub(lambda match: "ˍ" * len(match[0]), shown.translate(_LOOKALIKES))
    shown = _EMOJI.sub(f":{_JOINER}", shown)
    shown = _QUOTE.sub(_SOFT_HYPHEN, _entities(shown))
    return f"{_ISOLATE}{shown}{_END_ISOLATE}" if _is_right_to_left(shown) else shown


def inert(text: str) -> str:
    """Plain text of unknown origin for a place without mrkdwn, such as the cell of a table.

    It looks as it is, and would still be no mention, link or emoji if Slack read it as mrkdwn.
    """
    return _EMOJI.sub(f":{_JOINER}", text.replace("<", f"<{_JOINER}"))


def code(text: str) -> str:
    """A short piece to copy, as inline code."""
    shown = " ".join(clean(text, keep="").split()).replace("`", "ˋ")
    return f"`{_entities(shown)}`" if shown else ""


def linked(address: str, label: str) -> str:
    """A link to an address, which has been looked at: no blank, and none of `<`, `>` and `|`."""
    return f"<{_entities(address)}|{escape(label)}>"


def prose(text: str) -> str:
    """A sentence of the bot that may quote Docker: backticks become code, the rest is escaped."""
    parts = _CODE.split(brief(text))
    pieces = (code(part) if index % 2 else _spaced(part) for index, part in enumerate(parts))
    return "".join(pieces).strip()


def without_code(text: str) -> str:
    """Such a sentence for a place without mrkdwn: code stands there as it is, without backticks."""
    return _CODE.sub(r"\1", text)


def preformatted(text: str) -> str:
    """Lines in a monospaced block, as they are."""
    return f"```\n{_entities(clean(text)).replace('```', 'ˋˋˋ').strip(chr(10))}\n```"


def sentence(text: str) -> str:
    """The text with a full stop, and with a capital where it begins with a common word."""
    text = text.strip()
    if not text:
        return ""
    start = text[0].upper() if text.split()[0] in _COMMON_WORDS else text[0]
    return start + text[1:] + ("" if text[-1] in ".!?:…" else ".")


def brief(text: str) -> str:
    """The text with digests of images shortened."""
    return _DIGEST.sub(r" @\1", text)


def shortened(text: str, most: int) -> str:
    """At most `most` characters, cut in the middle, because names differ at their ends."""
    if len(text) <= most:
        return text
    tail = (most - 1) // 2
    return f"{text[: most - 1 - tail]}…{text[-tail:] if tail else ''}"


def width(text: str) -> int:
    """Columns that the text takes in a monospaced font; control characters take none."""
    if text.isascii() and text.isprintable():
        return len(text)
    return wcwidth.width(text, control_codes="ignore")


def _visible(char: str, keep: str) -> bool:
    return (
        char in keep
        or char in "\t\n\r"
        or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
    )


def _entities(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescaped(text: str) -> str:
    """The text in which Slack's entities are characters again."""
    for entity, char in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        text = text.replace(entity, char)
    return text


def _is_right_to_left(text: str) -> bool:
    return any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in text)


def _spaced(part: str) -> str:
    """Escaped, with the blanks at its ends that separate it from code."""
    shown = escape(part)
    before = " " if part[:1].isspace() and shown else ""
    return before + shown + (" " if part[-1:].isspace() else "")
