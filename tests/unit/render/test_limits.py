"""Whatever comes in, what comes out is what Slack takes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from bot.model import File, Message
from bot.render.slack.blocks import actions, button, context, message, section
from bot.render.slack.limits import WHOLE, characters, fit
from bot.render.slack.text import preformatted

TEXTS = st.one_of(
    st.text(max_size=30),
    st.text(alphabet="ab <>&;`*|\n😀\x00\u202e", max_size=200),
    st.builds(lambda text, times: text * times, st.text(max_size=20), st.integers(1, 2000)),
)
TEXT_OBJECTS = st.one_of(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["mrkdwn", "plain_text", "odd"]), "text": TEXTS}
    ),
    st.none(),
    TEXTS,
)
BUTTONS = st.fixed_dictionaries(
    {"type": st.sampled_from(["button", "image", "static_select"]), "text": TEXT_OBJECTS},
    optional={
        "value": st.one_of(TEXTS, st.none(), st.integers()),
        "style": st.sampled_from(["primary", "danger", "green"]),
        "action_id": st.one_of(st.just("line:1"), TEXTS),
        "confirm": st.one_of(
            st.fixed_dictionaries({"title": TEXT_OBJECTS, "text": TEXT_OBJECTS}), st.none(), TEXTS
        ),
    },
)
BLOCKS = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("section")},
        optional={
            "text": TEXT_OBJECTS,
            "fields": st.lists(TEXT_OBJECTS, max_size=25),
            "accessory": BUTTONS,
            "block_id": st.one_of(st.just("same"), TEXTS),
        },
    ),
    st.fixed_dictionaries(
        {"type": st.just("context"), "elements": st.lists(TEXT_OBJECTS, max_size=30)}
    ),
    st.fixed_dictionaries({"type": st.just("actions"), "elements": st.lists(BUTTONS, max_size=60)}),
    st.fixed_dictionaries({"type": st.just("header"), "text": TEXT_OBJECTS}),
    st.just({"type": "divider"}),
    st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
    st.none(),
)


def refused(message: Message) -> list[str]:
    """What Slack would refuse, in its own limits rather than those of the code."""
    wrong = []
    wrong += ["no text"] * (not message.text.strip()) + ["long text"] * (len(message.text) > 4000)
    wrong += ["many blocks"] * (len(message.blocks) > 50)
    wrong += ["much text"] * (characters(message.blocks) > 10_000)
    ids = [b["action_id"] for block in message.blocks for b in buttons(block)]
    wrong += ["same action"] * (len(ids) != len(set(ids)))
    names = [block["block_id"] for block in message.blocks if "block_id" in block]
    wrong += ["same block"] * (len(names) != len(set(names)))
    for block in message.blocks:
        wrong += refused_block(block)
    json.dumps(message.blocks).encode("utf-8")
    return wrong


def buttons(block: Any) -> list[Any]:
    return [
        e
        for e in [*block.get("elements", []), block.get("accessory", {})]
        if e.get("type") == "button"
    ]


def refused_block(block: Any) -> list[str]:
    limits = {"section": 3000, "header": 150, "context": 3000}
    wrong: list[str] = []
    texts = [block["text"]] if "text" in block else []
    if block["type"] == "section":
        wrong += ["empty section"] * ("text" not in block and not block.get("fields"))
        wrong += ["fields"] * (len(block.get("fields", [])) > 10)
        wrong += ["field"] * any(
            not 0 < len(field["text"]) <= 2000 for field in block.get("fields", [])
        )
    if block["type"] == "context":
        wrong += ["elements"] * (not 0 < len(block["elements"]) <= 10)
        texts += block["elements"]
    if block["type"] == "actions":
        wrong += ["actions"] * (not 0 < len(block["elements"]) <= 25)
    wrong += ["text"] * any(
        not 0 < len(text["text"]) <= limits[block["type"]] or not text["text"].strip()
        for text in texts
    )
    wrong += ["block id"] * (len(block.get("block_id", "")) > 255)
    for element in buttons(block):
        wrong += ["label"] * (not 0 < len(element["text"]["text"]) <= 75)
        wrong += ["value"] * (len(element.get("value", "x")) > 2000)
        wrong += ["id"] * (not 0 < len(element["action_id"]) <= 255)
        wrong += ["style"] * (element.get("style", "primary") not in ("primary", "danger"))
        limits_of = {"title": 100, "text": 300, "confirm": 30, "deny": 30}
        wrong += [
            name
            for name, most in limits_of.items()
            if "confirm" in element and not 0 < len(element["confirm"][name]["text"]) <= most
        ]
    parsed = Block.parse(dict(block))
    assert parsed is not None
    parsed.validate_json()
    return wrong


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=TEXTS, blocks=st.lists(BLOCKS, max_size=70))
def test_anything_becomes_what_slack_takes(text: str, blocks: list[Any]) -> None:
    fitted = fit(Message(text, tuple(blocks)))
    assert refused(fitted) == []
    assert fit(fitted).blocks == fitted.blocks


def test_what_fits_stays_as_it_is() -> None:
    given = message(
        "✅ done",
        ["line"],
        [*actions(button("Retry", "deploy web x", confirm="Sure?")), *context("small")],
    )
    assert fit(given) == given
    assert given.files == ()


def test_a_long_code_block_goes_on_in_the_next_section() -> None:
    lines = "\n".join(f"{number:04} {'x' * 60}" for number in range(100))
    fitted = fit(Message("log", (section(preformatted(lines)),)))
    texts = [block["text"]["text"] for block in fitted.blocks]
    assert len(texts) == 3
    assert all(text.startswith("```\n") and text.endswith("\n```") for text in texts)
    assert "".join(texts).replace("```\n", "").replace("\n```", "\n").strip() == lines


def test_too_much_text_is_cut_keeps_its_buttons_and_goes_along_whole() -> None:
    rows = [section(f"row {number} " + "y" * 500) for number in range(60)]
    fitted = fit(Message("list", (*rows, *actions(button("Retry", "again")))))
    assert refused(fitted) == []
    assert [block["type"] for block in fitted.blocks][-2:] == ["actions", "context"]
    (whole,) = fitted.files
    assert whole.name == WHOLE
    assert isinstance(whole.content, str)
    assert "row 59" in whole.content


@pytest.mark.parametrize("start", range(2990, 3001))
def test_no_entity_date_or_fence_is_cut_in_two(start: int) -> None:
    for token in ("&amp;", "<!date^1^{time}|12:00>", "```\ncode\n```"):
        fitted = fit(Message("t", (section("x" * (start - 5) + " " + token + " end"),)))
        assert sum(
            token in block["text"]["text"] for block in fitted.blocks
        ) == 1 or token.startswith("```")
        assert all(block["text"]["text"].count("```") % 2 == 0 for block in fitted.blocks)


def test_a_line_too_long_for_a_button_is_no_button_and_says_so() -> None:
    fitted = fit(
        Message(
            "t",
            tuple(actions(button("Retry", "deploy web " + "x" * 2000), button("Logs", "logs web"))),
        )
    )
    assert [element["text"]["text"] for block in fitted.blocks for element in buttons(block)] == [
        "Logs"
    ]
    assert "Retry" in json.dumps(fitted.blocks[-1])


def test_two_buttons_of_one_line_differ_in_their_ids() -> None:
    fitted = fit(
        Message("t", tuple(actions(button("Logs", "logs web"), button("Logs", "logs web"))))
    )
    first, second = buttons(fitted.blocks[0])
    assert first["action_id"].startswith("line:")
    assert first["action_id"] != second["action_id"]
    assert first["value"] == second["value"]


def test_empty_files_stay_away() -> None:
    assert fit(Message("t", (), (File("a.txt", ""),))).files == ()
