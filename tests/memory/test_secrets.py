"""What is private stays private, wherever it could have got to."""

from __future__ import annotations

import pytest

from bot.settings import MessagesSettings, PolicyRule, Role
from tests.memory.twin.secrecy import leaked
from tests.memory.twin.slack_twin import MemoryPerson, number_of
from tests.memory.twin.world import DEV, LEAD, World

SECRET = "correct-horse-battery-staple-7"
CRASH = f"FATAL: cannot connect\nDB_PASSWORD={SECRET}\npostgres://app:{SECRET}@db/shop"


def test_a_crash_that_logs_its_configuration_tells_the_channel_no_value(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web")
    world.registry.push("shop/web:broken", exits=3, after=0.2, log=CRASH)

    dev.types("/swarm deploy web shop/web:broken")

    message = lead.sees("↩️ web rolled back")
    assert "FATAL: cannot connect" in message.text
    assert "DB_PASSWORD=••••••" in message.text
    assert SECRET[-12:] not in world.everything_said()


@pytest.mark.world(messages=MessagesSettings(log_tail=False))
def test_log_lines_are_left_out_where_the_operator_wants_none(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web")
    world.registry.push("shop/web:broken", exits=3, after=0.2, log=CRASH)

    dev.types("/swarm deploy web shop/web:broken")

    assert "exit code 3" in dev.sees("↩️ web rolled back").text
    assert "FATAL" not in world.everything_said()


ROLES = (Role(name="operator", users=(DEV,)), Role(name="lead", users=(DEV, LEAD)))
APPROVED = (PolicyRule(commands=("*",), ask=("operator",), approve=("lead",)),)
FIELDS = (
    f"--env-add DB_PASSWORD={SECRET}",
    f"--env-add MODE={SECRET}",
    f"--log-driver splunk --log-opt splunk-token={SECRET}",
    f"--args 'run --password {SECRET} --token={SECRET}'",
    f"--entrypoint 'run --api-key={SECRET}'",
    f"--label-add shop.api-token={SECRET}",
    f"--container-label-add shop.api-token={SECRET}",
    f"--health-cmd 'curl -H \"Authorization: Bearer {SECRET}\" localhost'",
)
"""Every carrier of a value that may be secret."""


def in_the_service(world: World) -> bool:
    return SECRET in repr(world.swarm.cluster.service("web")["Spec"])


@pytest.mark.parametrize("flags", FIELDS)
def test_a_change_with_a_secret_tells_it_nowhere(
    flags: str, dev: MemoryPerson, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    world.runs("web")

    dev.asks(f"service update {flags} web", "✅ web")

    assert in_the_service(world)
    assert leaked((SECRET[-12:],), world, caplog.text) == []
    assert "•••" in world.everything_said()


@pytest.mark.world(ROLES, APPROVED)
@pytest.mark.parametrize("flags", FIELDS)
def test_what_waits_for_approval_is_sealed_and_runs_as_it_was_typed(
    flags: str,
    dev: MemoryPerson,
    lead: MemoryPerson,
    world: World,
    caplog: pytest.LogCaptureFixture,
) -> None:
    world.runs("web")
    dev.types(f"/swarm service update {flags} web")
    request = lead.sees("🟡")
    assert leaked((SECRET[-12:],), world, caplog.text) == []

    lead.clicks("Approve", on=request)

    lead.sees("✅ web")
    assert in_the_service(world)
    assert leaked((SECRET[-12:],), world, caplog.text) == []
    assert sealed_in(world) == []


@pytest.mark.world(ROLES, APPROVED)
def test_ask_again_knows_what_was_asked_for(
    dev: MemoryPerson, lead: MemoryPerson, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.runs("web")
    dev.types(f"/swarm service update --env-add DB_PASSWORD={SECRET} web")
    request = lead.sees("🟡")
    dev.asks("withdraw " + number_of(request), "withdrawn")

    assert "withdrawn" in dev.reads(request)
    clicked = dev.clicks("Ask again", on=request)

    second = lead.sees("🟡", after=clicked)
    lead.clicks("Approve", on=second)
    lead.sees("✅ web")
    assert in_the_service(world)
    assert leaked((SECRET[-12:],), world, caplog.text) == []


def test_retry_knows_what_was_asked_for(
    dev: MemoryPerson, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.runs("web")
    world.registry.push("shop/web:4.0", exits=3)
    line = f"service update --env-add DB_PASSWORD={SECRET} --image shop/web:4.0 web"
    dev.types(f"/swarm {line} --update-failure-action rollback")
    failed = dev.sees("↩️ web rolled back")
    assert leaked((SECRET[-12:],), world, caplog.text) == []

    world.registry.push("shop/web:4.0")
    clicked = dev.clicks("Retry", on=failed)

    dev.sees("✅ web", after=clicked)
    assert in_the_service(world)
    assert leaked((SECRET[-12:],), world, caplog.text) == []


def test_a_button_that_is_pressed_too_late_says_so(dev: MemoryPerson, world: World) -> None:
    assert "a day at most" in dev.asks("again 0123456789abcdef", "❌").text


def test_a_line_with_a_secret_may_wait_in_the_queue(
    dev: MemoryPerson, lead: MemoryPerson, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.runs("web")
    dev.types("/swarm deploy web shop/web:2.0 --delay 5s")
    dev.sees("🔵 web")
    lead.types(f'/swarm queue "service update --env-add DB_PASSWORD={SECRET} web"')
    lead.sees("in line")
    assert leaked((SECRET[-12:],), world, caplog.text) == []

    dev.sees("✅ web is on")
    lead.sees("✅ web · env-add")

    assert in_the_service(world)
    assert leaked((SECRET[-12:],), world, caplog.text) == []
    assert sealed_in(world) == []


def test_the_queue_button_of_a_busy_service_carries_an_id(
    dev: MemoryPerson, lead: MemoryPerson, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.runs("web")
    dev.types("/swarm deploy web shop/web:2.0 --delay 5s")
    dev.sees("🔵 web")
    busy = lead.asks(f"service update --env-add DB_PASSWORD={SECRET} web", "has been changing")

    lead.clicks("Queue", on=busy)

    lead.sees("in line")
    dev.sees("✅ web is on")
    lead.sees("✅ web · env-add")
    assert in_the_service(world)
    assert leaked((SECRET[-12:],), world, caplog.text) == []


def sealed_in(world: World) -> list[str]:
    return [str(key) for key in world.redis.client().scan_iter("swarmbot:sealed:*")]
