"""The clock of the bot: what is due, and when; each run has a thread with a deadline.

Jobs never overlap themselves, and make up a missed time once. Of all bots only the leader's run,
but for those that run everywhere. A run past its deadline is cut off: its thread cannot be ended,
so it is reported and left behind, and the next run begins anew. In effect the two still do not
overlap, because jobs keep to this: what a run does for good, it does by steps that somebody takes
once (a claim, a lock, a fenced write), and before it tells what it found it asks `cut_off()`.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

from bot import traces
from bot.clock import REAL, Clocks
from bot.spans import NO_SPAN

log = logging.getLogger(__name__)

MOST_LEFT_BEHIND = 2
"""With so many threads of a job cut off and still going, it is not begun again."""
CATCH_UP_EVERY = 0.5
"""Seconds between two looks whether this bot leads now and has a job to make up."""
MAKE_UP = 60.0
"""For so long a new leader makes up a time of day that came while nobody led. It is longer than any
change of leader, so such a job may be run by two bots, and claims what it says
(`store.alerts.told`).
"""
RUNS_END_SECONDS = 2.0
"""For the runs that are under way to end when the bot stops."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do every `seconds`, and at once.

    At once: after the start, or when this bot begins to lead; not without `at_start`. With `at`
    (`08:00` or `08:00:30`, UTC) it is done daily at that time instead. A run is cut off after
    `deadline` seconds. Only the leader does it, or every bot where it says `everywhere`.
    """

    name: str
    seconds: float
    run: Callable[[], object]
    deadline: float = 30.0
    everywhere: bool = False
    at_start: bool = True
    at: str = ""


class _Run:
    """One run; `counts` says whether this bot is still to do it at all."""

    def __init__(self, counts: Callable[[], bool]) -> None:
        self.counts = counts
        self.begun = time.monotonic()
        self.ended = False
        self.cut_off = False
        self.span = NO_SPAN


_running: ContextVar[_Run | None] = ContextVar("running", default=None)


def cut_off() -> bool:
    """Whether the run that asks, on its own thread, is to do nothing further.

    It was cut off, or this bot leads no more.
    """
    run = _running.get()
    return run is not None and (run.cut_off or not run.counts())


class _Turns:
    """The runs of one job: one at a time, and one more at once where a time came meanwhile."""

    def __init__(
        self, job: Job, leads: Callable[[], bool], on_cut_off: Callable[[str], None]
    ) -> None:
        self.job = job
        self._leads = leads
        self._on_cut_off = on_cut_off
        self._changed = threading.Condition()
        self._busy = False
        self._owed = False
        self._stopped = False
        self._late = False
        self._missed: float | None = None
        self._run: _Run | None = None
        self._left_behind: list[_Run] = []

    @property
    def hangs(self) -> bool:
        """Whether a run that was cut off still goes on, or none has ended in time since."""
        with self._changed:
            return self._late or any(not run.ended for run in self._left_behind)

    def due(self) -> None:
        """Its time has come: run it, and return when the run has ended or is cut off."""
        with self._changed:
            self._owed = True
            if self._busy:
                return
            self._busy = True
        try:
            while self._take():
                self._follow()
        except BaseException:
            with self._changed:
                self._busy = False
            raise

    def missed(self) -> bool:
        """Whether its time came while this bot did not lead, and is to be made up now.

        Whoever asks then makes it up.
        """
        with self._changed:
            if self._missed is None or not self._may_run():
                return False
            since, self._missed = self._missed, None
        return not self.job.at or time.monotonic() - since < MAKE_UP

    def stop(self) -> None:
        """Begin nothing any more, and tell the run that is going on."""
        with self._changed:
            self._stopped = True
            if self._run:
                self._run.cut_off = True
            self._changed.notify_all()

    def wait(self, seconds: float) -> None:
        """Wait for the run that is going on, for so long at most."""
        with self._changed:
            self._changed.wait_for(lambda: self._run is None or self._run.ended, max(0.0, seconds))

    # ---- parts

    def _may_run(self) -> bool:
        return self.job.everywhere or self._leads()

    def _take(self) -> bool:
        """Whether there is something to run now.

        Where there is not, whoever comes next looks again.
        """
        with self._changed:
            self._busy = self._owed and self._may_begin()
            self._owed = False
            return self._busy

    def _may_begin(self) -> bool:
        if self._stopped:
            return False
        if not self._may_run():
            self._missed = time.monotonic()
            return False
        self._left_behind = [run for run in self._left_behind if not run.ended]
        return len(self._left_behind) < MOST_LEFT_BEHIND

    def _follow(self) -> None:
        run = self._run = _Run(self._may_run)
        threading.Thread(
            target=self._work, args=[run], name=f"job {self.job.name}", daemon=True
        ).start()
        with self._changed:
            in_time = self._changed.wait_for(lambda: run.ended or self._stopped, self.job.deadline)
            if in_time:
                self._late = self._late and not run.ended
                return
            run.cut_off = self._late = True
            run.span.fails("CutOff")
            self._left_behind.append(run)
        log.error("the job %s hangs: cut off after %g s", self.job.name, self.job.deadline)
        self._on_cut_off(self.job.name)

    def _work(self, run: _Run) -> None:
        _running.set(run)
        try:
            with traces.occasion(f"job {self.job.name}") as run.span:
                self._do()
        finally:
            with self._changed:
                run.ended = True
                left = run in self._left_behind
                self._changed.notify_all()
            if left:
                log.warning(
                    "the job %s, cut off, ended after %.0f s",
                    self.job.name,
                    time.monotonic() - run.begun,
                )

    def _do(self) -> None:
        try:
            self.job.run()
        except Exception as error:
            traces.current().fails(type(error).__name__)
            log.exception("the job %s failed", self.job.name)


class Scheduler:
    """Runs the jobs. `leads` says whether this bot leads.

    `on_cut_off` is told the name of a job that hangs. `runs_end_seconds`: for so long the runs that
    are under way may go on when the bot stops. Intervals are measured by the monotonic
    clock: a host whose wall clock is set back would else begin nothing for just as long. Times of
    day are dates, and APScheduler's.
    """

    def __init__(
        self,
        jobs: tuple[Job, ...],
        leads: Callable[[], bool] = lambda: True,
        on_cut_off: Callable[[str], None] = lambda name: None,  # noqa: ARG005 - nobody counts
        clocks: Clocks = REAL,
        runs_end_seconds: float = RUNS_END_SECONDS,
    ) -> None:
        self._turns = tuple(_Turns(job, leads, on_cut_off) for job in jobs)
        self._clocks = clocks
        self._runs_end_seconds = runs_end_seconds
        # Two threads each: one that waits for the run, and one that only notes that a time came
        # meanwhile.
        self._threads = ThreadPoolExecutor(2 * len(jobs) + 1, thread_name_prefix="due")
        self._due = {
            turns: clocks.monotonic() + (0 if turns.job.at_start else turns.job.seconds)
            for turns in self._turns
            if not turns.job.at
        }
        self._beat_at = clocks.monotonic()
        self._stopping = threading.Event()
        self._scheduler = BackgroundScheduler(
            job_defaults={"coalesce": True, "max_instances": 2, "misfire_grace_time": None},
            timezone="UTC",
        )
        for turns in self._turns:
            if turns.job.at:
                self._scheduler.add_job(self._begin, _time_of_day(turns.job.at), [turns])

    def start(self) -> None:
        """Begin; each job runs at once, but for those that wait for their time."""
        self._scheduler.start()
        self._clocks.start("scheduler", self._keep_time)

    def stop(self) -> None:
        """Begin no more jobs, and give those that run a moment to end."""
        self._stopping.set()
        self._scheduler.shutdown(wait=False)
        for turns in self._turns:
            turns.stop()
        self._threads.shutdown(wait=False, cancel_futures=True)
        until = time.monotonic() + self._runs_end_seconds
        for turns in self._turns:
            turns.wait(until - time.monotonic())

    def hanging(self) -> tuple[str, ...]:
        """The names of jobs that hang.

        Of these a run was cut off that still goes on, or none has ended in time since.
        """
        return tuple(turns.job.name for turns in self._turns if turns.hangs)

    def stands_still_for(self) -> float:
        """Seconds since it last looked at what is due; a moment, as long as all is well."""
        return self._clocks.monotonic() - self._beat_at

    def _keep_time(self) -> None:
        while not self._stopping.wait(self._pause()):
            try:
                self._beat()
            except Exception:
                log.exception("the scheduler stumbled")

    def _beat(self) -> None:
        """Begin what is due by now, and what came due while another bot led, or none did, as soon
        as this one leads."""
        now = self._beat_at = self._clocks.monotonic()
        for turns in self._turns:
            due = self._due.get(turns, math.inf)
            if due <= now:
                # Times that were missed altogether, as on a suspended host, are made up once.
                self._due[turns] = max(due + turns.job.seconds, now)
            if due <= now or turns.missed():
                self._begin(turns)

    def _pause(self) -> float:
        first = min(self._due.values(), default=math.inf)
        return min(CATCH_UP_EVERY, max(0.0, first - self._clocks.monotonic()))

    def _begin(self, turns: _Turns) -> None:
        with suppress(RuntimeError):  # The bot stops: nothing is begun any more.
            self._threads.submit(turns.due)


def _time_of_day(at: str) -> CronTrigger:
    hour, minute, second = f"{at}:0".split(":")[:3]
    return CronTrigger(hour=int(hour), minute=int(minute), second=int(second), timezone="UTC")
