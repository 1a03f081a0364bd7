"""Which pattern covers which, and which two meet, compared with what fits the names themselves."""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.policy.patterns import covers, is_pattern, meets

NAMES = ["".join(letters) for size in range(5) for letters in product("ab", repeat=size)]


@pytest.mark.parametrize(
    ("wide", "narrow", "covered"),
    [
        ("*", "*", True),
        ("*", "web*", True),
        ("*", "", True),
        ("web*", "web*", True),
        ("web*", "web-*", True),
        ("web*", "web", True),
        ("web*", "*", False),
        ("web*", "we*", False),
        ("web*", "", False),
        ("web", "web", True),
        ("web", "web*", False),
        ("web?", "web*", False),
        ("web?", "web1", True),
        ("*-web", "shop-*-web", True),
        ("web[12]", "web1", True),
        ("web[12]", "web[12]", True),
        ("web[12]", "web?", False),
    ],
)
def test_what_covers_what(wide: str, narrow: str, covered: bool) -> None:
    assert covers(wide, narrow) is covered


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        ("web*", "*", True),
        ("web*", "*db", True),
        ("web*", "db*", False),
        ("web", "w?b", True),
        ("web", "w[a-f]b", True),
        ("web", "w[x-z]b", False),
        ("web*", "", False),
        ("*", "", True),
    ],
)
def test_what_meets_what(first: str, second: str, both: bool) -> None:
    assert meets(first, second) is both
    assert meets(second, first) is both


PATTERNS = st.text("ab*?", max_size=5)


@given(PATTERNS, PATTERNS)
def test_they_agree_with_the_names(first: str, second: str) -> None:
    fits_one = {name for name in NAMES if fnmatchcase(name, first)}
    fits_other = {name for name in NAMES if fnmatchcase(name, second)}
    if covers(first, second):
        assert fits_other <= fits_one
    if fits_one & fits_other:
        assert meets(first, second)


def test_long_patterns_take_no_time() -> None:
    assert covers("*a" * 100 + "*", "*a" * 150 + "*")
    assert not covers("*a" * 150 + "b", "a" * 300)


def test_what_is_a_pattern() -> None:
    assert not is_pattern("web-1.a_b")
    assert all(is_pattern(text) for text in ("web*", "we?", "web[1]"))
