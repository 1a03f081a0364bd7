"""Services from Slack: created, changed, scaled and removed; what is not asked for stays as it
is."""

from __future__ import annotations

import re

import pytest

from playground.workspace.person import Person
from tests.scenario.running import RunningBot, eventually
from tests.scenario.swarm import Site


@pytest.mark.costs(40)
def test_a_service_lives_its_life_from_slack_alone(dev: Person, site: Site) -> None:
    site.cluster.docker("network", "create", "-d", "overlay", "uber-net")
    web = site.image("web:v1")

    dev.types(
        f"/swarm docker service create --name web -p 8081:8080 --replicas 2 --network uber-net "
        "--stop-grace-period 1s -e A=1 --update-monitor 1s --rollback-monitor 1s "
        f"--rollback-parallelism 0 --no-healthcheck {web}"
    )
    rolling = dev.sees("🔵 web starts")
    assert "no service uses uber-net yet" in rolling.text
    done = dev.sees("✅ web runs", timeout=60)
    assert "2/2" in done.text
    assert len([message for message in dev.messages("ops") if not message.in_thread]) == 1
    assert site.is_on("web", "web:v1")

    dev.types(f"/swarm service create --name web {web}")
    dev.sees("There is a service web already")
    dev.types(f"/swarm service create --name api -p 8081:8080 {web}")
    dev.sees("Port 8081 is published by web already")
    dev.types(f"/swarm service create --name api --network uber-nte {web}")
    dev.sees("Did you mean uber-net")

    before = site.spec("web")
    tasks = set(site.tasks("web"))
    dev.types("/swarm service scale web=3")
    dev.sees("✅ web · replicas 2 → 3", timeout=40)
    assert tasks < set(site.tasks("web")), "nothing that ran was restarted"
    assert site.spec("web") == {**before, "Mode": {"Replicated": {"Replicas": 3}}}

    dev.types(
        "/swarm service update --env-add B=geheim --env-rm A --label-add team=shop "
        "--update-parallelism 4 web"
    )
    updated = dev.sees(re.compile("✅ web · 4 changes"), timeout=60)
    assert "geheim" not in updated.text
    after = site.spec("web")
    assert after["TaskTemplate"]["ContainerSpec"].pop("Env") == ["B=geheim"]
    assert after["Labels"] == {"team": "shop"}

    dev.types("/swarm service update --rollback web")
    dev.sees("✅ web is", timeout=60)
    assert site.spec("web") == {**before, "Mode": {"Replicated": {"Replicas": 3}}}

    site.runs("api", "web:v2")
    dev.types("/swarm docker service scale web=2 api=2")
    both = dev.sees("✅ web 3 → 2, api 1 → 2", timeout=60)
    assert "2/2" in both.text
    assert (site.replicas("web"), site.replicas("api")) == (2, 2)

    dev.types("/swarm service rm web api")
    gone = dev.sees("✅ web, api removed", timeout=60)
    assert "port 8081 free again" in gone.text
    assert site.cluster.docker("service", "ls", "-q") == ""


def test_a_job_ends_complete_and_what_does_not_start_says_why(
    dev: Person, site: Site, bot: RunningBot
) -> None:
    dev.types(
        f"/swarm service create --name job --mode replicated-job {site.image('web:v1')} sh "
        '-c "echo hi"'
    )
    dev.sees("✅ job · complete · 1/1", timeout=30)

    dev.types(
        "/swarm service create --name moon --constraint node.labels.zone==moon --timeout 4s "
        f"{site.image('web:v1')}"
    )
    message = dev.sees("❌ moon does not run", timeout=30)
    assert "constraint" in message.text
    eventually(lambda: bot.open_intents() == 0, 15)
    moment = dev.clicks("Remove", on=message)
    dev.sees("✅ moon removed", timeout=30, after=moment)

    for node in site.cluster.nodes.values():
        if node.name != "node4":
            node.docker("pull", "--quiet", site.image("web:v1"))
            node.docker("tag", site.image("web:v1"), "lonely:1")
    dev.types("/swarm service create --name only lonely:1")
    dev.sees("Swarm never uses an image that only lies on a node", timeout=20)
    dev.types("/swarm service scale job=five")
    dev.sees("expected a service and a whole number")
    dev.types("/swarm scale=5 job")
    dev.sees("scale job=5")
    dev.types("/swarm service update --autolock=true")
    dev.sees("has no --autolock")
