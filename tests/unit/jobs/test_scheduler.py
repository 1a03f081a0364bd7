"""The clock: every job at once and then in time, one run at a time, and none that hangs stops the
next."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.clock import Clocks
from jobs.scheduler import CATCH_UP_EVERY, Job, Scheduler, _time_of_day, cut_off


def soon(happened: Callable[[], object], seconds: float = 3) -> bool:
    end = time.monotonic() + seconds
    while not happened() and time.monotonic() < end:
        time.sleep(0.01)
    return bool(happened())


class Work:
    """Counts its runs, and how many went on at the same time; a run takes `seconds`, or until
    `gate` opens."""

    def __init__(self, seconds: float = 0.0, gate: threading.Event | None = None) -> None:
        self.seconds, self.gate = seconds, gate
        self.begun: list[float] = []
        self.at_once = self.most_at_once = 0
        self.counted_for_nothing: list[bool] = []

    def __call__(self) -> None:
        self.begun.append(time.monotonic())
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        time.sleep(self.seconds)
        if self.gate:
            self.gate.wait(10)
        self.counted_for_nothing.append(cut_off())
        self.at_once -= 1


@contextmanager
def running(*jobs: Job, **more: Any) -> Iterator[Scheduler]:
    scheduler = Scheduler(jobs, **more)
    scheduler.start()
    yield scheduler
    scheduler.stop()


def test_a_job_runs_at_once_and_then_every_so_often() -> None:
    work, later = Work(), Work()
    started = time.monotonic()
    with running(Job("quick", 0.2, work), Job("rare", 3600, later)):
        assert soon(lambda: later.begun)
        assert soon(lambda: len(work.begun) >= 4)
    assert max(work.begun[0], later.begun[0]) - started < 0.15
    assert 0.5 < work.begun[3] - work.begun[0] < 1
    assert len(later.begun) == 1


def test_one_that_is_not_for_the_start_waits_for_its_time() -> None:
    work = Work()
    with running(Job("later", 0.4, work, at_start=False)):
        time.sleep(0.2)
        assert not work.begun
        assert soon(lambda: work.begun)


def test_a_slow_job_never_overlaps_itself_and_makes_up_what_it_missed_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    work = Work(seconds=0.25)
    with running(Job("slow", 0.05, work)):
        assert soon(lambda: len(work.begun) >= 3)
    assert work.most_at_once == 1
    assert 0.45 < work.begun[2] - work.begun[0] < 0.8, "one run after the other, none twice"
    assert not caplog.records


def test_a_time_that_came_during_a_run_is_made_up_at_once_and_not_more_than_once() -> None:
    begun, ended = [], []

    def work() -> None:
        begun.append(time.monotonic())
        if len(begun) == 1:
            time.sleep(0.8)
        ended.append(time.monotonic())

    with running(Job("late", 0.25, work)):
        assert soon(lambda: len(begun) == 3)
    assert begun[1] - ended[0] < 0.1, "its time came three times meanwhile"
    assert begun[2] - begun[1] > 0.1, "and counts once"


def test_a_job_that_fails_is_logged_and_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    runs = []

    def fail() -> None:
        runs.append(1)
        raise LookupError("nothing there")

    with running(Job("poor", 0.1, fail)) as scheduler:
        assert soon(lambda: len(runs) >= 2)
        assert scheduler.hanging() == ()
    assert "the job poor failed" in caplog.messages


def test_a_run_that_hangs_is_cut_off_and_the_next_one_begins_anew() -> None:
    gate, told = threading.Event(), list[str]()
    counts: list[tuple[int, bool]] = []
    numbers = itertools.count(1)

    def hang_once() -> None:
        number = next(numbers)
        if number == 1:
            gate.wait(10)
        counts.append((number, not cut_off()))

    with running(Job("hangs", 0.1, hang_once, deadline=0.3), on_cut_off=told.append) as scheduler:
        assert soon(lambda: len(counts) > 2)
        assert told == list(scheduler.hanging()) == ["hangs"]
        gate.set()
        assert soon(lambda: scheduler.hanging() == ())
    assert (1, False) in counts, "the late one knows that it does not count"
    assert {number for number, counted in counts if counted} >= {2, 3}


def test_with_two_left_behind_a_job_is_begun_no_more_until_one_ends() -> None:
    gate, healthy = threading.Event(), Work()
    work = Work(gate=gate)
    with running(Job("hangs", 0.1, work, deadline=0.15), Job("well", 0.1, healthy)) as scheduler:
        assert soon(lambda: len(work.begun) == 2)
        time.sleep(0.6)
        assert len(work.begun) == 2
        assert scheduler.hanging() == ("hangs",)
        assert len(healthy.begun) > 4, "the others do not notice"
        gate.set()
        assert soon(lambda: len(work.begun) > 2)
        assert soon(lambda: scheduler.hanging() == ())
    assert work.counted_for_nothing[:2] == [True, True]


def test_only_the_leader_works_and_who_begins_to_lead_makes_up_what_came_meanwhile() -> None:
    leads = threading.Event()
    work, rare, everywhere, later = Work(), Work(), Work(), Work()
    jobs = (
        Job("work", 0.1, work),
        Job("rare", 3600, rare),
        Job("everywhere", 0.1, everywhere, everywhere=True),
        Job("later", 3600, later, at_start=False),
    )
    with running(*jobs, leads=leads.is_set):
        assert soon(lambda: len(everywhere.begun) > 2)
        assert not work.begun + rare.begun
        leads.set()
        assert soon(lambda: work.begun and rare.begun, 1)
        leads.clear()
        time.sleep(0.15)
        count = len(work.begun)
        time.sleep(0.3)
        assert len(work.begun) == count
        leads.set()
        assert soon(lambda: len(work.begun) > count)
        time.sleep(0.6)
    assert len(rare.begun) == 1, "nothing was missed the second time"
    assert not later.begun


def test_a_run_that_loses_the_lead_meanwhile_knows_it() -> None:
    leads, gate = threading.Event(), threading.Event()
    leads.set()
    work, everywhere = Work(gate=gate), Work(gate=gate)
    with running(
        Job("work", 60, work),
        Job("everywhere", 60, everywhere, everywhere=True),
        leads=leads.is_set,
    ):
        assert soon(lambda: work.begun and everywhere.begun)
        leads.clear()
        gate.set()
        assert soon(lambda: work.counted_for_nothing and everywhere.counted_for_nothing)
    assert work.counted_for_nothing == [True]
    assert everywhere.counted_for_nothing == [False]


def test_a_time_of_day_comes_once_and_not_at_the_start() -> None:
    work = Work()
    with running(Job("digest", 0, work, at=clock(1.5))):
        time.sleep(0.3)
        assert not work.begun
        assert soon(lambda: work.begun)
        time.sleep(CATCH_UP_EVERY + 0.1)
    assert len(work.begun) == 1


def test_a_time_of_day_comes_daily() -> None:
    at_eight = datetime(2026, 3, 1, 8, tzinfo=UTC)
    trigger = _time_of_day("08:00")
    assert trigger.get_next_fire_time(None, at_eight - timedelta(hours=1)) == at_eight
    assert trigger.get_next_fire_time(at_eight, at_eight) == at_eight + timedelta(days=1)
    with_seconds = _time_of_day("08:00:30").get_next_fire_time(None, at_eight)
    assert with_seconds == at_eight + timedelta(seconds=30)


def test_a_time_of_day_that_came_while_nobody_led_is_made_up_once() -> None:
    leads, work = threading.Event(), Work()
    with running(Job("digest", 0, work, at=clock(1)), leads=leads.is_set):
        time.sleep(1.2)
        leads.set()
        assert soon(lambda: work.begun, 1)
        leads.clear()
        leads.set()
        time.sleep(CATCH_UP_EVERY + 0.1)
    assert len(work.begun) == 1


def clock(seconds: float) -> str:
    return f"{datetime.now(UTC) + timedelta(seconds=seconds):%H:%M:%S}"


def test_stopping_waits_a_moment_and_not_for_one_that_hangs() -> None:
    gate, brief = threading.Event(), Work(seconds=0.3)
    stuck = Work(gate=gate)
    jobs = Job("stuck", 60, stuck, deadline=60), Job("brief", 60, brief)
    with running(*jobs, runs_end_seconds=0.6):
        assert soon(lambda: stuck.begun and brief.begun)
        stopping = time.monotonic()
    assert 0.5 < time.monotonic() - stopping < 1.5
    assert brief.counted_for_nothing == [True], "it ended, and knew that the bot is being stopped"
    gate.set()


def test_outside_of_a_job_nothing_is_cut_off() -> None:
    assert not cut_off()


def test_what_comes_again_and_again_is_due_by_the_monotonic_clock_alone() -> None:
    work, daily, passed = Work(), Work(), [0.0]
    clocks = Clocks(monotonic=lambda: passed[0])
    with running(Job("rare", 3600, work), Job("daily", 0, daily, at=clock(3600)), clocks=clocks):
        assert soon(lambda: len(work.begun) == 1)
        passed[0] = 3600.0
        assert soon(lambda: len(work.begun) == 2)
        assert not daily.begun
