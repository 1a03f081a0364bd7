"""Worker threads for each engine, so that callers can give up on an engine that hangs.

A call cannot be taken back from a thread that waits on a socket. So each engine has threads of its
own, at most `LIMIT`: a frozen engine keeps only its own threads busy until their time is up.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bot.log_ids import Trail, trail
from bot.model.cluster import EngineAddress
from bot.swarm.engine.answer_progress import AnswerProgress
from bot.swarm.engine.api_version import ApiVersion, version_numbers
from bot.swarm.engine.client import Client
from bot.swarm.engine.refusals import ConnectionLostError, NotReachedError

LIMIT = 16
IDLE_SECONDS = 30.0
SHORTEST_SECONDS = 0.1

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Job:
    work: Callable[[Client], Any]
    future: Future[Any]
    until: float
    progress: AnswerProgress
    trail: Trail = field(default_factory=trail)


class EngineWorkers:
    """Threads that call one engine, each over a connection of its own."""

    def __init__(self, address: EngineAddress, limit: int = LIMIT) -> None:
        self._address = address
        self._limit = limit
        self._jobs: deque[_Job] = deque()
        self._change = threading.Condition()
        self._threads = 0
        self._idle = 0
        self._version = ApiVersion()

    @property
    def api_version(self) -> tuple[int, ...]:
        """The newest API version that the engine knew when it answered last, such as (1, 41); empty
        before it was asked."""
        return version_numbers(self._version.newest)

    def submit(
        self, work: Callable[[Client], T], until: float, progress: AnswerProgress | None = None
    ) -> Future[T]:
        """Run `work` in one of the threads; the engine has until `until` (monotonic seconds) to
        begin its answer, and as long for each further piece of a list.

        The job waits in line while all threads are busy; `Future.cancel` removes it until it
        begins.
        """
        future: Future[T] = Future()
        with self._change:
            self._jobs.append(_Job(work, future, until, progress or AnswerProgress()))
            if self._idle >= len(self._jobs):
                self._change.notify()
            elif self._threads < self._limit:
                self._start_one()
        return future

    def _start_one(self) -> None:
        self._threads += 1
        # A daemon: the end of the program must not wait for a frozen engine.
        threading.Thread(target=self._run, name=f"engine {self._address.name}", daemon=True).start()

    def _run(self) -> None:
        client: Client | None = None
        while job := self._next():
            if job.future.set_running_or_notify_cancel():
                with job.trail.followed():
                    client = self._do(job, client)
        if client:
            client.close()

    def _next(self) -> _Job | None:
        """The next job; None where none came for `IDLE_SECONDS` and this thread should end."""
        with self._change:
            self._idle += 1
            self._change.wait_for(lambda: bool(self._jobs), IDLE_SECONDS)
            self._idle -= 1
            if self._jobs:
                return self._jobs.popleft()
            self._threads -= 1
            return None

    def _do(self, job: _Job, client: Client | None) -> Client | None:
        """Run the job; returns the client where its connection can be used again."""
        try:
            client = client or self._connect(job.until)
            client.timeout = max(SHORTEST_SECONDS, job.until - time.monotonic())
            client.progress = job.progress
            job.future.set_result(job.work(client))
        except (NotReachedError, ConnectionLostError) as error:
            job.future.set_exception(error)
            if client:
                client.close()
            self._version.asked = False
            return None
        except BaseException as error:  # noqa: BLE001 - it belongs to who waits for the future
            job.future.set_exception(error)
        return client

    def _connect(self, until: float) -> Client:
        client = Client(
            self._address,
            self._version,
            timeout=max(SHORTEST_SECONDS, until - time.monotonic()),
        )
        try:
            if not self._version.asked:
                client.negotiate()
        except BaseException:
            client.close()
            raise
        return client
