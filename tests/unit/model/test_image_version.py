"""Which tag is newer, and by how much."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.image_version import TagVersion, VersionPart, newest, part_between


@pytest.mark.parametrize(
    ("current", "tags", "allowed", "expected"),
    [
        ("1.4.2", ["1.4.3"], "patch", "1.4.3"),
        ("1.4.2", ["1.4.3", "1.4.10", "1.4.9"], "patch", "1.4.10"),
        ("1.4.2", ["1.5.0", "2.0.0"], "patch", ""),
        ("1.4.2", ["1.4.3", "1.5.0", "2.0.0"], "minor", "1.5.0"),
        ("1.4.2", ["1.4.3", "1.5.0", "2.0.0"], "major", "2.0.0"),
        ("1.4.2", ["1.4.3"], "digest", ""),
        ("1.4.2", ["1.4.1", "1.4.2", "0.9.9"], "major", ""),
        ("v1.4.2", ["v1.4.3", "1.4.3"], "patch", "v1.4.3"),
        ("1.4.2", ["v1.4.3", "1.4.3"], "patch", "1.4.3"),
        ("v1.4.2", ["1.4.3"], "patch", "1.4.3"),
        ("1.4", ["1.5", "1.5.1", "2.0"], "minor", "1.5"),
        ("1.4", ["1.4.1"], "major", ""),
        ("16", ["17", "16.1"], "major", "17"),
        ("24.04", ["24.10", "25.04"], "minor", "24.10"),
        ("1.4.2-alpine", ["1.4.3", "1.4.3-alpine", "1.4.4-slim"], "patch", "1.4.3-alpine"),
        ("1.4.2", ["1.4.3-alpine"], "patch", ""),
        ("1.4-alpine3.1", ["1.5-alpine3.2", "1.5-alpine3.1"], "minor", "1.5-alpine3.1"),
        ("1.4.2", ["1.4.3-rc1", "1.5.0-beta"], "minor", ""),
        ("1.4.3-rc1", ["1.4.3-rc2", "1.4.3-rc10"], "patch", "1.4.3-rc10"),
        ("1.4.3-rc.9", ["1.4.3-rc.10", "1.4.3"], "patch", "1.4.3"),
        ("1.4.3-rc1-alpine", ["1.4.3-rc2", "1.4.3-rc2-alpine"], "patch", "1.4.3-rc2-alpine"),
        ("1.4.3-rc1", ["1.4.3-beta2"], "patch", ""),
        ("latest", ["1.0.0", "2.0.0"], "major", ""),
        ("1.4.2", ["latest", "main", "sha-4f2a91c", "20241127103000123456789"], "major", ""),
        ("1.4.2", [], "major", ""),
    ],
)
def test_the_newest_tag_that_may_follow(
    current: str, tags: list[str], allowed: str, expected: str
) -> None:
    assert newest(current, tags, VersionPart(allowed)) == expected


@pytest.mark.parametrize(
    ("before", "after", "part"),
    [
        ("1.4.2", "1.4.3", "patch"),
        ("1.4.2", "1.5.0", "minor"),
        ("1.4.2", "2.4.2", "major"),
        ("1.4.2", "1.4.2", "digest"),
        ("1.4.3-rc1", "1.4.3", "patch"),
        ("latest", "latest", "digest"),
    ],
)
def test_by_how_much(before: str, after: str, part: str) -> None:
    assert part_between(before, after) == VersionPart(part)


NUMBERS = st.lists(st.integers(0, 30), min_size=1, max_size=3).map(
    lambda numbers: ".".join(map(str, numbers))
)
SUFFIXES = st.sampled_from(["", "", "-alpine", "-slim", "-rc1", "-rc.2", "-beta", "-rc1-alpine"])
TAGS = st.one_of(
    st.builds(
        lambda prefix, numbers, suffix: prefix + numbers + suffix,
        st.sampled_from(["", "v"]),
        NUMBERS,
        SUFFIXES,
    ),
    st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True),
)


@given(TAGS, st.lists(TAGS, max_size=20), st.sampled_from(list(VersionPart)))
def test_never_a_downgrade_and_never_beyond_what_is_allowed(
    current: str, tags: list[str], allowed: VersionPart
) -> None:
    chosen = newest(current, tags, allowed)
    if not chosen:
        return
    before, after = TagVersion.parse(current), TagVersion.parse(chosen)
    assert before
    assert after
    assert chosen in tags
    assert after.version > before.version
    assert part_between(current, chosen).rank <= allowed.rank
    assert (before.variant, before.count) == (after.variant, after.count)
    assert before.version.prerelease or not after.version.prerelease


@given(TAGS, st.lists(TAGS, max_size=20), st.sampled_from(list(VersionPart)))
def test_after_the_newest_there_is_none(
    current: str, tags: list[str], allowed: VersionPart
) -> None:
    chosen = newest(current, tags, allowed)
    if chosen:
        assert newest(chosen, tags, allowed) == ""
        assert newest(current, [chosen, *tags], allowed) == chosen


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    TagVersion.parse(text)
