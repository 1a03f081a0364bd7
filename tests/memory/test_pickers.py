"""Holds and silences that end at a time which somebody picks in a form."""

from __future__ import annotations

from datetime import timedelta

from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World


def test_a_hold_ends_at_the_time_that_was_picked(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    ends = world.clock.now() + timedelta(hours=2)

    dev.types("/swarm hold")
    form = dev.sees_modal("Hold a service")
    dev.submits(service="web", reason="incident 42", until=int(ends.timestamp()))

    assert not form.open
    assert "incident 42" in dev.sees("✋ web is held by dev").text
    assert "2 h" in dev.asks("holds", "✋ 1 hold").text


def test_a_time_that_is_over_is_refused(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    past = world.clock.now() - timedelta(hours=2)

    dev.types("/swarm hold")
    dev.sees_modal("Hold a service")
    dev.submits(service="web", reason="incident 42", until=int(past.timestamp()))

    assert "Name a time to come" in dev.sees("That time is over").text
    assert "Nothing is held" in dev.asks("holds").text


def test_a_silence_ends_at_the_time_that_was_picked(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    ends = world.clock.now() + timedelta(hours=1)

    dev.types("/swarm silence")
    dev.sees_modal("Silence an alert")
    dev.submits(key="web", until=int(ends.timestamp()))

    assert "silenced until" in dev.sees("✅ web").text


def test_a_span_and_a_time_are_not_both_taken(dev: MemoryPerson, world: World) -> None:
    world.runs("web")

    answer = dev.asks("hold web --for 1h --until 18:00 incident 42")

    assert "both say when it ends" in answer.text
