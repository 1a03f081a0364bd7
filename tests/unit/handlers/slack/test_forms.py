"""What a filled form stands for, whatever Slack says of the fields that were left empty."""

from __future__ import annotations

import json
from typing import Any

import pytest

from handlers.service.create import Create, CreateForm
from handlers.slack import forms


def sent(**fields: dict[str, Any]) -> dict[str, Any]:
    """A view as Slack sends it when somebody submits it."""
    return {
        "private_metadata": json.dumps({"channel": "C1", "thread": "", "given": {}}),
        "state": {"values": {field: {field: state} for field, state in fields.items()}},
    }


def text(value: str | None) -> dict[str, Any]:
    return {"type": "plain_text_input", "value": value}


@pytest.mark.parametrize(
    "nothing",
    [
        {"type": "multi_external_select", "selected_options": []},
        {"type": "multi_external_select", "selected_options": None},
        {"type": "multi_external_select", "selected_option": None},
        {"type": "multi_external_select"},
        {"type": "checkboxes", "selected_options": []},
        {"type": "checkboxes", "selected_options": None},
        {"type": "checkboxes"},
        {"type": "external_select", "selected_option": None},
        {"type": "external_select"},
        {"type": "datetimepicker"},
        {"type": "plain_text_input"},
    ],
)
def test_a_field_that_was_left_empty_is_not_given(nothing: dict[str, Any]) -> None:
    filled = forms.filled(
        CreateForm, sent(name=text("web"), image=text("shop/web:1"), network=nothing)
    )
    assert isinstance(filled, Create)
    assert filled.network == ()


def test_what_was_chosen_is_given() -> None:
    chosen = {"type": "multi_external_select", "selected_options": [{"value": "backend"}]}
    filled = forms.filled(
        CreateForm, sent(name=text("web"), image=text("shop/web:1"), network=chosen)
    )
    assert isinstance(filled, Create)
    assert filled.network == ("backend",)
