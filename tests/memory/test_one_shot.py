"""Services that do one piece of work: done is done, and failed is failed with its exit code."""

from __future__ import annotations

from typing import Any

import pytest

from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World

NEVER = {"RestartPolicy": {"Condition": "none"}}
ON_FAILURE = {"RestartPolicy": {"Condition": "on-failure", "Delay": 1_000_000_000}}


def migrates(world: World, exits: int, task: dict[str, Any], replicas: int = 1) -> None:
    """A migration that has run to its end."""
    world.registry.push("shop/migrate:1.0", exits=exits, after=1.0)
    world.runs("migrate", "shop/migrate:1.0", replicas, Task=task)
    world.clock.run(lambda: False, 3)


@pytest.mark.parametrize("task", [NEVER, ON_FAILURE])
def test_work_that_is_done_is_well_in_every_list(
    dev: MemoryPerson, world: World, task: dict[str, Any]
) -> None:
    world.runs("web")
    migrates(world, 0, task)

    listed = dev.asks("services").text
    assert listed.startswith("🟢 2 services, all at their count")
    assert "completed" in listed
    assert "0/1" not in listed
    told = dev.asks("ps migrate").text
    assert told.startswith("🟢 migrate · completed")
    assert "running" not in told.splitlines()[0]
    assert dev.asks("status").text.startswith("🟢")
    doctor = dev.asks("doctor").text
    assert "migrate runs" not in doctor
    assert "--restart-condition any" not in doctor
    assert "migrate=2" not in doctor


def test_work_that_failed_is_told_with_its_exit_code(dev: MemoryPerson, world: World) -> None:
    migrates(world, 3, NEVER)

    assert "failed (3)" in dev.asks("services").text
    assert dev.asks("ps migrate").text.startswith("🟠 migrate · failed (3)")
    doctor = dev.asks("doctor").text
    assert "migrate failed: exit code 3; Swarm does not start it again" in doctor
    assert "--restart-condition any" not in doctor


def test_of_several_tasks_is_told_how_many_are_done(dev: MemoryPerson, world: World) -> None:
    migrates(world, 0, NEVER, replicas=3)

    assert "3/3 completed" in dev.asks("ps migrate").text
    assert "3/3 completed" in dev.asks("services").text


def test_a_service_that_is_reached_from_outside_is_never_done(
    dev: MemoryPerson, world: World
) -> None:
    world.registry.push("shop/api:1.0", exits=0, after=1.0)
    ports = {"Ports": [{"TargetPort": 80, "PublishedPort": 8080, "Protocol": "tcp"}]}
    world.runs("api", "shop/api:1.0", 1, Task=ON_FAILURE, EndpointSpec=ports)
    world.clock.run(lambda: False, 3)

    world.clock.run(lambda: False, 60)
    assert "1 of 1 service below its count" in dev.asks("services").text
    assert "api runs 0 of 1 tasks" in dev.asks("doctor").text


def test_a_deploy_of_work_that_is_done_at_once_is_done(dev: MemoryPerson, world: World) -> None:
    migrates(world, 0, NEVER)
    world.registry.push("shop/migrate:2.0", exits=0, after=0.5)

    dev.asks("deploy migrate shop/migrate:2.0", "✅ migrate · complete · 1/1")


def test_a_deploy_of_work_that_fails_says_so(dev: MemoryPerson, world: World) -> None:
    migrates(world, 0, NEVER)
    world.registry.push("shop/migrate:2.0", exits=7, after=0.5)

    ended = dev.asks("deploy migrate shop/migrate:2.0", "↩️ migrate rolled back to 1.0")
    assert "exit code 7" in ended.text


def test_a_new_service_whose_work_fails_has_failed(dev: MemoryPerson, world: World) -> None:
    world.registry.push("shop/migrate:1.0", exits=7, after=0.5)

    line = "service create --name migrate --restart-condition none shop/migrate:1.0"
    ended = dev.asks(line, "❌ migrate failed · 0/1 complete")
    assert "exit code 7" in ended.text
    assert "Swarm does not start it again" in ended.text
