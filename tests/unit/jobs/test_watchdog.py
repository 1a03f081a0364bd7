"""A bot that stands still says so, and who has only begun to lead is not blamed for what it could
not see."""

from __future__ import annotations

import pytest

from bot.clock import Clocks
from jobs.watchdog import BEAT_WITHIN, LOOK_WITHIN, Watchdog


class Bot:
    def __init__(self) -> None:
        self.time = 1000.0
        self.beat_at = self.looked_at = 1000.0
        self.leads = True
        self.stalls = 0
        self.watchdog = Watchdog(
            lambda: self.time - self.beat_at,
            lambda: self.looked_at,
            lambda: self.leads,
            self._stalled,
            Clocks(monotonic=lambda: self.time),
        )

    def _stalled(self) -> None:
        self.stalls += 1


def test_all_is_well_while_it_looks() -> None:
    bot = Bot()
    bot.watchdog.look()
    bot.time += 30
    bot.beat_at = bot.time
    assert bot.watchdog.stands_still() == ""
    assert bot.watchdog.looked_seconds_ago() == 30


def test_a_watch_that_looks_no_more_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    bot = Bot()
    bot.watchdog.look()
    bot.time = bot.beat_at = bot.looked_at + LOOK_WITHIN + 5
    bot.watchdog.look()
    bot.watchdog.look()
    assert bot.stalls == 1
    assert caplog.messages == ["the watch last looked 95 s ago"]
    bot.looked_at = bot.time
    bot.watchdog.look()
    assert not bot.watchdog.stands_still()


def test_a_scheduler_that_begins_nothing_is_told_of_whoever_leads() -> None:
    bot = Bot()
    bot.leads = False
    bot.time += BEAT_WITHIN + 1
    assert bot.watchdog.stands_still() == "no job has been begun for 16 s"


def test_who_begins_to_lead_has_time_for_the_first_look() -> None:
    bot = Bot()
    bot.leads = False
    bot.time = bot.beat_at = bot.time + 3600
    bot.watchdog.look()
    assert bot.watchdog.looked_seconds_ago() is None
    bot.leads = True
    bot.watchdog.look()
    assert bot.watchdog.stands_still() == ""
