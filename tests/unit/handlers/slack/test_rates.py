"""One person may send so many lines in a while; the first too many is answered, and no more."""

from __future__ import annotations

from handlers.slack.rates import LINES, SECONDS, Admission, Rates


def test_a_flood_is_told_once_and_holds_up_nobody_else() -> None:
    now = [0.0]
    rates = Rates(lambda: now[0])

    admissions = [rates.next_line("U1") for _ in range(200)]

    assert admissions == [Admission.GO] * LINES + [Admission.TELL] + [Admission.DROP] * (
        199 - LINES
    )
    assert rates.next_line("U2") is Admission.GO
    now[0] = SECONDS
    assert rates.next_line("U1") is Admission.GO


def test_it_remembers_no_more_people_than_it_has_room_for() -> None:
    rates = Rates(lambda: 0.0)
    for number in range(5000):
        assert rates.next_line(f"U{number}") is Admission.GO
