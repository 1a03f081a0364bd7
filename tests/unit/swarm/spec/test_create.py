"""The specification of a new service, from its flags."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model import ResolvedImage
from bot.swarm.spec.create import create
from bot.swarm.spec.references import Ids
from handlers.service.create import Create
from tests.unit.swarm.values import AMD64, V1

IDS = Ids({"uber-net": "n2", "back": "n1"}, {"key": "s1"}, {"conf": "c1"})
EMPTY: dict[str, Any] = {
    "Name": "web",
    "Labels": {},
    "TaskTemplate": {
        "ContainerSpec": {"Image": str(V1), "Init": False, "DNSConfig": {}},
        "Resources": {"Limits": {}, "Reservations": {}},
        "Placement": {},
    },
    "Mode": {"Replicated": {}},
    "EndpointSpec": {"Mode": "vip"},
}


def spec(command: tuple[str, ...] = (), **flags: Any) -> dict[str, Any]:
    given = Create(image=str(V1), command=command, name="web", **flags).given()
    return create(given, ResolvedImage(V1), command, IDS)


def part(tree: Any, path: str) -> Any:
    for name in path.split("."):
        tree = tree[name]
    return tree


def test_without_flags_it_is_what_the_cli_sends() -> None:
    assert spec() == EMPTY


@pytest.mark.parametrize(
    ("flags", "path", "value"),
    [
        ({"replicas": 3}, "Mode", {"Replicated": {"Replicas": 3}}),
        ({"replicas": 0}, "Mode", {"Replicated": {"Replicas": 0}}),
        ({"mode": "global"}, "Mode", {"Global": {}}),
        ({"mode": "global-job"}, "Mode", {"GlobalJob": {}}),
        ({"mode": "replicated-job"}, "Mode", {"ReplicatedJob": {}}),
        (
            {"mode": "replicated-job", "replicas": 4},
            "Mode",
            {"ReplicatedJob": {"TotalCompletions": 4, "MaxConcurrent": 4}},
        ),
        (
            {"mode": "replicated-job", "replicas": 4, "max_concurrent": 2},
            "Mode",
            {"ReplicatedJob": {"TotalCompletions": 4, "MaxConcurrent": 2}},
        ),
        ({"label": ("a=1", "b", "a=2")}, "Labels", {"a": "2", "b": ""}),
        ({"env": ("B=2", "A=1", "B=3")}, "TaskTemplate.ContainerSpec.Env", ["B=3", "A=1"]),
        (
            {"network": ("uber-net", "name=back,alias=db")},
            "TaskTemplate.Networks",
            [{"Target": "n1", "Aliases": ["db"]}, {"Target": "n2"}],
        ),
        (
            {"limit_cpu": "0.5"},
            "TaskTemplate.Resources",
            {"Limits": {"NanoCPUs": 500_000_000}, "Reservations": {}},
        ),
        (
            {"reserve_memory": "64M"},
            "TaskTemplate.Resources.Reservations",
            {"MemoryBytes": 64 << 20},
        ),
        (
            {"health_cmd": "true"},
            "TaskTemplate.ContainerSpec.Healthcheck",
            {"Test": ["CMD-SHELL", "true"]},
        ),
        ({"no_healthcheck": True}, "TaskTemplate.ContainerSpec.Healthcheck", {"Test": ["NONE"]}),
        (
            {"restart_condition": "none"},
            "TaskTemplate.RestartPolicy",
            {"Condition": "none", "Delay": 5_000_000_000, "MaxAttempts": 0},
        ),
        (
            {"update_parallelism": 0},
            "UpdateConfig",
            {
                "Parallelism": 0,
                "FailureAction": "pause",
                "Monitor": 5_000_000_000,
                "MaxFailureRatio": 0,
                "Order": "stop-first",
            },
        ),
        ({"rollback_delay": "2s"}, "RollbackConfig.Delay", 2_000_000_000),
        ({"entrypoint": "sh -c 'a b'"}, "TaskTemplate.ContainerSpec.Command", ["sh", "-c", "a b"]),
        (
            {"cap_add": ("net_admin", "SYS_TIME")},
            "TaskTemplate.ContainerSpec.CapabilityAdd",
            ["CAP_NET_ADMIN", "CAP_SYS_TIME"],
        ),
        (
            {"host": ("db:10.0.0.7", "six:[::1]")},
            "TaskTemplate.ContainerSpec.Hosts",
            ["10.0.0.7 db", "::1 six"],
        ),
        ({"stop_grace_period": "0"}, "TaskTemplate.ContainerSpec.StopGracePeriod", 0),
        ({"init": True}, "TaskTemplate.ContainerSpec.Init", True),
        ({"log_driver": "local"}, "TaskTemplate.LogDriver", {"Name": "local"}),
        ({"constraint": ("b==1", "a==1")}, "TaskTemplate.Placement.Constraints", ["b==1", "a==1"]),
        ({"endpoint_mode": "dnsrr"}, "EndpointSpec", {"Mode": "dnsrr"}),
        (
            {"secret": ("source=key,target=web.key,mode=0400",)},
            "TaskTemplate.ContainerSpec.Secrets",
            [
                {
                    "File": {"Name": "web.key", "UID": "0", "GID": "0", "Mode": 256},
                    "SecretID": "s1",
                    "SecretName": "key",
                }
            ],
        ),
    ],
)
def test_a_flag_sets_its_part(flags: dict[str, Any], path: str, value: Any) -> None:
    assert part(spec(**flags), path) == value


def test_the_command_follows_the_image() -> None:
    assert part(spec(("sh", "-c", "echo hi")), "TaskTemplate.ContainerSpec.Args") == [
        "sh",
        "-c",
        "echo hi",
    ]


def test_the_platforms_of_the_image_limit_the_nodes() -> None:
    made = create({"name": "web"}, ResolvedImage(V1, (AMD64,)), (), IDS)
    assert made["TaskTemplate"]["Placement"] == {
        "Platforms": [{"OS": "linux", "Architecture": "amd64"}]
    }


@pytest.mark.parametrize(
    ("flags", "problem"),
    [
        ({"mode": "global", "replicas": 2}, "no `--replicas…`"),
        ({"mode": "global-job", "replicas_max_per_node": 2}, "no `--replicas…`"),
        ({"max_concurrent": 2}, "is for `--mode replicated-job`"),
        ({"mode": "replicated-job", "update_delay": "2s"}, "a job is never rolled"),
        ({"no_healthcheck": True, "health_cmd": "true"}, "goes with no `--health-…`"),
        ({"log_opt": ("a=1",)}, "needs `--log-driver`"),
    ],
)
def test_flags_that_do_not_go_together_are_refused(flags: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem.replace("(", r"\(")):
        spec(**flags)


FLAGS = st.fixed_dictionaries(
    {},
    optional={
        "replicas": st.integers(0, 9),
        "hostname": st.sampled_from(["a", "b"]),
        "limit_memory": st.integers(1, 1 << 40),
        "update_parallelism": st.integers(0, 5),
        "restart_max_attempts": st.integers(0, 5),
        "env": st.lists(st.sampled_from(["A=1", "B=2", "A=3", "C"]), min_size=1).map(tuple),
        "publish": st.lists(st.sampled_from(["80:80", "81:80/udp"]), min_size=1, unique=True).map(
            tuple
        ),
        "init": st.booleans(),
    },
)


@settings(max_examples=50, deadline=None)
@given(FLAGS)
def test_each_flag_changes_its_own_part_alone(flags: dict[str, Any]) -> None:
    together = spec(**flags)
    for name, value in flags.items():
        alone = spec(**{name: value})
        for path in leaves(alone):
            if path not in leaves(EMPTY) or leaves(alone)[path] != leaves(EMPTY)[path]:
                assert leaves(together)[path] == leaves(alone)[path]


def leaves(tree: Any, path: str = "") -> dict[str, Any]:
    if isinstance(tree, dict) and tree:
        return {
            place: leaf
            for name, inner in tree.items()
            for place, leaf in leaves(inner, f"{path}.{name}").items()
        }
    return {path: tree}
