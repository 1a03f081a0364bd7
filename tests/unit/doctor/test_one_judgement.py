"""The watch and the doctor judge from one evaluation: of a fact that both tell of, they never tell
differently."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.doctor.examine import examine
from bot.model import ManagerStatus, Node, NodeState, Reachability
from bot.model.advice import Advice
from bot.model.advice_facts import (
    AllAlike,
    BelowCount,
    CertificateEnds,
    EngineAway,
    EngineLocked,
    NodeAway,
    RootBeingReplaced,
    Skewed,
)
from bot.model.advice_kind import AdviceKind
from bot.model.alert_facts import (
    AlertKind,
    CertificateEnding,
    NodeDown,
    RootRotationStalled,
    ServiceBelow,
    UnevenPlacement,
)
from bot.model.cluster import Certificate
from bot.model.incident import Memory, Problem
from bot.settings import WatchSettings
from bot.watch.evaluate import JUDGES, judge
from bot.watch.evaluation import Evaluation
from bot.watch.findings import joined
from bot.watch.snapshot import Snapshot
from tests.unit.watch.world import (
    API,
    ENGINES,
    FOUR,
    NOW,
    SPREAD,
    WEB,
    WELL,
    cluster,
    locked,
    silent,
    task,
)

STATES = st.sampled_from(("ready", "ready", "down", "unknown", "disconnected"))
REACHABLE = st.sampled_from(("reachable", "reachable", "unreachable"))
ENGINE = st.sampled_from(("well", "well", "locked", "silent"))
TASKS = st.lists(
    st.tuples(
        st.sampled_from(("web", "api")),
        st.integers(1, 4),
        st.integers(1, 4),
        st.sampled_from(("running", "running", "running", "pending", "failed")),
    ),
    max_size=8,
)
DAYS = st.integers(-2, 80)


def as_node(node: Node, state: str, reachability: str) -> Node:
    leads = node.manager is not None and node.manager.leader
    if node.manager is None or leads:
        return node if leads else replace(node, state=NodeState(state))
    return replace(
        node, state=NodeState(state), manager=ManagerStatus(False, Reachability(reachability), "")
    )


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    """A Swarm in which anything may be wrong, but for node1, which leads."""
    engines = {"well": lambda n: ENGINES[n - 1], "locked": locked, "silent": silent}
    tasks = draw(TASKS)
    ends = NOW + timedelta(days=draw(DAYS))
    own = tuple(
        task(of, slot, on, state, id=f"t{number}")
        for number, (of, slot, on, state) in enumerate(tasks)
    )
    return replace(
        WELL,
        nodes=tuple(as_node(node, draw(STATES), draw(REACHABLE)) for node in FOUR),
        engines=(ENGINES[0], *(engines[draw(ENGINE)](number) for number in (2, 3))),
        tasks=own or SPREAD,
        cluster=cluster(root_rotation=draw(st.booleans())),
        certificates=(
            Certificate(kind="node", name="node2", begins=ends - timedelta(days=90), ends=ends),
        ),
    )


def both(snapshot: Snapshot, memory: Memory) -> tuple[list[Problem], tuple[Advice, ...]]:
    evaluation = Evaluation.of(snapshot, memory, WatchSettings())
    problems = joined(judge_kind(evaluation) for judge_kind in JUDGES).problems
    return list(problems), examine(evaluation)


@settings(max_examples=300, deadline=None)
@given(first=snapshots(), later=snapshots(), seconds=st.integers(1, 120))
def test_the_watch_and_the_doctor_tell_the_same(
    first: Snapshot, later: Snapshot, seconds: int
) -> None:
    memory = judge(first, Memory(), WatchSettings()).memory
    snapshot = replace(later, at=NOW + timedelta(seconds=seconds))
    problems, advice = both(snapshot, memory)
    of_watch = {
        kind: {problem.name for problem in problems if problem.kind is kind} for kind in AlertKind
    }
    of_doctor = [item.facts for item in advice]

    down = {
        problem.name
        for problem in problems
        if isinstance(problem.facts, NodeDown) and not problem.facts.locked
    }
    assert down == {facts.node for facts in of_doctor if isinstance(facts, NodeAway)}

    assert of_watch[AlertKind.MANAGER_LOCKED] == {
        facts.engine for facts in of_doctor if isinstance(facts, EngineLocked)
    }
    assert of_watch[AlertKind.ENGINE_UNREACHABLE] == {
        facts.engine for facts in of_doctor if isinstance(facts, EngineAway)
    }

    cut_off = {
        name
        for facts in of_doctor
        if isinstance(facts, AllAlike) and facts.kind is AdviceKind.MANAGER_UNREACHABLE
        for name in facts.names
    }
    # A manager whose engine is silent too is told of as that.
    silent_too = of_watch[AlertKind.ENGINE_UNREACHABLE]
    assert cut_off == of_watch[AlertKind.MANAGER_UNREACHABLE] - silent_too

    counts = {
        problem.name: problem.facts
        for problem in problems
        if isinstance(problem.facts, ServiceBelow)
    }
    for facts in of_doctor:
        if isinstance(facts, BelowCount) and facts.service in counts:
            below = counts[facts.service]
            assert (facts.running, facts.desired, facts.cause) == (
                below.running,
                below.desired,
                below.cause,
            )

    assert {
        problem.facts for problem in problems if isinstance(problem.facts, CertificateEnding)
    } == {facts.ending for facts in of_doctor if isinstance(facts, CertificateEnds)}

    uneven = {
        name
        for problem in problems
        if isinstance(problem.facts, UnevenPlacement)
        for name in problem.facts.services
    }
    skewed = {name for facts in of_doctor if isinstance(facts, Skewed) for name in facts.names}
    assert uneven <= skewed

    waiting = [
        problem.facts.waiting
        for problem in problems
        if isinstance(problem.facts, RootRotationStalled)
    ]
    held_up = [facts.held_up_by for facts in of_doctor if isinstance(facts, RootBeingReplaced)]
    assert held_up == [names[0][0] if names else "" for names in waiting]


def test_a_node_of_which_nobody_hears_for_long_is_away_for_both() -> None:
    unknown = replace(WELL, nodes=(*FOUR[:3], replace(FOUR[3], state=NodeState.UNKNOWN)))
    memory = judge(unknown, Memory(), WatchSettings()).memory
    for seconds, names in ((30, set[str]()), (50, {"node4"})):
        later = replace(unknown, at=NOW + timedelta(seconds=seconds))
        problems, advice = both(later, memory)
        assert {
            problem.name for problem in problems if problem.kind is AlertKind.NODE_DOWN
        } == names
        told = [item.facts for item in advice if isinstance(item.facts, NodeAway)]
        assert {facts.node for facts in told} == names


def test_every_service_that_the_doctor_finds_below_is_below_for_the_watch_too() -> None:
    snapshot = replace(WELL, services=(WEB, API), tasks=SPREAD[:3])
    evaluation = Evaluation.of(snapshot, Memory(), WatchSettings())
    told = {
        (facts.service, facts.running)
        for facts in (advice.facts for advice in examine(evaluation))
        if isinstance(facts, BelowCount)
    }
    assert told == {(below.service, below.running) for below in evaluation.below.values()}
    assert told == {("web", 3), ("api", 0)}
