"""What the bot signs it knows again; what anybody changes, moves or makes up it does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.store.signer import Signer

SIGNER = Signer(b"one key")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_signed_verifies(text: str) -> None:
    assert SIGNER.verified("queue", SIGNER.signed("queue", text)) == text


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "{}",
        '{"line": "service rm payroll"}',
        "0" * 64 + " {}",
        "é" * 64 + " {}",
        SIGNER.signed("queue", "a")[:-1],
        SIGNER.signed("queue", "a") + "b",
        SIGNER.signed("approvals", "a"),
        Signer(b"another key").signed("queue", "a"),
    ],
)
def test_anything_else_does_not_and_is_counted_once(stored: str) -> None:
    forged: list[int] = []
    signer = Signer(b"one key", lambda: forged.append(1))
    assert signer.verified("queue", stored) is None
    assert signer.verified("queue", stored) is None
    assert forged == [1]


def test_nothing_is_not_forged() -> None:
    forged: list[int] = []
    assert Signer(b"one key", lambda: forged.append(1)).verified("queue", None) is None
    assert forged == []
