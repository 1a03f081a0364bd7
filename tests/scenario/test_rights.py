"""A guest who sends more than anybody should."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from playground.workspace.person import Person
from tests.scenario.running import eventually
from tests.scenario.swarm import Site

ASKED = 8
"""What dev asks meanwhile is below what a person may send."""


@pytest.mark.own_bot
def test_a_guest_who_floods_holds_up_nobody(dev: Person, guest: Person, site: Site) -> None:
    site.runs("web", "web:v1")
    began = guest.now

    def flood() -> None:
        for _ in range(200):
            guest.types("/swarm service ls")

    with ThreadPoolExecutor(1) as pool:
        flooding = pool.submit(flood)
        took = [_seconds_of_status(dev)]
        while not flooding.done() and len(took) < ASKED:
            took.append(_seconds_of_status(dev))
        flooding.result()

    assert max(took) < 5, took
    guest.sees("You send more lines than swarmbot takes", after=began)
    # A bot counts all lines of a person's last ten seconds, so this bot has told no story before.
    eventually(lambda: len(guest.messages(after=began)) >= 31, 10)


def _seconds_of_status(person: Person) -> float:
    began = time.monotonic()
    asked = person.types("/swarm status")
    person.sees("Swarm is healthy", after=asked)
    return time.monotonic() - began
