"""Rules see what a service is given, not only its name."""

from __future__ import annotations

import pytest

from bot.model.danger import Grant
from bot.settings import PolicyRule, Role
from tests.memory.twin.cluster import Json
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import DEV, LEAD, World

ROLES = (Role(name="dev", users=(DEV,)), Role(name="lead", users=(LEAD,)))
WEB = PolicyRule(commands=("*",), services=("web*", "api"), ask=("dev",))
MOUNTS = PolicyRule(
    commands=("*",),
    services=("web*",),
    ask=("dev",),
    approve=("lead",),
    grants=(Grant.MOUNTS, Grant.CAPABILITIES),
)
SHOP = PolicyRule(commands=("*",), ask=("dev",), images=("shop/*",))


@pytest.mark.world(ROLES, (WEB,))
@pytest.mark.parametrize(
    ("flags", "grant", "words"),
    [
        ("--mount{} type=bind,source=/,target=/host", "mounts", "/ of the host is mounted"),
        ("--cap-add SYS_ADMIN", "capabilities", "SYS_ADMIN"),
        ("--user root", "users", "run as root"),
        ("--constraint{} node.role==manager", "managers", "run on managers"),
        ("--network{} host", "networks", "network of the host"),
        ("--publish{} published=8081,target=80,mode=host", "ports", "8081 of every host"),
    ],
)
def test_what_reaches_the_host_is_refused_unless_it_is_granted(
    dev: MemoryPerson, world: World, flags: str, grant: str, words: str
) -> None:
    world.runs("web")
    before = world.swarm.cluster.service("web")["Version"]

    for line in (
        f"service update {flags.format('-add')} web",
        f"service create --name api {flags.format('')} shop/web:1.0",
    ):
        said = dev.asks(line).text
        assert said.startswith("✋ The rule for service"), said
        assert words in said
        assert f'grants = ["{grant}"]' in said
    assert world.swarm.cluster.service("web")["Version"] == before


@pytest.mark.world(ROLES, (WEB,))
def test_nobody_gets_the_secret_of_another_service(dev: MemoryPerson, world: World) -> None:
    secret = world.swarm.cluster.new("secret", Spec={"Name": "salaries", "Labels": {}})
    world.swarm.cluster.stored["secret"][secret["ID"]] = secret
    world.runs("web")
    file = {"Name": "salaries", "UID": "0", "GID": "0", "Mode": 292}
    reference = {"SecretID": secret["ID"], "SecretName": "salaries", "File": file}
    world.runs("payroll", Task={})
    world.by_hand(
        "payroll",
        lambda spec: spec["TaskTemplate"]["ContainerSpec"].update(Secrets=[reference]),
    )
    world.swarm.settle()

    said = dev.asks("service update --secret-add salaries web").text

    assert "the secret salaries of payroll" in said
    assert 'grants = ["secrets"]' in said


@pytest.mark.world(ROLES, (MOUNTS,))
def test_what_is_granted_is_warned_of(dev: MemoryPerson, lead: MemoryPerson, world: World) -> None:
    world.runs("web")

    asked = dev.asks(
        "service update --mount-add type=bind,source=/srv,target=/srv web", "needs approval"
    )

    assert "⚠ /srv of the host is mounted at /srv, writable" in asked.text
    lead.clicks("Approve", on=asked)
    dev.sees("✅ web")


@pytest.mark.world(ROLES, (SHOP,))
def test_a_rule_may_name_images(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    world.registry.push("evil/web:2.0")

    dev.asks("deploy web evil/web:2.0", "does not allow the image evil/web")
    dev.asks("service create --name api evil/web:2.0", "does not allow the image")
    dev.asks("deploy web shop/web:2.0", "✅ web is on")


SOCKET = {
    "Type": "bind",
    "Source": "/var/run/docker.sock",
    "Target": "/var/run/docker.sock",
}
GRANTED = PolicyRule(commands=("*",), ask=("dev",), grants=(Grant.MOUNTS,))
DEPLOYS = PolicyRule(commands=("deploy", "rollback"), services=("web*",), ask=("dev",))


def with_socket(world: World) -> None:
    """A service that is root on its host."""
    world.runs("web")
    world.by_hand("web", lambda spec: spec["TaskTemplate"]["ContainerSpec"].update(Mounts=[SOCKET]))
    world.swarm.settle()


@pytest.mark.world(ROLES, (WEB,))
@pytest.mark.parametrize(
    "line",
    [
        "deploy web shop/web:2.0",
        "service update --image shop/web:2.0 web",
        "service update --args 'sh -c id' web",
        "service update --entrypoint sh web",
        "service update --health-cmd id web",
        "service update --env-add BASH_ENV=/tmp/x web",
        "service update --user 1000 web",
    ],
)
def test_who_may_not_have_the_socket_does_not_choose_what_runs_with_it(
    dev: MemoryPerson, world: World, line: str
) -> None:
    with_socket(world)
    before = world.swarm.cluster.service("web")["Version"]

    said = dev.asks(line).text

    assert said.startswith("✋ The rule for"), said
    assert "what it is to run gets what the service has already: the Docker socket" in said
    assert 'grants = ["mounts"]' in said
    assert world.swarm.cluster.service("web")["Version"] == before


@pytest.mark.world(ROLES, (WEB,))
def test_what_chooses_nothing_needs_no_grant(dev: MemoryPerson, world: World) -> None:
    with_socket(world)

    dev.asks("scale web=3", "✅ web")
    dev.asks("service update --label-add team=shop web", "✅ web")
    dev.asks("deploy web shop/web:1.0 --force", "✅ web")
    dev.asks("service update --mount-rm /var/run/docker.sock web", "✅ web")
    dev.asks("deploy web shop/web:2.0", "✅ web is on")


@pytest.mark.world(ROLES, (GRANTED,))
def test_with_the_grant_it_is_deployed_and_warned_of(dev: MemoryPerson, world: World) -> None:
    with_socket(world)

    dev.asks("deploy web shop/web:2.0", "✅ web is on")

    assert "⚠ what it is to run gets what the service has already" in world.everything_said()


@pytest.mark.world(ROLES, (SHOP,))
def test_a_rule_that_names_the_image_trusts_it_with_what_the_service_has(
    dev: MemoryPerson, world: World
) -> None:
    with_socket(world)

    dev.asks("deploy web shop/web:2.0", "✅ web is on")
    dev.asks("service update --args id web", "✋ The rule for")


@pytest.mark.world(ROLES, (DEPLOYS,))
def test_a_rollback_chooses_what_runs_as_a_deploy_does(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    dev.asks("deploy web shop/web:2.0", "✅ web is on")
    world.by_hand("web", lambda spec: spec["TaskTemplate"]["ContainerSpec"].update(Mounts=[SOCKET]))
    world.swarm.settle()

    dev.asks("deploy web shop/web:3.0", "✋ The rule for")
    said = dev.asks("rollback web", "✋ The rule for").text
    assert "what it is to run gets what the service has already: the Docker socket" in said
    assert world.image_of("web") == "shop/web:2.0"


@pytest.mark.world(ROLES, (GRANTED,))
def test_with_the_grant_it_is_rolled_back(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    dev.asks("deploy web shop/web:2.0", "✅ web is on")
    world.by_hand("web", lambda spec: spec["TaskTemplate"]["ContainerSpec"].update(Mounts=[SOCKET]))
    world.swarm.settle()

    dev.asks("rollback web", "✅ web is on shop/web:1.0 again")


def sharing(world: World, *names: str) -> None:
    """Services that have the same secret."""
    secret = world.swarm.cluster.new("secret", Spec={"Name": "salaries", "Labels": {}})
    world.swarm.cluster.stored["secret"][secret["ID"]] = secret
    file = {"Name": "salaries", "UID": "0", "GID": "0", "Mode": 292}
    reference = {"SecretID": secret["ID"], "SecretName": "salaries", "File": file}
    for name in names:
        world.runs(name)
        world.by_hand(
            name,
            lambda spec: spec["TaskTemplate"]["ContainerSpec"].update(Secrets=[reference]),
        )
    world.swarm.settle()


@pytest.mark.world(ROLES, (WEB,))
def test_a_secret_of_services_that_the_same_rule_decides_for_is_nobody_elses(
    dev: MemoryPerson, world: World
) -> None:
    sharing(world, "web", "api")
    dev.asks("deploy web shop/web:2.0", "✅ web is on")


@pytest.mark.world(ROLES, (WEB,))
def test_a_secret_that_others_have_too_is_not_handed_on(dev: MemoryPerson, world: World) -> None:
    sharing(world, "web", "payroll")
    said = dev.asks("deploy web shop/web:2.0").text
    assert "the secret salaries of payroll" in said
    assert 'grants = ["secrets"]' in said


OWN = PolicyRule(commands=("*",), ask=("dev",), grants=(Grant.SWARMBOT,))
ANY = PolicyRule(commands=("*",), ask=("dev",))
STACK = {"com.docker.stack.namespace": "swarmbot"}


def with_own_stack(world: World) -> None:
    """The bot as a service of the Swarm, with its Redis, network, secret and volume."""
    network = world.add_network("swarmbot_internal", Labels=STACK)
    secret = world.swarm.cluster.new("secret", Spec={"Name": "swarmbot_token", "Labels": STACK})
    world.swarm.cluster.stored["secret"][secret["ID"]] = secret
    file = {"Name": "token", "UID": "0", "GID": "0", "Mode": 292}
    token = {"SecretID": secret["ID"], "SecretName": "swarmbot_token", "File": file}
    data = {"Type": "volume", "Source": "swarmbot_redis", "Target": "/data"}
    for name, parts in (
        ("bot", {"Mounts": [SOCKET], "Secrets": [token]}),
        ("redis", {"Mounts": [data]}),
    ):
        world.runs(f"swarmbot_{name}", replicas=1)

        def change(spec: Json, parts: Json = parts) -> None:
            spec["Labels"] = STACK
            spec["TaskTemplate"]["Networks"] = [{"Target": network["Id"]}]
            spec["TaskTemplate"]["ContainerSpec"].update(parts)

        world.by_hand(f"swarmbot_{name}", change)
    world.runs("web")
    world.swarm.settle()
    own = world.swarm.cluster.service("swarmbot_bot")["ID"]
    world.settings = world.settings.model_copy(update={"own_service": own})
    world.talks_to(world.start_bot())


@pytest.mark.world(ROLES, (ANY,))
@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("deploy swarmbot_bot shop/web:2.0", "swarmbot_bot is a part of swarmbot itself"),
        ("service update --env-add A=1 swarmbot_redis", "swarmbot_redis is a part of"),
        ("scale swarmbot_redis=0", "swarmbot_redis is a part of"),
        ("service rm swarmbot_bot", "swarmbot_bot is a part of"),
        ("stack rm swarmbot", "is a part of swarmbot itself"),
        ("queue 'scale swarmbot_redis=0'", "swarmbot_redis is a part of"),
        ("service update --network-add swarmbot_internal web", "it joins a network of swarmbot"),
        ("service update --secret-add swarmbot_token web", "the secret swarmbot_token of swarm"),
        (
            "service create --name spy --mount source=swarmbot_redis,target=/d shop/web:1.0",
            "the volume swarmbot_redis is of swarmbot",
        ),
    ],
)
def test_nobody_changes_the_bot_itself_without_the_grant(
    dev: MemoryPerson, world: World, line: str, words: str
) -> None:
    with_own_stack(world)

    said = dev.asks(line).text

    assert said.startswith("✋ The rule for"), said
    assert words in said
    assert '"swarmbot"' in said


@pytest.mark.world(ROLES, (ANY,))
def test_what_is_not_the_bot_is_changed_as_ever(dev: MemoryPerson, world: World) -> None:
    with_own_stack(world)
    dev.asks("deploy web shop/web:2.0", "✅ web is on")
    dev.asks("hold swarmbot_bot a look at its log", "swarmbot_bot")


@pytest.mark.world(ROLES, (ANY,))
def test_a_bot_that_is_a_service_helps_managers_that_have_no_leader(
    dev: MemoryPerson, world: World
) -> None:
    with_own_stack(world)
    for name in ("node1", "node2"):
        world.swarm.stop_node(name)
    assert not world.swarm.cluster.has_leader

    dev.asks("swarm leave --force --on node3", "✅ node3 left the Swarm")


@pytest.mark.world(ROLES, (OWN,))
def test_with_the_grant_the_bot_rolls_itself_out(dev: MemoryPerson, world: World) -> None:
    with_own_stack(world)

    dev.asks("deploy swarmbot_bot shop/web:2.0", "✅ swarmbot_bot is on")

    assert "⚠ swarmbot_bot is a part of swarmbot itself" in world.everything_said()


@pytest.mark.world(ROLES, (ANY,))
def test_a_drain_says_that_the_bot_and_its_redis_are_there(dev: MemoryPerson, world: World) -> None:
    with_own_stack(world)

    def pinned(spec: Json) -> None:
        spec["TaskTemplate"]["Placement"] = {"Constraints": ["node.hostname==node4"]}

    world.by_hand("swarmbot_redis", pinned)
    world.swarm.settle()

    dev.asks("node update --availability drain node4")

    said = world.hears_everything() + world.everything_said()
    assert "swarmbot_redis on node4 is a part of swarmbot itself and has no place elsewhere" in said
    assert "docker node update --availability active node4" in said


@pytest.mark.world(ROLES, (OWN,), bots=2)
def test_the_new_bots_end_the_message_of_their_own_deploy(dev: MemoryPerson, world: World) -> None:
    with_own_stack(world)
    old = list(world.bots)
    dev.types("/swarm deploy swarmbot_bot shop/web:2.0")
    message = dev.sees("swarmbot_bot →")

    for bot in old:
        world.start_bot()
        bot.stop()

    assert dev.sees("✅ swarmbot_bot") == message
    assert not world.bots[-1].store.audit.open_intents()
