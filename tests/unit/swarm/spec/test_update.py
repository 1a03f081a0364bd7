"""An update changes what its flags say, by the CLI's rules, and nothing else."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import UnsupportedError
from bot.model import Difference
from bot.model.swarm import networks_of
from bot.swarm.spec.references import Ids
from bot.swarm.spec.update import change, changes, env, hosts
from handlers.service.update import Update
from tests.unit.swarm.spec.test_edit import WHOLE, rest

IDS = Ids({"n1": "n1", "front": "n1", "back": "n0"}, {"key": "x", "other": "y"}, {"conf": "c"})
CONTAINER = "TaskTemplate.ContainerSpec"
PATHS = {
    "env_add": (("MODE=test", "NEW=1"), f"{CONTAINER}.Env"),
    "env_rm": (("MODE",), f"{CONTAINER}.Env"),
    "label_add": (("owner=ben", "x"), "Labels"),
    "label_rm": (("owner",), "Labels"),
    "container_label_add": (("a=1",), f"{CONTAINER}.Labels"),
    "mount_add": (("type=tmpfs,dst=/tmp",), f"{CONTAINER}.Mounts"),
    "mount_rm": (("/data",), f"{CONTAINER}.Mounts"),
    "publish_add": (("81:81",), "EndpointSpec.Ports"),
    "publish_rm": (("80",), "EndpointSpec.Ports"),
    "constraint_add": (("node.role==worker",), "TaskTemplate.Placement.Constraints"),
    "constraint_rm": (("node.labels.zone==a",), "TaskTemplate.Placement.Constraints"),
    "placement_pref_rm": (("spread=node.labels.zone",), "TaskTemplate.Placement.Preferences"),
    "network_add": (("back",), "TaskTemplate.Networks"),
    "network_rm": (("front",), "TaskTemplate.Networks"),
    "secret_add": (("other",), f"{CONTAINER}.Secrets"),
    "config_add": (("conf",), f"{CONTAINER}.Configs"),
    "dns_add": (("10.0.0.1",), f"{CONTAINER}.DNSConfig.Nameservers"),
    "host_add": (("db:10.0.0.7",), f"{CONTAINER}.Hosts"),
    "group_add": (("20",), f"{CONTAINER}.Groups"),
    "sysctl_add": (("net.x=1",), f"{CONTAINER}.Sysctls"),
    "ulimit_add": (("nofile=1:2",), f"{CONTAINER}.Ulimits"),
    "cap_drop": (("ALL",), f"{CONTAINER}.CapabilityDrop"),
    "log_driver": ("local", "TaskTemplate.LogDriver"),
    "hostname": ("box", f"{CONTAINER}.Hostname"),
    "health_interval": ("9s", f"{CONTAINER}.Healthcheck.Interval"),
    "limit_memory": ("1G", "TaskTemplate.Resources.Limits.MemoryBytes"),
    "limit_cpu": ("1", "TaskTemplate.Resources.Limits.NanoCPUs"),
    "reserve_memory": ("0", "TaskTemplate.Resources.Reservations.MemoryBytes"),
    "restart_condition": ("none", "TaskTemplate.RestartPolicy"),
    "replicas_max_per_node": (2, "TaskTemplate.Placement.MaxReplicas"),
    "update_parallelism": (0, "UpdateConfig.Parallelism"),
    "update_delay": ("0", "UpdateConfig.Delay"),
    "rollback_order": ("start-first", "RollbackConfig.Order"),
    "endpoint_mode": ("dnsrr", "EndpointSpec.Mode"),
    "replicas": (7, "Mode.Replicated.Replicas"),
    "force": (True, "TaskTemplate.ForceUpdate"),
}
"""A value for each flag, and the one part of a specification that it changes."""


def changed(before: dict[str, Any], **flags: Any) -> dict[str, Any]:
    return change(before, Update(service="web", **flags).given(), IDS)


@pytest.mark.parametrize("flag", PATHS)
def test_a_flag_changes_its_part_and_nothing_else(flag: str) -> None:
    kept = copy.deepcopy(WHOLE)
    value, path = PATHS[flag]
    after = changed(WHOLE, **{flag: value})
    assert kept == WHOLE
    assert rest(after, path) == rest(WHOLE, path)
    assert after != WHOLE


@settings(max_examples=60, deadline=None)
@given(st.sets(st.sampled_from(sorted(PATHS)), min_size=1))
def test_flags_together_change_their_parts_and_nothing_else(flags: set[str]) -> None:
    after = changed(WHOLE, **{flag: PATHS[flag][0] for flag in flags})
    paths = [PATHS[flag][1] for flag in flags]
    assert rest(after, *paths) == rest(WHOLE, *paths)


@pytest.mark.parametrize(
    ("known", "add", "remove", "left"),
    [
        (["A=1", "B=2"], ["A=3"], [], ["A=3", "B=2"]),
        (["A=1", "B=2"], [], ["A"], ["B=2"]),
        (["A=1"], ["A=2"], ["A"], ["A=2"]),
        (["A=1", "AB=2"], [], ["A"], ["AB=2"]),
        (None, ["C", "C=1"], [], ["C=1"]),
        (["A=1"], [], ["A=1"], ["A=1"]),
    ],
)
def test_variables(
    known: list[str] | None, add: list[str], remove: list[str], left: list[str]
) -> None:
    assert env(known, add, remove) == left


@pytest.mark.parametrize(
    ("remove", "left"),
    [
        (["host1"], ["127.0.0.2 host3 host2", "127.0.0.1 host4"]),
        (
            ["host1:127.0.0.1"],
            ["127.0.0.2 host3 host1 host2", "127.0.0.1 host4", "127.0.0.3 host1"],
        ),
        (["nobody"], ["127.0.0.2 host3 host1 host2", "127.0.0.1 host1 host4", "127.0.0.3 host1"]),
    ],
)
def test_hosts(remove: list[str], left: list[str]) -> None:
    entries = ["127.0.0.2 host3 host1 host2", "127.0.0.1 host1 host4", "127.0.0.3 host1"]
    assert hosts(entries, [], remove) == left
    assert hosts(entries, ["x:10.0.0.1", "x:10.0.0.1"], remove) == [*left, "10.0.0.1 x"]


def test_a_health_check_that_was_off_is_on_again() -> None:
    off = changed(WHOLE, no_healthcheck=True)
    assert off["TaskTemplate"]["ContainerSpec"]["Healthcheck"] == {"Test": ["NONE"]}
    on = changed(off, health_retries=2)
    assert on["TaskTemplate"]["ContainerSpec"]["Healthcheck"] == {"Retries": 2}
    assert changed(WHOLE, no_healthcheck=False) == WHOLE


@pytest.mark.parametrize(
    ("mode", "flags"),
    [
        ({"Global": {}}, {"replicas": 2}),
        ({"Replicated": {}}, {"network_add": ("front",)}),
        ({"Replicated": {}}, {"generic_resource_rm": ("GPU",)}),
    ],
)
def test_what_the_service_cannot_take_is_refused(
    mode: dict[str, Any], flags: dict[str, Any]
) -> None:
    with pytest.raises(UnsupportedError):
        changed({**WHOLE, "Mode": mode}, **flags)


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        ({"replicas": 6}, [Difference("replicas", "4", "6")]),
        ({"env_add": ("DB_PASSWORD=secret",)}, [Difference("env-add", "", "DB_PASSWORD=•••")]),
        ({"env_rm": ("MODE",)}, [Difference("env-rm", "MODE", "")]),
        ({"env_rm": ("NOBODY",)}, []),
        ({"limit_memory": "1G"}, [Difference("limit-memory", "512M", "1G")]),
        ({"update_delay": "20s"}, [Difference("update-delay", "2s", "20s")]),
        ({"update_delay": "2s"}, []),
        ({"health_cmd": "curl x"}, [Difference("health-cmd", "CMD true", "'curl x'")]),
        (
            {"limit_cpu": "0.5", "tty": True},
            [Difference("tty", "", "true"), Difference("limit-cpu", "", "0.5")],
        ),
        ({"force": True}, [Difference("force", "", "restarts every task")]),
    ],
)
def test_differences_speak_the_cli_s_language(
    flags: dict[str, Any], told: list[Difference]
) -> None:
    given = Update(service="web", **flags).given()
    assert list(changes(WHOLE, change(WHOLE, given, IDS), given)) == told


@pytest.mark.parametrize(
    ("flags", "networks"),
    [
        ({"network_add": ("back",)}, ["n1", "n0"]),
        ({"network_rm": ("front",)}, []),
        ({"label_add": ("a=b",)}, ["n1"]),
    ],
)
def test_networks_at_the_top_of_a_specification_are_not_lost(
    flags: dict[str, Any], networks: list[str]
) -> None:
    """Where docker-py puts them; the engine does not look there once the task has one."""
    spec = copy.deepcopy(WHOLE)
    spec["Networks"] = spec["TaskTemplate"].pop("Networks")
    assert [network["Target"] for network in networks_of(spec)] == ["n1"]

    changed = change(spec, flags, IDS)

    assert sorted(network["Target"] for network in networks_of(changed)) == sorted(networks)
    assert ("Networks" in changed) == ("label_add" in flags)
