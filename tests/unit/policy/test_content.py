"""What a change adds that reaches the host, or what is others', from the two specifications."""

from __future__ import annotations

from typing import Any

import pytest

from bot.model.danger import Grant
from bot.policy.content import Surroundings, dangers

AROUND = Surroundings(frozenset({"hostnet"}), {"s1": ("payroll",), "c1": ("payroll", "bank")})


def spec(task: dict[str, Any] | None = None, **container: Any) -> dict[str, Any]:
    return {"TaskTemplate": {"ContainerSpec": {"Image": "shop/web:1", **container}, **(task or {})}}


def mount(kind: str, **more: Any) -> dict[str, Any]:
    return spec(Mounts=[{"Type": kind, "Source": "/", "Target": "/host", **more}])


DANGEROUS = [
    (mount("bind"), Grant.MOUNTS, "/ of the host is mounted at /host, writable"),
    (mount("bind", ReadOnly=True), Grant.MOUNTS, "read-only"),
    (mount("bind", Source="/var/run/docker.sock"), Grant.MOUNTS, "the Docker socket"),
    (
        mount("volume", VolumeOptions={"DriverConfig": {"Options": {"device": "/", "o": "bind"}}}),
        Grant.MOUNTS,
        "/ is mounted at /host by a volume",
    ),
    (spec(CapabilityAdd=["CAP_SYS_ADMIN"]), Grant.CAPABILITIES, "CAP_SYS_ADMIN"),
    (spec({"Networks": [{"Target": "hostnet"}]}), Grant.NETWORKS, "network of the host"),
    (spec({"Networks": [{"Target": "host"}]}), Grant.NETWORKS, "network of the host"),
    (
        spec(Secrets=[{"SecretID": "s1", "SecretName": "key"}]),
        Grant.SECRETS,
        "the secret key of payroll",
    ),
    (
        spec(Configs=[{"ConfigID": "c1", "ConfigName": "conf"}]),
        Grant.SECRETS,
        "the config conf of payroll, bank",
    ),
    (spec(User="root"), Grant.USERS, "run as root"),
    (spec(User="0:1000"), Grant.USERS, "run as 0:1000"),
    (spec(User="1000:0"), Grant.USERS, "run as 1000:0"),
    (spec(Groups=["docker"]), Grant.USERS, "group docker"),
    (spec(Privileges={"Seccomp": {"Mode": "unconfined"}}), Grant.PRIVILEGED, "system calls"),
    (spec(Privileges={"AppArmor": {"Mode": "disabled"}}), Grant.PRIVILEGED, "AppArmor"),
    (spec(Privileges={"SELinuxContext": {"Disable": True}}), Grant.PRIVILEGED, "SELinux"),
    (spec(Sysctls={"kernel.msgmax": "1"}), Grant.PRIVILEGED, "kernel.msgmax"),
    (
        spec({"Placement": {"Constraints": ["node.role == manager"]}}),
        Grant.MANAGERS,
        "run on managers",
    ),
    (spec({"Placement": {"Constraints": ["node.role!=worker"]}}), Grant.MANAGERS, "managers"),
    (
        {**spec(), "EndpointSpec": {"Ports": [{"PublishMode": "host", "PublishedPort": 80}]}},
        Grant.PORTS,
        "80 of every host",
    ),
]


@pytest.mark.parametrize(("after", "grant", "what"), DANGEROUS)
def test_what_reaches_the_host_is_named(after: dict[str, Any], grant: Grant, what: str) -> None:
    for before in ({}, spec()):
        (danger,) = dangers(before, after, AROUND)
        assert danger.grant is grant
        assert what in danger.words


@pytest.mark.parametrize(("after", "_grant", "_what"), DANGEROUS)
def test_what_the_service_has_already_or_loses_is_not_said(
    after: dict[str, Any], _grant: Grant, _what: str
) -> None:
    assert dangers(after, after, AROUND) == ()
    assert dangers(after, spec(), AROUND) == ()


def test_every_kind_that_a_rule_can_grant_is_found() -> None:
    assert {grant for _, grant, _ in DANGEROUS} == set(Grant)


@pytest.mark.parametrize(
    "after",
    [
        mount("volume"),
        mount("tmpfs"),
        spec(CapabilityDrop=["CAP_NET_RAW"], User="1000:1000"),
        spec({"Networks": [{"Target": "own"}]}),
        spec(Secrets=[{"SecretID": "mine", "SecretName": "mine"}]),
        spec({"Placement": {"Constraints": ["node.role==worker"]}}),
        spec(Sysctls={"net.core.somaxconn": "1024"}, Privileges={"NoNewPrivileges": True}),
        {**spec(), "EndpointSpec": {"Ports": [{"PublishMode": "ingress", "PublishedPort": 80}]}},
        {},
    ],
)
def test_what_stays_within_the_service(after: dict[str, Any]) -> None:
    assert dangers({}, after, AROUND) == ()
