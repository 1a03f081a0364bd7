"""The small things that every message is made of."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Image
from bot.model.english import age, seconds
from bot.render.slack.blocks import (
    bar,
    button,
    image,
    mention,
    size,
    tag,
    version,
    when,
)
from bot.render.slack.cut import unmarked
from bot.render.slack.fence import aligned
from bot.render.slack.tables import Column, table
from bot.render.slack.text import code, escape, preformatted, prose, sentence, shortened, width

AT = datetime(2026, 3, 4, 14, 5, 31, tzinfo=UTC)
MARKUP = st.text(alphabet="*_~`<>&!@#|:ab \n\x1b[31m", max_size=60)


@given(MARKUP)
def test_escaped_text_formats_and_notifies_nothing(text: str) -> None:
    shown = escape(text)
    assert not re.search(r"[<>*~`\n\x1b]", shown)
    assert not re.search(r"&(?!amp;|lt;|gt;)", shown)
    assert not re.search(r"(?<!\w)_|_(?!\w)", shown)
    assert not shown.startswith("&gt;")


@given(MARKUP)
def test_code_and_preformatted_text_cannot_leave_their_fences(text: str) -> None:
    assert code(text).count("`") in (0, 2)
    assert preformatted(text).count("```") == 2
    assert "<" not in code(text) + preformatted(text)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("shop_web-1.api", "shop_web-1.api"),
        ("a__b", "a__b"),
        ("_web_ *now*", "ˍwebˍ ∗now∗"),
        ("10.99.0.254:5000: refused", "10.99.0.254:5000: refused"),
        (":fire: at 12:30:05", ":\u2060fire: at 12:30:05"),
        ("<!channel> & co", "&lt;!channel&gt; &amp; co"),
        ("\x1b[31mred\x1b[0m\x07\u202e", "red"),
        ("> quoted", "\u00ad&gt; quoted"),
        ("שלום", "\u2068שלום\u2069"),
        ("two\nlines", "two lines"),
    ],
)
def test_escape(given: str, shown: str) -> None:
    assert escape(given) == shown


def test_prose_keeps_code_and_shortens_digests() -> None:
    assert (
        prose("Lower `--reserve-memory`, or *add* <a> node")
        == "Lower `--reserve-memory`, or ∗add∗ &lt;a&gt; node"
    )
    assert prose(f"web:2@sha256:{'ab' * 32} is gone") == "web:2 @abababa is gone"
    assert prose("a `b` `c` d") == "a `b` `c` d"


def test_sentences_keep_names_as_they_are() -> None:
    assert sentence("web already runs 2.0") == "web already runs 2.0."
    assert sentence("the node is down.") == "The node is down."
    assert sentence(" ") == ""


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0 s"),
        (0.4, "0 s"),
        (12.3, "12 s"),
        (60, "1 m"),
        (192, "3 m 12 s"),
        (7500, "2 h 5 m"),
        (100_000, "1 d 3 h"),
    ],
)
def test_seconds(value: float, shown: str) -> None:
    assert seconds(value) == shown


def test_ages_have_one_unit() -> None:
    assert age(AT - timedelta(hours=3, minutes=59), AT) == "3 h ago"
    assert age(None, AT) == "–"
    assert age(AT + timedelta(seconds=3), AT) == "0 s ago"


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 B"), (1023, "1023 B"), (536870912, "512 MiB"), (1610612736, "1.5 GiB")],
)
def test_sizes(count: int, shown: str) -> None:
    assert size(count) == shown


def test_times_are_each_readers_own() -> None:
    assert when(AT) == "<!date^1772633131^{date_short_pretty} {time}|2026-03-04 14:05 UTC>"
    assert unmarked(when(AT, secs=True)) == "2026-03-04 14:05:31 UTC"


def test_images() -> None:
    pinned = Image("docker.io/library/web", "2.0", "sha256:4f2a91c" + "0" * 57)
    assert image(pinned) == "web:2.0 @4f2a91c"
    assert (tag(pinned), version(pinned)) == ("2.0", "2.0 @4f2a91c")
    assert tag(Image("web", "", pinned.digest)) == "@4f2a91c"
    assert tag(Image("web")) == "web"


@given(st.integers(0, 500), st.integers(0, 500))
def test_a_bar_is_full_only_when_all_is_done(done: int, total: int) -> None:
    shown = bar(done, total)
    assert len(shown) == 10
    assert ("▱" not in shown) == (done >= total)
    assert ("▰" in shown) == (done > 0 or total == 0)


def test_buttons_carry_their_line_and_ask_before_danger() -> None:
    element = button("Roll back", "rollback web", "danger", "web goes back to 1.1")
    assert element["value"] == "rollback web"
    assert element["action_id"].startswith("line:")
    assert element["confirm"]["text"]["text"] == "web goes back to 1.1"


def test_tables_align_wide_letters_and_cut_names_in_the_middle() -> None:
    lines = aligned(
        ("NAME", "STATE"), [("漢字", "Ready"), ("web" + "x" * 60 + "1", "Down"), (" \\_ web", "")]
    ).splitlines()
    assert [
        width(line[: line.index(word)])
        for line, word in zip(lines, ("STATE", "Ready", "Down", "–"), strict=True)
    ] == [42] * 4
    assert "…" in lines[2]
    assert lines[2].split()[0].endswith("x1")
    assert lines[3].startswith(" \\_ web")


@pytest.mark.parametrize(
    ("text", "columns"),
    [("web", 3), ("漢字", 4), ("⚠️", 2), ("👩‍🚀", 2), ("é", 1), ("ำ", 1), ("a\x07b", 2)],
)
def test_the_width_is_that_of_what_people_see(text: str, columns: int) -> None:
    assert width(text) == columns


def test_a_long_table_has_pages_and_goes_along_whole() -> None:
    rows = [(f"web{number}", "Down" if number < 3 else "Ready") for number in range(30)]
    blocks, (whole,) = table((Column("NAME"), Column("STATE")), rows, "nodes.txt")
    assert blocks[0]["type"] == "data_table"
    assert len(blocks[0]["rows"]) == 31
    assert "all 30 in nodes.txt" in str(blocks)
    assert isinstance(whole.content, str)
    assert len(whole.content.splitlines()) == 31


def test_only_slack_ids_are_mentioned() -> None:
    assert mention("U012AB") == "<@U012AB>"
    assert mention("!channel") == "!channel"
    assert mention("<@U012AB>") == "&lt;@U012AB&gt;"


@given(st.text(max_size=100), st.integers(3, 50))
def test_shortened(text: str, most: int) -> None:
    assert len(shortened(text, most)) <= most
