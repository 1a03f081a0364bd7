"""Messages about nodes, stacks, networks, secrets and configs, by the name of their golden
files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from bot import errors
from bot.model import (
    Difference,
    Ending,
    Kind,
    ManagerStatus,
    Message,
    NodeState,
    Outcome,
    Plan,
    Platform,
    Reachability,
    TaskState,
)
from bot.model.cluster import Network, Stack, Stored
from bot.render import plans
from bot.render.errors import explain
from bot.render.objects import networks, node_sheet, placed_tasks, secrets_configs, stack_list
from tests.unit.render import values as v

SERVICES = {service.id: service for service in (v.WEB, v.API, v.AGENT)}
NODE = replace(
    v.NODES["n1"],
    address="10.99.0.1",
    manager=ManagerStatus(True, Reachability.REACHABLE, "10.99.0.1:2377"),
    labels={"zone": "a", "disk": "ssd"},
    platform=Platform("linux", "amd64"),
    nano_cpus=4_000_000_000,
    memory=8 << 30,
    version=1203,
    created=v.NOW - timedelta(days=90),
)
NET = Network(
    "k1",
    "uber-net",
    "overlay",
    "swarm",
    attachable=True,
    encrypted=True,
    subnets=("10.0.1.0/24",),
    gateways=("10.0.1.1",),
    labels={"team": "shop"},
    created=v.NOW - timedelta(days=3),
    options={"encrypted": "", "com.docker.network.driver.overlay.vxlanid_list": "4097"},
)
INGRESS = Network("k0", "ingress", "overlay", "swarm", ingress=True, subnets=("10.0.0.0/24",))
KEY = Stored(
    "secret",
    "x1",
    "shop_key",
    created=v.NOW - timedelta(days=3),
    updated=v.NOW - timedelta(hours=2),
)
DRAIN = Plan(
    title="node4 → Drain",
    targets=("node:n4",),
    fingerprint="f",
    kind=Kind.DANGER,
    nodes=("node4",),
    changes=(Difference("--availability", "active", "drain"),),
    summary="2 tasks move: web 1, api 1 · the other nodes have room",
    warnings=("no other node is Ready and Active: nothing new can start until one is",),
)
REMOVE = Plan(
    title="remove node3",
    targets=("node:n3", "swarm"),
    fingerprint="f",
    kind=Kind.DANGER,
    nodes=("node3",),
    summary="managers 3 → 2, none of them may then fail",
    warnings=("two managers bear no loss. Add a third: `/swarm node promote node4`",),
)


REFUSALS: Mapping[str, errors.SwarmbotError] = {
    "last-manager": errors.LastManagerError("node1", ("node4",)),
    "last-manager-alone": errors.LastManagerError("node1"),
    "quorum-at-risk": errors.QuorumAtRiskError("node2", 2, 1, 2, ("node3",)),
    "still-manager": errors.StillManagerError("node2"),
    "not-down": errors.NodeNotDownError("node4", "ready"),
    "network-in-use": errors.InUseError("network", "uber-net", ("api", "web")),
    "secret-in-use": errors.InUseError("secret", "shop_key", ("web",)),
}


def outcome(ending: Ending, title: str, *lines: str) -> Outcome:
    return Outcome(ending=ending, title=title, seconds=4, lines=lines)


def messages() -> Mapping[str, Callable[[], Message]]:
    """All of them by name."""
    refused = {
        f"refusal-{name}": (lambda error=error: explain.explain(error))
        for name, error in REFUSALS.items()
    }
    return {**changes(), **lists(), **refused}


def changes() -> Mapping[str, Callable[[], Message]]:
    """How changes of nodes ended."""
    moved = outcome(
        Ending.DONE,
        "node4 is Drain",
        "web: 1 task moved, it runs on node1 ×2, node2",
        "agent: ended there",
    )
    removed = outcome(
        Ending.DONE,
        "node3 is no longer in the Swarm",
        "node3 was Down",
        "node3 is demoted",
        "node3 is removed",
        "managers 3 → 2, none of them may then fail",
    )
    return {
        "node-drained": lambda: plans.ended(DRAIN, moved),
        "node-drain-timed-out": lambda: plans.ended(
            DRAIN,
            outcome(
                Ending.TIMED_OUT,
                "node4 → Drain",
                "web: 1 task moved, it runs on node1",
                "web: 1 still to start",
            ),
        ),
        "node-removed": lambda: plans.ended(REMOVE, removed),
    }


def lists() -> Mapping[str, Callable[[], Message]]:
    """What is looked at."""
    tasks = [replace(task, node_id="n4") for task in v.TASKS]
    odd = replace(
        NODE,
        state=NodeState.DOWN,
        message="heartbeat failure",
        manager=None,
        labels={v.LONG: v.HOSTILE},
    )
    view = placed_tasks.TaskContext(SERVICES, v.NOW)
    shop_view = placed_tasks.TaskContext({v.WEB.id: v.WEB}, v.NOW, v.NODES)
    shop = Stack("shop", (v.WEB, v.AGENT), (KEY,), (), (NET,))
    return {
        "node-tasks": lambda: placed_tasks.on_node(v.NODES["n4"], tasks, view),
        "node-tasks-none": lambda: placed_tasks.on_node(v.NODES["n3"], (), view),
        "node-tasks-hostile": lambda: placed_tasks.on_node(
            replace(v.NODES["n4"], name=v.HOSTILE),
            [replace(task, error=v.HOSTILE) for task in tasks],
            view,
        ),
        "node-tasks-of-a-removed-job": lambda: placed_tasks.on_node(
            v.NODES["n1"],
            [
                replace(
                    tasks[0], service_id="gone", state=TaskState.FAILED, desired=TaskState.COMPLETE
                )
            ],
            view,
        ),
        "node-sheet": lambda: node_sheet.inspected(
            NODE, tasks, SERVICES, (512 << 20, 1_500_000_000), True
        ),
        "node-sheet-down": lambda: node_sheet.inspected(odd, (), {}, (0, 0), False),
        "node-tasks-whole": lambda: placed_tasks.on_node(
            v.NODES["n4"],
            [replace(task, error=v.HOSTILE) for task in tasks],
            replace(view, whole=True),
        ),
        "stack-tasks": lambda: placed_tasks.of_stack("shop", v.TASKS, shop_view, (v.CRASH,)),
        "stack-tasks-well": lambda: placed_tasks.of_stack(
            "shop",
            v.TASKS[:1],
            placed_tasks.TaskContext({v.WEB.id: replace(v.WEB, desired=1)}, v.NOW, v.NODES),
            (),
        ),
        "stacks": lambda: stack_list.listed([shop, Stack("monitoring", (v.AGENT,))]),
        "stacks-none": lambda: stack_list.listed([]),
        "networks": lambda: networks.networks(
            [INGRESS, NET], {"k1": ("api", "web", "worker", "x"), "k0": ("web",)}
        ),
        "networks-none": lambda: networks.networks([INGRESS], {}),
        "network": lambda: networks.network(NET, ("api", "web")),
        "network-unused": lambda: networks.network(NET, ()),
        "network-hostile": lambda: networks.network(
            replace(NET, name=v.LONG, labels={"a": v.HOSTILE}, subnets=()), (v.HOSTILE,)
        ),
        "secrets": lambda: secrets_configs.listed(
            "secret", [KEY, replace(KEY, id="x2", name=v.LONG)], {"x1": ("api", "web")}, v.NOW
        ),
        "configs-none": lambda: secrets_configs.listed("config", [], {}, v.NOW),
    }
