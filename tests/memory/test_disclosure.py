"""A refusal tells no more than the rules allow: no name that somebody may not see, whatever goes
wrong."""

from __future__ import annotations

from typing import Any

import pytest

from bot.model import Kind
from bot.settings import PolicyRule, Role
from handlers.commands import TABLE
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import DEV, LEAD, World

ROLES = (Role(name="dev", users=(DEV,)), Role(name="lead", users=(LEAD,)))
READS = tuple(command.full_name() for command in TABLE.commands if command.kind is Kind.READ)
RULES = (
    PolicyRule(commands=("*", *READS), services=("web*",), ask=("dev", "lead")),
    PolicyRule(commands=("network rm", "network create", "node update"), ask=("dev", "lead")),
    PolicyRule(commands=("*", *READS), ask=("lead",), grants=("secrets",)),
)
limited = pytest.mark.world(ROLES, RULES)


def of_stack(name: str, **more: Any) -> dict[str, Any]:
    return {"Labels": {"com.docker.stack.namespace": name}, **more}


@limited
def test_a_stack_of_others_and_one_that_is_none_read_the_same(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("payroll_api", **of_stack("payroll"))
    world.runs("webshop_web", **of_stack("webshop"))
    world.runs("web_bank", **of_stack("webbank"))
    world.runs("bank_web", **of_stack("webbank"))

    for line in ("stack rm", "stack services", "stack ps"):
        forbidden, unknown = dev.asks(f"{line} payroll"), dev.asks(f"{line} payrolx")
        assert forbidden.text.startswith("✋")
        assert forbidden.text.replace("payroll", "payrolx") == unknown.text
    for line in ("stack rm webbank", "stack rm webban"):
        assert "bank_web" not in dev.asks(line).text
    assert "payroll" not in dev.asks("stack ls").text
    lead.asks("stack rm payrol", "Did you mean")


@limited
def test_a_port_of_others_is_taken_by_nobody_in_particular(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    port = {"PublishedPort": 80, "TargetPort": 80, "Protocol": "tcp", "PublishMode": "ingress"}
    world.runs("payroll", EndpointSpec={"Ports": [port]})
    line = "service create --name web -p 80:80 shop/web:1.0"

    said = dev.asks(line, "Port 80 is published by another service already")

    assert "payroll" not in said.text
    lead.asks(line, "published by payroll")


@limited
@pytest.mark.parametrize("line", ["network rm shop", "network rm shopp", "network inspect shopp"])
def test_what_uses_a_network_is_named_to_those_who_may_see_it(
    dev: MemoryPerson, world: World, line: str
) -> None:
    network = world.add_network("shop_payroll")
    world.add_network("shop")
    world.runs("payroll", Task={"Networks": [{"Target": network["Id"]}]})

    assert "payroll" not in dev.asks(line).text
    assert "payroll" not in dev.asks("network rm shop_payroll").text.replace("shop_payroll", "")


@limited
def test_alerts_that_one_may_not_read_are_not_suggested(dev: MemoryPerson, world: World) -> None:
    world.runs("payroll")

    for line in ("ack {}", "silence {} --for 1h", "unsilence {}"):
        forbidden, unknown = dev.asks(line.format("payroll")), dev.asks(line.format("payrolx"))
        assert forbidden.text.replace("payroll", "payrolx") == unknown.text
