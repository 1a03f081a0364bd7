"""The Home tab as people see it, by the name of its golden file; a tab is shown here as the message
of its blocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.errors import NoEngineError
from bot.model import Availability, Message, Node, NodeRole, NodeState, Shortfall, Status
from bot.model.incident import AlertState
from bot.render import home
from bot.render.home import Home, Viewer
from tests.unit.render import catalogue_alerts, catalogue_approvals
from tests.unit.render import values as v

WELL = Status(
    swarm="",
    managers=3,
    fault_tolerance=1,
    quorum=True,
    nodes={"ready": 4},
    services=12,
    certificate_left=timedelta(days=61),
)
ILL = Status(
    swarm="",
    managers=3,
    fault_tolerance=0,
    quorum=True,
    nodes={"ready": 3, "down": 1},
    nodes_away=("node3",),
    services=12,
    below=(Shortfall("web", 3, 4, "s1"), Shortfall("api", 1, 2, "s2")),
    rollouts=("web",),
    holds=1,
    approvals=1,
    critical=1,
    certificate_left=timedelta(days=2),
)
ANYBODY = Viewer(commands=frozenset({"status", "services", "nodes", "service ps", "help"}))
OPERATOR = Viewer(
    commands=frozenset({*ANYBODY.commands, "deploy", "scale", "doctor", "ack"}),
    rolls_back=frozenset({"web"}),
    decides=frozenset({catalogue_approvals.OPEN.id}),
)
FOUR = tuple(v.NODES.values())
READY = tuple(
    replace(node, state=NodeState.READY, message="", availability=Availability.ACTIVE)
    for node in FOUR
)
CALM = Home(status=WELL, nodes=READY)
ROUGH = Home(
    status=ILL,
    nodes=FOUR,
    rollouts=(v.DEPLOY, replace(v.SCALE, service="api")),
    approvals=(catalogue_approvals.OPEN,),
    incidents=(
        catalogue_alerts.LOCKED,
        catalogue_alerts.DOWN,
        replace(catalogue_alerts.BELOW, acknowledged_by=catalogue_alerts.OPS),
        replace(catalogue_alerts.CRASHING, state=AlertState.RESOLVED),
    ),
)
ODD = Home(
    status=replace(ILL, below=(Shortfall(v.LONG, 0, 9, "s3"),), redis=v.HOSTILE, critical=0),
    nodes=(replace(FOUR[0], name=v.HOSTILE, state=NodeState.DOWN),),
    rollouts=(replace(v.DEPLOY, service=v.LONG, actor=replace(v.DEPLOY.actor, name=v.HOSTILE)),),
    approvals=(catalogue_approvals.ODD,),
    incidents=(catalogue_alerts.HOSTILE,),
    silences=(replace(catalogue_alerts.ENDLESS, pattern="*"),),
)
MANY = Home(
    status=replace(
        ILL, below=tuple(Shortfall(f"web{number}", 0, 1, f"s{number}") for number in range(300))
    ),
    nodes=tuple(
        Node(
            f"n{number}",
            f"node{number}",
            NodeRole.WORKER,
            Availability.ACTIVE,
            NodeState.READY if number % 20 else NodeState.DOWN,
        )
        for number in range(200)
    ),
    rollouts=tuple(replace(v.DEPLOY, service=f"web{number}") for number in range(40)),
    approvals=tuple(replace(catalogue_approvals.OPEN, id=f"a{number}") for number in range(30)),
    incidents=tuple(replace(catalogue_alerts.DOWN, id=f"i{number}") for number in range(50)),
)


def shown(tab: dict[str, Any]) -> Message:
    """A tab as a message whose notification is its first line."""
    first = next(block for block in tab["blocks"] if block["type"] == "section")["text"]["text"]
    return Message(first.splitlines()[0].strip("*"), tuple(tab["blocks"]))


def messages() -> Mapping[str, Callable[[], Message]]:
    """All of them by name."""
    tabs: Mapping[str, Callable[[], dict[str, Any]]] = {
        "home": lambda: home.view(CALM, OPERATOR, v.NOW),
        "home-anybody": lambda: home.view(ROUGH, ANYBODY, v.NOW),
        "home-trouble": lambda: home.view(ROUGH, OPERATOR, v.NOW),
        "home-hostile": lambda: home.view(ODD, OPERATOR, v.NOW),
        "home-many": lambda: home.view(MANY, OPERATOR, v.NOW),
        "home-refused": lambda: home.refused(("operator", "lead")),
        "home-failed": lambda: home.failed(
            NoEngineError((("node1", "timed out"),)), OPERATOR, v.NOW
        ),
    }
    return {name: _message(tab) for name, tab in tabs.items()}


def _message(tab: Callable[[], dict[str, Any]]) -> Callable[[], Message]:
    return lambda: shown(tab())
