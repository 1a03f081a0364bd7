"""What the doctor finds: for each finding a Swarm that has it, and the same Swarm without it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from bot.doctor.examine import examine
from bot.doctor.probes import Probes
from bot.model import (
    Availability,
    Image,
    ManagerStatus,
    Mode,
    Node,
    Port,
    Reachability,
    Service,
    Task,
    UpdateStatus,
)
from bot.model.advice import Advice
from bot.model.advice_kind import AdviceKind
from bot.model.cluster import (
    Certificate,
    Clock,
    ClusterInfo,
    EngineState,
    Network,
    RegistryAnswer,
    RootRotation,
)
from bot.model.completion import Completion, RestartCondition
from bot.model.incident import Memory, Severity
from bot.model.slash import SLASH
from bot.render.doctor.advice_text import AdviceText
from bot.render.doctor.advice_words import words
from bot.settings import WatchSettings
from bot.swarm.spec import read_cluster
from bot.watch.evaluation import Evaluation
from bot.watch.snapshot import Snapshot
from tests.unit.swarm import values as v

GB = 1 << 30
NONE = RestartCondition.NONE
CLUSTER = ClusterInfo(
    id="c",
    version=1,
    created=None,
    updated=None,
    cert_expiry=timedelta(days=90),
    force_rotate=0,
    external_cas=(),
    root_rotation=False,
    trust_root="",
    autolock=True,
    task_history=5,
    dispatcher_heartbeat=timedelta(seconds=5),
    snapshot_interval=10000,
    keep_old_snapshots=0,
    heartbeat_tick=1,
    election_tick=10,
    data_path_port=4789,
    address_pools=(),
    subnet_size=24,
)


def manager(
    name: str, reachability: str = "reachable", leader: bool = False, **fields: Any
) -> Node:
    status = ManagerStatus(leader, Reachability(reachability), f"{name}:2377")
    return v.node(name, role="manager", manager=status, engine="28.2", **fields)


def engine(name: str, swarm: str = "active", reachable: bool = True, **fields: Any) -> EngineState:
    values: dict[str, Any] = {
        "manager": swarm == "active",
        "node_id": f"id-{name}",
        "node_name": name,
    }
    return EngineState(name, reachable, swarm, **{**values, **fields})


def service(name: str = "web", replicas: int | None = 2, **fields: Any) -> Service:
    """A service at which nothing is to be found fault with; its specification's parts are
    arguments."""
    container = {"Healthcheck": {"Test": ["CMD", "true"]}, **fields.pop("container", {})}
    template = {
        "ContainerSpec": container,
        "Resources": {"Limits": {"MemoryBytes": GB}, "Reservations": fields.pop("reserve", {})},
        "Placement": fields.pop("placement", {}),
        "RestartPolicy": {"Condition": fields.get("restart", "any")},
    }
    config = {"Parallelism": 1, "FailureAction": "rollback", **fields.pop("config", {})}
    spec = {"Name": name, "TaskTemplate": template, "UpdateConfig": config}
    mode = Mode.GLOBAL if replicas is None else Mode.REPLICATED
    values = {"id": f"id-{name}", "name": name, "spec": spec, "updated": v.NOW - timedelta(hours=1)}
    return v.service(mode, replicas, **{**values, **fields})


def task(slot: int, on: str, of: str = "web", **fields: Any) -> Task:
    return v.task(slot, on, **{"service_id": f"id-{of}", "container_id": "c", **fields})


@dataclass(frozen=True)
class World:
    """A Swarm in order: three managers and a worker, `web` on two of them, everything within reach
    of the bot."""

    nodes: tuple[Node, ...] | None = (
        manager("node1", leader=True),
        manager("node2"),
        manager("node3"),
        v.node("node4", engine="28.2"),
    )
    services: tuple[Service, ...] = (service(),)
    tasks: tuple[Task, ...] = (task(1, "node1"), task(2, "node2"))
    engines: tuple[EngineState, ...] = (engine("node1"), engine("node2"), engine("node3"))
    cluster: ClusterInfo | None = CLUSTER
    certificates: tuple[Certificate, ...] = ()
    leaderless: str = ""
    probes: Probes = field(default_factory=Probes)
    memory: Memory = field(default_factory=Memory)

    def advice(self) -> tuple[Advice, ...]:
        known = self.nodes is not None
        seen = Snapshot(
            at=v.NOW,
            engines=self.engines,
            nodes=self.nodes,
            services=self.services if known else None,
            tasks=self.tasks if known else None,
            cluster=self.cluster if known else None,
            certificates=self.certificates,
            leaderless=self.leaderless,
        )
        return examine(Evaluation.of(seen, self.memory, WatchSettings()), self.probes)


WELL = World()
NODES = WELL.nodes or ()


def but(number: int, **fields: Any) -> tuple[Node, ...]:
    """The nodes, one of them changed."""
    return tuple(
        replace(node, **fields) if at == number - 1 else node for at, node in enumerate(NODES)
    )


def away(number: int) -> tuple[Node, ...]:
    return but(number, manager=ManagerStatus(False, Reachability.UNREACHABLE, ""), state="down")


def only(service: Service, *tasks: Task, **fields: Any) -> World:
    return World(services=(service,), tasks=tasks or WELL.tasks, **fields)


def certificate(days: float, kind: str = "node") -> World:
    ends = v.NOW + timedelta(days=days)
    life = timedelta(days=7300 if kind == "root" else 90)
    return World(
        certificates=(Certificate(kind=kind, name="node2", begins=ends - life, ends=ends),)
    )


def volume(**more: Any) -> dict[str, Any]:
    return {"Mounts": [{"Type": "volume", "Source": "data", "Target": "/data", **more}]}


def unscheduled(slot: int) -> Task:
    error = "no suitable node (scheduling constraints not satisfied on 4 nodes)"
    return task(slot, "", state="pending", error=error, container_id="")


MOON = service(placement={"Constraints": ["node.labels.zone==moon"]})
TWO_ON_ONE = (task(1, "node1"), task(2, "node1"), task(3, "node2"), task(4, "node2"))
OLD_HANDS = (
    manager("node1", leader=True, availability="drain"),
    manager("node2", availability="drain"),
)
BIG = service(reserve={"MemoryBytes": 600 << 20}, replicas=4)
BARE = Image("shop/web", "2.0")
SICK = task(
    2, "node2", state="failed", desired="shutdown", error="task: non-zero exit (3)", exit_code=3
)

LEADERLESS = (
    "no-leader: the managers have no leader: services run on, and nothing can be changed "
    "(node1: answers, no leader; node2: no answer, refused)"
)

TABLE: dict[str, tuple[World, World, str]] = {
    "one manager": (World(nodes=(NODES[0], NODES[3])), WELL, "managers: one manager bears no loss"),
    "two managers": (World(nodes=NODES[:2]), WELL, "managers: two managers bear no loss"),
    "four managers": (
        World(nodes=(*NODES[:3], manager("node5"))),
        WELL,
        "managers: 4 managers bear no more losses",
    ),
    "a manager is away": (World(nodes=away(3)), WELL, "managers: no further manager may fail"),
    "a locked manager": (
        World(engines=(*WELL.engines[:2], engine("node3", "locked")), nodes=away(3)),
        World(nodes=away(3)),
        "locked: node3 is a locked manager",
    ),
    "a manager that the others do not reach": (
        World(nodes=but(3, manager=ManagerStatus(False, Reachability.UNREACHABLE, ""))),
        WELL,
        "manager-unreachable: node3",
    ),
    "a manager that the bot does not know": (
        World(engines=WELL.engines[:2]),
        World(engines=(*WELL.engines[:2], EngineState("node3", False, error="refused"))),
        "not-connected: node3",
    ),
    "an engine that is away": (
        World(engines=(*WELL.engines[:2], EngineState("node3", False, error="refused"))),
        World(
            engines=(*WELL.engines[:2], EngineState("node3", False, error="refused")), nodes=away(3)
        ),
        "engine: the engine node3 does not answer",
    ),
    "a drained manager among working ones": (
        World(nodes=but(3, availability="drain")),
        World(
            nodes=(*OLD_HANDS, manager("node3", availability="drain"), NODES[3]),
            tasks=(),
            services=(),
        ),
        "manager-drained: node3",
    ),
    "a drained worker": (World(nodes=but(4, availability="drain")), WELL, "node-closed: node4"),
    "nobody works": (
        World(nodes=tuple(replace(node, availability=Availability.PAUSE) for node in NODES)),
        WELL,
        "no-node-active: no node takes tasks",
    ),
    "a node is down": (
        World(nodes=but(4, state="down", updated=v.NOW - timedelta(days=3, hours=1))),
        World(nodes=but(4, state="unknown")),
        "node-down: node4 is Down for 3 d",
    ),
    "an entry is left over": (
        World(nodes=(*NODES, v.node("node4", id="old-node4-entry", state="down"))),
        World(nodes=(*NODES, v.node("node5", state="down"))),
        "left-over: node4 is listed twice: old-node4-en is Down",
    ),
    "other engines": (
        World(nodes=but(4, engine="27.5")),
        WELL,
        "versions: engines of different versions: 28.2 on node1, node2 and node3 · 27.5 on node4",
    ),
    "a clock is ahead": (
        World(
            probes=Probes(
                clocks=(
                    clock := Clock("node2", timedelta(seconds=40), timedelta(seconds=1)),
                    Clock("node1", timedelta(), timedelta()),
                )
            )
        ),
        World(probes=Probes(clocks=(Clock("node2", timedelta(seconds=4), timedelta(seconds=3)),))),
        "clock: the clock of node2 is 40 s ahead of the bot's",
    ),
    "the bot's clock is off": (
        World(probes=Probes(clocks=(clock, replace(clock, engine="node1")))),
        WELL,
        "clock: the bot's own clock is 40 s behind of all engines",
    ),
    "too much is reserved": (
        only(BIG, task(1, "node1"), task(2, "node1"), task(3, "node2"), task(4, "node3")),
        only(
            BIG,
            *(task(n, f"node{n}") for n in range(1, 5)),
            nodes=(*NODES, *(v.node(f"node{n}", engine="28.2", memory=GB) for n in range(5, 9))),
        ),
        "over-reserved: node1 has less memory or CPUs than its tasks reserve",
    ),
    "no room for a node's tasks": (
        only(BIG, *(task(n, f"node{n}") for n in range(1, 5))),
        only(
            service(reserve={"MemoryBytes": 100 << 20}, replicas=4),
            *(task(n, f"node{n}") for n in range(1, 5)),
        ),
        "no-spare-room: were node1 lost, the other nodes would have no room for what web reserves",
    ),
    "skewed": (
        only(service(replicas=4), *TWO_ON_ONE),
        only(service(replicas=4), *(task(n, f"node{n}") for n in range(1, 5))),
        "skewed: web does not lie evenly on its nodes, and node3 and node4 run nothing",
    ),
    "below its count": (
        only(service(), task(1, "node1"), SICK),
        only(service(update=UpdateStatus("updating")), task(1, "node1"), SICK),
        "below-count: web runs 1 of 2 tasks: exit code 3",
    ),
    "its tasks are on a dead node": (
        World(nodes=but(1, state="down")),
        WELL,
        "below-count: web runs 1 of 2 tasks",
    ),
    "never ran": (
        only(replace(MOON, ports=(Port(80, 8089),)), unscheduled(1), unscheduled(2)),
        only(replace(MOON, replicas=0), unscheduled(1)),
        "never-ran: web never ran, and still holds port 8089: the constraints exclude 4 nodes",
    ),
    "new, and known not to run": (
        only(replace(MOON, updated=v.NOW), unscheduled(1)),
        only(replace(MOON, updated=v.NOW), task(1, "", state="new", container_id="")),
        "never-ran: web never ran",
    ),
    "nowhere to go": (only(MOON), WELL, "placement: web: no node may run it now"),
    "data on a disk": (
        only(service(container=volume())),
        only(
            service(container=volume(), placement={"Constraints": ["node.hostname==node1"]}),
            task(1, "node1"),
            task(2, "node1"),
        ),
        "tied-data: web keeps data in data on its node's disk",
    ),
    "data on a disk, or from afar": (
        only(service(container=volume())),
        only(
            service(container=volume(VolumeOptions={"DriverConfig": {"Options": {"type": "nfs"}}}))
        ),
        "tied-data: web",
    ),
    "in no registry": (
        World(probes=Probes(registry={str(v.V2): RegistryAnswer.MISSING})),
        World(probes=Probes(registry={str(v.V2): RegistryAnswer.UNKNOWN})),
        "image-missing: shop/web:2.0 of web is in no registry: it lies on node1 and node2 alone",
    ),
    "refused by the registry": (
        World(probes=Probes(registry={str(v.V2): RegistryAnswer.DENIED})),
        World(probes=Probes(registry={str(v.V2): RegistryAnswer.THERE})),
        "image-missing: shop/web:2.0 of web is refused by its registry",
    ),
    "no digest": (
        only(service(image=BARE)),
        only(service(image=BARE), probes=Probes(registry={str(BARE): RegistryAnswer.MISSING})),
        "no-digest: web has an image without digest",
    ),
    "latest": (
        only(service(image=replace(v.V2, tag="latest"))),
        only(service(image=replace(v.V2, tag=""))),
        "latest: web",
    ),
    "on failure continue": (
        only(service(config={"FailureAction": "continue"})),
        WELL,
        "update-continue: web goes on",
    ),
    "all at once": (
        only(service(config={"Parallelism": 0})),
        only(service(config={"Parallelism": 0, "Order": "start-first"})),
        "all-at-once: web replaces all its tasks at once",
    ),
    "no health check": (
        only(service(container={"Healthcheck": {"Test": ["NONE"]}})),
        WELL,
        "health-check: web has no health check",
    ),
    "nor one of the image": (
        only(
            service(container={"Healthcheck": None}),
            probes=Probes(health_checks={str(v.V2): False}),
        ),
        only(service(container={"Healthcheck": None})),
        "health-check: web has no health check",
    ),
    "single": (
        only(service(replicas=1), task(1, "node1")),
        only(service(replicas=1, container=volume()), task(1, "node1")),
        "single: web has a single replica",
    ),
    "never restarted": (
        only(service(restart=NONE, ports=(Port(80, 8080),))),
        only(service(restart=NONE)),
        "no-restart: web",
    ),
    "no memory limit": (
        only(replace(service(), spec={**service().spec, "TaskTemplate": {"ContainerSpec": {}}})),
        WELL,
        "no-memory-limit: web has no memory limit",
    ),
    "a node's certificate": (
        certificate(10),
        certificate(30),
        "certificate: node2: its node certificate ends on 2025-12-03 at 08:30 UTC",
    ),
    "a certificate has ended": (
        certificate(-1),
        certificate(30),
        "certificate: node2: its node certificate ended on",
    ),
    "the root certificate": (
        certificate(100, "root"),
        certificate(3000, "root"),
        "certificate: node2: its root certificate ends on",
    ),
    "a certificate of another's": (
        certificate(9, "endpoint"),
        certificate(15, "endpoint"),
        "certificate: node2: its certificate ends on",
    ),
    "the root is replaced": (
        World(
            cluster=replace(CLUSTER, root_rotation=True),
            nodes=but(4, state="down"),
            probes=Probes(rotation=RootRotation(True, 4, 3)),
        ),
        WELL,
        (
            "root-rotation: the root certificate is being replaced (3 of 4 nodes have theirs), "
            "and node4 holds it up"
        ),
    ),
    "autolock": (
        World(cluster=replace(CLUSTER, autolock=False)),
        WELL,
        "autolock: autolock is off",
    ),
    "no history": (
        World(cluster=replace(CLUSTER, task_history=0)),
        WELL,
        "task-history: no old tasks are kept",
    ),
    "much history": (
        World(cluster=replace(CLUSTER, task_history=500)),
        WELL,
        "task-history: 500 old tasks are kept",
    ),
    "no leader": (
        World(
            nodes=None,
            leaderless="no leader",
            engines=(
                engine("node1", address="10.0.0.1"),
                EngineState("node2", False, error="refused"),
            ),
        ),
        WELL,
        LEADERLESS,
    ),
    "most managers are away": (
        World(
            nodes=tuple(
                replace(node, manager=ManagerStatus(False, Reachability.UNREACHABLE, ""))
                for node in NODES[1:3]
            )
            + NODES[:1]
        ),
        WELL,
        "no-leader: 1 of 3 managers can be reached, and 2 are needed: services run on",
    ),
    "all are locked": (
        World(
            nodes=None,
            leaderless="locked",
            engines=tuple(engine(f"node{n}", "locked") for n in (1, 2, 3)),
        ),
        WELL,
        "no-leader: no manager is there that is not locked",
    ),
    "no Swarm": (
        World(nodes=None, leaderless="inactive", engines=(engine("node1", "inactive"),)),
        WELL,
        "no-leader: no engine that answers belongs to a Swarm",
    ),
    "nobody answers": (
        World(
            nodes=None,
            leaderless="refused",
            engines=(EngineState("node1", False, error="refused"),),
        ),
        WELL,
        "no-leader: no engine answers the bot",
    ),
}


def said(world: World) -> list[str]:
    return [f"{item.kind}: {words(item).sentence}" for item in world.advice()]


def test_in_a_swarm_in_order_there_is_nothing_to_do() -> None:
    assert WELL.advice() == ()


@pytest.mark.parametrize("name", TABLE)
def test_it_is_found_where_it_is_and_only_there(name: str) -> None:
    ill, well, text = TABLE[name]
    assert [sentence for sentence in said(ill) if sentence.startswith(text)], said(ill)
    kind = text.partition(":")[0]
    subject = text.partition(": ")[2].split(" ")[0]
    assert not [sentence for sentence in said(well) if sentence.startswith(f"{kind}: {subject}")], (
        said(well)
    )


@pytest.mark.parametrize("name", TABLE)
def test_each_says_what_helps(name: str) -> None:
    for advice in TABLE[name][0].advice():
        text, fix = words(advice).sentence, words(advice).fix
        assert "`" in fix + text or advice.kind is AdviceKind.CERTIFICATE, advice
        assert "``" not in fix
        assert "  " not in text + fix
        assert not fix.rstrip("`").endswith(" "), advice


def test_the_worst_comes_first() -> None:
    ranked = World(nodes=away(3), cluster=replace(CLUSTER, autolock=False)).advice()
    ranks = [advice.severity.rank for advice in ranked]
    assert ranks == sorted(ranks, reverse=True)
    assert ranked[0].severity is Severity.CRITICAL
    assert ranked[-1].severity is Severity.NOTE


def told_of(kind: AdviceKind, world: World) -> AdviceText:
    """The words of the only advice of this kind."""
    (advice,) = [advice for advice in world.advice() if advice.kind is kind]
    return words(advice)


def test_with_a_second_replica_the_bot_is_not_blind_when_its_manager_is_lost() -> None:
    alone = World(engines=WELL.engines[:1])
    assert "blind" in told_of(AdviceKind.NOT_CONNECTED, alone).sentence
    bot = service("swarmbot_bot", replicas=2)
    world = replace(alone, services=(service(), bot), probes=Probes(own_service=bot.id))
    assert "blind" not in told_of(AdviceKind.NOT_CONNECTED, world).sentence


def test_many_of_one_kind_are_one_finding() -> None:
    names = [f"web{n}" for n in range(30)]
    services = tuple(service(name, config={"FailureAction": "continue"}) for name in names)
    tasks = tuple(task(slot, f"node{slot}", name) for name in names for slot in (1, 2))
    text = told_of(AdviceKind.UPDATE_CONTINUE, World(services=services, tasks=tasks))
    assert (text.several, text.text.partition(" with ")[0]) == ("30 services", "go on")
    assert text.names == tuple(names)
    assert text.fix == f"`{SLASH} service update --update-failure-action rollback web0`"


def test_jobs_and_services_without_replicas_are_left_in_peace() -> None:
    bare = replace(service(config={"FailureAction": "continue"}), spec={"Name": "web"}, image=BARE)
    jobs = tuple(replace(bare, mode=mode) for mode in (Mode.REPLICATED_JOB, Mode.GLOBAL_JOB))
    assert World(services=(*jobs, replace(bare, replicas=0)), tasks=()).advice() == ()


def test_many_that_fail_for_the_same_reason_are_one_finding() -> None:
    names = [f"web{n}" for n in range(30)]
    services = tuple(service(name) for name in names)
    tasks = tuple(
        replace(failing, service_id=f"id-{name}")
        for name in names
        for failing in (task(1, "node1"), SICK)
    )
    text = told_of(AdviceKind.BELOW_COUNT, World(services=services, tasks=tasks))
    assert text.sentence == "30 services run fewer tasks than they should: exit code 3"
    assert text.names == tuple(names)


def test_without_a_leader_each_engine_is_told_of_once() -> None:
    engines = (engine("node1"), EngineState("node2", False, error="refused"))
    assert len(World(nodes=None, leaderless="no leader", engines=engines).advice()) == 1


MUTE = EngineState("node1", True, error="no answer within 1.5 s")


@pytest.mark.parametrize(
    ("engines", "memory", "nodes", "address"),
    [
        # What the engine says of itself, also where it said so earlier.
        ((engine("node1", address="10.0.0.1"),), Memory(), None, "10.0.0.1"),
        ((replace(MUTE, address="10.0.0.1"),), Memory(), None, "10.0.0.1"),
        # What the watch remembers, though the bot was started in the middle of the loss.
        ((MUTE,), Memory(engine_addresses={"node1": "10.0.0.1"}), None, "10.0.0.1"),
        # What the other managers call it.
        (
            (engine("node1"),),
            Memory(),
            but(2, state="down")[:1] + away(2)[1:2] + away(3)[2:],
            "node1",
        ),
        # Nobody ever said it.
        ((MUTE,), Memory(), None, "ADDRESS"),
    ],
)
def test_the_way_back_names_the_address_of_the_manager_that_is_left(
    engines: tuple[EngineState, ...], memory: Memory, nodes: tuple[Node, ...] | None, address: str
) -> None:
    leaderless = "" if nodes else "no leader"
    world = World(nodes=nodes, leaderless=leaderless, engines=engines, memory=memory)
    fix = told_of(AdviceKind.NO_LEADER, world).fix
    assert f"--advertise-addr {address}`" in fix


def test_where_nobody_knows_the_address_it_is_said_where_it_stands() -> None:
    world = World(nodes=None, leaderless="no leader", engines=(MUTE,))
    fix = told_of(AdviceKind.NO_LEADER, world).fix
    assert "ADDRESS is its own, the Node Address of `docker info`" in fix


def test_a_new_cluster_is_forced_on_a_manager_and_never_on_a_worker() -> None:
    worker = engine("node4", manager=False, address="10.0.0.4")
    mute = EngineState("node1", True, error="no answer within 1.5 s")
    world = World(nodes=None, leaderless="no leader", engines=(worker, mute))
    assert "one that is left (node1)" in told_of(AdviceKind.NO_LEADER, world).fix
    alone = World(nodes=None, leaderless="no leader", engines=(worker,))
    assert "force-new-cluster" not in told_of(AdviceKind.NO_LEADER, alone).fix


def migration(completion: Completion, *tasks: Task, **fields: Any) -> World:
    """A service that does one piece of work, at which everything else could be found fault with."""
    bare = service("migrate", 1, restart=NONE, completion=completion, **fields)
    spec = {**bare.spec, "TaskTemplate": {"ContainerSpec": {}}, "UpdateConfig": {}}
    return only(replace(bare, spec=spec), *tasks)


def test_work_that_is_done_is_in_order_and_nothing_would_let_it_run_twice() -> None:
    ended = task(1, "node1", "migrate", state="complete", desired="shutdown")
    assert migration(Completion(done=frozenset("1")), ended).advice() == ()


def test_work_that_failed_is_told_with_its_exit_code_and_how_to_run_it_again() -> None:
    failed = task(
        1,
        "node1",
        "migrate",
        state="failed",
        desired="shutdown",
        error="task: non-zero exit (3)",
        exit_code=3,
    )
    world = migration(Completion(failed=frozenset("1"), exit_code=3), failed)
    (advice,) = world.advice()
    assert words(advice).sentence == "migrate failed: exit code 3; Swarm does not start it again"
    assert f"{SLASH} service update --force migrate" in words(advice).fix


def networked(*subnets: str, waiting: bool = False) -> World:
    """A service on a network with these subnets; `waiting`: a task has no address."""
    bare = service("web", 3)
    template = {**bare.spec["TaskTemplate"], "Networks": [{"Target": "small"}]}
    on_it = replace(bare, spec={**bare.spec, "TaskTemplate": template})
    third = task(3, "node3", state="new", node_id="") if waiting else task(3, "node3")
    small = Network("n1", "small", "overlay", "swarm", subnets=subnets)
    tasks = (task(1, "node1"), task(2, "node2"), third)
    return only(on_it, *tasks, probes=Probes(networks=(small,)))


def test_a_network_that_is_full_is_counted_and_why_tasks_wait_is_said() -> None:
    told = said(networked("10.9.0.0/29", waiting=True))
    assert (
        "addresses: the network small has 5 addresses and needs 6: 3 tasks, 1 virtual address, one "
        "for each of 2 nodes; tasks without one stay New, or are Rejected"
    ) in told
    assert (
        "below-count: web runs 2 of 3 tasks: Swarm has no address in its networks for it yet"
    ) in told
    assert said(networked("10.9.0.0/24")) == []


def test_a_network_without_a_subnet_is_said() -> None:
    assert told_of(AdviceKind.NO_SUBNET, networked()).sentence == (
        "Swarm gave the network small no subnet: tasks on it stay New"
    )


ENDED = "error while loading TLS certificate: certificate (1 - n1) not valid after Mon, 2 Mar 2026"


def expired(name: str) -> EngineState:
    """An engine whose node certificate has ended, by its own words."""
    fault = read_cluster.engine_fault(ENDED)
    return EngineState(name, True, "error", node_name=name, error=ENDED, fault=fault)


def test_expired_certificates_are_called_that_with_the_way_back() -> None:
    world = World(nodes=None, leaderless="no manager", engines=(expired("node1"), expired("node2")))
    (advice,) = [one for one in world.advice() if one.kind is AdviceKind.NO_LEADER]
    told = words(advice)
    assert told.sentence.startswith("the node certificates of the managers have expired")
    assert "node1: its node certificate has expired" in told.sentence
    assert "docker swarm ca --rotate" in told.fix
    assert "force-new-cluster" not in told.fix


def test_a_node_that_is_down_for_long_is_warned_of_the_end_of_its_certificate() -> None:
    down = but(4, state="down", updated=v.NOW - timedelta(days=3))
    told = told_of(AdviceKind.NODE_DOWN, World(nodes=down)).sentence
    end = v.NOW + timedelta(days=87)
    assert f"its certificate ends on {end:%Y-%m-%d} at the latest, then it has to join" in told
