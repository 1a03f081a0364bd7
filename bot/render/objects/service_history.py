"""The revisions of a service: the images that it ran, a chart of them, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.model import File, Message, Revision, Service
from bot.model.english import plural
from bot.model.revisions import FOUND
from bot.render.slack.blocks import (
    actions,
    button,
    context,
    image,
    image_cell,
    message,
    when,
)
from bot.render.slack.fence import Row, aligned
from bot.render.slack.text import escape, shortened

_REVISIONS = 15


_NOTE = 60


def history(service: Service, revisions: Sequence[Revision], now: datetime) -> Message:
    """The images that a service ran, newest first, a chart of them, and the way back to the last
    good one."""
    newest = sorted(revisions, key=lambda revision: -revision.number)
    name = escape(service.name)
    if not newest:
        return message(
            f"{name} has no revisions yet",
            ["swarmbot notes one with every deploy that it makes or sees."],
        )
    lines = [
        _revision(revision, now_runs=revision.image == service.image)
        for revision in newest[:_REVISIONS]
    ]
    older = newest[_REVISIONS:]
    from bot.render.picture import deploys  # noqa: PLC0415 - not before the first picture: it is 1 MB

    chart = deploys.picture(service, newest, now)
    files = [
        File(
            "history.txt",
            aligned(("REVISION", "IMAGE", "AT", "BY", "NOTE"), [_cells(r) for r in newest], 200)
            + "\n",
        )
    ]
    back = next((r for r in newest if r.image != service.image and r.ending in ("", "done")), None)
    to = (
        button(
            f"Roll back to {back.number}",
            f"rollback {service.id} --to {back.number}",
            confirm=_ask(service, back),
        )
        if back
        else None
    )
    return message(
        f"{name} runs {image(service.image)} · {plural(len(newest), 'revision')}",
        lines,
        [
            *actions(to),
            *context(f"{plural(len(older), 'older one')} in history.txt" if older else ""),
        ],
        [*(files if older else []), *([chart] if chart else [])],
    )


def _revision(revision: Revision, now_runs: bool) -> str:
    ended = revision.ending if revision.ending != "done" else ""
    parts = [
        f"*{revision.number}*  {image(revision.image)}",
        "runs now" if now_runs else escape(ended),
        f"by {escape(revision.by)}" if revision.by else "",
        escape(shortened(_note(revision), _NOTE)),
        when(revision.at),
    ]
    return " · ".join(part for part in parts if part)


def _cells(revision: Revision) -> Row:
    return (
        str(revision.number),
        image_cell(revision.image),
        f"{revision.at:%Y-%m-%d %H:%M} UTC",
        revision.by,
        _note(revision),
    )


def _note(revision: Revision) -> str:
    return "first seen" if revision.note == FOUND else revision.note


def _ask(service: Service, revision: Revision) -> str:
    return f"{service.name} goes back to {image_cell(revision.image)}. The replica count stays."
