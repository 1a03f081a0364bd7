"""Dangerous things need a second pair of eyes, and what was approved is what happens."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.model.danger import Grant
from bot.settings import PolicyRule, Role
from playground.workspace.surfaces import Message
from tests.memory.twin.slack_twin import MemoryPerson, number_of
from tests.memory.twin.world import DEV, LEAD, OPS, World

ROLES = (Role(name="operator", users=(DEV,)), Role(name="lead", users=(DEV, LEAD, OPS)))
ONE = (
    PolicyRule(commands=("service scale",), ask=("operator",), approve=("lead",), over_replicas=3),
    PolicyRule(commands=("*",), ask=("operator",), approve=("lead",), grants=tuple(Grant)),
)
TWO = (PolicyRule(commands=("*",), ask=("operator",), approve=("lead",), approvals=2),)

BY_GROUP = (
    Role(name="operator", users=(DEV,)),
    Role(name="lead", users=(OPS,), groups=("S0LEADS",)),
)
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
def test_the_audit_names_each_step_as_it_was_typed(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web")
    dev.types("/swarm scale web=6")
    request = lead.sees("🟡")
    rejected = number_of(request)
    lead.types(f"/swarm reject {rejected} not before the weekend")
    dev.sees("not before the weekend")
    assert "rejected by lead" in lead.reads(request)
    asked = dev.types("/swarm scale web=7")
    approved = number_of(lead.sees("🟡", after=asked))
    lead.asks(f"approve {approved}", "✅ web")

    listed = dev.asks("audit", "approved by".upper()).text

    assert f"approve {approved} " in listed
    assert f"reject {rejected} not before the weekend" in listed
    assert "{" not in listed


@one_approves
def test_withdraw(dev: MemoryPerson, lead: MemoryPerson, world: World) -> None:
    world.runs("web")
    dev.types("/swarm scale web=7")
    request = lead.sees("🟡")
    number = number_of(request)

    asked = dev.types(f"/swarm withdraw {number}")

    dev.sees("withdrawn", after=asked)
    assert lead.asks(f"approve {number}", "withdrawn").ephemeral
    assert lead.asks("approve 00000000", "Nothing ran").ephemeral
    assert "withdrawn by dev" in lead.reads(request)


@pytest.mark.world(BY_GROUP, ONE)
def test_a_request_is_reminded_of_and_expires(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web")
    dev.types("/swarm scale web=7")
    request = lead.sees("🟡")
    half = world.settings.approval_lifetime.total_seconds() / 2

    world.clock.leap(half + 5)
    reminder = lead.sees("still needs approval")
    assert reminder in request.thread
    assert f"<@{OPS}>" in raw(reminder)
    assert "<!subteam^S0LEADS>" in raw(reminder)
    assert f"<@{DEV}>" not in raw(reminder)
    world.clock.leap(half + 5)

    lead.sees("· expired")
    assert "Nobody decided" in lead.reads(request)
    assert not {"Approve", "Reject"} & set(request.buttons)
    assert f"<@{DEV}>" in raw(request.thread[-1])
    assert len(request.thread) == 2, "reminded once"
    assert world.replicas_of("web") == 2


def raw(message: Message) -> str:
    """All that was sent, with mentions as Slack writes them."""
    return message.posted.now.text + repr(message.blocks)


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


@pytest.mark.world(BY_GROUP, TWO)
def test_the_approval_of_who_has_lost_the_right_counts_no_more(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    ops, directory = world.person("ops"), world.slack.state.directory
    world.runs("web")
    dev.types("/swarm scale web=5")
    request = lead.sees("🟡")
    lead.clicks("Approve", on=request)
    lead.sees("1 of 2 approved: lead")

    leads = directory.groups["S0LEADS"]
    directory.groups["S0LEADS"] = replace(leads, members=())
    starts_anew(world)
    ops.clicks("Approve", on=request)
    ops.sees("1 of 2 approved: ops")
    assert "Approve" in request.buttons

    directory.groups["S0LEADS"] = replace(leads, members=(LEAD, OPS))
    directory.users[OPS] = replace(ops.user, is_restricted=True)
    starts_anew(world)
    clicked = ops.clicks("Approve", on=request)
    assert ops.sees("nor does this for guests", after=clicked).ephemeral
    lead.clicks("Approve", on=request)
    lead.sees("1 of 2 approved: lead", after=clicked)
    assert world.replicas_of("web") == 2, "who became a guest counts no more"


def starts_anew(world: World) -> None:
    """The bot dies, and the next one knows nothing of who people were."""
    world.bot.crash()
    world.bots.pop(0)
    world.start_bot()


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


@one_approves
def test_a_request_whose_service_is_gone_says_what_did_not_run(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    web = world.runs("web")
    dev.types("/swarm scale web=6")
    request = lead.sees("🟡")

    world.outside.services.remove(web["ID"])
    lead.clicks("Approve", on=request)

    ended = lead.sees("did not run")
    assert ended in request.thread
    assert f"<@{DEV}>" in raw(ended)
    assert lead.reads(request).startswith("❌ web 2 → 6 · did not run\nNo service web.")
    assert "asked by dev · approved by lead" in request.text
    assert number_of(request) in request.text


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
    directory = world.slack.state.directory
    directory.changes_installation(uploads="file_uploads_disabled")
    dev.types(f"/swarm service update {MANY} web")
    request = lead.sees("on its way")
    number = number_of(request)

    assert "Approve" not in request.buttons
    lead.asks(f"approve {number}", "still on its way")

    assert "has switched off file uploads" in lead.reads(request)
    caplog.clear()
    directory.changes_installation(uploads="")
    lead.sees("in the thread has everything")
    assert "switched off" not in request.text
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


@one_approves
@pytest.mark.parametrize("is_posted", [True, False])
def test_a_request_that_redis_has_lost_is_said_to_be_gone(
    dev: MemoryPerson, lead: MemoryPerson, world: World, is_posted: bool
) -> None:
    world.runs("web")
    if not is_posted:
        world.slack.faults.fail(503, seconds=8, methods=("chat.postMessage",))
    dev.types("/swarm scale web=5")
    world.clock.run(lambda: False, 4)

    world.redis.client().flushall()

    gone = lead.sees("the request is gone", timeout=40)
    assert "nothing was changed" in gone.text
    assert "[Approve]" not in gone.shown
    assert not [message for message in lead.messages() if message.text.startswith("🟡")]
