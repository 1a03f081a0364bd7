"""Dangerous things need a second pair of eyes, and what was approved is what happens."""

from __future__ import annotations

import pytest

from bot.model.danger import Grant
from bot.settings import PolicyRule, Role
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import DEV, LEAD, OPS, World

ROLES = (Role(name="operator", users=(DEV,)), Role(name="lead", users=(DEV, LEAD, OPS)))
ONE = (
    PolicyRule(commands=("service scale",), ask=("operator",), approve=("lead",), over_replicas=3),
    PolicyRule(commands=("*",), ask=("operator",), approve=("lead",), grants=tuple(Grant)),
)
TWO = (PolicyRule(commands=("*",), ask=("operator",), approve=("lead",), approvals=2),)

one_approves = pytest.mark.world(ROLES, ONE)


@one_approves
def test_what_is_small_runs_at_once(dev: MemoryPerson, world: World) -> None:
    world.runs("web")

    dev.asks("scale web=3", "✅ web · replicas 2 → 3")


@one_approves
def test_an_approved_change_runs_once_in_the_message_of_its_request(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web")
    dev.types("/swarm scale web=5")
    request = lead.sees("🟡")
    assert "2 → 5" in request.text
    assert world.replicas_of("web") == 2

    lead.clicks("Approve", on=request)

    done = dev.sees("✅ web · replicas 2 → 5")
    assert done.ts == request.ts
    assert "asked by dev" in done.text
    assert "approved by lead" in done.text
    assert "lead" in lead.asks("audit --service web", "2 → 5").text


@one_approves
def test_nobody_approves_what_they_asked_for_themselves(
    dev: MemoryPerson, guest: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web")
    dev.types("/swarm scale web=5")
    request = lead.sees("🟡")

    for person, said in ((dev, "somebody else"), (guest, "✋")):
        clicked = person.clicks("Approve", on=request)
        assert person.sees(said, after=clicked).ephemeral

    assert world.replicas_of("web") == 2


@one_approves
def test_reject_with_a_reason(dev: MemoryPerson, lead: MemoryPerson, world: World) -> None:
    world.runs("web")
    dev.types("/swarm scale web=6")
    request = lead.sees("🟡")

    lead.clicks("Reject", on=request)
    lead.sees_modal("Reject")
    lead.submits({"reason": "not before the weekend"})

    dev.sees("not before the weekend")
    assert "❌ web 2 → 6 · rejected by lead" in lead.reads(request)
    assert "Approve" not in request.buttons
    assert world.replicas_of("web") == 2


@one_approves
def test_withdraw(dev: MemoryPerson, lead: MemoryPerson, world: World) -> None:
    world.runs("web")
    dev.types("/swarm scale web=7")
    request = lead.sees("🟡")
    number = request.button("Approve").value.split()[1]

    asked = dev.types(f"/swarm withdraw {number}")

    dev.sees("withdrawn", after=asked)
    assert lead.asks(f"approve {number}", "withdrawn").ephemeral
    assert lead.asks("approve 00000000", "Nothing ran").ephemeral
    assert "withdrawn by dev" in lead.reads(request)


@one_approves
def test_a_request_is_reminded_of_and_expires(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web")
    dev.types("/swarm scale web=7")
    request = lead.sees("🟡")
    half = world.settings.approval_lifetime.total_seconds() / 2

    world.clock.leap(half + 5)
    lead.sees("still needs approval")
    world.clock.leap(half + 5)

    lead.sees("· expired")
    assert "Nobody decided" in lead.reads(request)
    assert world.replicas_of("web") == 2


@pytest.mark.world(ROLES, TWO)
def test_two_different_people_have_to_approve(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    ops = world.person("ops")
    world.runs("web")
    dev.types("/swarm scale web=5")
    request = lead.sees("🟡")

    lead.clicks("Approve", on=request)
    lead.sees("1 of 2 approved: lead")
    clicked = lead.clicks("Approve", on=request)
    assert "1 more of lead" in lead.sees("already", after=clicked).text
    assert world.replicas_of("web") == 2
    ops.clicks("Approve", on=request)

    assert "approved by lead, ops" in dev.sees("✅ web · replicas 2 → 5").text


@one_approves
def test_what_moved_before_the_click_is_asked_for_again(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web")
    dev.types("/swarm deploy web shop/web:2.0")
    request = lead.sees("🟡 web →")

    world.by_hand("web", lambda spec: spec["Labels"].update(by="hand"))
    clicked = lead.clicks("Approve", on=request)

    assert lead.sees("meanwhile", after=clicked) == request
    assert world.image_of("web") == "shop/web:1.0"
    lead.clicks("Approve", on=request)
    dev.sees("✅ web is on")


@one_approves
def test_a_request_outlives_its_bot(dev: MemoryPerson, lead: MemoryPerson, world: World) -> None:
    world.runs("web")
    dev.types("/swarm scale web=6")
    request = lead.sees("🟡")

    world.bot.crash()
    world.start_bot()

    assert "web" in dev.asks("approvals", "waits for approval").text
    lead.clicks("Approve", on=request)
    dev.sees("✅ web · replicas 2 → 6")


MANY = " ".join(f"--env-add VARIABLE_{number}=x" for number in range(25))
HIDDEN = "sh -c 'x; " + "y " * 60 + "; mount-the-host'"


@one_approves
@pytest.mark.parametrize("flags", [MANY, f'--args "{HIDDEN}"'])
def test_what_the_message_cannot_show_is_a_file_before_anybody_can_approve(
    flags: str, dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web")
    dev.types(f"/swarm service update {flags} web")

    request = lead.sees("in the thread has everything")

    first = next(iter(request.life))
    assert "on its way" in first
    assert "Approve" not in first
    (file,) = [file for file in world.slack.state.files.values() if "changes-" in file.name]
    content = (file.content or b"").decode()
    assert ("VARIABLE_24" in content) or ("mount-the-host" in content)
    lead.clicks("Approve", on=request)
    lead.sees("✅ web")


@one_approves
def test_nobody_approves_what_slack_has_not_got_the_file_of(
    dev: MemoryPerson, lead: MemoryPerson, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.runs("web")
    world.bot.client.takes_files = False
    dev.types(f"/swarm service update {MANY} web")
    request = lead.sees("on its way")
    number = request.text.rpartition("id ")[2].split()[0]

    assert "Approve" not in request.buttons
    lead.asks(f"approve {number}", "still on its way")

    assert "file_uploads_disabled" in caplog.text
    caplog.clear()
    world.start_bot()
    world.bots[0].crash()
    lead.sees("in the thread has everything")
    lead.clicks("Approve", on=request)
    lead.sees("✅ web")


@one_approves
def test_a_new_service_is_shown_as_it_will_be(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    dev.types(
        "/swarm service create --name job --mount type=bind,source=/,target=/host "
        "--user root shop/web:1.0 sh -c 'echo hi > /host/etc/motd'"
    )
    request = lead.sees("🟡")
    files = [(file.content or b"").decode() for file in world.slack.state.files.values()]
    shown = "\n".join([request.shown, *files])
    for value in ("/host", "bind", "root", "sh", "-c", "echo hi > /host/etc/motd"):
        assert value in shown
    lead.clicks("Reject", on=request)
    lead.sees_modal("Reject")
    lead.submits({"reason": "no"})
    dev.sees("rejected")
    assert "rejected" in dev.reads(request)
