"""Who asked, for the small print; of CI also for which build, and whose commit that is."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.model import Actor
from bot.model.pipeline_caller import Origin
from bot.render.slack.blocks import mention
from bot.render.slack.text import escape, linked

_ADDRESS = re.compile(r"https?://[^\s<>|\"]{1,490}")


def asked_by(actor: Actor, approved_by: Sequence[str] = (), reason: str = "") -> str:
    """Who asked, who approved, why, and for which build."""
    approved = f", approved by {', '.join(map(escape, approved_by))}" if approved_by else ""
    parts = (
        f"asked by {escape(actor.name)}{approved}",
        f'"{escape(reason)}"' if reason else "",
        *(_origin(actor.origin) if actor.origin else ()),
    )
    return " · ".join(filter(None, parts))


def _origin(origin: Origin) -> tuple[str, str]:
    return _build(origin), _author(origin)


def _build(origin: Origin) -> str:
    named = origin.build if origin.build.lower().startswith("build") else f"build {origin.build}"
    if not _ADDRESS.fullmatch(origin.link):
        return escape(named) if origin.build else ""
    return linked(origin.link, f"{named.strip()} ↗")


def _author(origin: Origin) -> str:
    """Whose commit it is. An address that Slack does not know is shown to nobody."""
    if origin.author:
        return f"commit by {mention(origin.author)}"
    return f"commit by {escape(origin.by)}" if origin.by and "@" not in origin.by else ""
