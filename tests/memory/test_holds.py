"""Holds, the freeze, and the line in front of a busy service."""

from __future__ import annotations

from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World


def test_what_is_held_only_its_holder_changes(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web")
    assert '"incident 42"' in lead.asks('hold web "incident 42" --for 2h', "✋ web").text

    refused = dev.asks("deploy web shop/web:2.0")
    assert "✋ web is held by lead" in refused.text
    assert '"incident 42"' in refused.text
    lead.asks("deploy web shop/web:2.0", "✅ web is on")
    lead.asks("release web", "released")
    dev.asks("deploy web shop/web:1.0", "✅ web is on")


def test_a_hold_runs_out(dev: MemoryPerson, lead: MemoryPerson, world: World) -> None:
    world.runs("web")
    lead.asks('hold web "lunch" --for 30m', "✋ web")

    world.clock.leap(31 * 60)

    dev.asks("scale web=1", "✅ web · replicas 2 → 1")


def test_while_everything_is_frozen_nothing_changes(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web")
    lead.asks('freeze "migration"', "❄️")

    for person in (dev, lead):
        assert "❄️ Everything is frozen by lead" in person.asks("scale web=3").text

    dev.asks("unfreeze", "🟢 Nothing is frozen any more")
    dev.asks("scale web=3", "✅ web · replicas 2 → 3")


def test_a_freeze_runs_out_as_a_hold_does(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web")
    frozen = lead.asks("freeze the demo --for 30m", "❄️").text
    assert '"the demo"' in frozen
    assert "until Nov 23" in frozen
    assert "Nothing is changed until then" in dev.asks("scale web=3", "❄️").text

    world.clock.leap(31 * 60)

    dev.asks("scale web=3", "✅ web · replicas 2 → 3")


def test_a_second_change_waits_in_line(dev: MemoryPerson, lead: MemoryPerson, world: World) -> None:
    world.runs("web", replicas=3)
    dev.types("/swarm deploy web shop/web:2.0 --delay 2s")
    dev.sees("1/3")

    refusal = lead.asks("deploy web shop/web:3.0", "dev")
    assert refusal.ephemeral
    assert "2.0" in refusal.text
    clicked = lead.clicks("Queue", on=refusal)
    lead.sees("in line", after=clicked)

    dev.sees("✅ web is on shop/web:2.0")
    lead.sees("✅ web is on shop/web:3.0")
    assert world.image_of("web") == "shop/web:3.0"


def test_who_waits_may_roll_back_what_runs(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web", replicas=3)
    dev.types("/swarm deploy web shop/web:2.0 --delay 9s")
    dev.sees("1/3")

    refusal = lead.asks("deploy web shop/web:3.0", "dev")
    assert refusal.ephemeral
    clicked = lead.clicks("Roll back")

    lead.sees("turns back", after=clicked)
    dev.sees("↩️ web rolled back")
    assert world.image_of("web") == "shop/web:1.0"


def test_a_hold_is_taken_over(dev: MemoryPerson, lead: MemoryPerson, world: World) -> None:
    world.runs("web", replicas=1)
    lead.asks("hold * incident 42", "✋ ∗ is held by lead")

    assert "held by lead" in dev.asks("hold web mine").text
    dev.asks("hold web mine --take-over", "✋ web is held by dev")

    dev.asks("scale web=2", "✅ web · replicas 1 → 2")
    assert "held by dev" in lead.asks("scale web=3").text
    told = dev.asks("audit --service web --since 1h").text
    assert "hold web" in told


def test_the_freeze_is_ended_by_its_button_and_stands_in_the_audit_of_who_began_it(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web", replicas=2)
    dev.asks("hold web mine", "✋ web is held by dev")
    frozen = lead.asks("freeze the demo --until 2h", "❄️ Everything is frozen by lead")

    clicked = dev.clicks("Unfreeze", on=frozen)

    assert "lead" in dev.sees("🟢 Nothing is frozen any more", after=clicked).text
    dev.asks("scale web=3", "✅ web · replicas 2 → 3")
    assert "freeze" not in dev.asks("audit --service web --since 1h").text
    everything = dev.asks("audit --user lead").text
    assert "freeze everything" in everything
    assert "hold web" not in everything


def test_what_is_being_changed_is_listed(dev: MemoryPerson, world: World) -> None:
    assert dev.asks("locks", "Nothing is being changed").ephemeral
    world.runs("web", replicas=3)
    dev.types("/swarm deploy web shop/web:2.0 --delay 5s")
    dev.sees("1/3")

    assert "web →" in dev.asks("locks", "1 change under way").text
    dev.sees("✅ web is on")
