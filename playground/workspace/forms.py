"""Values of inputs (menus, text fields, date pickers), as Slack sends them in `state.values`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from playground.workspace.blocks import elements_of
from playground.workspace.model import Block

Filled = Mapping[str, Mapping[str, Any]]

# element type → (the field of its value in `state`, the field of the element that gives the first
# value)
HOLDS: Mapping[str, tuple[str, str]] = {
    "plain_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "external_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "checkboxes": ("selected_options", "initial_options"),
    "multi_static_select": ("selected_options", "initial_options"),
    "multi_external_select": ("selected_options", "initial_options"),
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
}
MANY = frozenset(kind for kind, (held, _) in HOLDS.items() if held.endswith("s"))
EXTERNAL = frozenset(("external_select", "multi_external_select"))


def inputs(blocks: Iterable[Block]) -> Iterator[tuple[Block, dict[str, Any]]]:
    """Every block and element that holds a value."""
    for block in blocks:
        for element in elements_of(block):
            if element["type"] in HOLDS:
                yield block, element


def values(blocks: Iterable[Block], filled: Filled) -> dict[str, dict[str, Any]]:
    """`state.values`: what is filled in, else what the element starts with."""
    by_block: dict[str, dict[str, Any]] = {}
    for block, element in inputs(blocks):
        field, initial = HOLDS[element["type"]]
        filled_in = filled.get(block["block_id"], {}).get(element["action_id"])
        empty: Any = [] if element["type"] in MANY else None
        value = (
            filled_in
            if filled_in is not None
            else {"type": element["type"], field: element.get(initial, empty)}
        )
        by_block.setdefault(block["block_id"], {})[element["action_id"]] = value
    return by_block


def value_of(
    element: Mapping[str, Any], wanted: Any, options: Sequence[Mapping[str, Any]]
) -> dict[str, Any] | None:
    """The value that a person means by `wanted`: options by text or value, the rest as it is.

    None where there is no such option.
    """
    held, _ = HOLDS[element["type"]]
    if not held.startswith("selected_option"):
        plain = str(wanted) if held == "value" and wanted is not None else wanted
        return {"type": element["type"], held: plain or None if held == "value" else plain}
    if held == "selected_option":
        option = None if wanted is None else find_option(options, str(wanted))
        return (
            None
            if option is None and wanted is not None
            else {"type": element["type"], held: option}
        )
    listed = [wanted] if isinstance(wanted, str) else list(wanted)
    chosen = [find_option(options, str(text)) for text in listed]
    return None if None in chosen else {"type": element["type"], held: chosen}


def own_options(element: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The options that an element carries itself, groups unfolded."""
    grouped = [
        option for group in element.get("option_groups") or [] for option in group["options"]
    ]
    return [*(element.get("options") or []), *grouped]


def find_option(options: Sequence[Mapping[str, Any]], wanted: str) -> dict[str, Any] | None:
    """The option with that text or value."""
    return next(
        (
            dict(option)
            for option in options
            if wanted in (option["text"]["text"], option.get("value"))
        ),
        None,
    )


def problems(blocks: Iterable[Block], filled: Filled) -> dict[str, str]:
    """What Slack's client itself refuses before it submits: by block id."""
    held = values(blocks, filled)
    problems_by_block: dict[str, str] = {}
    for block, element in inputs(blocks):
        if block["type"] != "input":
            continue
        field, _ = HOLDS[element["type"]]
        problem = _problem(
            element,
            held[block["block_id"]][element["action_id"]].get(field),
            bool(block.get("optional")),
        )
        if problem:
            problems_by_block[block["block_id"]] = problem
    return problems_by_block


def _problem(element: Mapping[str, Any], value: Any, optional: bool) -> str:
    if value in (None, "", []):
        return "" if optional else "Please complete this required field."
    if element["type"] == "plain_text_input":
        return _length_problem(element, value)
    if element["type"] == "number_input":
        return _number_problem(element, value)
    return ""


def _length_problem(element: Mapping[str, Any], value: str) -> str:
    if len(value) < element.get("min_length", 0):
        return f"This field needs at least {element['min_length']} characters."
    if len(value) > element.get("max_length", 3000):
        return f"This field takes at most {element.get('max_length', 3000)} characters."
    return ""


def _number_problem(element: Mapping[str, Any], value: str) -> str:
    try:
        number = float(value) if element["is_decimal_allowed"] else int(value)
    except ValueError:
        return (
            "Please enter a number."
            if element["is_decimal_allowed"]
            else "Please enter a whole number."
        )
    if "min_value" in element and number < float(element["min_value"]):
        return f"Please enter a number of at least {element['min_value']}."
    if "max_value" in element and number > float(element["max_value"]):
        return f"Please enter a number of at most {element['max_value']}."
    return ""
