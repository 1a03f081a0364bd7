"""An alert is told somewhere: whom it calls, and where it goes when its channel takes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.model import Actor
from bot.model.alert_facts import LeaderMoved, NodeDown
from bot.model.incident import AlertState, Incident, Note, Problem, Severity
from jobs.notifier import Notifier
from playground.workspace.people import Directory
from playground.workspace.surfaces import Message
from tests.memory.twin.clock import BEGIN
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World

OPS, ALERTS = "C0OPS00001", "C0ALERTS01"
DOWN = "node2 is Down"
CALL = {"critical": ["U0LEAD0001", "S0OPS", "here"]}
MENTIONED = "@lead @ops-team @here"
Tell = Callable[..., None]


@pytest.fixture
def notifier(world: World) -> Notifier:
    return Notifier(world.bot.poster, world.bot.store, world.settings)


@pytest.fixture
def tell(world: World, notifier: Notifier) -> Tell:
    """Tells of the node's incident as it is now."""
    before: dict[str, Incident] = {}

    def tell(severity: Severity = Severity.CRITICAL, **fields: object) -> None:
        problem = Problem(
            subject="node:n2", facts=NodeDown(), severity=severity, name="node2", since=BEGIN
        )
        incident = replace(
            Incident(
                id="i1",
                subject="node:n2",
                name="node2",
                problems=(problem,),
                since=BEGIN,
                changed=BEGIN,
                opened=BEGIN,
                state=AlertState.FIRING,
            ),
            **fields,  # type: ignore[arg-type]
        )
        notifier.tell(dict(before), [incident], (), world.clock.now())
        before[incident.subject] = incident
        world.clock.run(lambda: False, 3)
        world.bot.poster.send_due()

    return tell


def alert(person: MemoryPerson, channel: str, says: str = "node2") -> Message:
    """The alert in a channel, which the person reads, without what stands in its thread."""
    person.sees(says, channel=channel)
    messages = [message for message in person.messages(channel) if not message.in_thread]
    (message,) = [message for message in messages if says in message.text]
    person.reads(message)
    return message


def directory(world: World) -> Directory:
    return world.slack.state.directory


@pytest.mark.world(watch={"call": CALL})
def test_the_first_post_calls_people_and_so_does_getting_worse(
    dev: MemoryPerson, tell: Tell
) -> None:
    tell(Severity.WARNING)
    assert "@lead" not in alert(dev, "ops").text

    tell(Severity.CRITICAL)

    message = alert(dev, "ops")
    (worse,) = [reply for reply in dev.messages("ops") if reply.aloud]
    assert MENTIONED in worse.text
    assert MENTIONED in message.text
    assert worse.blocks[1]["type"] == "section", "small print notifies nobody"


@pytest.mark.world(watch={"call": CALL})
def test_who_has_taken_it_up_ends_the_call(dev: MemoryPerson, world: World, tell: Tell) -> None:
    tell()
    assert MENTIONED in alert(dev, "ops").text

    tell(acknowledged_by=Actor("U0LEAD0001", "lead"), acknowledged=world.clock.now())

    assert "@ops-team" not in alert(dev, "ops", "acknowledged by lead").text


@pytest.mark.world(watch={"channels": {"warning": ALERTS}})
def test_an_alert_goes_to_the_second_channel(dev: MemoryPerson, world: World, tell: Tell) -> None:
    directory(world).changes_channel("ops", is_archived=True)

    tell()

    message = alert(dev, "alerts")
    assert any("it is archived" in reply.text for reply in message.thread)


@pytest.mark.world(watch={"call": CALL})
def test_without_a_second_channel_it_goes_to_whom_it_calls(
    lead: MemoryPerson, world: World, tell: Tell
) -> None:
    directory(world).changes_channel("ops", posting="restricted_action")

    tell()

    assert DOWN in alert(lead, "dm").text


def test_what_no_place_takes_stays_untold_and_is_tried_again(
    dev: MemoryPerson, world: World, notifier: Notifier, tell: Tell
) -> None:
    directory(world).changes_channel("ops", is_archived=True)

    tell()
    assert "node2" in notifier.problem()
    assert "is_archived" in notifier.problem()
    tell()
    assert world.bot.store.alerts.message("i1") is None
    directory(world).changes_channel("ops", is_archived=False)
    world.clock.leap(timedelta(minutes=1).total_seconds())
    tell()

    alert(dev, "ops")
    assert not notifier.problem()
    assert world.bot.store.alerts.message("i1") is not None


@pytest.mark.world(watch={"channels": {"warning": ALERTS}})
def test_an_alert_whose_channel_is_lost_goes_on_elsewhere(
    dev: MemoryPerson, world: World, tell: Tell
) -> None:
    tell()
    alert(dev, "ops")
    directory(world).removes_app("ops", is_private=True)

    tell(state=AlertState.RESOLVED, resolved=world.clock.now())

    assert "was Down" in alert(dev, "alerts").text


def test_a_note_that_no_place_took_is_said_when_one_does(
    dev: MemoryPerson, world: World, notifier: Notifier, tell: Tell
) -> None:
    directory(world).changes_channel("ops", is_archived=True)
    notifier.note(Note(id="n1", name="node2", facts=LeaderMoved(before="node1"), at=BEGIN))
    world.bot.poster.send_due()
    directory(world).changes_channel("ops", is_archived=False)

    world.clock.leap(61)
    tell()

    alert(dev, "ops", "leads the Swarm now")
    alert(dev, "ops", DOWN)


@pytest.mark.world(bots=2)
def test_what_a_leader_of_before_slept_over_does_not_replace_how_it_is_now(
    dev: MemoryPerson, world: World
) -> None:
    problem = Problem(
        subject="node:n2", facts=NodeDown(), severity=Severity.CRITICAL, name="node2", since=BEGIN
    )
    down = Incident(
        id="i1",
        subject="node:n2",
        name="node2",
        problems=(problem,),
        since=BEGIN,
        changed=BEGIN,
        opened=BEGIN,
        state=AlertState.FIRING,
    )
    before, after = (
        Notifier(bot.poster, bot.store, world.settings, fence)
        for bot, fence in zip(world.bots, (lambda: 1, lambda: 2), strict=True)
    )
    before.tell({}, [down], (), world.clock.now())
    world.bots[0].poster.send_due()
    world.slack.faults.fail(503, methods=("chat.update",))
    seen = replace(down, acknowledged_by=Actor(id="U1", name="lead"), acknowledged=BEGIN)
    before.tell({down.subject: down}, [seen], (), world.clock.now())
    world.clock.run(lambda: False, 3)
    world.bots[0].freeze()

    over = replace(down, state=AlertState.RESOLVED, resolved=world.clock.now())
    after.tell({down.subject: down}, [over], (), world.clock.now())
    world.slack.faults.clear()
    world.clock.run(lambda: False, 10)
    message = next(message for message in dev.messages("ops") if not message.in_thread)
    assert "node2 is back" in dev.reads(message)
    world.bots[0].resume()
    world.clock.run(lambda: False, 20)

    assert "node2 is back" in dev.reads(message)


def test_what_stands_in_the_menu_of_an_alert_heeds_the_right_of_who_chooses(
    dev: MemoryPerson, guest: MemoryPerson, tell: Tell
) -> None:
    tell()
    shown = alert(dev, "ops")

    chosen = guest.chooses("Silence 1 h", on=shown)
    guest.sees("✋", channel="ops", after=chosen)

    chosen = dev.chooses("Tasks", on=shown)
    dev.sees("No node n2", channel="ops", after=chosen)
