"""Which services use a network, secret or config, and what makes up a stack."""

from __future__ import annotations

from typing import Any

import pytest

from bot.model import Port, Service
from bot.model.cluster import Network, Stored
from bot.swarm.objects.stacks import stacks
from bot.swarm.objects.used_by import of_networks, of_stored
from tests.unit.swarm.values import service, spec

NET = Network("n1", "net", "overlay", "swarm")
KEY, CONF = Stored("secret", "x1", "key"), Stored("config", "x2", "conf")
LABEL = {"com.docker.stack.namespace": "shop"}


def named(name: str, **fields: Any) -> Service:
    return service(id=f"s-{name}", name=name, **fields)


def given(name: str, **container: Any) -> Service:
    return named(name, spec=spec(ContainerSpec=container))


def test_who_uses_a_network() -> None:
    services = [
        named("by-name", spec=spec(Networks=[{"Target": "net"}])),
        named("by-id", spec=spec(Networks=[{"Target": "other"}, {"Target": "n1"}])),
        named("of-old", spec={**spec(), "Networks": [{"Target": "n1"}]}),
        named("nobody", spec=spec(Networks=None)),
        named("prefix", spec=spec(Networks=[{"Target": "net2"}])),
    ]
    assert of_networks([NET], services) == {"n1": ("by-id", "by-name", "of-old")}


def test_who_uses_the_routing_mesh() -> None:
    ingress = Network("n0", "ingress", "overlay", "swarm", ingress=True)
    services = [
        named("mesh", ports=(Port(80, 8080),)),
        named("host", ports=(Port(80, 8081, mode="host"),)),
        named("none"),
    ]
    assert of_networks([ingress], services) == {"n0": ("mesh",)}


def test_who_uses_a_secret_or_a_config() -> None:
    services = [
        given("a", Secrets=[{"SecretID": "x1", "SecretName": "key"}]),
        given("b", Configs=[{"ConfigID": "x2"}], Secrets=None),
        given("c", Privileges={"CredentialSpec": {"Config": "x2"}}),
        given("d"),
    ]
    assert of_stored([KEY, CONF], services) == {"x1": ("a",), "x2": ("b", "c")}


def test_a_stack_is_all_that_has_its_label() -> None:
    web = named("shop_web", labels=LABEL)
    net = Network("n2", "shop_net", "overlay", "swarm", labels=LABEL)
    key = Stored("secret", "x3", "old_key", {"com.docker.stack.namespace": "old"})
    listed_stacks = stacks([web, named("alone")], [key, KEY], [CONF], [NET, net])
    assert [
        (stack.name, stack.services, stack.secrets, stack.configs, stack.networks)
        for stack in listed_stacks
    ] == [
        ("old", (), (key,), (), ()),
        ("shop", (web,), (), (), (net,)),
    ]


@pytest.mark.parametrize("labels", [{}, {"com.docker.stack.namespace": ""}])
def test_nothing_without_the_label(labels: dict[str, str]) -> None:
    assert stacks([named("web", labels=labels)]) == ()
