"""Slack's limits, each at its edge: the last value that is taken, and the first that is refused."""

from typing import Any

import pytest

from playground.workspace.blocks import judge_message
from playground.workspace.errors import SlackError
from playground.workspace.views import judge_view


def plain(length: int | str) -> dict[str, Any]:
    return {"type": "plain_text", "text": length if isinstance(length, str) else "x" * length}


def mrkdwn(length: int) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": "x" * length}


def section(length: int = 1, **more: Any) -> dict[str, Any]:
    return {"type": "section", "text": mrkdwn(length), **more}


def button(text: int = 1, **more: Any) -> dict[str, Any]:
    return {"type": "button", "text": plain(text), **more}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def option(text: int = 1, value: int = 1) -> dict[str, Any]:
    return {"text": plain(text), "value": "v" * value}


def select(options: int = 1, **first: Any) -> dict[str, Any]:
    return {"type": "static_select", "options": [option(**first)] * options}


def confirm(title: int = 1, text: int = 1, label: int = 1) -> dict[str, Any]:
    return {
        "title": plain(title),
        "text": plain(text),
        "confirm": plain(label),
        "deny": plain(label),
    }


def table(rows: int, columns: int) -> dict[str, Any]:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * columns] * rows}


def data_table(rows: int, columns: int, **more: Any) -> dict[str, Any]:
    return {**table(rows, columns), "type": "data_table", "caption": "services", **more}


def wide_table(characters: int) -> dict[str, Any]:
    half = {"type": "raw_text", "text": "x" * (characters // 4)}
    return {"type": "table", "rows": [[half, half], [half, half]]}


def modal(**more: Any) -> dict[str, Any]:
    return {"type": "modal", "title": plain("Deploy"), "blocks": [], **more}


def refusal(*blocks: Any) -> tuple[str, str]:
    with pytest.raises(SlackError) as caught:
        judge_message(list(blocks))
    return caught.value.code, " ".join(caught.value.messages)


FITS_AND_NOT: list[tuple[str, list[Any], list[Any], str]] = [
    (
        "blocks",
        [section()] * 50,
        [section()] * 51,
        "no more than 50 items allowed [json-pointer:/blocks]",
    ),
    (
        "section",
        [section(3000)],
        [section(3001)],
        "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
    ),
    (
        "fields",
        [{"type": "section", "fields": [mrkdwn(1)] * 10}],
        [{"type": "section", "fields": [mrkdwn(1)] * 11}],
        "no more than 10 items allowed [json-pointer:/blocks/0/fields]",
    ),
    (
        "field",
        [{"type": "section", "fields": [mrkdwn(2000)]}],
        [{"type": "section", "fields": [mrkdwn(2001)]}],
        "must be less than 2001 characters",
    ),
    (
        "header",
        [{"type": "header", "text": plain(150)}],
        [{"type": "header", "text": plain(151)}],
        "less than 151",
    ),
    (
        "context",
        [{"type": "context", "elements": [mrkdwn(1)] * 10}],
        [{"type": "context", "elements": [mrkdwn(1)] * 11}],
        "no more than 10 items",
    ),
    ("actions", [actions(*[button()] * 25)], [actions(*[button()] * 26)], "no more than 25 items"),
    ("rows", [table(100, 1)], [table(101, 1)], "no more than 100 items"),
    ("columns", [table(1, 20)], [table(1, 21)], "no more than 20 items"),
    ("tables", [table(1, 1)], [table(1, 1)] * 2, "only_one_table_allowed"),
    ("kinds of tables", [data_table(2, 1)], [table(1, 1), data_table(2, 1)], "only_one_table"),
    ("cells", [wide_table(10_000)], [wide_table(10_004)], "less than 10001 characters together"),
    ("data rows", [data_table(101, 1)], [data_table(102, 1)], "no more than 101 items"),
    ("head alone", [data_table(2, 1)], [data_table(1, 1)], "no fewer than 2 items"),
    ("data columns", [data_table(2, 20)], [data_table(2, 21)], "no more than 20 items"),
    ("page", [data_table(2, 1, page_size=100)], [data_table(2, 1, page_size=101)], "between 1 and"),
    ("caption", [data_table(2, 1)], [data_table(2, 1, caption=None)], "required field: caption"),
    (
        "equal rows",
        [data_table(2, 1)],
        [{**data_table(2, 1), "rows": [*table(1, 1)["rows"], *table(1, 2)["rows"]]}],
        "all rows must have the same number of cells",
    ),
    (
        "empty cell",
        [table(1, 1)],
        [{**table(1, 1), "rows": [[{"type": "raw_text", "text": ""}]]}],
        "schemas",
    ),
    ("button text", [actions(button(75))], [actions(button(76))], "less than 76"),
    (
        "button value",
        [actions(button(value="v" * 2000))],
        [actions(button(value="v" * 2001))],
        "less than 2001",
    ),
    (
        "action_id",
        [actions(button(action_id="a" * 255))],
        [actions(button(action_id="a" * 256))],
        "less than 256",
    ),
    ("option text", [actions(select(text=75))], [actions(select(text=76))], "less than 76"),
    ("option value", [actions(select(value=150))], [actions(select(value=151))], "less than 151"),
    ("options", [actions(select(100))], [actions(select(101))], "no more than 100 items"),
    (
        "confirm title",
        [actions(button(confirm=confirm(100)))],
        [actions(button(confirm=confirm(101)))],
        "less than 101",
    ),
    (
        "confirm text",
        [actions(button(confirm=confirm(1, 300)))],
        [actions(button(confirm=confirm(1, 301)))],
        "less than 301",
    ),
    (
        "confirm button",
        [actions(button(confirm=confirm(1, 1, 30)))],
        [actions(button(confirm=confirm(1, 1, 31)))],
        "less than 31",
    ),
    ("empty text", [section(1)], [section(0)], "must be more than 0 characters"),
    ("empty actions", [actions(button())], [actions()], "no fewer than 1 items"),
    (
        "block_id twice",
        [section(block_id="a"), section(block_id="b")],
        [section(block_id="a")] * 2,
        'block_id "a" already exists',
    ),
    (
        "action_id twice in a block",
        [actions(button(action_id="a")), actions(button(action_id="a"))],
        [actions(button(action_id="a"), button(action_id="a"))],
        'action_id "a" already exists [json-pointer:/blocks/0]',
    ),
    ("block type", [{"type": "divider"}], [{"type": "splitter"}], "unsupported type: splitter"),
    (
        "element type",
        [actions(button())],
        [actions({"type": "plain_text_input"})],
        "unsupported type: plain_text_input",
    ),
    ("type", [{"type": "divider"}], [{}], "missing required field: type"),
    (
        "a section says something",
        [section()],
        [{"type": "section"}],
        "missing required field: text or fields",
    ),
    (
        "a header is plain",
        [{"type": "header", "text": plain(1)}],
        [{"type": "header", "text": mrkdwn(1)}],
        "must be one of",
    ),
    (
        "no other properties",
        [section()],
        [section(colour="red")],
        "invalid additional property: colour",
    ),
    (
        "style",
        [actions(button(style="danger"))],
        [actions(button(style="red"))],
        "valid enum value",
    ),
    (
        "markdown blocks together",
        [{"type": "markdown", "text": "x" * 6000}] * 2,
        [{"type": "markdown", "text": "x" * 6001}] * 2,
        "markdown blocks must be less than 12001",
    ),
]


@pytest.mark.parametrize(
    ("fits", "not_", "said"),
    [case[1:] for case in FITS_AND_NOT],
    ids=[case[0] for case in FITS_AND_NOT],
)
def test_a_limit_of_messages_at_its_edge(fits: list[Any], not_: list[Any], said: str) -> None:
    judge_message(fits)
    code, messages = refusal(*not_)
    assert code == "invalid_blocks"
    assert messages.startswith("[ERROR] ")
    assert said in messages


def test_all_text_together_has_a_limit() -> None:
    judge_message([section(2750)] * 4)
    assert refusal(*[section(2751)] * 4) == ("msg_blocks_too_long", "")


def test_an_answer_carries_the_details_as_slack_sends_them() -> None:
    with pytest.raises(SlackError) as caught:
        judge_message([{"type": "divider"}, section(3001)])
    said = "must be less than 3001 characters [json-pointer:/blocks/1/text/text]"
    assert caught.value.answer() == {
        "ok": False,
        "error": "invalid_blocks",
        "errors": [said],
        "response_metadata": {"messages": [f"[ERROR] {said}"]},
    }


def test_blocks_must_be_a_list() -> None:
    with pytest.raises(SlackError, match="invalid_blocks_format"):
        judge_message({"type": "divider"})


def field(**more: Any) -> dict[str, Any]:
    return {
        "type": "input",
        "label": plain("Name"),
        "element": {"type": "plain_text_input"},
        **more,
    }


VIEWS: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    (
        "blocks",
        modal(blocks=[section()] * 100),
        modal(blocks=[section()] * 101),
        "no more than 100 items allowed [json-pointer:/view/blocks]",
    ),
    (
        "title",
        modal(title=plain(24)),
        modal(title=plain(25)),
        "less than 25 characters [json-pointer:/view/title/text]",
    ),
    ("submit", modal(submit=plain(24)), modal(submit=plain(25)), "/view/submit"),
    ("close", modal(close=plain(24)), modal(close=plain(25)), "/view/close"),
    (
        "metadata",
        modal(private_metadata="x" * 3000),
        modal(private_metadata="x" * 3001),
        "/view/private_metadata",
    ),
    ("title is needed", modal(), {"type": "modal", "blocks": []}, "missing required field: title"),
    (
        "submit with inputs",
        modal(blocks=[field()], submit=plain("Go")),
        modal(blocks=[field()]),
        "missing required field: submit",
    ),
    (
        "no tables",
        modal(blocks=[section()]),
        modal(blocks=[table(1, 1)]),
        "unsupported type: table",
    ),
]


@pytest.mark.parametrize(
    ("fits", "not_", "said"), [case[1:] for case in VIEWS], ids=[case[0] for case in VIEWS]
)
def test_a_limit_of_modals_at_its_edge(
    fits: dict[str, Any], not_: dict[str, Any], said: str
) -> None:
    judge_view(fits, "modal")
    with pytest.raises(SlackError) as caught:
        judge_view(not_, "modal")
    assert caught.value.code == "invalid_arguments"
    assert said in " ".join(caught.value.messages)


def test_a_home_tab_is_no_modal() -> None:
    judge_view({"type": "home", "blocks": [section()]}, "home")
    with pytest.raises(SlackError, match="must be of type modal"):
        judge_view({"type": "home", "blocks": []}, "modal")


def test_slacks_own_models_are_asked_as_well() -> None:
    code, said = refusal(actions({"type": "datepicker", "initial_date": "tomorrow"}))

    assert code == "invalid_blocks"
    assert "initial_date attribute must be in format 'YYYY-MM-DD'" in said
