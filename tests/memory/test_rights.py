"""Who may is asked first: before anything is looked at, and nothing is told of what may not be
seen."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.settings import PolicyRule, Role
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import DEV, LEAD, World

DAY = timedelta(days=1)

ROLES = (Role(name="dev", users=(DEV,)), Role(name="lead", users=(LEAD,)))
FOR_LEAD = PolicyRule(commands=("*",), ask=("lead",))
WEB = PolicyRule(commands=("*",), services=("web*",), ask=("dev", "lead"))
LOGS = PolicyRule(commands=("logs", "services"), services=("web*",), ask=("dev",))
ALL_LOGS = PolicyRule(commands=("logs", "services"), ask=("lead",))


@pytest.mark.world(ROLES, (WEB, FOR_LEAD))
@pytest.mark.parametrize(
    "line",
    [
        "deploy {} shop/web:1.0",
        "deploy {} 10.0.0.7:22/a/b:1",
        "scale {}=2",
        "rollback {}",
        "service update --env-add A=b {}",
        "service rm {}",
        "hold {} mine",
        "service create --name {} shop/web:1.0",
        'queue "scale {}=2"',
    ],
)
def test_a_forbidden_name_and_an_unknown_one_read_the_same(
    dev: MemoryPerson, world: World, line: str
) -> None:
    world.runs("web")
    world.runs("payroll")
    world.registry.away = "the registry was asked"

    forbidden = dev.asks(line.format("payroll"))
    unknown = dev.asks(line.format("payrolx"))

    assert "that is for lead" in forbidden.text
    assert forbidden.text.replace("payroll", "payrolx") == unknown.text


@pytest.mark.world(ROLES, (WEB, FOR_LEAD))
def test_only_names_that_one_may_name_are_suggested(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web-payroll")
    world.runs("payroll")
    world.runs("webpayrol")

    assert "payroll?" not in dev.asks("scale webpayro=2", "Did you mean").text.replace(
        "web-payroll?", ""
    )
    lead.asks("scale payrol=2", "Did you mean")


@pytest.mark.world(ROLES, (FOR_LEAD,))
@pytest.mark.parametrize(
    "line",
    [
        "deploy web 10.0.0.7:22/a/b:1",
        "swarm join 10.0.0.7:2377",
        "node rm node9",
        "network rm nothing",
        "service create --name web shop/web:1.0",
        "deploy web shop/web:1.0",
        "deploy",
        "scale",
    ],
)
def test_who_may_not_ask_learns_that_and_nothing_more(
    guest: MemoryPerson, world: World, line: str
) -> None:
    world.runs("web")
    world.registry.away = "the registry was asked"

    said = guest.asks(line)

    assert said.text.startswith("✋ You may not")
    assert "web" not in said.text.replace(line, "")


@pytest.mark.world(ROLES, (LOGS, ALL_LOGS, FOR_LEAD))
def test_a_read_is_limited_to_the_services_of_its_rule(
    dev: MemoryPerson, lead: MemoryPerson, guest: MemoryPerson, world: World
) -> None:
    world.runs("web")
    world.runs("payroll")

    assert dev.asks("logs web").text.find("✋") < 0
    forbidden, unknown = dev.asks("logs payroll"), dev.asks("logs payrolx")
    assert forbidden.text.startswith("✋")
    assert forbidden.text.replace("payroll", "payrolx") == unknown.text
    assert "payroll" not in dev.asks("services").text
    assert "payroll" in lead.asks("services").text
    assert guest.asks("services").text.startswith("✋")
    assert "payroll" in dev.asks("ps payroll").text


@pytest.mark.world(
    ROLES,
    (
        PolicyRule(commands=("logs", "inspect"), services=("web*",), ask=("dev",)),
        PolicyRule(commands=("logs", "inspect"), ask=("lead",)),
    ),
)
@pytest.mark.parametrize("line", ["logs {}", "inspect {}", "inspect --type task -f json {}"])
@pytest.mark.parametrize("characters", [12, 25])
def test_a_task_is_judged_by_its_service(
    dev: MemoryPerson, lead: MemoryPerson, world: World, line: str, characters: int
) -> None:
    world.runs("web")
    world.runs("payroll")
    mine, foreign = (
        next(id_ for id_, task in world.swarm.cluster.tasks.items() if task["ServiceID"] == service)
        for service in (world.swarm.cluster.service(name)["ID"] for name in ("web", "payroll"))
    )
    invented = "z" * len(foreign)

    assert not dev.asks(line.format(mine[:characters])).text.startswith(("✋", "❌"))
    assert not lead.asks(line.format(foreign[:characters])).text.startswith(("✋", "❌"))
    forbidden = dev.asks(line.format(foreign[:characters])).text
    unknown = dev.asks(line.format(invented[:characters])).text
    assert forbidden.startswith(("✋", "❌"))
    assert "payroll" not in forbidden
    assert forbidden.replace(foreign[:characters], invented[:characters]) == unknown


@pytest.mark.world(ROLES, (WEB, FOR_LEAD))
def test_type_ahead_offers_what_one_may_name(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web")
    world.runs("payroll")

    dev.types("/swarm scale")
    modal = dev.sees_modal("Scale")
    assert dev.suggestions("Service", "", on=modal) == ["web"]
    dev.closes_modal()
    lead.types("/swarm scale")
    assert lead.suggestions("Service", "", on=lead.sees_modal("Scale")) == ["payroll", "web"]
    lead.closes_modal()


@pytest.mark.parametrize(
    "image", ["10.0.0.7:22/a/b:1", "127.0.0.1:2377/x", "localhost:6379/x", "redis:6379/x"]
)
def test_managers_are_sent_to_no_private_host_that_nothing_names(
    dev: MemoryPerson, world: World, image: str
) -> None:
    world.runs("web")
    world.registry.away = "the registry was asked"

    for line in (f"deploy web {image}", f"service create --name api {image}"):
        assert "is on a private network" in dev.asks(line).text


def test_a_private_registry_that_a_service_runs_from_is_asked(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web", "10.0.0.7:5000/web:1.0")
    world.registry.push("10.0.0.7:5000/web:2.0")

    dev.asks("deploy web 10.0.0.7:5000/web:2.0", "✅ web is on")


@pytest.mark.world(ROLES, (FOR_LEAD,))
def test_refusals_are_counted_and_folded(
    guest: MemoryPerson, dev: MemoryPerson, world: World
) -> None:
    for number in range(5):
        guest.asks(f"approve {number}", "nor does this for guests")
        guest.asks("node rm node9", "You may not")
        world.clock.leap(20)
    dev.asks("deploy payroll shop/web:1.0", "You may not")

    refusals = world.bot.store.refusals.since(world.clock.now() - DAY, world.clock.now())
    assert [(record.actor, record.command, record.times) for record in refusals] == [
        ("dev", "deploy", 1),
        ("guest", "node rm", 5),
        ("guest", "approve", 5),
    ]
    assert world.bot.store.audit.entries() == ()
    assert world.bot.store.audit.head().entries == 0
    said = dev.asks("audit").text
    assert "11 refusals in the last 24 h: guest ×10 (node rm, approve), dev ×1 (deploy)" in said
    listed = dev.asks("audit --refused --user guest").text
    assert "10 refusals" in listed
    assert "(U0GUEST" in listed
    assert "approve 4" in listed
    metrics = world.bot.pipeline.metrics.exposition().decode()
    assert 'swarmbot_refusals_total{reason="NotAllowed"} 6.0' in metrics
    assert world.bot.store.audit.checker.verify().ok


def test_a_flood_by_one_holds_up_nobody(guest: MemoryPerson, dev: MemoryPerson) -> None:
    for _ in range(200):
        guest.types("/swarm status")
    asked = dev.types("/swarm status")

    assert "Swarm" in dev.sees("3 managers", after=asked).text
    guest.sees("You send more lines than swarmbot takes")
    assert len([guest.reads(message) for message in guest.messages()]) == 31
