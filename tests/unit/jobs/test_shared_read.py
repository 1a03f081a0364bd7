"""Who looks at the same thing at the same time shares one read, which is never older than the
question."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from jobs.shared_read import SharedRead

WITHIN = 10.0


@dataclass
class Engine:
    """Numbers its answers; each takes until `answers` is released once more."""

    answers: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    asked: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    count: int = 0

    def read(self) -> int:
        self.count += 1
        number = self.count
        self.asked.release()
        assert self.answers.acquire(timeout=WITHIN)
        return number


@dataclass
class Moments:
    """A clock that goes on by a second whenever it is looked at."""

    calls: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    def __call__(self) -> float:
        with self.changed:
            self.calls += 1
            self.changed.notify_all()
            return float(self.calls)

    def await_calls(self, count: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: self.calls >= count, WITHIN)


def test_who_asks_meanwhile_shares_the_next_read() -> None:
    engine, moments = Engine(), Moments()
    read = SharedRead(engine.read, moments)
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(read)
        assert engine.asked.acquire(timeout=WITHIN)
        meanwhile = [pool.submit(read) for _ in range(3)]
        moments.await_calls(2 + 3)
        engine.answers.release(2)
        assert first.result(WITHIN) == 1
        assert [waiting.result(WITHIN) for waiting in meanwhile] == [2, 2, 2]
    assert engine.count == 2


def test_one_after_the_other_each_is_a_read_of_its_own() -> None:
    engine = Engine(answers=threading.Semaphore(3))
    read = SharedRead(engine.read)
    assert [read(), read()] == [1, 2]
    read.forget()
    assert read() == 3
