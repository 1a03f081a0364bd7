"""What the channel reads where the audit was cut."""

from __future__ import annotations

from bot.render import audit_list


def test_it_says_what_is_gone_and_what_is_left() -> None:
    assert "entry 7 is gone" in audit_list.cut(7, 0).text
    assert "nothing is left" in repr(audit_list.cut(7, 0).blocks)
    assert "1 entry is left" in repr(audit_list.cut(7, 1).blocks)
