"""Whose phone rings: who asked, at a bad end or after a while, and who decides, when a plan has
become another one."""

from __future__ import annotations

import pytest

from bot.settings import PolicyRule, Role
from playground.workspace.surfaces import Message
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World

ASKS = Role(name="developer", users=("U0DEV00001",))
DECIDES = Role(name="lead", users=("U0LEAD0001",))
WITH_APPROVAL = (PolicyRule(commands=("*",), ask=("developer",), approve=("lead",)),)


def calls(message: Message, who: str) -> list[str]:
    """What stands in a thread and notifies somebody, in a paragraph of its own."""
    sections = (
        (reply, block["text"]["text"])
        for reply in message.thread
        for block in reply.blocks
        if block["type"] == "section"
    )
    return [reply.text for reply, text in sections if f"<@{who}>" in text]


def test_a_rollout_that_fails_calls_who_asked(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    world.registry.push("shop/web:bad", exits=3)

    dev.types("/swarm deploy web shop/web:bad")

    ended = dev.sees("↩️ web rolled back", channel="ops")
    root = next(message for message in dev.messages("ops") if not message.in_thread)
    dev.reads(root)
    assert ended
    assert len(calls(root, dev.id)) == 1


def test_a_rollout_that_took_minutes_calls_who_asked(dev: MemoryPerson, world: World) -> None:
    world.runs("web", replicas=3)

    dev.types("/swarm deploy web shop/web:2.0 --delay 1m")

    done = dev.sees("✅ web is on", 600)
    assert len(calls(done, dev.id)) == 1


def test_a_rollout_that_ends_well_at_once_rings_no_phone(dev: MemoryPerson, world: World) -> None:
    world.runs("web")

    done = dev.asks("deploy web shop/web:2.0", "✅ web is on")

    assert calls(done, dev.id) == []


@pytest.mark.world((ASKS, DECIDES), WITH_APPROVAL)
def test_a_request_that_is_renewed_is_said_in_its_thread(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web")
    message = dev.asks("scale web=4", "needs approval")
    world.by_hand("web", lambda spec: spec["Mode"]["Replicated"].update(Replicas=3))

    lead.clicks("Approve", on=message)

    lead.sees("the plan has changed, and needs approval anew")
    dev.reads(message)
    assert len(calls(message, lead.id)) == 1
    assert len(calls(message, dev.id)) == 1
    lead.clicks("Approve", on=message)
    dev.sees("✅ web · replicas 3 → 4")
