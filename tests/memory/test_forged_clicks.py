"""What Slack sends is judged by who sends it: a button says no more than a typed line, whatever
stands in it."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

import pytest

from bot.settings import PolicyRule, Role
from playground.workspace.surfaces import Message, Screen
from tests.memory.test_approvals import ONE
from tests.memory.test_approvals import ROLES as APPROVERS
from tests.memory.twin.slack_twin import MemoryPerson, number_of
from tests.memory.twin.world import DEV, LEAD, World

ROLES = (Role(name="dev", users=(DEV,)), Role(name="lead", users=(LEAD,)))
WEB = PolicyRule(commands=("*",), services=("web*",), ask=("dev", "lead"))
FOR_LEAD = PolicyRule(commands=("*",), ask=("lead",))
limited = pytest.mark.world(ROLES, (WEB, FOR_LEAD))
HUGE = "x" * 100_000


def presses(person: MemoryPerson, on: Message, **forged: Any) -> int:
    """Click the first button of a message, with other values than it has; the moment."""
    block, button = next(use for use in on.elements() if use[1]["type"] == "button")
    sent = {name: button[name] for name in ("type", "action_id", "text", "value")}
    moment = person.now
    person.controls.act(on, block, {**sent, **forged})
    return moment


def fails(dev: MemoryPerson, world: World) -> Message:
    """A message with buttons: a deploy of web that was rolled back."""
    world.runs("web")
    world.runs("payroll")
    world.registry.push("shop/web:4.0", exits=3)
    dev.types("/swarm deploy web shop/web:4.0")
    return dev.sees("↩️ web rolled back")


def state_of(world: World) -> list[Any]:
    services = world.swarm.cluster.services.values()
    return [(service["Spec"]["Name"], service["Version"]) for service in services]


@limited
def test_a_click_says_what_its_line_says(dev: MemoryPerson, world: World) -> None:
    failed = fails(dev, world)

    clicked = presses(dev, failed, value="scale web=3")

    dev.sees("✅ web · replicas 2 → 3", after=clicked)
    assert world.replicas_of("web") == 3


@limited
@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("scale payroll=0", "that is for lead"),
        ("service rm payroll", "that is for lead"),
        ("node rm node4", "that is for lead"),
        ("silence '*' --for 365d", "that is for lead"),
        ("again 0123456789abcdef", "a day at most"),
        ("no such thing", "No command"),
        (HUGE, "100000 characters, and 4000 are the most"),
        ("service update --limit-cpu 1e60000000 web", "CPUs"),
    ],
    ids=lambda value: value[:20],
)
def test_a_click_with_another_value_is_judged_as_that_line(
    dev: MemoryPerson, world: World, value: str, said: str
) -> None:
    failed = fails(dev, world)
    before = state_of(world)

    clicked = presses(dev, failed, value=value)

    assert dev.sees(said, after=clicked).ephemeral
    world.clock.run(lambda: False, 30)
    assert state_of(world) == before


@limited
def test_a_click_by_somebody_without_the_right_does_nothing(
    dev: MemoryPerson, guest: MemoryPerson, world: World
) -> None:
    failed = fails(dev, world)
    before = state_of(world)

    for label in [button["text"]["text"] for _, button in failed.elements()]:
        clicked = guest.clicks(label, on=failed)
        guest.sees("", after=clicked)

    world.clock.run(lambda: False, 30)
    assert state_of(world) == before


@limited
@pytest.mark.parametrize("action", ["evil", "LINE:1", "xline:1", "", HUGE])
def test_a_button_that_the_bot_never_made_is_not_heard(
    dev: MemoryPerson, world: World, action: str
) -> None:
    failed = fails(dev, world)
    before = state_of(world)

    clicked = presses(dev, failed, action_id=action, value="scale web=5")

    dev.does_not_see("", after=clicked)
    assert state_of(world) == before


@pytest.mark.world(APPROVERS, ONE)
def test_an_approval_with_another_id_approves_nothing(
    dev: MemoryPerson, guest: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web")
    dev.types("/swarm scale web=5")
    request = lead.sees("🟡")
    number = number_of(request)

    for person, value in (
        (guest, f"approve {number}"),
        (dev, f"approve {number}"),
        (lead, "approve zzzz"),
    ):
        clicked = presses(person, request, value=value)
        person.sees("", after=clicked)
    assert world.replicas_of("web") == 2

    presses(lead, request, value=f"approve {number}")
    dev.sees("✅ web · replicas 2 → 5")


def rewritten(world: World, modal: Screen, **content: Any) -> None:
    """Let an open modal have other contents than the bot gave it."""
    views = world.slack.state.views
    view = views.known[modal.view.id]
    views.keep(replace(view, content={**view.content, **content}))


def metadata(modal: Screen, **changed: Any) -> str:
    return json.dumps({**json.loads(modal.view.content["private_metadata"]), **changed})


@limited
def test_a_form_is_judged_by_who_sends_it_and_what_it_says(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    world.runs("payroll")
    dev.types("/swarm scale")
    modal = dev.sees_modal("Scale")

    rewritten(world, modal, private_metadata=metadata(modal, given={"service": "payroll"}))
    dev.submits({"service": "web", "replicas": "3"})

    dev.sees("✅ web · replicas 2 → 3")
    assert world.replicas_of("payroll") == 2


@limited
@pytest.mark.parametrize("callback", ["form:node rm", "form:evil", "form:", "evil", HUGE])
def test_a_form_that_there_is_not_does_nothing(
    dev: MemoryPerson, world: World, callback: str
) -> None:
    world.runs("web")
    world.runs("payroll")
    dev.types("/swarm scale")
    modal = dev.sees_modal("Scale")
    before, moment = state_of(world), dev.now

    rewritten(world, modal, callback_id=callback)
    assert "payroll" not in dev.suggestions("Service", "", on=modal)
    dev.fills({"replicas": "3"})
    dev.sends(modal)

    dev.does_not_see("", after=moment)
    assert state_of(world) == before


@pytest.mark.world(APPROVERS, ONE)
def test_a_form_that_keeps_another_request_is_the_line_of_who_sends_it(
    dev: MemoryPerson, guest: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web")
    world.runs("api")
    requests = {}
    for service in ("web", "api"):
        asked = dev.types(f"/swarm scale {service}=5")
        requests[service] = lead.sees("🟡", after=asked)
    ids = {name: number_of(told) for name, told in requests.items()}
    lead.types(f"/swarm reject {ids['web']}")
    modal = lead.sees_modal("Reject")
    lead.fills({"reason": "not now"})
    rewritten(world, modal, private_metadata=metadata(modal, given={"approval": ids["api"]}))

    moment = guest.now
    world.slack.interactions.submit(guest.user, modal.view)
    guest.sees("✋", after=moment)
    assert "rejected" not in lead.reads(requests["api"])

    lead.sends(modal)
    world.clock.run(lambda: False, 5)
    assert "rejected" in lead.reads(requests["api"])
    assert "rejected" not in lead.reads(requests["web"])


def test_a_form_with_a_text_of_any_length_says_so_at_its_field(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web")
    dev.types("/swarm deploy")
    modal = dev.sees_modal("Deploy")
    before = state_of(world)
    block, element = dev.controls.field(modal, "image")
    value = {"type": element["type"], "value": "shop/web:" + HUGE}
    dev.fills({"service": "web"})
    dev.controls.remembers(modal, block, element, value)

    begun = time.process_time()
    dev.sends(modal)
    assert dev.suggestions("Service", HUGE, on=modal) == []

    assert time.process_time() - begun < 0.5
    assert "image" in modal.errors
    assert state_of(world) == before
    dev.submits({"image": "shop/web:2.0"})
    dev.sees("✅ web is on")
