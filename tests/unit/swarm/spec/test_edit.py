"""A change of a specification changes what was asked, and nothing else."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model import Difference, Image, Platform, ResolvedImage
from bot.swarm.spec import edit
from tests.unit.swarm.values import AMD64, ARM64, V1, V2, spec

WHOLE: dict[str, Any] = {
    "Name": "web",
    "Labels": {
        "com.docker.stack.image": "shop/web:1.1",
        "com.docker.stack.namespace": "shop",
        "owner": "ann",
    },
    "TaskTemplate": {
        "ContainerSpec": {
            "Image": str(V1),
            "Env": ["DB_PASSWORD=hunter2", "MODE=prod"],
            "Mounts": [{"Type": "bind", "Source": "/data", "Target": "/data"}],
            "Secrets": [{"SecretID": "x", "File": {"Name": "key", "Mode": 292}}],
            "Healthcheck": {"Test": ["CMD", "true"], "Interval": 1_000_000_000},
        },
        "Resources": {"Limits": {"MemoryBytes": 1 << 29}, "Reservations": {"MemoryBytes": 1 << 28}},
        "Placement": {
            "Constraints": ["node.labels.zone==a"],
            "Preferences": [{"Spread": {"SpreadDescriptor": "node.labels.zone"}}],
            "Platforms": [{"OS": "linux", "Architecture": "s390x"}],
        },
        "Networks": [{"Target": "n1", "Aliases": ["web"]}],
        "ForceUpdate": 3,
    },
    "Mode": {"Replicated": {"Replicas": 4}},
    "UpdateConfig": {
        "Parallelism": 2,
        "Delay": 2_000_000_000,
        "FailureAction": "rollback",
        "Order": "start-first",
    },
    "RollbackConfig": {"Parallelism": 0, "FailureAction": "pause"},
    "EndpointSpec": {"Mode": "vip", "Ports": [{"TargetPort": 80, "PublishedPort": 8080}]},
}
KEYS = st.sampled_from(
    [
        "Name",
        "Image",
        "Placement",
        "Platforms",
        "Parallelism",
        "Replicas",
        "Order",
        "Env",
        "x.y",
        "",
    ]
)
LEAVES: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 0, 7, "", "a=b", [], ["A=1", "B"], [{"OS": "linux"}], {}]
)
MAPS = st.dictionaries(KEYS, LEAVES | st.dictionaries(KEYS, LEAVES, max_size=2), max_size=3)
SPECS = st.builds(
    lambda rest, template, container, placement, labels, config, mode: {
        **rest,
        "Labels": labels,
        "TaskTemplate": {**template, "ContainerSpec": container, **placement},
        "Mode": {"Replicated": mode},
        **config,
    },
    MAPS,
    MAPS.map(lambda template: {key: leaf for key, leaf in template.items() if key != "Placement"}),
    MAPS,
    st.sampled_from([{}, {"Placement": None}]) | st.builds(lambda tree: {"Placement": tree}, MAPS),
    st.none() | MAPS | st.just({edit.STACK_IMAGE: "a:1"}),
    st.sampled_from([{}, {"UpdateConfig": None}])
    | st.builds(lambda tree: {"UpdateConfig": tree}, MAPS),
    MAPS,
)


def leaves(tree: Any, path: tuple[object, ...] = ()) -> Iterator[tuple[tuple[object, ...], Any]]:
    """Every leaf with its path; an empty mapping has none."""
    if isinstance(tree, dict):
        for key, inner in tree.items():
            yield from leaves(inner, (*path, key))
    else:
        yield path, tree


def rest(tree: dict[str, Any], *paths: str) -> dict[tuple[object, ...], Any]:
    """All leaves but those at or below the paths."""
    apart = [tuple(path.split(".")) for path in paths]
    return {
        path: leaf
        for path, leaf in leaves(tree)
        if not any(path[: len(excluded)] == excluded for excluded in apart)
    }


IMAGE = "TaskTemplate.ContainerSpec.Image"
PLATFORMS = "TaskTemplate.Placement.Platforms"


# ---- images


def test_the_image_with_its_platforms_and_the_label_of_the_stack() -> None:
    after = edit.with_image(WHOLE, ResolvedImage(V2, (AMD64, Platform("linux", ""))))
    assert after["TaskTemplate"]["ContainerSpec"]["Image"] == str(V2)
    assert after["TaskTemplate"]["Placement"]["Platforms"] == [
        {"OS": "linux", "Architecture": "amd64"},
        {"OS": "linux"},
    ]
    assert after["Labels"]["com.docker.stack.image"] == "shop/web:2.0"
    label = ("Labels", "com.docker.stack.image")
    assert {**rest(after, IMAGE, PLATFORMS), label: ""} == {
        **rest(WHOLE, IMAGE, PLATFORMS),
        label: "",
    }


def test_without_known_platforms_none_of_the_image_before_stay() -> None:
    placement = edit.with_image(WHOLE, ResolvedImage(V2))["TaskTemplate"]["Placement"]
    assert sorted(placement) == ["Constraints", "Preferences"]


def test_a_service_that_is_in_no_stack_gets_no_label() -> None:
    assert edit.with_image(spec(V1), ResolvedImage(V2)) == spec(V2)
    assert edit.with_image({**spec(V1), "Labels": None}, ResolvedImage(V2)) == {
        **spec(V2),
        "Labels": None,
    }


@settings(max_examples=50, deadline=None)
@given(SPECS, st.sampled_from([(), (AMD64,), (AMD64, ARM64)]))
def test_an_image_changes_nothing_else(
    before: dict[str, Any], platforms: tuple[Platform, ...]
) -> None:
    kept = copy.deepcopy(before)
    after = edit.with_image(before, ResolvedImage(V2, platforms))
    assert before == kept
    assert edit.image_of(after) == V2
    if platforms:
        assert len(after["TaskTemplate"]["Placement"]["Platforms"]) == len(platforms)
        before["TaskTemplate"]["Placement"] = before["TaskTemplate"].get("Placement") or {}
    label = (before["Labels"] or {}).get(edit.STACK_IMAGE)
    if label is not None:
        assert after["Labels"][edit.STACK_IMAGE] == "shop/web:2.0"
        after["Labels"][edit.STACK_IMAGE] = label
    assert rest(after, IMAGE, PLATFORMS) == rest(before, IMAGE, PLATFORMS)


@pytest.mark.parametrize(
    "text", ["shop/web:2.0", f"shop/web:2.0@sha256:{'2' * 64}", "UPPER/case!", ""]
)
def test_image_of(text: str) -> None:
    assert str(edit.image_of({"TaskTemplate": {"ContainerSpec": {"Image": text}}})) == text
    assert edit.image_of({}) == Image("")


# ---- the rest


@settings(max_examples=50, deadline=None)
@given(
    SPECS, st.dictionaries(st.sampled_from(["Parallelism", "Delay", "Order"]), st.integers(1, 9))
)
def test_an_update_config_changes_nothing_else(
    before: dict[str, Any], wanted: dict[str, int]
) -> None:
    kept = copy.deepcopy(before)
    after = edit.with_update_config(before, wanted)
    assert before == kept
    assert rest(after, "UpdateConfig") == rest(before, "UpdateConfig")
    if wanted:
        config = after["UpdateConfig"]
        assert {key: config[key] for key in wanted} == wanted
        assert {**config, **(before.get("UpdateConfig") or {}), **wanted} == config
    else:
        assert after == before


@pytest.mark.parametrize(
    "config", [None, {}, {"Order": "start-first"}, {"Delay": 0, "FailureAction": "pause"}]
)
def test_parallelism_never_becomes_0_by_accident(config: dict[str, Any] | None) -> None:
    before = {**spec(), **({} if config is None else {"UpdateConfig": config})}
    assert edit.with_update_config(before, {"Delay": 1})["UpdateConfig"]["Parallelism"] == 1
    assert edit.update_config(before)["Parallelism"] == 1


def test_parallelism_0_stays_where_somebody_wants_it() -> None:
    before = {**spec(), "UpdateConfig": {"Parallelism": 0}}
    assert edit.with_update_config(before, {"Delay": 1})["UpdateConfig"] == {
        "Parallelism": 0,
        "Delay": 1,
    }
    assert edit.with_update_config(spec(), {"Parallelism": 0})["UpdateConfig"]["Parallelism"] == 0


def test_where_there_is_no_update_config_the_engine_s_own_defaults_fill_it() -> None:
    assert edit.with_update_config(spec(), {"Order": "start-first"})["UpdateConfig"] == {
        "Parallelism": 1,
        "FailureAction": "pause",
        "Monitor": 5_000_000_000,
        "MaxFailureRatio": 0,
        "Order": "start-first",
    }


@settings(max_examples=50, deadline=None)
@given(SPECS)
def test_force_changes_nothing_else(before: dict[str, Any]) -> None:
    before["TaskTemplate"]["ForceUpdate"] = 3
    after = edit.forced(before)
    assert after["TaskTemplate"].pop("ForceUpdate") == 4
    assert before["TaskTemplate"].pop("ForceUpdate") == 3
    assert after == before


def test_force_for_the_first_time() -> None:
    assert edit.forced(spec())["TaskTemplate"]["ForceUpdate"] == 1


@settings(max_examples=50, deadline=None)
@given(SPECS, st.integers(0, 9))
def test_a_count_changes_nothing_else(before: dict[str, Any], count: int) -> None:
    after = edit.with_replicas(before, count)
    assert after["Mode"]["Replicated"]["Replicas"] == count
    assert rest(after, "Mode.Replicated.Replicas") == rest(before, "Mode.Replicated.Replicas")


def test_a_count_where_the_engine_left_it_out() -> None:
    assert edit.with_replicas({"Mode": {"Replicated": None}}, 2) == {
        "Mode": {"Replicated": {"Replicas": 2}}
    }


@pytest.mark.parametrize(
    ("config", "seconds"),
    [
        (None, 5.0),
        ({}, 5.0),
        ({"Monitor": 0}, 5.0),
        ({"Monitor": None}, 5.0),
        ({"Monitor": 1_500_000_000}, 1.5),
    ],
)
def test_the_monitor_time(config: dict[str, Any] | None, seconds: float) -> None:
    assert edit.monitor_seconds({"UpdateConfig": config}) == seconds


@pytest.mark.parametrize(
    ("check", "has"),
    [
        (None, False),
        ({}, False),
        ({"Test": []}, False),
        ({"Test": ["NONE"]}, False),
        ({"Test": ["CMD", "true"]}, True),
        ({"Interval": 1}, False),
    ],
)
def test_a_health_check_of_the_service_itself(check: dict[str, Any] | None, has: bool) -> None:
    assert edit.has_healthcheck({"TaskTemplate": {"ContainerSpec": {"Healthcheck": check}}}) is has


# ---- comparing


def reversed_keys(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: reversed_keys(tree[key]) for key in reversed(tree)}
    return [reversed_keys(branch) for branch in tree] if isinstance(tree, list) else tree


@settings(max_examples=50, deadline=None)
@given(SPECS)
def test_a_fingerprint_does_not_depend_on_the_order_of_keys(before: dict[str, Any]) -> None:
    assert edit.fingerprint(reversed_keys(before)) == edit.fingerprint(before)
    assert edit.fingerprint(edit.forced({**before, "TaskTemplate": {}})) != edit.fingerprint(before)


def test_a_fingerprint_depends_on_the_order_of_lists_and_on_every_leaf() -> None:
    assert edit.fingerprint({"Args": ["a", "b"]}) != edit.fingerprint({"Args": ["b", "a"]})
    assert edit.fingerprint({"Labels": {}}) != edit.fingerprint({})


@settings(max_examples=50, deadline=None)
@given(SPECS, st.integers(0, 9))
def test_differences_are_there_exactly_where_specifications_differ(
    before: dict[str, Any], count: int
) -> None:
    assert edit.differences(before, copy.deepcopy(before)) == ()
    after = edit.with_replicas({**before, "Mode": {"Replicated": {"Replicas": 4}}}, count)
    changes = edit.differences({**before, "Mode": {"Replicated": {"Replicas": 4}}}, after)
    assert changes == (
        () if count == 4 else (Difference("Mode.Replicated.Replicas", "4", str(count)),)
    )


def test_differences_name_path_and_both_values() -> None:
    after = edit.with_update_config(edit.with_replicas(WHOLE, 6), {"Parallelism": 1, "Monitor": 1})
    assert edit.differences(WHOLE, after) == (
        Difference("Mode.Replicated.Replicas", "4", "6"),
        Difference("UpdateConfig.Monitor", "", "1"),
        Difference("UpdateConfig.Parallelism", "2", "1"),
    )


def test_differences_hide_the_values_of_variables() -> None:
    after = copy.deepcopy(WHOLE)
    after["TaskTemplate"]["ContainerSpec"]["Env"] = [
        "DB_PASSWORD=correct horse",
        "DEBUG",
        "MODE=prod",
    ]
    (change,) = edit.differences(WHOLE, after)
    assert (change.field, change.before, change.after) == (
        "TaskTemplate.ContainerSpec.Env",
        "DB_PASSWORD=•••, MODE=•••",
        "DB_PASSWORD=••••••, DEBUG, MODE=•••",
    )


def test_a_label_that_is_called_like_variables_is_shown() -> None:
    assert edit.differences({"Labels": {}}, {"Labels": {"x.Env": "prod"}})[-1] == Difference(
        "Labels.x.Env", "", "prod"
    )
