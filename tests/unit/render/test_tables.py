"""Lists of any texts: within Slack's limits as tables, and as narrow as a phone without them."""

from __future__ import annotations

import re

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.model import Message
from bot.render.slack import details_table
from bot.render.slack.blocks import message, together
from bot.render.slack.fence import FENCE_WIDTH, MOST_WIDTH, differences, narrow, pairs
from bot.render.slack.limits import fit_view
from bot.render.slack.tables import MOST_ROWS, Column, table
from bot.render.slack.text import unescaped, width
from playground.workspace.blocks import judge_message
from playground.workspace.views import judge_view

WORDS = st.one_of(
    st.text(max_size=30),
    st.text(alphabet="ab <>&`*|漢😀\x00\u202e\n", max_size=200),
    st.builds(lambda text, times: text * times, st.text(max_size=8), st.integers(1, 500)),
)
COLUMNS = st.lists(
    st.builds(
        Column,
        st.sampled_from(["NAME", "STATE", "WHEN (UTC)", "LONG NAME OF A COLUMN"]),
        st.booleans(),
        st.booleans(),
    ),
    min_size=1,
    max_size=8,
)


@st.composite
def lists(draw: st.DrawFn) -> tuple[list[Column], list[tuple[str, ...]]]:
    columns = draw(COLUMNS)
    row = st.tuples(*[WORDS for _ in columns])
    times = draw(st.sampled_from([1, 1, 3, 30]))
    return columns, draw(st.lists(row, max_size=5)) * times


def lines(shown: Message) -> list[str]:
    texts = [(block.get("text") or {}).get("text", "") for block in shown.fenced or shown.blocks]
    fences = [fence for text in texts for fence in re.findall(r"```\n(.*?)\n```", text, re.DOTALL)]
    return [line for fence in fences for line in unescaped(fence).splitlines()]


def any_settings() -> settings:
    return settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


WIDE_AND_WITHOUT_WIDTH = ("", "0" * 40, "🗻", "0" * 40, "\U000e0080")
"""A character of two columns beside one of none, so that the widths add up to the characters."""


@any_settings()
@example(([Column("NAME")] * 5, [WIDE_AND_WITHOUT_WIDTH]), False)
@given(lists(), st.booleans())
def test_any_list_is_what_slack_takes_and_a_phone_shows(
    given_list: tuple[list[Column], list[tuple[str, ...]]], whole: bool
) -> None:
    columns, rows = given_list
    blocks, files = table(columns, rows, "things.txt", whole=whole)
    shown = message("🟢 Things", (), blocks, files)

    judge_message(list(shown.blocks))
    judge_message(list(shown.fenced), tables=False)
    assert [line for line in lines(shown) if width(line) > FENCE_WIDTH] == []
    assert bool(files) >= (len(rows) > MOST_ROWS)
    assert len(rows) > 0 or not blocks


@any_settings()
@given(st.lists(lists(), min_size=2, max_size=3))
def test_several_lists_in_one_message_are_one_table(
    given_lists: list[tuple[list[Column], list[tuple[str, ...]]]],
) -> None:
    parts = [
        message("🟢 Things", (), *table(columns, rows, "things.txt"))
        for columns, rows in given_lists
    ]
    shown = together(parts)

    judge_message(list(shown.blocks))
    judge_message(list(shown.fenced), tables=False)


@any_settings()
@given(lists())
def test_a_home_tab_has_no_tables(
    given_list: tuple[list[Column], list[tuple[str, ...]]],
) -> None:
    blocks, _ = table(*given_list, "things.txt")

    judge_view({"type": "home", "blocks": fit_view(blocks)}, "home")


@any_settings()
@given(st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=1, max_size=5))
def test_no_line_is_wider_than_a_phone_shows(rows: list[tuple[str, str, str]]) -> None:
    shown = [
        narrow(("NAME", "STATE", "WHY"), rows),
        narrow((), rows),
        pairs([row[:2] for row in rows]),
    ]
    wide = [line for text in shown for line in text.splitlines() if width(line) > FENCE_WIDTH]
    assert wide == []
    decided = differences(rows).splitlines()
    assert [line for line in decided if width(line) > MOST_WIDTH] == []


def test_numbers_of_a_long_list_are_sorted_as_numbers() -> None:
    columns = (Column("NODE"), Column("TASKS", number=True))
    rows = [(f"node{number}", str(number) if number else "") for number in range(30)]
    (block, *_), _ = table(columns, rows, "nodes.txt")
    cells = [row[1] for row in block["rows"]]
    assert cells[:2] == [
        {"type": "raw_text", "text": "TASKS"},
        {"type": "raw_text", "text": "–"},
    ]
    assert cells[10] == {"type": "raw_number", "value": 9, "text": "9"}


def test_what_does_not_fit_beside_the_first_columns_stands_below_with_its_name() -> None:
    rows = [("web", "3/4", "shop/web:2.0 @4f2a91c", "8080->80/tcp"), ("api", "2/2", "api:5", "")]
    assert narrow(("SERVICE", "REPLICAS", "IMAGE", "PORTS"), rows).splitlines() == [
        "SERVICE  REPLICAS  IMAGE",
        "web      3/4       shop/web:2.0 @4f2a91c",
        "  ports 8080->80/tcp",
        "api      2/2       api:5",
    ]


def test_a_digest_can_be_copied_from_the_details() -> None:
    digest = "sha256:" + "4f2a91c1" * 8
    block = details_table.part("Image", [("name", "shop/web"), ("digest", digest)])
    assert block["text"]["text"] == f"*Image*\n```\nname  shop/web\n```\ndigest `{digest}`"
