"""Block Kit as HTML: every block of Slack, and no text ever becomes markup."""

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.page.blocks import Surface, drawn
from playground.page.html import Html, el, join
from playground.page.mrkdwn import plain, rendered
from playground.workspace.blocks import with_ids
from playground.workspace.model import Limits
from playground.workspace.state import State
from playground.workspace.text import Reader

STATE = State(lambda: 1_700_000_000.0, Limits())
READER = Reader(STATE, "Europe/Berlin", "U0DEV00001")
HOSTILE = (
    "<script>alert(1)</script>\"' onmouseover=x <img src=x onerror=alert(1)> &lt;b&gt; "
    "javascript:alert(1)"
)
ADDRESS = re.compile(r"https?://|mailto:|/page/file/")
ATTRIBUTE = re.compile(
    r"aria-[a-z]+|data-[a-z-]+|alt|autocomplete|autofocus|checked|class|datetime|for|hidden|href|id|inputmode|label|loading|multiple"
    r"|name|placeholder|rel|role|rows|selected|spellcheck|src|tabindex|target|title|type|value"
)
KNOWN = {
    *(
        "a",
        "blockquote",
        "br",
        "button",
        "code",
        "div",
        "em",
        "fieldset",
        "figcaption",
        "figure",
        "h3",
        "hr",
        "img",
        "input",
    ),
    *(
        "label",
        "legend",
        "li",
        "ol",
        "optgroup",
        "option",
        "p",
        "pre",
        "s",
        "select",
        "span",
        "strong",
        "table",
        "tbody",
    ),
    *("td", "textarea", "th", "thead", "time", "tr", "ul"),
}


def html(blocks: list[dict[str, Any]]) -> str:
    return drawn(with_ids(blocks), Surface(READER, "m"))


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("*web* is _on_ ~1.0~ `2.0`", ("<p><strong>web</strong> is <em>on</em> <s>1.0</s> "
"<code>2.0</code></p>")),
        ("*_both_*", "<p><strong><em>both</em></strong></p>"),
        ("`a *b* &lt;c&gt;`", "<p><code>a *b* &lt;c&gt;</code></p>"),
        ("snake_case_name and 2*3*4", "<p>snake_case_name and 2*3*4</p>"),
        ("a\n```\n*1*\n  line 2\n```\nb", ('<p>a</p><pre tabindex="0"><code>*1*\n  line '
'2</code></pre><p>b</p>')),
        ("one\ntwo", "<p>one<br>two</p>"),
        ("&gt; quoted\n&gt; twice\nnot", "<blockquote>quoted<br>twice</blockquote><p>not</p>"),
        ("• one\n• *two*", "<ul><li>one</li><li><strong>two</strong></li></ul>"),
        ("<@U0DEV00001> and <@U0LEAD0001>", ('<p><span class="mention me">@dev</span> and <span '
'class="mention">@lead</span></p>')),
        ("<#C0OPS00001|ops>", '<p><span class="mention">#ops</span></p>'),
        ("<!here>", '<p><span class="mention">@here</span></p>'),
        ("<!subteam^S0OPS>", '<p><span class="mention">@ops-team</span></p>'),
        ("a &lt;b&gt; &amp;amp;", "<p>a &lt;b&gt; &amp;amp;</p>"),
        (":white_check_mark: ok :unknown_thing:", "<p>✅ ok :unknown_thing:</p>"),
    ],
)  # fmt: skip
def test_formatting(text: str, shown: str) -> None:
    assert rendered(text, READER) == shown


def test_a_link_opens_elsewhere_and_one_that_would_run_something_is_none() -> None:
    link = rendered("<https://example.com/a?b=1&amp;c=2|the *docs*>", READER)
    assert 'href="https://example.com/a?b=1&amp;c=2"' in link
    assert 'rel="noopener noreferrer"' in link
    assert rendered("<javascript:alert(1)|click>", READER) == "<p>click</p>"


def test_a_date_is_shown_in_the_readers_zone_with_the_moment_behind_it() -> None:
    shown = rendered("<!date^1700000000^{date_short_pretty} {time}|then>", READER)
    assert ">Nov 14, 2023 23:13</time>" in shown
    assert 'datetime="2023-11-14T22:13:20+00:00"' in shown
    assert rendered("<!date^99999999999999^{time}|fall *back*>", READER) == "<p>fall *back*</p>"


def test_every_block_is_drawn() -> None:
    option = {"text": {"type": "plain_text", "text": "One"}, "value": "1"}
    shown = html(
        [
            {"type": "header", "text": {"type": "plain_text", "text": "Head :rocket:"}},
            {**section("text"), "accessory": {"type": "overflow", "options": [option]}},
            {
                "type": "section",
                "fields": [
                    {"type": "mrkdwn", "text": "*a*"},
                    {"type": "plain_text", "text": "*b*"},
                ],
            },
            {"type": "divider"},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": "small"}]},
            {"type": "image", "image_url": "https://example.com/x.png", "alt_text": "four nodes"},
            {
                "type": "table",
                "rows": [[{"type": "raw_text", "text": "N"}], [{"type": "raw_text", "text": "1"}]],
            },
            {"type": "markdown", "text": "**bold**"},
            {
                "type": "rich_text",
                "elements": [
                    {
                        "type": "rich_text_section",
                        "elements": [
                            {"type": "text", "text": "x", "style": {"bold": True}},
                            {"type": "user", "user_id": "U0LEAD0001"},
                        ],
                    }
                ],
            },
            {
                "type": "actions",
                "elements": [
                    {
                        "type": "button",
                        "text": {"type": "plain_text", "text": "Go"},
                        "style": "primary",
                        "value": "go",
                    },
                    {
                        "type": "static_select",
                        "placeholder": {"type": "plain_text", "text": "Which"},
                        "options": [option],
                    },
                ],
            },
            {
                "type": "input",
                "block_id": "image",
                "label": {"type": "plain_text", "text": "Image"},
                "hint": {"type": "plain_text", "text": "name:tag"},
                "element": {"type": "plain_text_input", "action_id": "image"},
            },
        ]
    )
    for part in (
        '<h3 class="block head">Head 🚀</h3>',
        'aria-haspopup="menu"',
        '<div class="field"><p><strong>a</strong></p></div><div class="field">*b*</div>',
        '<hr class="block">',
        'alt="four nodes"',
        "<th>N</th>",
        "<td>1</td>",
        "<strong>bold</strong>",
        '<strong>x</strong><span class="mention">@lead</span>',
        'class="button primary"',
        '<option value="">Which</option><option value="1">One</option>',
        '<label for="m-image">',
        'aria-describedby="m-image-hint"',
    ):
        assert part in shown


def test_a_confirm_dialog_travels_with_its_button() -> None:
    text = {"type": "plain_text", "text": "Sure <b>?"}
    confirm = {
        "title": text,
        "text": {"type": "mrkdwn", "text": "*really* &lt;b&gt;"},
        "confirm": text,
        "deny": text,
    }
    button = {"type": "button", "text": text, "style": "danger", "confirm": confirm}
    match = re.search(r'data-confirm="([^"]*)"', html([{"type": "actions", "elements": [button]}]))
    assert match
    asked = json.loads(
        match.group(1)
        .replace("&quot;", '"')
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
    )
    assert asked["text"] == "<p><strong>really</strong> &lt;b&gt;</p>"
    assert asked["style"] == "danger"


def test_what_is_wrong_with_a_field_is_tied_to_it() -> None:
    block = {
        "type": "input",
        "block_id": "image",
        "label": {"type": "plain_text", "text": "Image"},
        "element": {"type": "plain_text_input", "action_id": "image"},
    }
    shown = drawn(with_ids([block]), Surface(READER, "m", {}, {"image": "This is needed"}))
    assert 'aria-invalid="true"' in shown
    assert 'aria-describedby="m-image-problem"' in shown
    assert '<p class="problem" id="m-image-problem">This is needed</p>' in shown


def everywhere(text: str) -> list[dict[str, Any]]:
    plain_text = {"type": "plain_text", "text": text}
    option = {"text": plain_text, "value": text}
    confirm = {
        "title": plain_text,
        "text": {"type": "mrkdwn", "text": text},
        "confirm": plain_text,
        "deny": plain_text,
    }
    return [
        section(text),
        {"type": "header", "text": plain_text},
        {"type": "section", "block_id": text or "x",
         "fields": [{"type": "mrkdwn", "text": text}, plain_text]},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": text}]},
        {"type": "image", "image_url": text, "alt_text": text, "title": plain_text},
        {"type": "table", "rows": [[{"type": "raw_text", "text": text}]]},
        {"type": "markdown", "text": text},
        {"type": "file", "external_id": text},
        {
            "type": "rich_text",
            "elements": [
                {"type": "rich_text_section",
                 "elements": [{"type": "link", "url": text, "text": text}]},
                {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": text}]},
                {"type": "rich_text_section", "elements": [{"type": "user", "user_id": text}]},
            ],
        },
        {
            "type": "actions",
            "elements": [
                {"type": "button", "text": plain_text, "value": text, "url": text,
                 "confirm": confirm, "action_id": text},
                {"type": "overflow", "options": [option], "action_id": "o"},
                {"type": "static_select", "options": [option], "placeholder": plain_text,
                 "action_id": "s"},
                {"type": "external_select", "placeholder": plain_text, "initial_option": option,
                 "action_id": "e"},
                {"type": "checkboxes", "options": [option], "action_id": "c"},
            ],
        },
        {
            "type": "input",
            "label": plain_text,
            "hint": plain_text,
            "element": {"type": "plain_text_input", "multiline": True, "initial_value": text,
                        "placeholder": plain_text},
        },
    ]  # fmt: skip


class Elements(HTMLParser):
    """What a browser would make of it: every element with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def check_harmless(shown: str) -> None:
    parser = Elements()
    parser.feed(shown)
    assert {tag for tag, _ in parser.found} <= KNOWN
    for _, attributes in parser.found:
        assert not [name for name in attributes if not ATTRIBUTE.fullmatch(name)]
        for name in ("href", "src", "data-url"):
            assert not attributes.get(name) or ADDRESS.match(attributes[name] or "")


def test_hostile_text_stays_text_wherever_it_stands() -> None:
    check_harmless(html(everywhere(HOSTILE)))


PIECES = st.sampled_from(
    [
        *"<>&\"'`*_~|^@#!:\n 01a",
        *(
            "```",
            "&lt;",
            "&amp;lt;",
            "<@U0DEV00001>",
            "<!date^1^{time}|",
            "<https://x.de|",
            "javascript:",
            "<script>",
        ),
        *("onerror=", "\x00", "\x01", "• ", "> "),
    ]
)


@given(st.lists(PIECES, max_size=30).map("".join))
def test_no_text_becomes_markup(text: str) -> None:
    check_harmless(html(everywhere(text)))


@given(st.text())
def test_plain_text_is_never_formatted(text: str) -> None:
    shown = plain(text)
    assert "<" not in shown.replace("<br>", "")


def test_elements_are_escaped_unless_they_are_html() -> None:
    assert el("p", "<b>", el("i", "x"), title='"', hidden=False, autofocus=True) == (
        '<p title="&quot;" autofocus>&lt;b&gt;<i>x</i></p>'
    )
    assert join(("<", Html("<br>"))) == "&lt;<br>"
