"""The audit says by ids who asked, who approved, and which request it was: names change."""

from __future__ import annotations

import pytest

from tests.memory.test_approvals import ONE, ROLES
from tests.memory.twin.slack_twin import MemoryPerson, number_of
from tests.memory.twin.world import DEV, LEAD, World


@pytest.mark.world(ROLES, ONE)
def test_an_approved_change_is_recorded_with_the_ids_of_people_and_of_its_request(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web")
    dev.types("/swarm scale web=5")
    request = lead.sees("🟡")
    number = number_of(request)

    lead.clicks("Approve", on=request)

    dev.sees("✅ web · replicas 2 → 5")
    entries = world.bot.store.audit.entries()
    assert {entry.actor.id for entry in entries} == {DEV, LEAD}
    (entry,) = [entry for entry in entries if entry.actor.id == DEV]
    assert entry.actor.name == "dev"
    assert (entry.approver_ids, entry.approved_by) == ((LEAD,), ("lead",))
    assert entry.request == number


@pytest.mark.world(ROLES, ONE)
def test_what_needs_no_approval_has_who_asked_and_no_request(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web")

    dev.asks("scale web=3", "✅ web")

    (entry,) = world.bot.store.audit.entries()
    assert entry.actor.id == DEV
    assert (entry.approver_ids, entry.request) == ((), "")
