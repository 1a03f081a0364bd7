"""Parts of specifications in words."""

from __future__ import annotations

from typing import Any

import pytest

from bot.render.objects.spec_words import swap_words


@pytest.mark.parametrize(
    ("resources", "words"),
    [
        ({}, ""),
        ({"SwapBytes": None, "MemorySwappiness": -1}, ""),
        ({"SwapBytes": 1 << 30, "MemorySwappiness": 0}, "1 GiB, swappiness 0"),
        ({"SwapBytes": -1}, "any amount"),
    ],
)
def test_swap(resources: dict[str, Any], words: str) -> None:
    assert swap_words(resources) == words
