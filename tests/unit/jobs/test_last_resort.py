"""A bot that is not ready for long ends, once; one that comes back in time does not."""

from __future__ import annotations

import pytest

from bot.clock import Clocks
from jobs.last_resort import GIVE_UP_SECONDS, LastResort, mended_by_a_restart


class Process:
    def __init__(self) -> None:
        self.time = 0.0
        self.missing = ""
        self.ends = 0
        checks = {"slack": lambda: "", "redis": lambda: self.missing}
        self.last_resort = LastResort(checks, self._end, Clocks(monotonic=lambda: self.time))

    def _end(self) -> None:
        self.ends += 1

    def look(self, seconds: float, missing: str) -> int:
        self.time, self.missing = seconds, missing
        self.last_resort.look()
        return self.ends


def test_what_is_not_ready_for_long_ends_once(caplog: pytest.LogCaptureFixture) -> None:
    process = Process()
    assert process.look(5, "no answer") == 0
    assert process.look(4 + GIVE_UP_SECONDS, "no answer") == 0
    assert process.look(5 + GIVE_UP_SECONDS, "no answer") == 1
    assert process.look(99 + GIVE_UP_SECONDS, "no answer") == 1
    assert caplog.messages == ["not ready for 15 min, and ends: redis: no answer"]


def test_what_comes_back_in_time_goes_on() -> None:
    process = Process()
    for seconds in range(0, 4000, 100):
        assert process.look(seconds, "no answer" if seconds % 800 else "") == 0


def test_what_waits_for_a_person_ends_nothing() -> None:
    readiness = dict.fromkeys(("slack", "channels", "alerts"), lambda: "token_revoked")
    looked_at = mended_by_a_restart({**readiness, "redis": lambda: "away"}, lambda: "no link")
    assert {name: check() for name, check in looked_at.items()} == {
        "redis": "away",
        "link": "no link",
    }
