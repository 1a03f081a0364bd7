"""Slack's limits for modals and Home tabs."""

from collections.abc import Iterator, Mapping
from typing import Any

from playground.workspace.blocks import ON_VIEWS, VIEW_BLOCKS, violations
from playground.workspace.errors import SlackError
from playground.workspace.schema import Anything, Fields, Flag, Kind, String, Text, error

PRIVATE_METADATA = 3000
STACK = 3

_COMMON: Mapping[str, Kind] = {
    "private_metadata": String(PRIVATE_METADATA, least=0),
    "callback_id": String(255, least=0),
    "external_id": String(255, least=0),
}
VIEWS: Mapping[str, Fields] = {
    "modal": Fields(
        {"type": Anything(), "title": Text(24), "blocks": Anything()},
        {
            **_COMMON,
            "submit": Text(24),
            "close": Text(24),
            "clear_on_close": Flag(),
            "notify_on_close": Flag(),
            "submit_disabled": Flag(),
        },
    ),
    "home": Fields({"type": Anything(), "blocks": Anything()}, _COMMON),
}


def judge_view(view: Any, kind: str) -> None:
    """Refuse a view that Slack would refuse; `kind` is `modal` or `home`.

    Raises SlackError with `invalid_arguments`.
    """
    messages = tuple(_violations(view, kind))
    if messages:
        raise SlackError("invalid_arguments", messages)


def _violations(view: Any, kind: str) -> Iterator[str]:
    if not isinstance(view, dict):
        yield error("must provide an object", "/view")
        return
    if view.get("type") != kind:
        yield error(f"must be of type {kind}", "/view/type")
        return
    yield from VIEWS[kind].check(view, "/view")
    blocks = view.get("blocks")
    if not isinstance(blocks, list):
        yield error("must provide an array", "/view/blocks")
        return
    yield from violations(blocks, "/view/blocks", VIEW_BLOCKS, ON_VIEWS)
    has_input = any(isinstance(block, dict) and block.get("type") == "input" for block in blocks)
    if kind == "modal" and has_input and not view.get("submit"):
        yield error("missing required field: submit", "/view")
