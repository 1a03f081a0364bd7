"""What a change adds that reaches the host, or what is others', from the two specifications."""

from __future__ import annotations

from typing import Any

import pytest

from bot.model.danger import Grant
from bot.policy.content import Surroundings, dangers

AROUND = Surroundings(
    frozenset({"hostnet"}),
    {"s1": ("payroll",), "c1": ("payroll", "bank")},
    own=frozenset({"botnet", "token", "conf", "redis"}),
)


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
    (spec({"Networks": [{"Target": "botnet"}]}), Grant.SWARMBOT, "network of swarmbot"),
    (
        spec(Secrets=[{"SecretID": "token", "SecretName": "token"}]),
        Grant.SWARMBOT,
        "the secret token of swarmbot",
    ),
    (
        spec(Configs=[{"ConfigID": "conf", "ConfigName": "toml"}]),
        Grant.SWARMBOT,
        "the config toml of swarmbot",
    ),
    (mount("volume", Source="redis"), Grant.SWARMBOT, "the volume redis is of swarmbot"),
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


@pytest.mark.parametrize(("after", "grant", "words"), DANGEROUS)
def test_what_reaches_the_host_is_named(after: dict[str, Any], grant: Grant, words: str) -> None:
    for before in ({}, spec()):
        (danger,) = dangers(before, after, AROUND)
        assert danger.grant is grant
        assert words in danger.words


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


HANDED_ON = [
    (after, grant, words)
    for after, grant, words in DANGEROUS
    if grant not in (Grant.USERS, Grant.MANAGERS, Grant.PORTS)
]
CHOSEN: list[dict[str, Any]] = [
    {"Image": "shop/web:2"},
    {"Command": ["sh"]},
    {"Args": ["-c", "id"]},
    {"User": "1000"},
    {"Healthcheck": {"Test": ["CMD-SHELL", "id"]}},
    {"Env": ["BASH_ENV=$(id)"]},
    {"Configs": [{"ConfigID": "mine", "File": {"Name": "/bin/sh"}}]},
]


@pytest.mark.parametrize("chosen", CHOSEN, ids=lambda chosen: next(iter(chosen)))
@pytest.mark.parametrize(("before", "grant", "words"), HANDED_ON)
def test_who_chooses_what_runs_chooses_what_has_the_power(
    before: dict[str, Any], grant: Grant, words: str, chosen: dict[str, Any]
) -> None:
    container = before["TaskTemplate"]["ContainerSpec"]
    changed = {
        key: [*container.get(key, ()), *value] if isinstance(value, list) else value
        for key, value in chosen.items()
    }
    task = {**before["TaskTemplate"], "ContainerSpec": {**container, **changed}}

    (danger,) = dangers(before, {**before, "TaskTemplate": task}, AROUND)

    assert (danger.grant, danger.held) == (grant, True)
    assert danger.image_only is ("Image" in chosen)
    assert "what the service has already" in danger.words
    assert words in danger.words


@pytest.mark.parametrize("chosen", CHOSEN, ids=lambda chosen: next(iter(chosen)))
def test_a_service_without_power_runs_whatever_is_chosen(chosen: dict[str, Any]) -> None:
    for before in (
        mount("volume"),
        spec(User="root"),
        {**spec(), "EndpointSpec": {"Ports": [{"PublishMode": "host", "PublishedPort": 80}]}},
        {**spec(), "EndpointSpec": {"Ports": [{"PublishMode": "ingress", "PublishedPort": 80}]}},
        spec({"Placement": {"Constraints": ["node.role == manager"]}}),
        spec(Secrets=[{"SecretID": "mine", "SecretName": "mine"}]),
    ):
        container = {**before["TaskTemplate"]["ContainerSpec"], **chosen}
        task = {**before["TaskTemplate"], "ContainerSpec": container}
        assert dangers(before, {**before, "TaskTemplate": task}, AROUND) == ()


def test_what_chooses_nothing_hands_nothing_on() -> None:
    before = mount("bind")
    less = spec(Env=[], Mounts=[])
    more = {**before, "Mode": {"Replicated": {"Replicas": 9}}, "Labels": {"a": "b"}}

    assert dangers(before, less, AROUND) == ()
    assert dangers(before, more, AROUND) == ()
