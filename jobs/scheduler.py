"""The clock of the bot: APScheduler with jobs that never overlap themselves and make up a missed time once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do every `seconds`, and once at the start."""

    name: str
    seconds: float
    run: Callable[[], None]


class Scheduler:
    """Runs jobs on threads of its own."""

    def __init__(self, jobs: tuple[Job, ...]) -> None:
        self._scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(max(2, len(jobs)))},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone="UTC",
        )
        for job in jobs:
            self._scheduler.add_job(_guarded, "interval", seconds=job.seconds, args=[job], id=job.name, name=job.name)

    def start(self) -> None:
        """Begin; each job runs first after its own interval."""
        self._scheduler.start()

    def stop(self) -> None:
        """Begin no more jobs; those that run end by themselves."""
        self._scheduler.shutdown(wait=False)


def _guarded(job: Job) -> None:
    try:
        job.run()
    except Exception:
        log.exception("the job %s failed", job.name)
