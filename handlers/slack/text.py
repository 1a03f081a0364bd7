"""Undoes what Slack makes of a typed line; pure.

Slack wraps entities, mentions and links around words.
"""

from __future__ import annotations

import re

_MENTION = re.compile(r"<@[A-Z0-9]{1,30}(?:\|[^<>]*)?>")
_WRAPPED = re.compile(r"<(?P<target>[^<>|]*)(?:\|(?P<label>[^<>]*))?>")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


def unescape(text: str) -> str:
    """The line as it was typed.

    `<http://shop.io/web:2|shop.io/web:2>` is `shop.io/web:2`, `<@U1|dev>` is `@U1`. A link without
    a label was typed with its scheme.
    """
    text = _WRAPPED.sub(_unwrap, text)
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return text.strip()


def without_mention(text: str) -> str:
    """The line behind the mention of the bot that it begins with, or that stands anywhere in it."""
    before, _, after = _MENTION.sub("\0", text, count=1).partition("\0")
    return f"{before.strip()} {after.strip()}".strip()


def _unwrap(match: re.Match[str]) -> str:
    target, label = match["target"], match["label"]
    if target[:1] in "@#":
        return target
    if target[:1] == "!":
        return label or target
    return label or target
