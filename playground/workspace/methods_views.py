"""The `views.*` methods of the Web API."""

from typing import Any

from playground.workspace.arguments import Arguments
from playground.workspace.errors import SlackError
from playground.workspace.methods_chat import Method
from playground.workspace.model import APP, BOT, TEAM, View
from playground.workspace.state import State
from playground.workspace.views import judge_view


def open_view(state: State, args: Arguments) -> dict[str, Any]:
    """views.open."""
    content = args.data("view")
    judge_view(content, "modal")  # first: a view that is refused leaves its trigger usable
    trigger = state.triggers.take(args.need("trigger_id"))
    return {"view": view_json(state.views.open(trigger.user, content))}


def push_view(state: State, args: Arguments) -> dict[str, Any]:
    """views.push: the trigger must come from a click inside a modal."""
    content = args.data("view")
    judge_view(content, "modal")  # first: a view that is refused leaves its trigger usable
    trigger = state.triggers.take(args.need("trigger_id"))
    if not trigger.view:
        raise SlackError("invalid_trigger_id")
    return {"view": view_json(state.views.push(trigger.user, content))}


def update_view(state: State, args: Arguments) -> dict[str, Any]:
    """views.update."""
    view = state.views.find(args.text("view_id"), args.text("external_id"))
    return {"view": view_json(state.views.update(view, args.data("view"), args.text("hash")))}


def publish_view(state: State, args: Arguments) -> dict[str, Any]:
    """views.publish."""
    user = args.need("user_id")
    if user not in state.directory.users:
        raise SlackError("user_not_found")
    return {"view": view_json(state.views.publish(user, args.data("view"), args.text("hash")))}


def view_json(view: View, values: dict[str, Any] | None = None) -> dict[str, Any]:
    """A view as the API and the payloads show it; `values` is what is filled in."""
    return {
        "private_metadata": "",
        "callback_id": "",
        "external_id": "",
        "clear_on_close": False,
        "notify_on_close": False,
        "close": None,
        "submit": None,
        **view.content,
        "id": view.id,
        "team_id": TEAM,
        "app_id": APP,
        "bot_id": BOT,
        "hash": view.hash,
        "root_view_id": view.root,
        "previous_view_id": view.previous or None,
        "state": {"values": values or {}},
    }


METHODS: dict[str, Method] = {
    "views.open": open_view,
    "views.push": push_view,
    "views.update": update_view,
    "views.publish": publish_view,
}
