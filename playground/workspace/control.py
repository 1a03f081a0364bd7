"""The control routes of a running workspace.

Through them, people in another process (terminal, page) type, click and read.
"""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from playground.errors import PlaygroundError
from playground.workspace.model import Change, Posted, View
from playground.workspace.person import Person
from playground.workspace.state import State

DEFAULT_PORT = 8077
MOST_WAIT = 30.0


class Line(BaseModel):
    """A person types a line."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    person: str = "dev"
    line: str
    channel: str = "ops"


class Click(BaseModel):
    """A person clicks a button; `confirm` false presses Cancel in its confirm dialog."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    person: str = "dev"
    label: str
    confirm: bool = True


def add_routes(app: FastAPI, state: State, person: Callable[[str], Person]) -> None:
    """Add the routes under /playground/."""

    @app.post("/playground/say")
    def say(line: Line) -> dict[str, int]:
        return {"moment": person(line.person).types(line.line, channel=line.channel)}

    @app.post("/playground/click")
    def click(click: Click) -> dict[str, int]:
        return {"moment": person(click.person).clicks(click.label, confirm=click.confirm)}

    @app.get("/playground/changes")
    def changes(person_name: str, after: int = 0, wait: float = 0.0) -> dict[str, Any]:
        changes = state.feed.after(after, min(wait, MOST_WAIT))
        shown = [_seen(state, person(person_name), change) for change in changes]
        return {
            "seq": changes[-1].seq if changes else after,
            "changes": [change for change in shown if change is not None],
        }

    @app.get("/playground/screen")
    def screen(person_name: str) -> dict[str, Any]:
        return {"seq": state.feed.seq, "text": person(person_name).screen()}

    @app.exception_handler(PlaygroundError)
    def refuse(_: Any, error: Exception) -> JSONResponse:
        return JSONResponse({"error": str(error)}, 409)


def _seen(state: State, person: Person, change: Change) -> dict[str, Any] | None:
    """A change as this person sees it, or None when they do not."""
    if isinstance(change.value, Posted):
        return _message_seen(state, person, change, change.value)
    if isinstance(change.value, View) and change.value.user == person.id:
        shown = "" if change.kind == "closed" else person.reader.view(change.value)
        return {"seq": change.seq, "what": change.value.kind, "id": change.value.id, "text": shown}
    return None


def _message_seen(
    state: State, person: Person, change: Change, posted: Posted
) -> dict[str, Any] | None:
    channel = state.directory.channels[posted.channel]
    if person.id not in channel.members or not posted.is_shown_to(person.id):
        return None
    return {
        "seq": change.seq,
        "what": "message",
        "id": f"{posted.channel}/{posted.ts}",
        "channel": channel.name,
        "author": state.directory.name_of(posted.user),
        "thread": posted.thread_ts,
        "ephemeral": bool(posted.only_for),
        "edited": len(posted.versions) > 1,
        "deleted": posted.deleted_at is not None,
        "text": person.reader.message(posted),
    }
