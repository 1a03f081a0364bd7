"""Undoes what Slack makes of a typed line; pure.

Slack wraps entities, mentions and links around words, and people mark lines up as code or bold, or
paste them with a prompt.
"""

from __future__ import annotations

import re

_MENTION = re.compile(r"<@(?P<user>[A-Z0-9]{1,30})(?:\|[^<>]*)?>")
_WRAPPED = re.compile(r"<(?P<target>[^<>|]*)(?:\|(?P<label>[^<>]*))?>")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
_PROMPT = re.compile(r"\A(?:[$#>•]\s+)+")
_MARKS = "`*_~"
"""Code, bold, italic and struck through, as Slack marks them. No line begins with one of them, but
a word may: `_` around a word is part of it."""
_DECORATED = re.compile(
    r"""(?P<quoted>'[^']*'|"(?:\\.|[^"\\])*")
    | (?<!\S)```(?P<fenced>(?:(?!```).)*)```(?!\S)
    | (?<!\S)(?P<mark>[`~]|\*(?![.?]))
      (?P<words>\S(?:(?!(?P=mark)(?!\S)).)*)(?<!\s)(?P=mark)(?!\S)""",
    re.VERBOSE | re.DOTALL,
)


def unescape(text: str) -> str:
    """The text as it was typed, with its marks.

    `<http://shop.io/web:2|shop.io/web:2>` is `shop.io/web:2`, `<@U1|dev>` is `@U1`. A link without
    a label was typed with its scheme.
    """
    text = _WRAPPED.sub(_unwrap, text)
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return text.strip()


def typed_line(text: str, command: str) -> str:
    """The line in a text of Slack: without marks, prompts, and the name of the slash command."""
    line = _plain("".join(c for c in unescape(text) if c.isprintable() or c.isspace()))
    first, rest = [*line.split(None, 1), "", ""][:2]
    return _plain(rest) if first == command else line


def behind_mention(text: str, user: str) -> str:
    """What follows the mention of this user, who is the bot; of whomever, where it does not know
    its own id yet. Empty where nothing follows."""
    mention = next((m for m in _MENTION.finditer(text) if user in ("", m["user"])), None)
    return text[mention.end() :].lstrip(":, \t\n") if mention else ""


def _plain(text: str) -> str:
    """The text without what marks it up, whole or in parts; what stands in quotes stays."""
    before = None
    while text != before:
        before = text
        text = _without_marks(_PROMPT.sub("", text.strip()))
    return text


def _without_marks(text: str) -> str:
    for mark in _MARKS:
        inside = text[1:-1]
        if len(text) > 2 and text[0] == text[-1] == mark and mark not in inside:
            text = inside.strip()
    return _DECORATED.sub(_inside, text)


def _inside(match: re.Match[str]) -> str:
    return match["quoted"] or (match["fenced"] or "").strip() or match["words"] or ""


def _unwrap(match: re.Match[str]) -> str:
    target, label = match["target"], match["label"]
    if target[:1] in "@#":
        return target
    return label or target
