"""What is said where Slack takes nothing from the bot."""

from __future__ import annotations

import pytest

from bot.model.secrecy import masked_text
from bot.poster.access import _REMEDIES, SlackAccess


@pytest.mark.parametrize("word", [*sorted(_REMEDIES), "missing_scope", "something_new"])
def test_the_remedy_is_not_taken_for_a_secret(word: str) -> None:
    access = SlackAccess()

    access.lost(word, "chat:write" if word == "missing_scope" else "")

    assert word in access.problem()
    assert masked_text(access.problem()) == access.problem()
