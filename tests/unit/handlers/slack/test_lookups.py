"""Answers of Slack that are kept: fresh, last known, or none; one question a key."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from handlers.slack.lookups import FRESH_SECONDS, LAST_KNOWN_SECONDS, MISSED_SECONDS, Lookups


@dataclass
class Clock:
    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


def away() -> str:
    raise ConnectionResetError


def counted(asked: list[str], answer: str) -> Callable[[], str]:
    def ask() -> str:
        asked.append(answer)
        return answer

    return ask


def test_an_answer_is_fresh_for_a_minute() -> None:
    clock, asked = Clock(), list[str]()
    lookups: Lookups[str] = Lookups(clock)
    assert lookups.get("dev", counted(asked, "member")) == "member"
    clock.seconds = FRESH_SECONDS
    assert lookups.get("dev", counted(asked, "guest")) == "member"
    clock.seconds += 1
    assert lookups.get("dev", counted(asked, "guest")) == "guest"
    assert asked == ["member", "guest"]


def test_the_last_answer_counts_for_some_minutes_and_then_nothing_is_known() -> None:
    clock, asked = Clock(), list[str]()
    lookups: Lookups[str] = Lookups(clock)
    lookups.get("dev", counted(asked, "member"))
    clock.seconds = LAST_KNOWN_SECONDS
    assert lookups.get("dev", away) == "member"
    assert lookups.missing("dev") == "ConnectionResetError"
    clock.seconds += MISSED_SECONDS + 1
    assert lookups.get("dev", away) is None


def test_slack_is_not_asked_again_at_once_after_it_gave_no_answer() -> None:
    clock, asked = Clock(), list[str]()
    lookups: Lookups[str] = Lookups(clock)
    assert lookups.get("dev", away) is None
    assert lookups.get("dev", counted(asked, "member")) is None
    clock.seconds = MISSED_SECONDS + 1
    assert lookups.get("dev", counted(asked, "member")) == "member"


def test_a_fault_of_the_bot_is_no_hiccup() -> None:
    def broken() -> str:
        raise KeyError("team")

    with pytest.raises(KeyError):
        Lookups[str]().get("dev", broken)


def test_one_question_a_key_and_nobody_waits_for_another_key() -> None:
    lookups: Lookups[str] = Lookups()
    begun, go_on = threading.Event(), threading.Event()
    asked, answers = list[str](), list[str | None]()

    def slow() -> str:
        asked.append("dev")
        begun.set()
        go_on.wait(10)
        return "member"

    threads = [
        threading.Thread(target=lambda: answers.append(lookups.get("dev", slow))) for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    assert begun.wait(10)
    assert lookups.get("lead", lambda: "member") == "member", "it did not wait"
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert answers == ["member"] * 5
    assert asked == ["dev"]


def test_while_somebody_asks_anew_others_go_on_with_the_last_answer() -> None:
    clock = Clock()
    lookups: Lookups[str] = Lookups(clock)
    lookups.get("dev", lambda: "member")
    clock.seconds = FRESH_SECONDS + 1
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> str:
        begun.set()
        go_on.wait(10)
        return "guest"

    asking = threading.Thread(target=lambda: lookups.get("dev", slow))
    asking.start()
    assert begun.wait(10)
    assert lookups.get("dev", away) == "member"
    go_on.set()
    asking.join(10)
    assert lookups.get("dev", away) == "guest"


def test_not_more_is_kept_than_a_thousand_answers() -> None:
    lookups: Lookups[int] = Lookups()
    for number in range(1100):
        lookups.get(str(number), lambda number=number: number)  # type: ignore[misc]
    assert lookups.get("0", lambda: -1) == -1
    assert lookups.get("1099", lambda: -1) == 1099
