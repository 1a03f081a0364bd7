"""Certificates of all nodes: a job on each of them reads them, and one such look at a time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bot.settings import PolicyRule, Role, WatchSettings
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import DEV, LEAD, World

ROLES = (Role(name="dev", users=(DEV, LEAD)),)
RULES = (PolicyRule(commands=("certs workers",), ask=("dev",)),)
AGENT = "shop/shell:1.0"
DAYS = 60
LOOK_SECONDS = 1.0


def certificate(node_id: str, world: World) -> str:
    """A node's certificate with so many days left, as the file on its host has it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, node_id)])
    now = world.clock.now()
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + timedelta(days=DAYS, hours=1))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


def with_agent(world: World) -> None:
    """The bot may run a job, whose image ends on each node with the node's own certificate.

    No manager listens, so all nodes are read by it; each look at its tasks takes a second.
    """
    cluster = world.swarm.cluster
    nodes = cluster.nodes.values()
    for node in nodes:
        if "ManagerStatus" in node:
            node["ManagerStatus"]["Addr"] = "127.0.0.1:1"
    logs = {node["ID"]: certificate(node["ID"], world) for node in nodes}
    world.registry.push(AGENT, exits=0, after=0.2, log_by_node=logs)
    watch = WatchSettings(certificate_agent=AGENT)
    world.settings = world.settings.model_copy(update={"watch": watch})
    bot = world.start_bot()
    world.talks_to(bot)

    def look(path: str) -> None:
        if path == "/tasks":
            world.clock.wait(LOOK_SECONDS)

    bot.engines.moments.after_read = look


@pytest.mark.world(ROLES, RULES)
def test_a_job_reads_every_node_and_is_gone_when_it_is_told(
    dev: MemoryPerson, world: World
) -> None:
    with_agent(world)

    asked = dev.types("/swarm certs --workers")

    dev.sees("certificates of all nodes read", after=asked)
    read = dev.sees(f"the first ends in {DAYS} d", after=asked)
    assert read.ephemeral
    for number in (1, 2, 3, 4):
        assert f"node{number}  {DAYS} d      node  2026-01-22" in read.text
    assert not world.swarm.cluster.services, "the job is gone"
    (entry,) = world.bot.store.audit.entries()
    assert entry.outcome
    assert entry.outcome["ending"] == "done"


@pytest.mark.world(ROLES, RULES)
def test_a_job_that_cannot_start_is_told_of_and_is_gone(dev: MemoryPerson, world: World) -> None:
    with_agent(world)
    del world.registry.builds[AGENT]

    asked = dev.types("/swarm certs --workers")

    dev.sees("certificates of all nodes read", after=asked)
    assert "No such image" in dev.sees("not read", after=asked).text
    assert not world.swarm.cluster.services


@pytest.mark.world(ROLES, RULES)
def test_a_second_look_at_the_same_time_is_refused_and_disturbs_nothing(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    with_agent(world)
    asked = dev.types("/swarm certs --workers")
    assert world.clock.run(lambda: world.swarm.cluster.services, 10)
    (job,) = world.swarm.cluster.services

    refused = lead.asks("certs --workers", "dev")

    assert refused.ephemeral
    assert list(world.swarm.cluster.services) == [job]
    dev.sees("certificates of all nodes read", after=asked)
    dev.sees(f"the first ends in {DAYS} d", after=asked)
    assert not world.swarm.cluster.services
    (entry,) = world.bot.store.audit.entries()
    assert entry.actor.name == "dev"
