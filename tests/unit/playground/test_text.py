"""What a reader sees of Slack's formatting, and what Slack makes of what a person types."""

from typing import Any

import pytest

from playground.workspace.model import Limits
from playground.workspace.mrkdwn import seen
from playground.workspace.people import Directory
from playground.workspace.state import State
from playground.workspace.text import Reader
from playground.workspace.typed import as_sent


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("*web* is _on_ ~1.0~ `2.0`", "web is on 1.0 2.0"),
        ("*_both_*", "both"),
        ("`a *b* &lt;c&gt;`", "a *b* <c>"),
        ("snake_case_name and 2*3*4", "snake_case_name and 2*3*4"),
        ("```\nline *1*\nline 2\n```", "line *1*\nline 2"),
        (
            "<@U0DEV00001> in <#C0OPS00001|ops>, <!subteam^S0OPS> <!here>",
            "@dev in #ops, @ops-team @here",
        ),
        ("<https://example.com/a_b_c|docs> <https://example.com>", "docs https://example.com"),
        ("a &lt;b&gt; &amp;amp;", "a <b> &amp;"),
        ("<!date^1700000000^{date_short_pretty} {time}|then>", "Nov 14, 2023 22:13"),
        (":white_check_mark: ok :unknown_thing:", "✅ ok :unknown_thing:"),
    ],
)
def test_formatting_as_seen(text: str, shown: str) -> None:
    assert seen(text, Directory()) == shown


def test_a_time_is_shown_in_the_zone_of_the_reader() -> None:
    assert seen("<!date^1700000000^{time}|then>", Directory(), "America/New_York") == "17:13"


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("@dev and @nobody", "<@U0DEV00001|dev> and @nobody"),
        ("@ops-team @here", "<!subteam^S0OPS|@ops-team> <!here>"),
        ("#ops #nowhere", "<#C0OPS00001|ops> #nowhere"),
        ("a && b > c", "a &amp;&amp; b &gt; c"),
        ("https://example.com/x?a=1&b=2", "<https://example.com/x?a=1&amp;b=2>"),
        (
            "deploy web ghcr.io/shop/web:2.0",
            "deploy web <http://ghcr.io/shop/web:2.0|ghcr.io/shop/web:2.0>",
        ),
        ("deploy web shop/web:2.0", "deploy web shop/web:2.0"),
        ("web@sha256:abc", "web@sha256:abc"),
        ("dev@example.com", "<mailto:dev@example.com|dev@example.com>"),
        ("--label-add com.docker.x=1", "--label-add com.docker.x=1"),
    ],
)
def test_a_typed_line_as_slack_sends_it(typed: str, sent: str) -> None:
    assert as_sent(typed, Directory(), labels=True) == sent


def test_mentions_in_messages_have_no_names() -> None:
    assert as_sent("@swarmbot #ops", Directory(), labels=False) == "<@U0SWARMBOT> <#C0OPS00001|>"


def test_blocks_as_seen() -> None:
    def plain(text: str) -> dict[str, Any]:
        return {"type": "plain_text", "text": text}

    reader = Reader(State(lambda: 0.0, Limits()))
    cells = [
        [{"type": "raw_text", "text": text} for text in row]
        for row in (("NODE", "TASKS"), ("🔴 node3", "12"))
    ]
    blocks: list[dict[str, Any]] = [
        {"block_id": "1", "type": "header", "text": plain("Nodes :red_circle:")},
        {
            "block_id": "2",
            "type": "table",
            "rows": cells,
            "column_settings": [{"align": "left"}, {"align": "right"}],
        },
        {
            "block_id": "3",
            "type": "context",
            "elements": [plain("by dev"), {"type": "mrkdwn", "text": "*now*"}],
        },
        {
            "block_id": "4",
            "type": "actions",
            "elements": [
                {"type": "button", "action_id": "a", "text": plain("Drain")},
                {
                    "type": "static_select",
                    "action_id": "b",
                    "placeholder": plain("Pick"),
                    "options": [{"text": plain("One"), "value": "1"}],
                },
            ],
        },
    ]
    assert reader.blocks(blocks, {}).splitlines() == [
        "Nodes 🔴",
        "NODE      TASKS",
        "🔴 node3     12",
        "by dev now",
        "[Drain] [Pick ▾]",
    ]


def cells(*texts: str) -> list[dict[str, str]]:
    return [{"type": "raw_text", "text": text} for text in texts]


def shown(*blocks: dict[str, Any]) -> str:
    named = [{"block_id": f"b{number}", **block} for number, block in enumerate(blocks)]
    return Reader(State(lambda: 0.0, Limits())).blocks(named, {})


def test_a_long_section_is_folded_unless_it_expands() -> None:
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "word " * 200}}
    assert shown(section).endswith("… See more")
    assert shown({**section, "expand": True}).strip().endswith("word")


def test_a_data_table_is_read_as_a_table() -> None:
    rows = [cells("NODE", "TASKS"), cells("node1", "3")]
    table = {"type": "data_table", "caption": "nodes", "rows": rows}
    assert shown(table) == "NODE   TASKS\nnode1  3"
