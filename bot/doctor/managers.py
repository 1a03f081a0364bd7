"""What the doctor says of the managers: leader, quorum, locks, and whether the bot reaches them
all; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.doctor.probes import Probes
from bot.model import Node
from bot.model.advice import Advice
from bot.model.advice_facts import (
    AllAlike,
    EngineAway,
    EngineLocked,
    ManagersUnwise,
    NoLeader,
    NotConnected,
    WayBack,
)
from bot.model.advice_kind import AdviceKind
from bot.model.cluster import EngineFault, EngineState, ManagerCaution, Quorum
from bot.model.incident import Severity
from bot.swarm.health import quorum
from bot.watch.evaluation import Evaluation

_BARE = ("inactive", "pending")


def examine(evaluation: Evaluation, probes: Probes) -> Iterator[Advice]:
    """Without a leader that comes first, and the rest is what the engines say of themselves."""
    leaderless = bool(evaluation.snapshot.leaderless)
    if leaderless:
        yield _no_leader(evaluation)
    for engine in evaluation.locked_engines:
        yield Advice(Severity.CRITICAL, EngineLocked(engine=engine.name))
    for engine in () if leaderless else evaluation.silent_engines:
        # Of an engine whose node is away, that is said.
        if not evaluation.is_away(engine):
            facts = EngineAway(engine=engine.name, reason=engine.error)
            yield Advice(Severity.WARNING, facts)
    if evaluation.snapshot.nodes is not None:
        yield from _numbers(evaluation)
        yield from _unreachable(evaluation)
        yield from _not_connected(evaluation, probes.own_service)


def _no_leader(evaluation: Evaluation, too_few: Quorum | None = None) -> Advice:
    """Who is left, and the way back; the last resort only where somebody is there to take it."""
    engines = tuple(evaluation.engines.values())
    way_back, engine = _way_back(evaluation, engines)
    facts = NoLeader(
        engines=engines,
        way_back=way_back,
        quorum=too_few,
        engine=engine.name if engine else "",
        address=evaluation.address_of(engine) if engine else "",
    )
    return Advice(Severity.CRITICAL, facts)


def _way_back(
    evaluation: Evaluation, engines: Sequence[EngineState]
) -> tuple[WayBack, EngineState | None]:
    left = [engine for engine in engines if engine.reachable and _may_manage(engine)]
    if left:
        best = max(left, key=lambda engine: (engine.manager, bool(evaluation.address_of(engine))))
        return WayBack.FORCE_NEW_CLUSTER, best
    if any(engine.swarm == "locked" for engine in engines):
        return WayBack.UNLOCK, None
    if evaluation.expired_engines:
        return WayBack.RENEW, None
    bare = [engine for engine in engines if engine.swarm in _BARE]
    return (WayBack.JOIN, bare[0]) if bare else (WayBack.START, None)


def _may_manage(engine: EngineState) -> bool:
    """Whether the engine is a manager that is left: it says so, or says nothing of itself, as one
    that looks for a leader. A worker forces no new cluster."""
    return engine.manager or engine.fault is EngineFault.NO_LEADER or not engine.swarm


def _numbers(evaluation: Evaluation) -> Iterator[Advice]:
    """A leader that has lost the others goes on answering for some seconds."""
    now = evaluation.quorum
    if now.managers and not quorum.holds(now):
        yield _no_leader(evaluation, now)
        return
    for caution in quorum.cautions(now):
        yield Advice(Severity.WARNING, _unwise(caution, evaluation))


def _unwise(caution: ManagerCaution, evaluation: Evaluation) -> ManagersUnwise:
    """The caution with what helps; up to two managers it says that itself."""
    nodes = evaluation.nodes.values()
    managers, count = [node for node in nodes if node.manager], evaluation.quorum.managers
    missing, workers = evaluation.missing_managers, quorum.candidates(nodes)
    unwise = ManagersUnwise(caution=caution, quorum=evaluation.quorum, workers=workers)
    if missing and count % 2 and 2 < count < quorum.MANY:
        names = tuple(node.name for node in missing)
        return replace(unwise, gone=names, gone_id=missing[0].id)
    spare = (missing[0] if missing else None) or _last_follower(managers)
    too_many, even = count >= quorum.MANY, count > 2 and count % 2 == 0
    demote = _named(spare, evaluation) if spare and (too_many or even) else ""
    promotable = workers if demote and even and count < quorum.MANY - 1 else ()
    return replace(unwise, demote=demote, promote=promotable[0] if promotable else "")


def _named(node: Node, evaluation: Evaluation) -> str:
    """How a line names a node: by its host name where that is its alone and it is there."""
    namesakes = sum(other.name == node.name for other in evaluation.nodes.values())
    return node.name if namesakes == 1 and node.id not in evaluation.away else node.id[:12]


def _last_follower(managers: Sequence[Node]) -> Node | None:
    followers = (node for node in reversed(managers) if not (node.manager and node.manager.leader))
    return next(followers, None)


def _unreachable(evaluation: Evaluation) -> Iterator[Advice]:
    """Managers that the others do not reach; one whose engine is silent is told of as that."""
    silent = {
        name
        for engine in evaluation.silent_engines
        for name in (engine.name, evaluation.place_of(engine)[1])
    }
    names = tuple(node.name for node in evaluation.cut_off_managers if node.name not in silent)
    if names:
        yield Advice(Severity.WARNING, AllAlike(AdviceKind.MANAGER_UNREACHABLE, names))


def _not_connected(evaluation: Evaluation, own_service: str) -> Iterator[Advice]:
    """Managers to which the bot has no connection; not while one of the engines does not say which
    node it is. Where the bot has a second replica, that one goes on when a manager is lost."""
    engines = tuple(evaluation.engines.values())
    if not engines or any(not engine.node_id for engine in engines):
        return
    known = {engine.node_id for engine in engines}
    names = tuple(
        node.name for node in evaluation.nodes.values() if node.manager and node.id not in known
    )
    if names:
        bot = evaluation.services.get(own_service)
        is_alone = bot is None or (bot.replicas or 0) < 2
        one_left = is_alone and sum(engine.manager for engine in engines) == 1
        yield Advice(Severity.NOTE, NotConnected(names=names, one_left=one_left))
