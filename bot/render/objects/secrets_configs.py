"""Secrets and configs: their names and who uses them, never what is in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.model import Message
from bot.model.cluster import Stored
from bot.model.english import age, plural, shortlist
from bot.render.slack.blocks import message, table
from bot.render.slack.text import code


def listed(
    kind: str, found: Sequence[Stored], users: Mapping[str, Sequence[str]], now: datetime
) -> Message:
    """All secrets or all configs (`kind`); `users` names the services of each by its id."""
    if not found:
        return message(
            f"🟢 No {kind}s yet",
            [f"Create one on a manager: {code(f'docker {kind} create NAME FILE')}"],
        )
    unused = sum(not users.get(each.id) for each in found)
    head = f"🟢 {plural(len(found), kind)}" + (f" · {unused} used by no service" if unused else "")
    rows = [
        (each.name, _users(users.get(each.id, ())), age(each.created, now), age(each.updated, now))
        for each in found
    ]
    return message(
        head, [], *table((kind.upper(), "USED BY", "CREATED", "UPDATED"), rows, 0, f"{kind}s.txt")
    )


def _users(names: Sequence[str]) -> str:
    return shortlist(names, 3)
