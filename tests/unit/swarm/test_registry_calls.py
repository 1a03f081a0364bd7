"""Registries are asked a few at a time, and not again within a minute for the same look."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.errors import RegistryBusyError
from bot.model.cluster import RegistryAnswer
from bot.model.images import Image
from bot.swarm.registry_calls import AT_A_TIME, REST_SECONDS, WAITING, RegistryCalls

IMAGE = Image("shop/web", "1.0")


def test_at_a_silent_registry_the_rest_is_told_at_once_that_it_is_busy() -> None:
    calls, answer, asking = RegistryCalls(), threading.Event(), threading.Semaphore(0)

    def ask() -> str:
        try:
            with calls.turn(IMAGE):
                asking.release()
                answer.wait(10)
        except RegistryBusyError:
            return "busy"
        return "asked"

    with ThreadPoolExecutor(150) as people:
        asked = [people.submit(ask) for _ in range(150)]
        for _ in range(AT_A_TIME):
            assert asking.acquire(timeout=10)
        while sum(request.done() for request in asked) < 150 - AT_A_TIME - WAITING:
            pass
        assert not asking.acquire(blocking=False)
        answer.set()
    said = [request.result() for request in asked]
    assert said.count("asked") == AT_A_TIME + WAITING


def test_a_call_that_fails_gives_its_turn_back() -> None:
    calls = RegistryCalls()
    for _ in range(AT_A_TIME + WAITING + 1):
        with pytest.raises(ValueError, match="x"), calls.turn(IMAGE):
            raise ValueError("x")


def test_within_a_minute_the_last_answer_counts() -> None:
    now, asked = [0.0], list[float]()
    calls = RegistryCalls(lambda: now[0])

    def ask() -> RegistryAnswer:
        asked.append(now[0])
        return RegistryAnswer.MISSING

    for now[0] in (0.0, 1.0, REST_SECONDS, REST_SECONDS + 1):
        assert calls.rested(IMAGE, None, ask) is RegistryAnswer.MISSING
    assert asked == [0.0, REST_SECONDS + 1]
