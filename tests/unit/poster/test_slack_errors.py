"""Every error name that Slack documents for a method in use is known, and something follows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.poster.slack_errors import WHAT_FOLLOWS, Verdict
from bot.poster.verdict import AnswerRefusedError, judge

DOCUMENTED = Path(__file__).parents[1] / "schemas" / "slack-errors.json"


def test_every_documented_name_is_in_the_table() -> None:
    methods = json.loads(DOCUMENTED.read_text())["methods"]
    unknown = {name for names in methods.values() for name in names} - set(WHAT_FOLLOWS)
    assert unknown == set()


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("ratelimited", Verdict.LIMITED),
        ("fatal_error", Verdict.AWAY),
        ("invalid_blocks", Verdict.UNREADABLE),
        ("is_archived", Verdict.NOT_HERE),
        ("restricted_action_read_only_channel", Verdict.NOT_HERE),
        ("token_revoked", Verdict.STOPPED),
        ("missing_scope", Verdict.STOPPED),
    ],
)
def test_what_follows(name: str, verdict: Verdict) -> None:
    failed = judge(AnswerRefusedError(200, json.dumps({"ok": False, "error": name}), {}))
    assert failed is not None
    assert (failed.verdict, failed.known) == (verdict, True)


def test_a_new_name_is_said_elsewhere_and_known_as_new() -> None:
    failed = judge(AnswerRefusedError(200, '{"ok":false,"error":"moon_in_leo"}', {}))
    assert failed is not None
    assert (failed.verdict, failed.error, failed.known) == (
        Verdict.NOT_HERE,
        "moon_in_leo",
        False,
    )
