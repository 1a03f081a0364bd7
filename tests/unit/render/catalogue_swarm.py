"""What the bot says of the Swarm itself: engines, tokens and keys, the root certificate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial

from pydantic import SecretStr

from bot import errors
from bot.model import Message
from bot.model.cluster import (
    ClusterInfo,
    EngineInfo,
    EngineState,
    ExternalCa,
    RootCertificate,
    RootRotation,
)
from bot.render.errors import explain
from bot.render.objects import credentials, swarm_sheet
from tests.unit.render import values as v

CLUSTER = ClusterInfo(
    id="aaz4gj9m4qhj1sxk3gw8jlk2d",
    version=10,
    created=v.NOW - timedelta(days=200),
    updated=v.NOW - timedelta(hours=3),
    cert_expiry=timedelta(hours=2160),
    force_rotate=1,
    external_cas=(),
    root_rotation=False,
    trust_root="-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    autolock=True,
    task_history=5,
    dispatcher_heartbeat=timedelta(seconds=5),
    snapshot_interval=10000,
    keep_old_snapshots=0,
    heartbeat_tick=1,
    election_tick=10,
    data_path_port=4789,
    address_pools=("10.0.0.0/8",),
    subnet_size=24,
)
NODE1 = EngineState(
    "node1",
    reachable=True,
    swarm="active",
    manager=True,
    node_id="n1u9b7k3v0fbkhrk5gk2a6yzt",
    node_name="bee1",
    version="28.2",
    cluster_id=CLUSTER.id,
    address="10.0.0.1",
    peers=("10.0.0.1:2377", "10.0.0.2:2377", "10.0.0.3:2377"),
)
NODE3 = EngineState("node3", reachable=True, swarm="locked", node_name="bee3", version="28.2")
NODE4 = EngineState("node4", reachable=True, swarm="inactive", node_name="bee4", version="28.2")
AWAY = EngineState("node2", reachable=False, error="connection refused")
NO_LEADER = replace(NODE1, error="rpc error: the swarm does not have a leader")
EXTERNAL = replace(
    CLUSTER,
    external_cas=(ExternalCa("cfssl", "https://ca.example.com"),),
    labels={"team": v.HOSTILE},
)
ROOT = RootCertificate(
    "CN=swarm-ca",
    "4DB5",
    v.NOW - timedelta(days=200),
    v.NOW + timedelta(days=7100),
    "482a61d63cbeec25" * 4,
)
HALF = RootRotation(
    running=True, total=4, renewed=2, waiting=(("node2", "ready"), ("node4", "down"))
)
TOKEN = SecretStr(
    "SWMTKN-1-3pu6hszjas19xyp7ghgosyx9k8atbfcr8p2is99znpy26u2lkl-1awxwuwd3z9j1z3puu7rcgdbx"
)
KEY = SecretStr("SWMKEY-1-7c37Cc8654o6p38HnroywCi19pllOnGtbdZEgtKxZu8")
FRESH = SecretStr("SWMKEY-1-h8WnQ2sLxv0C5rYk3TzJ6bPdA1mEfG9uHqVtOiNpXyR")


def messages() -> Mapping[str, Callable[[], Message]]:
    """Messages by the name of their golden file."""
    everywhere = RootRotation(running=False, total=4, renewed=4)
    return {
        **{name: partial(explain.explain, error) for name, error in REFUSALS.items()},
        "engine-manager": lambda: swarm_sheet.info(EngineInfo(NODE1, 3, 4, CLUSTER)),
        "engine-no-leader": lambda: swarm_sheet.info(EngineInfo(NO_LEADER)),
        "engine-locked": lambda: swarm_sheet.info(EngineInfo(NODE3)),
        "engine-in-no-swarm": lambda: swarm_sheet.info(EngineInfo(NODE4)),
        "engines": lambda: swarm_sheet.overview(CLUSTER, (NODE1,), 3, 4),
        "engines-in-trouble": lambda: swarm_sheet.overview(
            EXTERNAL, (NODE1, AWAY, NODE3, NODE4), 3, 4
        ),
        "engines-bare": lambda: swarm_sheet.overview(
            None, (NODE4, replace(NODE4, name="node1")), 0, 0
        ),
        "engines-locked": lambda: swarm_sheet.overview(None, (NODE3, AWAY), 0, 0),
        "root": lambda: swarm_sheet.authority(CLUSTER, ROOT, everywhere, v.NOW),
        "root-external": lambda: swarm_sheet.authority(EXTERNAL, ROOT, everywhere, v.NOW),
        "root-changing": lambda: swarm_sheet.authority(CLUSTER, ROOT, HALF, v.NOW),
        "root-unreadable": lambda: swarm_sheet.authority(
            replace(CLUSTER, trust_root=""), None, everywhere, v.NOW
        ),
        "root-rotating": lambda: swarm_sheet.rotating(HALF, 12),
        "token-worker": lambda: credentials.join_token("worker", TOKEN, "10.0.0.1:2377"),
        "key": lambda: credentials.unlock_key(KEY),
        "key-rotated": lambda: credentials.rotated_unlock_key(FRESH, KEY, ("node1", "node2"), ()),
        "key-rotated-away": lambda: credentials.rotated_unlock_key(
            FRESH, KEY, ("node1", "node2"), ("node3",)
        ),
    }


REFUSALS: Mapping[str, errors.SwarmbotError] = {
    "swarm-which-engine": errors.AmbiguousEngineError(
        "swarm leave", "are in a Swarm", ("node1", "node2", "node3"), able=True
    ),
    "swarm-no-such-engine": errors.AmbiguousEngineError(
        "swarm unlock", "is locked", ("node1", "node2"), able=False
    ),
    "swarm-key-needed": errors.UnlockKeyNeededError(
        "node3", "there is no leader, or every manager is locked"
    ),
    "swarm-wrong-key": errors.WrongUnlockKeyError("node3"),
    "swarm-manager-leaves": errors.ManagerLeavesError("node3", "bee3", 3, 0),
    "swarm-last-manager-leaves": errors.ManagerLeavesError(
        "node1", "bee1", 1, 0, "its 5 services, 1 secret, networks and tokens"
    ),
}
