"""Modals made from the fields of a form.

The same model that validates a line says at which field something is wrong.
"""

from __future__ import annotations

import json
import types
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from bot.command.fields import FromLine, Lookup, expected
from bot.command.model import Command, Form
from bot.model import Place
from bot.render.slack.slash import named

CALLBACK = "form:"
LOOKUP = "lookup:"


def view(form: type[Form], name: str, place: Place, given: Sequence[str] = ()) -> dict[str, Any]:
    """The modal of the command `name`.

    Where its answer goes, and what was `given` before, is kept with it.
    """
    kept = dict(zip(given_fields(form), given, strict=False))
    return {
        "type": "modal",
        "callback_id": f"{CALLBACK}{name}",
        "title": _plain(form.title),
        "submit": _plain(form.submit),
        "close": _plain("Cancel"),
        "private_metadata": json.dumps(
            {
                "channel": place.channel,
                "thread": place.thread,
                "button": place.button,
                "given": kept,
            }
        ),
        "blocks": [
            _block(field, info)
            for field, info in form.model_fields.items()
            if field not in given_fields(form)
        ],
    }


def given_fields(form: type[Form]) -> list[str]:
    """The fields that are not asked for: the line that opened the form gave them."""
    return [
        field
        for field, info in form.model_fields.items()
        if any(isinstance(mark, FromLine) for mark in info.metadata)
    ]


def lookups(form: type[Form]) -> list[str]:
    """The kinds of names that the form offers."""
    return [
        mark.kind
        for info in form.model_fields.values()
        for mark in info.metadata
        if isinstance(mark, Lookup)
    ]


def place_of(view: Mapping[str, Any], trigger: str) -> Place:
    """Where the answer goes, as `view` kept it."""
    kept = json.loads(view["private_metadata"])
    return Place(kept["channel"], kept["thread"], trigger=trigger, button=kept.get("button", ""))


def filled(form: type[Form], view: Mapping[str, Any]) -> Command | dict[str, str]:
    """What the filled form stands for, or by block what is wrong with it."""
    states = view["state"]["values"]
    values = json.loads(view["private_metadata"])["given"]
    values |= {field: _value(next(iter(state.values()))) for field, state in states.items()}
    try:
        return form.model_validate(
            {field: value for field, value in values.items() if value not in (None, "", [])}
        ).command()
    except ValidationError as error:
        # What only the command minds, and no field of the form has, is said at the first field.
        first = next(iter(states))
        return {
            next((str(part) for part in problem["loc"] if part in states), first): _sentence(
                problem
            )
            for problem in error.errors()
        }


def _sentence(error: Any) -> str:
    if error["type"] == "missing":
        return "This is needed"
    return str(named(f"Expected {expected(error)}"))


def _block(field: str, info: FieldInfo) -> dict[str, Any]:
    block = {
        "type": "input",
        "block_id": field,
        "label": _plain(info.title or field.replace("_", " ").capitalize()),
        "element": _element(field, info),
        "optional": not info.is_required(),
    }
    if info.description:
        block["hint"] = _plain(info.description[0].upper() + info.description[1:])
    return block


def _element(field: str, info: FieldInfo) -> dict[str, Any]:
    lookup = next((mark for mark in info.metadata if isinstance(mark, Lookup)), None)
    kinds = _kinds(info.annotation)
    if lookup:
        kind = "multi_external_select" if tuple in kinds else "external_select"
        return {"type": kind, "action_id": f"{LOOKUP}{lookup.kind}", "min_query_length": 0}
    if datetime in kinds:
        return {"type": "datetimepicker", "action_id": field}
    if bool in kinds:
        option = {"text": _plain("Yes"), "value": "true"}
        return {"type": "checkboxes", "action_id": field, "options": [option]}
    choices = [value for kind in kinds if get_origin(kind) is Literal for value in get_args(kind)]
    if choices:
        options = [{"text": _plain(value), "value": value} for value in choices]
        return {"type": "static_select", "action_id": field, "options": options}
    return {"type": "plain_text_input", "action_id": field, "multiline": tuple in kinds}


def _kinds(annotation: Any) -> list[Any]:
    """The types that a field may have, without `None`; of a tuple only that it is one."""
    origin = get_origin(annotation)
    if origin is tuple:
        return [tuple]
    if origin is types.UnionType:
        return [kind for part in get_args(annotation) for kind in _kinds(part)]
    return [] if annotation is type(None) else [annotation]


def _value(state: Mapping[str, Any]) -> Any:
    match state["type"]:
        case "checkboxes":
            return bool(state.get("selected_options")) or None
        case "multi_external_select":
            return [option["value"] for option in state.get("selected_options") or ()]
        case "datetimepicker":
            return state.get("selected_date_time")
        case "external_select" | "static_select":
            return (state.get("selected_option") or {}).get("value")
        case _:
            return (state.get("value") or "").strip()


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}
