"""A small Swarm in values, for the messages of the golden files."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.model import (
    Actor,
    Availability,
    Cause,
    CauseKind,
    Difference,
    Ending,
    Finding,
    Image,
    ManagerStatus,
    Mode,
    Node,
    NodeRole,
    NodeState,
    Outcome,
    Phase,
    Plan,
    Port,
    Progress,
    Reachability,
    Revision,
    Rollout,
    Service,
    Slot,
    Step,
    Task,
    TaskState,
    UpdateStatus,
)
from bot.model.audit import AuditEntry
from bot.model.cluster import LogLine, ServiceLog
from tests.unit.render.written_cause import WrittenCause

NOW = datetime(2026, 3, 4, 14, 5, 31, tzinfo=UTC)
START = NOW - timedelta(seconds=12)
OLD = Image("shop/web", "1.1", "sha256:86dea99" + "0" * 57)
NEW = Image("shop/web", "2.0", "sha256:4f2a91c" + "1" * 57)
HOSTILE = "<!channel> *bold* _italic_ ~gone~ `code` :fire: <@U1> & > quote"
LONG = "a-service-with-a-name-that-never-ends-" * 6

NODES = {
    node.id: node
    for node in (
        Node(
            "n1",
            "node1",
            NodeRole.MANAGER,
            Availability.ACTIVE,
            NodeState.READY,
            manager=ManagerStatus(True, Reachability.REACHABLE, "a"),
            engine="28.2",
        ),
        Node(
            "n2",
            "node2",
            NodeRole.MANAGER,
            Availability.DRAIN,
            NodeState.READY,
            manager=ManagerStatus(False, Reachability.REACHABLE, "b"),
            engine="28.2",
        ),
        Node(
            "n3",
            "node3",
            NodeRole.WORKER,
            Availability.ACTIVE,
            NodeState.DOWN,
            engine="28.2",
            message="heartbeat failure",
        ),
        Node("n4", "node4", NodeRole.WORKER, Availability.ACTIVE, NodeState.READY, engine="28.2"),
    )
}

DEPLOY = Rollout(
    id="r7",
    verb="deploy",
    line="deploy web shop/web:2.0 --parallelism 2",
    service_id="s1",
    service="web",
    actor=Actor("U1", "dev"),
    before=OLD,
    after=NEW,
    version=41,
    started=START,
    deadline=START + timedelta(minutes=10),
    summary="4 replicas, 2 at a time, 2 s apart · rolls back on failure",
    warnings=("the image has no health check: a task counts as up as soon as it runs",),
    changes=(
        Difference("image", "shop/web:1.1", "shop/web:2.0"),
        Difference("--update-parallelism", "1", "2"),
        Difference("--update-delay", "", "2s"),
    ),
    revision=7,
    approved_by=("lead",),
    rolls_back=True,
)
AUDITED = AuditEntry(
    id="12",
    reference="12",
    at=START,
    actor=DEPLOY.actor,
    command={},
    plan={},
    source="C1",
    outcome={"ending": Ending.ROLLED_BACK},
    seconds=18.0,
)
SCALE = replace(
    DEPLOY,
    verb="service scale",
    line="service scale web=5",
    after=OLD,
    changes=(Difference("replicas", "2", "5"),),
    warnings=(),
    approved_by=(),
    revision=0,
)
CRASH = Finding(
    Cause(CauseKind.EXIT_CODE, "3"),
    "node2",
    "t1",
    3,
    2,
    ("FATAL: cannot read /etc/shop.conf",),
)
SICK = Finding(
    Cause(CauseKind.UNHEALTHY),
    "node4",
    "t2",
    log=("starting", "listening on :80", "\x1b[31mGET /health 500\x1b[0m"),
)
FULL = Finding(
    WrittenCause(
        text="the reservations of 3 nodes are full",
        fix="Lower `--reserve-memory` or `--reserve-cpu`, or add a node; reservations count, not "
        "usage.",
    )
)
HALF = Progress(
    Phase.ROLLING,
    2,
    4,
    (
        Slot("1", "node1", TaskState.RUNNING, "2.0", True),
        Slot("2", "node3", TaskState.RUNNING, "2.0", True),
        Slot("3", "node2", TaskState.STARTING, "2.0", False),
        Slot("4", "node4", TaskState.RUNNING, "1.1", False),
    ),
)


def many_slots(total: int, done: int) -> Progress:
    """A big rollout: the first `done` places are through, the next two are under way."""
    slots = [
        Slot(str(n), f"node{n % 9}", TaskState.RUNNING, "2.0", True)
        if n <= done
        else Slot(
            str(n),
            f"node{n % 9}",
            TaskState.STARTING if n <= done + 2 else TaskState.RUNNING,
            "2.0" if n <= done + 2 else "1.1",
            False,
        )
        for n in range(1, total + 1)
    ]
    return Progress(Phase.ROLLING, done, total, tuple(slots))


def outcome(
    phase: Phase, ending: Ending, took: float, rollout: Rollout = DEPLOY, **progress: Any
) -> Outcome:
    """How a rollout ended, with the last look at it."""
    values: dict[str, Any] = {"done": 1, "total": 4, "slots": HALF.slots, **progress}
    steps = tuple(
        Step(
            START + timedelta(seconds=2 * n),
            str(1 + n % 4),
            f"node{1 + n % 4}",
            TaskState(state),
            "2.0",
        )
        for n, state in enumerate(["preparing", "starting", "running", "running"])
    )
    return Outcome(
        ending=ending,
        title=rollout.service,
        seconds=took,
        rollout=rollout,
        progress=Progress(phase, **values),
        steps=steps,
    )


WEB = Service(
    "s1",
    "web",
    41,
    Mode.REPLICATED,
    NEW,
    {
        "TaskTemplate": {
            "ContainerSpec": {
                "Image": str(NEW),
                "Env": ["DB_PASSWORD=hunter2", "LEVEL=info"],
                "Args": ["serve", "--port", "80"],
                "Healthcheck": {
                    "Test": ["CMD-SHELL", "wget -q localhost"],
                    "Interval": 5_000_000_000,
                },
                "Mounts": [
                    {"Type": "volume", "Source": "data", "Target": "/data", "ReadOnly": True}
                ],
                "Secrets": [{"SecretName": "db_password", "SecretID": "x"}],
                "StopGracePeriod": 1_000_000_000,
            },
            "Placement": {"Constraints": ["node.role==worker"], "MaxReplicas": 2},
            "Resources": {
                "Limits": {"MemoryBytes": 536870912},
                "Reservations": {"NanoCPUs": 500000000},
            },
            "Networks": [{"Target": "net1"}],
        },
        "UpdateConfig": {"Parallelism": 2, "Delay": 2_000_000_000, "FailureAction": "rollback"},
    },
    replicas=4,
    running=3,
    desired=4,
    stack="shop",
    ports=(Port(80, 8080), Port(443, 8443, "tcp", "host")),
    labels={"com.docker.stack.namespace": "shop"},
    update=UpdateStatus("completed", "update completed"),
    created=NOW - timedelta(days=9),
    updated=NOW - timedelta(hours=3),
)
API = replace(
    WEB,
    id="s2",
    name="api",
    image=Image("shop/api", "5"),
    running=2,
    desired=2,
    replicas=2,
    ports=(),
)
AGENT = replace(
    WEB,
    id="s3",
    name="agent",
    image=Image("infra/agent"),
    mode=Mode.GLOBAL,
    replicas=None,
    running=3,
    desired=3,
    stack="",
    ports=(),
)

TASKS = (
    Task(
        "t1",
        "s1",
        1,
        "n1",
        TaskState.RUNNING,
        TaskState.RUNNING,
        NEW,
        at=NOW - timedelta(minutes=5),
        created=NOW - timedelta(minutes=6),
    ),
    Task(
        "t2",
        "s1",
        2,
        "n4",
        TaskState.RUNNING,
        TaskState.RUNNING,
        NEW,
        at=NOW - timedelta(minutes=5),
        created=NOW - timedelta(minutes=6),
    ),
    Task(
        "t3",
        "s1",
        3,
        "n4",
        TaskState.RUNNING,
        TaskState.RUNNING,
        NEW,
        at=NOW - timedelta(minutes=4),
        created=NOW - timedelta(minutes=6),
    ),
    Task(
        "t4",
        "s1",
        4,
        "n2",
        TaskState.STARTING,
        TaskState.RUNNING,
        NEW,
        at=NOW - timedelta(seconds=4),
        created=NOW - timedelta(seconds=9),
    ),
    Task(
        "t5",
        "s1",
        4,
        "n2",
        TaskState.FAILED,
        TaskState.SHUTDOWN,
        NEW,
        error="task: non-zero exit (3)",
        exit_code=3,
        at=NOW - timedelta(seconds=10),
        created=NOW - timedelta(seconds=30),
    ),
    Task(
        "t6",
        "s1",
        1,
        "n1",
        TaskState.SHUTDOWN,
        TaskState.SHUTDOWN,
        OLD,
        at=NOW - timedelta(minutes=6),
        created=NOW - timedelta(days=2),
    ),
)
JOB_SERVICE = replace(
    WEB, name="migrate", mode=Mode.REPLICATED_JOB, replicas=3, job_iteration=1, desired=0
)
JOB_TASKS = tuple(
    replace(
        TASKS[0],
        id=f"j{slot}",
        slot=slot,
        state=TaskState.COMPLETE,
        desired=TaskState.COMPLETE,
        job_iteration=1,
    )
    for slot in (1, 2, 3)
)

REVISIONS = (
    Revision(5, Image("shop/web", "1.0"), NOW - timedelta(days=30), "", "found"),
    Revision(6, OLD, NOW - timedelta(days=9), "lead", "deploy", "done"),
    Revision(7, NEW, NOW - timedelta(minutes=6), "dev", "deploy", "done"),
)

LOG = ServiceLog(
    lines=(
        LogLine(NOW, "t1", "n1", "listening on :80"),
        LogLine(NOW, "t2", "n4", HOSTILE + " ``` \x1b[31mred\x1b[0m"),
    ),
    silent=("n3",),
)

PLAN = Plan(
    title="node update node2",
    targets=("node:n2",),
    fingerprint="f",
    nodes=("node2",),
    changes=(Difference("availability", "active", "drain"),),
    summary="3 tasks move to node1 and node4",
    warnings=("only `node1` and `node4` are left for 7 tasks",),
)
