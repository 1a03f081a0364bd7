"""Text that is safe in Slack: what Docker or people wrote formats nothing, mentions nobody, and
hides nothing."""

from __future__ import annotations

import re
import unicodedata

import wcwidth

# A terminal's colours and cursor movements, as programs write them into their logs.
_TERMINAL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
# Slack has no escape for these, so each gives way to a twin that looks the same and formats
# nothing.
_TWINS = str.maketrans({"*": "∗", "~": "∼", "`": "ˋ", "＊": "∗", "～": "∼", "｀": "ˋ"})
# An underscore inside a word is harmless, and names of services are full of them.
_ITALIC = re.compile(r"(?<!\w)_+(?!_)|(?<!_)_+(?!\w)")
_EMOJI = re.compile(r":(?=(?:[a-z0-9_+'-]*[a-z_+][a-z0-9_+'-]*|-1|100|1234):)")
_QUOTE = re.compile(r"^(?=&gt;|＞)", re.MULTILINE)
_DIGEST = re.compile(r"@sha256:([0-9a-f]{7})[0-9a-f]{57}")
_CODE = re.compile(r"`([^`\n]+)`")
_NO_NAMES = ("a", "an", "the", "no", "it", "its", "only", "this")
_SOFT_HYPHEN, _ISOLATE, _END_ISOLATE = "\u00ad", "\u2068", "\u2069"
_RIGHT_TO_LEFT = ("R", "AL", "AN")


def clean(text: str, keep: str = "\n") -> str:
    """Without control characters, direction overrides and colours; white space but `keep` becomes a
    blank."""
    plain = _TERMINAL.sub("", text).replace("\r\n", "\n")
    return "".join(
        char if char in keep else " " if char.isspace() else char
        for char in plain
        if _visible(char, keep)
    )


def escape(text: str) -> str:
    """Text of unknown origin as one line of mrkdwn: it formats nothing and notifies nobody."""
    shown = " ".join(clean(text, keep="").split())
    shown = _ITALIC.sub(lambda found: "ˍ" * len(found[0]), shown.translate(_TWINS))
    shown = _EMOJI.sub(":\u2060", shown)
    shown = _QUOTE.sub(_SOFT_HYPHEN, _entities(shown))
    return f"{_ISOLATE}{shown}{_END_ISOLATE}" if _turns(shown) else shown


def code(text: str) -> str:
    """A short piece to copy, as inline code."""
    shown = " ".join(clean(text, keep="").split()).replace("`", "ˋ")
    return f"`{_entities(shown)}`" if shown else ""


def prose(text: str) -> str:
    """A sentence of the bot's own that may quote Docker: pieces in backticks become code, the rest
    is escaped."""
    parts = _CODE.split(brief(text))
    shown = (code(part) if index % 2 else _spaced(part) for index, part in enumerate(parts))
    return "".join(shown).strip()


def preformatted(text: str) -> str:
    """Lines in a monospaced block, as they are."""
    return f"```\n{_entities(clean(text)).replace('```', 'ˋˋˋ').strip(chr(10))}\n```"


def sentence(text: str) -> str:
    """With a full stop, and a capital where the first word is no name."""
    text = text.strip()
    if not text:
        return ""
    start = text[0].upper() if text.split()[0] in _NO_NAMES else text[0]
    return start + text[1:] + ("" if text[-1] in ".!?:…" else ".")


def brief(text: str) -> str:
    """Digests of images shortened, for everything but details."""
    return _DIGEST.sub(r" @\1", text)


def shortened(text: str, most: int) -> str:
    """At most `most` characters; what is left out is marked in the middle, for names differ at
    their ends."""
    if len(text) <= most:
        return text
    tail = (most - 1) // 2
    return f"{text[: most - 1 - tail]}…{text[-tail:] if tail else ''}"


def width(text: str) -> int:
    """Columns that the text takes in a monospaced font; control characters take none."""
    return wcwidth.width(text, control_codes="ignore")


def _visible(char: str, keep: str) -> bool:
    return (
        char in keep
        or char in "\t\n\r"
        or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
    )


def _entities(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _turns(text: str) -> bool:
    return any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in text)


def _spaced(part: str) -> str:
    """Escaped, with the blanks at its ends that separate it from code."""
    shown = escape(part)
    before = " " if part[:1].isspace() and shown else ""
    return before + shown + (" " if part[-1:].isspace() else "")
