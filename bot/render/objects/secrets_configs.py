"""Secrets and configs: their names and the services that use them, never their contents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.model import Message
from bot.model.cluster import Stored
from bot.model.english import age, plural, shortlist
from bot.render.slack.blocks import message
from bot.render.slack.tables import Column, table
from bot.render.slack.text import code


def listed(
    kind: str, objects: Sequence[Stored], users: Mapping[str, Sequence[str]], now: datetime
) -> Message:
    """All secrets or configs (`kind`); `users` has the names of the services of each, by its id."""
    if not objects:
        return message(
            f"🟢 No {kind}s yet",
            [f"Create one on a manager: {code(f'docker {kind} create NAME FILE')}"],
        )
    unused = sum(not users.get(stored.id) for stored in objects)
    head = f"🟢 {plural(len(objects), kind)}" + (
        f" · {unused} used by no service" if unused else ""
    )
    rows = [
        (
            stored.name,
            shortlist(users.get(stored.id, ()), 3),
            age(stored.created, now),
            age(stored.updated, now),
        )
        for stored in objects
    ]
    columns = (
        Column(kind.upper()),
        Column("USED BY", sentence=True),
        Column("CREATED"),
        Column("UPDATED"),
    )
    return message(head, [], *table(columns, rows, f"{kind}s.txt"))
