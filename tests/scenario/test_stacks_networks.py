"""Stacks, networks, secrets and configs from Slack, beside what the Docker CLI does with the same
lines."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from playground.workspace.person import Person
from playground.workspace.surfaces import Message
from tests.scenario.running import eventually
from tests.scenario.swarm import Site

STACK = """
version: "3.8"
services:
  web:
    image: {image}
    healthcheck: {{disable: true}}
    stop_grace_period: 1s
    deploy: {{replicas: 2}}
    secrets: [key]
    networks: [net]
  api:
    image: {image}
    healthcheck: {{disable: true}}
    stop_grace_period: 1s
    configs: [conf]
    networks: [net]
networks:
  net: {{}}
secrets:
  key: {{file: ./key}}
configs:
  conf: {{file: ./conf}}
"""
LABEL = "label=com.docker.stack.namespace=shop"


def deploy_stack(site: Site, folder: Path, name: str = "shop") -> None:
    (folder / "key").write_text("geheim")
    (folder / "conf").write_text("a = 1")
    (folder / "stack.yaml").write_text(STACK.format(image=site.image("web:v1")))
    site.cluster.docker("stack", "deploy", "-c", str(folder / "stack.yaml"), name)
    eventually(lambda: len(running(site, name)) == 3, 60)


def running(site: Site, stack: str) -> list[str]:
    listed = site.cluster.docker(
        "stack",
        "ps",
        "--filter",
        "desired-state=running",
        "--format",
        "{{.Name}} {{.CurrentState}}",
        stack,
    )
    return [line.split()[0] for line in listed.splitlines() if line.split()[1] == "Running"]


def network(site: Site, name: str) -> dict[str, Any]:
    return dict(json.loads(site.cluster.docker("network", "inspect", name))[0])


def names(site: Site, kind: str, *more: str) -> list[str]:
    return site.cluster.docker(kind, "ls", "--format", "{{.Name}}", *more).split()


def asks(person: Person, line: str) -> Message:
    """The private answer to a line."""
    asked = person.types(f"/swarm {line}")
    answer = person.sees("", after=asked)
    assert answer.ephemeral, line
    return answer


def test_a_stack_is_seen_and_removed_with_all_that_belongs_to_it(
    dev: Person, site: Site, tmp_path: Path
) -> None:
    deploy_stack(site, tmp_path)
    site.runs("other", "web:v1")

    assert ["shop", "2"] in [line.split()[:2] for line in asks(dev, "stack ls").text.splitlines()]
    for line in ("stack services shop", "docker stack services shop"):
        listed = asks(dev, line).text
        assert {"shop_web", "shop_api", "2/2", "1/1"} <= set(listed.split()), line
        assert "other" not in listed
    tasks = asks(dev, "docker stack ps shop").text
    assert "🟢 shop · 3/3 running · 2 services" in tasks
    assert (
        set(running(site, "shop"))
        == {"shop_web.1", "shop_web.2", "shop_api.1"}
        <= set(tasks.split())
    )
    assert "Did you mean shop?" in asks(dev, "stack rm shpo").text
    for kind, name, user in (
        ("secret", "shop_key", "shop_web"),
        ("config", "shop_conf", "shop_api"),
    ):
        listed = asks(dev, f"{kind} ls").text
        assert [name, user] in [line.split()[:2] for line in listed.splitlines()]
        assert "geheim" not in listed
        assert "a = 1" not in listed
    assert "shop_api, shop_web" in asks(dev, "network ls").text

    asked = dev.types("/swarm stack rm shop")

    message = dev.sees("✅ stack shop is gone", timeout=90, after=asked)
    for line in (
        "2 services: shop_api, shop_web removed",
        "1 secret: shop_key removed",
        "1 config: shop_conf removed",
        "1 network: shop_net removed",
    ):
        assert line in message.text
    assert [names(site, kind, "--filter", LABEL) for kind in ("service", "secret", "config")] == [
        []
    ] * 3
    # The engine that is asked has a copy of its own for as long as it takes to clear away its
    # containers.
    eventually(lambda: not names(site, "network", "--filter", LABEL), 30)
    assert names(site, "service") == ["other"]
    # The engine that the bot asks has its own copy, too.
    eventually(lambda: "No stacks yet" in asks(dev, "stack ls").text, 30)


def test_what_of_a_stack_others_use_stays(dev: Person, site: Site, tmp_path: Path) -> None:
    deploy_stack(site, tmp_path)
    site.runs("guest", "web:v1", "--network", "shop_net", "--secret", "shop_key")

    asked = dev.types("/swarm stack rm shop")

    message = dev.sees("✅ stack shop is gone", timeout=90, after=asked)
    assert "network shop_net stays, for others use it: guest" in message.text
    assert "secret shop_key stays, for others use it: guest" in message.text
    assert names(site, "service") == ["guest"]
    assert names(site, "network", "--filter", LABEL) == ["shop_net"]
    assert names(site, "config") == []


def test_networks_as_the_cli_makes_them(dev: Person, site: Site) -> None:
    flags = {
        "docker network create -d overlay {}": 90,
        (
            "network create --driver overlay --attachable --internal --label team=shop --opt "
            "encrypted {}"
        ): 91,
        "network create -d overlay --subnet 10.77.{subnet}.0/24 --gateway 10.77.{subnet}.9 {}": 92,
    }
    for line, number in flags.items():
        asked = dev.types(f"/swarm {line.format(f'ours-{number}', subnet=number)}")
        message = dev.sees(f"✅ network ours-{number} is there", after=asked)
        assert "not on every node" in message.text
        typed = line.format(f"twin-{number}", subnet=number + 100).removeprefix("docker ")
        site.cluster.docker(*typed.split())
        ours, twin = network(site, f"ours-{number}"), network(site, f"twin-{number}")
        assert comparable(ours) == comparable(twin), line
        if "subnet" in line:
            assert ours["IPAM"]["Config"] == [
                {"Subnet": f"10.77.{number}.0/24", "Gateway": f"10.77.{number}.9"}
            ]


def comparable(raw: dict[str, Any]) -> dict[str, Any]:
    """What Swarm does not choose anew for each network."""
    options = {key: value for key, value in raw["Options"].items() if "vxlanid" not in key}
    kept = {key: value for key, value in raw.items() if key not in ("Id", "Name", "Created")}
    return {
        **kept,
        "IPAM": {**raw["IPAM"], "Config": len(raw["IPAM"]["Config"])},
        "Options": options,
    }


def test_networks_from_creation_to_removal(dev: Person, site: Site) -> None:
    asked = dev.types("/swarm network create -d overlay uber-net")
    dev.sees("✅ network uber-net is there", after=asked)
    unused = asks(dev, "network inspect uber-net").text
    assert "used by 0 services" in unused
    assert (
        "not on every node: a node gets it with the first task that needs it, and that is as "
        "it should be"
    ) in unused
    site.runs("web", "web:v1", "--network", "uber-net")

    assert "uber-net" in (listed := asks(dev, "network ls").text)
    assert "ingress" in listed
    sheet = asks(dev, "docker network inspect uber-net").text
    assert "used by 1 service" in sheet
    assert network(site, "uber-net")["IPAM"]["Config"][0]["Subnet"] in sheet
    assert "{" not in sheet
    refusals = {
        "network rm uber-net": "Network uber-net is used by web",
        "network rm ingress": "routing mesh",
        "network rm bridge": "each engine's own",
        "network rm uber-nte": "Did you mean uber-net",
        "network create uber-two": "/swarm network create --driver=overlay uber-two",
        "network create -d overlay uber-net": "There is a network uber-net already",
        "network create -d overlay --subnet 10.0.0.0/8 wide": "addresses of its own: network",
        "network create -d overlay --subnet 10.0.0 wide": "a range such as 10.20.0.0/24",
        "network create -d overlay --gateway 10.20.0.1 wide": "inside of a --subnet",
    }
    before = names(site, "network")
    for line, said in refusals.items():
        assert said in asks(dev, line).text, line
    assert names(site, "network") == before

    # Its task may still hold the network for a moment.
    site.cluster.docker("service", "rm", "web")
    asked = dev.types("/swarm docker network rm uber-net")
    dev.sees("✅ network uber-net is gone", timeout=60, after=asked)
    eventually(lambda: "uber-net" not in names(site, "network"), 30)


def test_what_a_secret_holds_is_never_shown(dev: Person, site: Site) -> None:
    assert "No secrets yet" in asks(dev, "secret ls").text
    assert "No configs yet" in asks(dev, "docker config ls").text
    create = ["docker", "-H", site.cluster.manager.url, "secret", "create", "alone", "-"]
    subprocess.run(create, input="geheim", text=True, check=True, capture_output=True)
    listed = asks(dev, "docker secret ls").text
    assert "1 secret · 1 used by no service" in listed
    assert "geheim" not in listed
