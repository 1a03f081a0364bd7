"""The arithmetic of a network's addresses."""

from __future__ import annotations

from typing import Any

import pytest

from bot.model import Service, Task
from bot.model.addresses import AddressUse
from bot.model.cluster import Network
from bot.swarm.health.addresses import address_uses
from bot.swarm.scheduler.layout import TaskLayout
from tests.unit.swarm.values import service, task


def network(*subnets: str, **fields: Any) -> Network:
    values: dict[str, Any] = {"id": "n1", "name": "small", "driver": "overlay", "scope": "swarm"}
    return Network(**{**values, **fields}, subnets=subnets)


def on_it(replicas: int = 3, **spec: Any) -> Service:
    template = {"ContainerSpec": {"Image": "web"}, "Networks": [{"Target": "n1"}]}
    return service(replicas=replicas, spec={"Name": "web", "TaskTemplate": template, **spec})


RUNNING = tuple(task(slot, f"node{slot}") for slot in (1, 2))


@pytest.mark.parametrize(
    ("subnets", "addresses", "short"),
    [
        # A /29 has 8; without network, gateway, broadcast 5. 3 tasks, a virtual address, 2 nodes.
        (("10.9.0.0/29",), 5, 1),
        (("10.9.0.0/28",), 13, 0),
        (("10.9.0.0/29", "10.9.1.0/29"), 10, 0),
        (("10.9.0.0/24", "fd00::/64"), 253, 0),
        (("10.9.0.0/31",), 0, 6),
        ((), None, 6),
    ],
)
def test_what_a_network_has_and_needs(
    subnets: tuple[str, ...], addresses: int | None, short: int
) -> None:
    (use,) = address_uses((network(*subnets),), TaskLayout.of((on_it(),), (), RUNNING))
    assert use == AddressUse(
        network="small", addresses=addresses, tasks=3, virtual=1, nodes=2, services=("web",)
    )
    assert use.short == short


def test_dns_round_robin_takes_no_virtual_address() -> None:
    (use,) = address_uses(
        (network("10.9.0.0/29"),),
        TaskLayout.of((on_it(EndpointSpec={"Mode": "dnsrr"}),), (), RUNNING),
    )
    assert (use.virtual, use.short) == (0, 0)


@pytest.mark.parametrize("tasks", [(), RUNNING])
def test_who_is_not_on_it_takes_nothing(tasks: tuple[Task, ...]) -> None:
    (use,) = address_uses((network("10.9.0.0/29"),), TaskLayout.of((service(),), (), tasks))
    assert (use.tasks, use.virtual, use.nodes, use.short) == (0, 0, 0, 0)


def test_what_is_not_the_swarms_or_is_the_mesh_is_left_out() -> None:
    assert (
        address_uses(
            (network(scope="local"), network(ingress=True)), TaskLayout.of((on_it(),), (), ())
        )
        == ()
    )
