"""Slack's limits for composition objects and elements, as a table: type → fields."""

from collections.abc import Mapping

from playground.workspace.schema import (
    AnyOf,
    Anything,
    Fields,
    Flag,
    Integer,
    Kind,
    Many,
    String,
    Text,
)

ACTION_ID = String(255)
BLOCK_ID = String(255)
URL = String(3000)
ANY_TEXT = 3000

CONFIRM = Fields(
    required={
        "title": Text(100),
        "text": Text(300, mrkdwn=True),
        "confirm": Text(30),
        "deny": Text(30),
    },
    optional={"style": String(10, one_of=("primary", "danger"))},
)


def option(*, mrkdwn: bool = False) -> Fields:
    """One option of a menu; those of check boxes and radio buttons may be `mrkdwn`."""
    return Fields(
        required={"text": Text(75, mrkdwn=mrkdwn), "value": String(150, least=0)},
        optional={"description": Text(75, mrkdwn=mrkdwn), "url": URL},
    )


OPTION = option()
RICH_OPTION = option(mrkdwn=True)
OPTION_GROUP = Fields(required={"label": Text(75), "options": Many(OPTION, 100)})
PLACEHOLDER = Text(150)
FOCUS: Mapping[str, Kind] = {"focus_on_load": Flag()}


def element(
    required: Mapping[str, Kind] | None = None,
    optional: Mapping[str, Kind] | None = None,
    one_of: tuple[str, ...] = (),
) -> Fields:
    """An interactive element: type, action_id and confirm are common to all."""
    common: dict[str, Kind] = {"action_id": ACTION_ID, "confirm": CONFIRM}
    return Fields({"type": Anything(), **(required or {})}, {**common, **(optional or {})}, one_of)


MENU: Mapping[str, Kind] = {"placeholder": PLACEHOLDER, **FOCUS}
OPTIONS: Mapping[str, Kind] = {
    "options": Many(OPTION, 100),
    "option_groups": Many(OPTION_GROUP, 100),
}
MULTI: Mapping[str, Kind] = {**MENU, "max_selected_items": Integer(1)}
FILTER: Mapping[str, Kind] = {
    "filter": Anything(),
    "default_to_current_conversation": Flag(),
    "response_url_enabled": Flag(),
}

SELECTS: Mapping[str, Kind] = {
    "static_select": element(
        {}, {**MENU, **OPTIONS, "initial_option": OPTION}, one_of=("options", "option_groups")
    ),
    "external_select": element(
        {}, {**MENU, "initial_option": OPTION, "min_query_length": Integer()}
    ),
    "users_select": element({}, {**MENU, "initial_user": String(30)}),
    "conversations_select": element({}, {**MENU, **FILTER, "initial_conversation": String(30)}),
    "channels_select": element(
        {}, {**MENU, "initial_channel": String(30), "response_url_enabled": Flag()}
    ),
    "multi_static_select": element(
        {},
        {**MULTI, **OPTIONS, "initial_options": Many(OPTION, 100)},
        one_of=("options", "option_groups"),
    ),
    "multi_external_select": element(
        {}, {**MULTI, "initial_options": Many(OPTION, 100), "min_query_length": Integer()}
    ),
    "multi_users_select": element({}, {**MULTI, "initial_users": Many(String(30), 100)}),
    "multi_conversations_select": element(
        {}, {**MULTI, **FILTER, "initial_conversations": Many(String(30), 100)}
    ),
    "multi_channels_select": element({}, {**MULTI, "initial_channels": Many(String(30), 100)}),
}

PICKERS: Mapping[str, Kind] = {
    "datepicker": element({}, {**MENU, "initial_date": String(10)}),
    "timepicker": element({}, {**MENU, "initial_time": String(5), "timezone": String(60)}),
    "datetimepicker": element({}, {**FOCUS, "initial_date_time": Integer()}),
    "checkboxes": element(
        {"options": Many(RICH_OPTION, 10)}, {**FOCUS, "initial_options": Many(RICH_OPTION, 10)}
    ),
    "radio_buttons": element(
        {"options": Many(RICH_OPTION, 10)}, {**FOCUS, "initial_option": RICH_OPTION}
    ),
}

CLICKED: Mapping[str, Kind] = {
    "button": element(
        {"text": Text(75)},
        {
            "value": String(2000, least=0),
            "url": URL,
            "style": String(10, one_of=("primary", "danger")),
            "accessibility_label": String(75),
        },
    ),
    "overflow": element({"options": Many(OPTION, 5)}),
}

_TYPED: Mapping[str, Kind] = {
    "placeholder": PLACEHOLDER,
    "dispatch_action_config": Anything(),
    **FOCUS,
}
_LINE = element(
    {},
    {
        **_TYPED,
        "initial_value": String(3000, least=0),
        "multiline": Flag(),
        "min_length": Integer(0, 3000),
        "max_length": Integer(1, 3000),
    },
)
_NUMBER = element(
    {"is_decimal_allowed": Flag()},
    {**_TYPED, "initial_value": String(100), "min_value": String(100), "max_value": String(100)},
)
TYPED: Mapping[str, Kind] = {
    "plain_text_input": _LINE,
    "number_input": _NUMBER,
    "email_text_input": element({}, {**_TYPED, "initial_value": String(3000)}),
    "url_text_input": element({}, {**_TYPED, "initial_value": String(3000)}),
    "rich_text_input": element({}, {**_TYPED, "initial_value": Anything()}),
}
FILE_INPUT: Mapping[str, Kind] = {
    "file_input": element({}, {"filetypes": Many(String(20), 100), "max_files": Integer(1, 10)})
}

IMAGE = Fields(
    required={"type": Anything(), "alt_text": String(2000)},
    optional={"image_url": URL, "slack_file": Anything()},
    one_of=("image_url", "slack_file"),
)

IN_ACTIONS: Mapping[str, Kind] = {**SELECTS, **PICKERS, **CLICKED}
IN_SECTION: Mapping[str, Kind] = {**IN_ACTIONS, "image": IMAGE}
IN_INPUT: Mapping[str, Kind] = {**SELECTS, **PICKERS, **TYPED, **FILE_INPUT}
IN_CONTEXT = AnyOf((IMAGE, Text(ANY_TEXT, mrkdwn=True)))
INTERACTIVE = frozenset((*IN_ACTIONS, *IN_INPUT))
