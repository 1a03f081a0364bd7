"""A node may have any host name: `self`, or another node's id. No button goes astray for it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.errors import AmbiguousNameError
from bot.model.alert_facts import NodeDown, ServiceBelow
from bot.model.incident import AlertState, Incident, Memory, Problem, Severity
from bot.swarm.swarm import Swarm
from handlers.slack.names import readers
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World


def renamed(world: World, number: int, name: str) -> str:
    """Give the node a host name; its id."""
    node = list(world.swarm.cluster.nodes.values())[number]
    node["Description"]["Hostname"] = name
    return str(node["ID"])


def test_a_node_that_calls_itself_self_is_not_taken_for_the_answering_one(
    dev: MemoryPerson, world: World
) -> None:
    impostor = renamed(world, 3, "self")

    said = dev.asks("node update --availability drain self").text

    assert "fits more than one node" in said
    assert impostor in said
    with pytest.raises(AmbiguousNameError):
        Swarm(world.bot.engines).nodes.find("self")
    assert Swarm(world.bot.engines).nodes.find(impostor).name == "self"
    assert dev.asks(f"node inspect {impostor}").text


def test_an_id_means_its_node_whatever_others_are_called(dev: MemoryPerson, world: World) -> None:
    ids = [str(node["ID"]) for node in world.swarm.cluster.nodes.values()]
    renamed(world, 3, ids[0])

    assert Swarm(world.bot.engines).nodes.find(ids[0]).id == ids[0]
    assert "node1" in dev.asks(f"node ps {ids[0]}").text


def alert(world: World, subject: str, name: str, facts: NodeDown | ServiceBelow) -> Incident:
    now = world.clock.now()
    problem = Problem(
        subject=subject, severity=Severity.CRITICAL, name=name, since=now, facts=facts
    )
    return Incident(
        id=f"i-{subject}",
        subject=subject,
        name=name,
        state=AlertState.FIRING,
        problems=(problem,),
        since=now,
        changed=now,
        opened=now,
    )


def test_a_button_of_an_alert_is_for_this_alert_alone(lead: MemoryPerson, world: World) -> None:
    service = f"service:{world.runs('payroll')['ID']}"
    node = f"node:{renamed(world, 3, 'payroll')}"
    alerts = world.bot.store.alerts
    incidents = (
        alert(world, node, "payroll", NodeDown()),
        alert(world, service, "payroll", ServiceBelow()),
    )
    alerts.save(Memory(incidents={incident.subject: incident for incident in incidents}), 1)

    assert "payroll" in lead.asks(f"ack {node}", "acknowledged by you").text
    known = alerts.memory().incidents
    assert known[node].acknowledged_by
    assert not known[service].acknowledged_by

    said = lead.asks(f"silence {node} --for 1h", "payroll · silenced").text
    assert node not in said
    (silence,) = alerts.silences(world.clock.now())
    assert silence.covers(known[node], world.clock.now())
    assert not silence.covers(known[service], world.clock.now() + timedelta(minutes=1))
    assert node not in lead.asks("alerts", "payroll").text
    lead.asks("unsilence payroll", "payroll · no longer silenced")
    assert not alerts.silences(world.clock.now())


def test_forms_offer_ids_where_a_name_would_mean_another(world: World) -> None:
    ids = [str(node["ID"]) for node in world.swarm.cluster.nodes.values()]
    renamed(world, 1, "self")
    renamed(world, 2, ids[0])
    web = str(world.runs("web")["ID"])
    world.runs(web)
    offered = readers(Swarm(world.bot.engines))

    assert set(offered["node"]()) == {"node1", ids[1], ids[2], "node4"}
    assert offered["service"]() == ["web"]
