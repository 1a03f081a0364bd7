"""Every other change of services, stacks and networks."""

from __future__ import annotations

from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World


def test_scale_up_restarts_no_task(dev: MemoryPerson, world: World) -> None:
    world.runs("web", replicas=2)
    tasks = set(world.swarm.cluster.tasks)

    message = dev.asks("scale web=4", "✅ web · replicas 2 → 4")

    assert "4/4" in message.text
    assert tasks < set(world.swarm.cluster.tasks)


def test_scale_of_several_services(dev: MemoryPerson, world: World) -> None:
    world.runs("web", replicas=4)
    world.runs("api", "shop/api:1.0", replicas=1)

    dev.asks("service scale web=2 api=2", "✅ web 4 → 2, api 1 → 2")

    assert (world.replicas_of("web"), world.replicas_of("api")) == (2, 2)


def test_create_update_and_remove(dev: MemoryPerson, world: World) -> None:
    done = dev.asks("service create --name web --replicas 3 -p 8081:80 shop/web:1.0", "✅ web runs")
    assert "3/3" in done.text
    assert "0/3" in done.life[0], "it knows from the first how many there will be"
    assert "▰" not in done.life[0]

    updated = dev.asks(
        "service update --env-add SECRET=geheim --label-add a=b web", "✅ web · 2 changes"
    )
    assert "geheim" not in "".join(updated.life)
    container = world.swarm.cluster.service("web")["Spec"]["TaskTemplate"]["ContainerSpec"]
    assert container["Env"] == ["SECRET=geheim"]

    gone = dev.asks("service rm web", "✅ web removed")
    assert "port 8081 free again" in gone.text
    assert not world.swarm.cluster.services


def test_a_service_that_does_not_run_can_be_removed_by_its_button(
    dev: MemoryPerson, world: World
) -> None:
    message = dev.asks(
        "service create --name moon --constraint node.labels.zone==moon --timeout 5s shop/web:1.0",
        "❌ moon does not run",
    )
    assert "constraint" in message.text

    clicked = dev.clicks("Remove", on=message)

    dev.sees("✅ moon removed", after=clicked)


def test_a_job_runs_to_its_end(dev: MemoryPerson, world: World) -> None:
    world.registry.push("shop/job:1", exits=0, after=1.0)

    dev.asks(
        "service create --name job --mode replicated-job shop/job:1", "✅ job · complete · 1/1"
    )


def test_a_stack_is_removed_with_its_network(dev: MemoryPerson, world: World) -> None:
    stack = {"com.docker.stack.namespace": "shop"}
    network = world.add_network("shop_default", Labels=stack)
    for name in ("shop_web", "shop_api"):
        world.runs(name, Labels=stack, Task={"Networks": [{"Target": network["Id"]}]})
    world.runs("other")

    assert "Did you mean shop?" in dev.asks("stack rm shpo").text
    dev.asks("stack rm shop", "✅ stack shop is gone")

    assert [s["Spec"]["Name"] for s in world.swarm.cluster.services.values()] == ["other"]
    assert network["Id"] not in world.swarm.cluster.networks


def test_a_network_comes_and_goes(dev: MemoryPerson, world: World) -> None:
    dev.asks("network create -d overlay web-net", "✅ network web-net is there")
    made = next(n for n in world.swarm.cluster.networks.values() if n["Name"] == "web-net")
    world.runs("web", Task={"Networks": [{"Target": made["Id"]}]})

    refusal = dev.asks("network rm web-net")
    assert "web" in refusal.text
    assert refusal.ephemeral

    world.outside.services.remove(world.swarm.cluster.service("web")["ID"])
    dev.asks("network rm web-net", "✅ network web-net is gone")


def test_settings_of_the_swarm(dev: MemoryPerson, world: World) -> None:
    dev.asks("swarm update --task-history-limit 7", "✅ Swarm updated")
    assert world.swarm.cluster.swarm["Spec"]["Orchestration"]["TaskHistoryRetentionLimit"] == 7
    assert dev.asks("swarm update --task-history-limit 7", "nothing to change").ephemeral


def test_a_token_reaches_only_who_asked(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    token = world.swarm.cluster.swarm["JoinTokens"]["Worker"]

    shown = dev.asks("swarm join-token worker", "Join token for a worker")

    assert token in shown.text
    assert shown.ephemeral
    lead.does_not_see("SWMTKN", within=1)
    assert token not in "".join(map(str, world.everything_in_redis()))
