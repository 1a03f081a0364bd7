"""The shortcuts in the menu of a message: *Roll back* and *Details* of the change that it shows."""

from __future__ import annotations

import pytest

from playground.workspace.errors import NothingToUseError
from playground.workspace.surfaces import Message
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World

NO_CHANGE = "This message shows no change of a service"


def deployed(dev: MemoryPerson, world: World) -> Message:
    """The message of a deploy that is done."""
    world.runs("web")
    asked = dev.types("/swarm deploy web shop/web:2.0 --reason 'the new basket'")
    return dev.sees("✅ web is on", after=asked, channel="ops")


def test_roll_back_asks_first_and_brings_the_service_back(dev: MemoryPerson, world: World) -> None:
    done = deployed(dev, world)

    asked = dev.uses_shortcut("Roll back", on=done)
    question = dev.sees("Roll web back from 2.0 to 1.0?", after=asked, channel="ops")
    assert question.ephemeral
    assert world.image_of("web") == "shop/web:2.0", "nothing is done before the answer"

    sure = dev.clicks("Roll back to 1.0", on=question)
    dev.sees("✅ web is on shop/web:1.0", after=sure, channel="ops")
    assert world.image_of("web") == "shop/web:1.0"


def test_a_change_that_runs_turns_back(dev: MemoryPerson, world: World) -> None:
    world.runs("web", replicas=3)
    dev.types("/swarm deploy web shop/web:2.0 --delay 60s")
    rolling = dev.sees("🔵 web → ", channel="ops")

    asked = dev.uses_shortcut("Roll back", on=rolling)
    question = dev.sees("is under way, and turns back", after=asked)
    sure = dev.clicks("Roll back to 1.0", on=question)

    dev.sees("turns back", after=sure)
    dev.sees("↩️ web rolled back to 1.0 · by dev", after=sure, channel="ops")


def test_details_say_who_asked_why_and_how_it_ended(dev: MemoryPerson, world: World) -> None:
    done = deployed(dev, world)

    asked = dev.uses_shortcut("Details", on=done)

    details = dev.sees("✅ web → shop/web:2.0 · done", after=asked)
    assert details.ephemeral
    assert all(word in details.text for word in ("the new basket", "asked by dev", "rollout "))
    assert details.buttons[:2] == ["Roll back", "Tasks"]
    assert details.menus == [["Logs", "History"]]


def test_each_click_heeds_the_right_of_who_clicks(
    dev: MemoryPerson, guest: MemoryPerson, world: World
) -> None:
    done = deployed(dev, world)
    asked = guest.uses_shortcut("Roll back", on=done)
    guest.sees("✋", after=asked)

    asked = guest.uses_shortcut("Details", on=done)
    details = guest.sees("✅ web → shop/web:2.0 · done", after=asked)
    clicked = guest.clicks("Roll back", on=details)

    guest.sees("✋", after=clicked)
    assert world.image_of("web") == "shop/web:2.0"


def test_a_reply_in_the_thread_of_a_change_means_that_change(
    dev: MemoryPerson, world: World
) -> None:
    done = deployed(dev, world)
    reply = done.thread[0]

    asked = dev.uses_shortcut("Details", on=reply)

    details = dev.sees("✅ web → shop/web:2.0 · done", after=asked)
    assert details.in_thread, "the answer stands where it was asked for"


@pytest.mark.parametrize("name", ["Roll back", "Details"])
def test_a_message_of_somebody_else_gets_one_private_sentence(
    dev: MemoryPerson, lead: MemoryPerson, world: World, name: str
) -> None:
    world.runs("web")
    lead.types("the shop is slow today", channel="ops")
    message = dev.sees("the shop is slow", channel="ops")

    asked = dev.uses_shortcut(name, on=message)

    assert dev.sees(NO_CHANGE, after=asked).ephemeral


def test_a_change_that_is_no_longer_on_record_gets_that_sentence(
    dev: MemoryPerson, world: World
) -> None:
    done = deployed(dev, world)
    world.redis.client().delete(*world.redis.client().keys("*shown*"))

    asked = dev.uses_shortcut("Roll back", on=done)

    dev.sees(NO_CHANGE, after=asked)


def test_a_change_without_an_image_has_none_to_go_back_to(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    asked = dev.types("/swarm scale web=3")
    done = dev.sees("✅ web · replicas 2 → 3", after=asked, channel="ops")

    asked = dev.uses_shortcut("Roll back", on=done)

    dev.sees("This scale of web changed no image", after=asked)


def test_a_private_message_has_no_shortcut(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    private = dev.asks("services", "1 service")

    with pytest.raises(NothingToUseError):
        dev.uses_shortcut("Details", on=private)


def test_without_redis_that_is_said(dev: MemoryPerson, world: World) -> None:
    done = deployed(dev, world)
    world.redis.away = True

    asked = dev.uses_shortcut("Roll back", on=done)

    dev.sees("Redis", after=asked)
    world.redis.away = False


def test_a_payload_without_a_message_gets_that_sentence(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    asked = dev.now

    payload = {
        "type": "message_action",
        "callback_id": "rollout:back",
        "team": {"id": world.slack.state.directory.payloads_for.team},
        "user": {"id": dev.id, "name": dev.name},
        "channel": {"id": world.slack.state.directory.channel("ops").id},
        "trigger_id": "1.2.3",
    }
    world.slack.deliverer.ask("interactive", payload)

    dev.sees(NO_CHANGE, after=asked)
