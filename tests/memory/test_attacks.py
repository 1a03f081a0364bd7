"""What somebody with a few rights, and somebody with none, may try: nothing of it reaches further
than the rules."""

from __future__ import annotations

import pytest

from bot.settings import PolicyRule, Role, WatchSettings
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import DEV, LEAD, World

AFTERWARDS = 10.0
"""Seconds in which what waits for a job of the bot would happen; each is due every two seconds."""
ROLES = (Role(name="dev", users=(DEV,)), Role(name="lead", users=(LEAD,)))
WEB = PolicyRule(commands=("*",), services=("web*",), ask=("dev", "lead"))
LOGS = PolicyRule(commands=("service logs",), services=("web*",), ask=("dev",))
FOR_LEAD = PolicyRule(commands=("*",), ask=("lead",))


@pytest.mark.world(ROLES, (WEB, LOGS, FOR_LEAD))
@pytest.mark.parametrize(
    "line",
    [
        "scale pаyroll=0",
        "scale pay\u200broll=0",
        "scale ｐａｙｒｏｌｌ=0",
        "scale PAYROLL=0",
        "scale web*=0",
        "scale [p]ayroll=0",
        "scale webpayroll/../payroll=0",
        "scale web payroll=0",
        "scale web=1 payroll=0",
        "service rm web payroll",
        "service rm {id}",
        "service rm --force payroll",
        "rollback payroll",
        "rollback {id}",
        "deploy {id} shop/web:2.0",
        "service update --image shop/web:2.0 {id}",
        "service update --env-add A=b payroll",
        "service update --label-add com.docker.stack.namespace=web {id}",
        "service update --name web2 payroll",
        "service create --name payroll2 shop/web:2.0",
        "service create --name web --name payroll2 shop/web:2.0",
        "hold '*' mine",
        "hold '[a-z]*' mine",
        "hold '?ayroll' mine",
        "hold 'web*|payroll' mine",
        "freeze",
        "silence '*' --for 1h",
        "silence 'service-below:*' --for 1h",
        'queue "service rm payroll"',
        "queue \"queue 'service rm payroll'\"",
        "service logs payroll",
        "service logs {id}",
        "rebalance payroll",
        "rebalance",
        "stack rm shop",
        "node rm node4",
        "swarm join-token worker",
        "certs workers",
        "network rm ingress",
        "approve 1",
        "service\u00a0rm payroll",
        "docker service rm payroll",
        "Service RM payroll",
    ],
)
@pytest.mark.parametrize("who", ["dev", "guest"])
def test_nothing_happens_to_what_somebody_may_not_touch(world: World, who: str, line: str) -> None:
    world.runs("web", Labels={})
    payroll = world.runs("payroll", Labels={"com.docker.stack.namespace": "shop"})
    before = (payroll["Version"], payroll["Spec"])

    said = world.person(who).asks(line.format(id=payroll["ID"])).text

    world.clock.run(lambda: False, AFTERWARDS)
    now = world.swarm.cluster.service("payroll")
    assert (now["Version"], now["Spec"]) == before, said
    names = {service["Spec"]["Name"] for service in world.swarm.cluster.services.values()}
    assert names == {"web", "payroll"}, said
    assert not world.bot.store.holds.all(world.clock.now()), said


@pytest.mark.world(ROLES, (WEB, FOR_LEAD))
def test_what_a_label_or_a_value_says_is_text_and_calls_nobody(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web")
    evil = "<!channel> <https://evil.example|approved> *bold* @here"

    dev.asks(f"service update --label-add 'a={evil}' web", "✅")
    value = evil.replace("channel", "everyone")
    dev.asks(f"service update --env-add 'A={value}' web", "✅")
    dev.asks("service inspect web")
    dev.asks("history web", "revision")

    posted = world.everything_said()
    assert "<!channel>" not in posted
    assert "<!everyone>" not in posted
    assert "<https://evil.example" not in posted


@pytest.mark.world(
    (Role(name="dev", users=(DEV,)),), (PolicyRule(commands=("certs workers",), ask=("dev",)),)
)
def test_there_is_one_look_at_certificates_at_a_time(dev: MemoryPerson, world: World) -> None:
    world.settings = world.settings.model_copy(
        update={"watch": WatchSettings(certificate_agent="shop/web:1.0")}
    )
    bot = world.start_bot()
    world.talks_to(bot)

    with world.bot.store.locks.acquire(("certificates",), "lead", "certs workers"):
        said = dev.asks("certs --workers").text

    assert "lead" in said
    assert not world.swarm.cluster.services, "no job was started"
